"""The methods of this installation: our own and those of plug-ins."""

from __future__ import annotations

import functools
import importlib
import os
import shlex
import sys
import warnings
from collections.abc import Generator, Mapping
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any

import numpy.typing as npt

from sepstudio.errors import MissingToolError, ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.io.strokes.checking import check_strokes
from sepstudio.io.strokes.files import read_strokes
from sepstudio.io.strokes.records import Strokes
from sepstudio.separation.base import MethodSpec, MissingMethod, RunContext, Separation
from sepstudio.separation.parameters import from_json

ENTRY_POINT_GROUP = "sepstudio.methods"
BUILT_IN = {
    "kam": "sepstudio.separation.kam",
    "nmf": "sepstudio.separation.score_nmf",
    "nae": "sepstudio.separation.score_nae",
    "dnn": "sepstudio.separation.phase_dnn",
    "paint": "sepstudio.separation.paint_cnn",
    "irm": "sepstudio.separation.irm",
    "oracle_phase": "sepstudio.separation.oracle_phase",
    "reweight": "sepstudio.separation.stroke_masks",
    "codec": "sepstudio.separation.codec_method",
}


@functools.cache
def methods() -> dict[str, MethodSpec]:
    """Return all methods by id, built-in ones first; a plug-in cannot replace a built-in one.

    Each built-in module offers a ``METHOD`` of type MethodSpec. The entry point of a plug-in leads to a
    MethodSpec too, or to a function without arguments that returns one, or a MissingMethod where the package
    that the method runs in is not installed: such a method is quietly left out.
    A plug-in that cannot be loaded is left out with a RuntimeWarning: it must not take the
    whole program down.

    Raises
    ------
    ValueError
        If two methods claim one id.
    """
    specs: dict[str, MethodSpec] = {}
    for module in BUILT_IN.values():
        _add(specs, importlib.import_module(module).METHOD)
    for found in _plug_ins():
        if isinstance(found, MethodSpec):
            _add(specs, found)
    return specs


@functools.cache
def missing_methods() -> Mapping[str, MissingMethod]:
    """Return the methods by id that would be there if their packages were installed."""
    return MappingProxyType({found.id: found for found in _plug_ins() if isinstance(found, MissingMethod)})


@functools.cache
def _plug_ins() -> tuple[MethodSpec | MissingMethod, ...]:
    loaded = map(_load, entry_points(group=ENTRY_POINT_GROUP))
    return tuple(found for found in loaded if found is not None)


def _load(point: EntryPoint) -> MethodSpec | MissingMethod | None:
    try:
        found = point.load()
        if callable(found):
            found = found()
    except Exception as error:  # noqa: BLE001 - importing somebody else's module can raise anything
        problem = f"{type(error).__name__}: {error}"
    else:
        if isinstance(found, MethodSpec | MissingMethod):
            return found
        problem = f"{point.value} is a {type(found).__name__}, not a MethodSpec"
    warnings.warn(f"the method plug-in {point.name!r} is left out: {problem}", RuntimeWarning, stacklevel=5)
    return None


def _add(specs: dict[str, MethodSpec], spec: MethodSpec) -> None:
    if spec.id in specs:
        raise ValueError(f"two methods have the id {spec.id!r}")
    specs[spec.id] = spec


def prepare_steps() -> Generator[float, None, None]:
    """Load what first runs would load, as far as this process has not done so; yields fractions.

    Loading a library keeps other threads waiting for up to 50 ms at a time: better done while a window is idle
    than when it has a run to show.
    """
    specs = methods().values()
    for done, spec in enumerate(specs, 1):
        _prepare(spec.id)
        yield done / len(specs)


@functools.cache
def _prepare(method_id: str) -> None:
    prepare = method(method_id).prepare
    if prepare is not None:
        prepare()


def method(method_id: str) -> MethodSpec:
    """Return one method.

    Raises
    ------
    ParameterError
        If there is none of that id.
    MissingToolError
        If there would be one if its package were installed.
    """
    found = methods().get(method_id)
    if found is not None:
        return found
    missing = missing_methods().get(method_id)
    if missing is not None:
        raise MissingToolError(
            f"method {method_id}",
            f"{missing.title} runs in the package {missing.package}, which is not installed",
            f"install it: {shlex.quote(sys.executable)} -m pip install {missing.package}",
        )
    raise ParameterError("method", method_id, "one of " + ", ".join(methods()))


def separate(  # noqa: PLR0913 - one for each thing that a method may need
    method_id: str,
    mixture: npt.ArrayLike,
    sample_rate: int,
    *,
    score: Any = None,
    model: Any = None,
    strokes: Strokes | str | os.PathLike[str] | None = None,
    references: Mapping[str, npt.ArrayLike] | None = None,
    stems: Mapping[str, npt.ArrayLike] | None = None,
    device: str = "auto",
    seed: int = 0,
    **params: Any,
) -> Separation:
    """Separate a mixture from a script.

    Parameters
    ----------
    method_id : str
        For example ``"kam"``.
    mixture : array or torch tensor [channels, samples] (or [samples] for mono)
        Full scale 1.0.
    sample_rate : int
        In Hz.
    model : str or path, optional
        The trained model of methods that have a parameter of that name: one that is installed, or a file.
    strokes : io.strokes.records.Strokes or path, optional
        What was painted on the mixture, for methods that learn from it, or a file of it.
    references : mapping from str to array, optional
        The true stems by name, shaped as the mixture, for methods that know them.
    stems : mapping from str to array, optional
        The stems of an earlier run by name, shaped as the mixture, for methods that go on from them.
    **params
        Parameters of the method; structured ones also in their text form.

    Raises
    ------
    ParameterError
        For an unknown method or parameter, or a value that does not pass.
    StrokeFileError
        If the file of strokes cannot be read.
    """
    import numpy as np

    spec = method(method_id)
    if model is not None:
        params["model"] = str(model)

    def clip_of(samples: npt.ArrayLike) -> AudioClip:
        return AudioClip(np.atleast_2d(np.asarray(samples, dtype=np.float32)), sample_rate)

    def clips_of(arrays: Mapping[str, npt.ArrayLike] | None) -> dict[str, AudioClip] | None:
        return None if arrays is None else {name: clip_of(samples) for name, samples in arrays.items()}

    context = RunContext(
        seed=seed,
        device=device,
        score=score,
        strokes=_strokes(strokes),
        references=clips_of(references),
        stems=clips_of(stems),
    )
    return drain(spec.run(clip_of(mixture), from_json(spec.params, params), context=context))


def _strokes(given: Strokes | str | os.PathLike[str] | None) -> Strokes | None:
    if given is None or isinstance(given, Strokes):
        check_strokes(given or Strokes())
        return given
    return read_strokes(given)
