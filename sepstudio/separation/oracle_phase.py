"""The method ``oracle_phase``: estimated amplitudes with the phases of the true stems, a bound of phase estimation."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip, difference
from sepstudio.io.steps import scaled
from sepstudio.separation.base import MethodSpec, Preset, Progress, RunContext, Separation, staged
from sepstudio.separation.irm import EXPONENTS, SCANNED, OracleParams
from sepstudio.separation.oracle_run import (
    PACKAGES,
    Images,
    OracleRun,
    Spectrum,
    oracle_memory,
    ratio_masks,
    with_phase_of,
)
from sepstudio.separation.parameters import param
from sepstudio.separation.references import RESIDUAL, chosen_references, rest_steps

if TYPE_CHECKING:
    from sepstudio.nn.phase_estimates import Estimator

TITLE = "Oracle phase"


@dataclass(frozen=True)
class AmplitudeParams:
    """Where amplitudes come from."""

    amplitude: Literal["network", "mask"] = param(
        "network",
        label="Amplitude",
        help="Of the networks of a model, as in the paper, or of the ideal ratio mask.",
    )
    model: str = param(
        "", label="Model", help="Name of an installed model, or the path of a file; empty means the default."
    )


@dataclass(frozen=True)
class OraclePhaseParams(OracleParams, AmplitudeParams):
    """Parameters of stems with the phases of the true ones."""


def separate(
    mixture: AudioClip, params: OraclePhaseParams, *, context: RunContext
) -> Generator[Progress, None, Separation]:
    """Give estimated amplitudes the phases of the true stems.

    ``ŝ_j = A_j exp(i φ_j)`` at every channel, bin and frame: ``A_j`` is what a network estimates from the mixture, or
    the ideal ratio mask times ``|x|``; ``φ_j`` is the phase of the true stem, and that of the mixture where the true
    stem is silent (Muth et al. 2018, Table 1). The bins and frames are those of the model.

    Parameters
    ----------
    mixture : AudioClip
        Any number of channels and samples.
    params : OraclePhaseParams
    context : RunContext
        Its true stems; ``models`` keeps the model for the next run.

    Returns
    -------
    Separation
        A stem for each true stem of which there is an amplitude. Such stems do not sum to the mixture by themselves:
        a stem ``residual`` is what they lack of it, or have too much.

    Raises
    ------
    MissingInputError
        Without true stems.
    ParameterError
        If a true stem does not fit the mixture, or no true stem has the name of an instrument of the model.
    CheckpointError
        If there is no such model, or its file cannot be used.
    DeviceError
        If the device is not there, or its memory is too small.
    """
    from sepstudio.nn.devices import enough_memory, resolve_device
    from sepstudio.separation.provenance import run_provenance

    started = time.perf_counter()
    device = resolve_device(context.device, METHOD.devices)
    references = chosen_references(TITLE, mixture, params.stems, context)
    if params.amplitude == "mask":
        made = yield from _masked(mixture, params, context, references)
        facts = {}
    else:
        yield Progress(0.0, "loading the model")
        with enough_memory(device):
            estimator = _estimator(mixture, params, context, device)
            made = yield from _estimated(mixture, estimator, context, references)
        facts = {"device": estimator.model.device, "model_hash": estimator.model.header.sha256}
    stems, notes = made
    stems[RESIDUAL] = difference(mixture, 0, mixture.length, list(stems.values()))
    notes = [*notes, "stems with phases of their own do not sum to the mixture: the residual holds the difference"]
    known = run_provenance(METHOD.id, params, context, started, packages=PACKAGES, notes=notes, **facts)
    return Separation(stems, known)


_Made = Generator[Progress, None, tuple[dict[str, AudioClip], list[str]]]


def _masked(
    mixture: AudioClip, params: OraclePhaseParams, context: RunContext, references: Mapping[str, AudioClip]
) -> _Made:
    rest = yield from staged(scaled(rest_steps(mixture, references), 0.0, SCANNED), "true stems")
    rest.check()

    def images(x: Spectrum, true: Sequence[Spectrum], _first: int) -> list[Spectrum]:
        masks = ratio_masks(x, true, exponent=EXPONENTS[params.ratio], rest=rest.counts)
        return [with_phase_of(mask * np.abs(x), one, x) for mask, one in zip(masks, true, strict=True)]

    run = OracleRun(mixture, references, context, fft_size=params.fft_size, hop_size=params.hop_size)
    stems = yield from staged(scaled(run.stems_steps(images), SCANNED, 1.0), "stems")
    return stems, [rest.note] if rest.counts else []


def _estimator(mixture: AudioClip, params: OraclePhaseParams, context: RunContext, device: str) -> Estimator:
    from sepstudio.nn.phase_cards import find_phase_model
    from sepstudio.nn.phase_estimates import Estimator

    model = context.models.load(find_phase_model(params.model), device)
    return Estimator(model, mixture.sample_rate, threads=context.threads)


def _estimated(
    mixture: AudioClip, estimator: Estimator, context: RunContext, references: Mapping[str, AudioClip]
) -> _Made:
    instruments = list(estimator.model.networks)
    chosen = {name: clip for name, clip in references.items() if name in instruments}
    if not chosen:
        expected = f"named as the instruments of the model: {', '.join(instruments)}"
        raise ParameterError("true stems", ", ".join(references), expected)
    grid = estimator.grid
    run = OracleRun(mixture, chosen, context, fft_size=grid.fft_size, hop_size=grid.hop_size)
    images = _network_images(mixture, estimator, [instruments.index(name) for name in chosen])
    stems = yield from staged(run.stems_steps(images), "networks")
    without = [name for name in references if name not in chosen]
    told = [f"the model has no network for {', '.join(without)}"] if without else []
    return stems, [f"model {estimator.model.name}", *told]


def _network_images(mixture: AudioClip, estimator: Estimator, wanted: Sequence[int]) -> Images:
    def images(x: Spectrum, true: Sequence[Spectrum], first: int) -> list[Spectrum]:
        seen = estimator.frames(mixture, first, first + x.shape[2])
        found = [estimate.cpu().numpy() for estimate in estimator.amplitudes(seen)]
        return [with_phase_of(found[index], one, x) for index, one in zip(wanted, true, strict=True)]

    return images


def _memory(mixture: AudioClip, params: OraclePhaseParams, context: RunContext) -> int:
    return oracle_memory(mixture, len(context.references or {}) + 1, params.fft_size)


METHOD = MethodSpec(
    id="oracle_phase",
    title=TITLE,
    summary="What knowing the phases could reach: estimated amplitudes with the phases of the true stems. "
    "Such stems do not sum to the mixture; the residual holds the difference.",
    params=OraclePhaseParams,
    run=separate,
    memory=_memory,
    needs=frozenset({"references"}),
    devices=("cpu", "cuda"),
    short="Oracle phase",
    presets=(
        Preset("paper", "Amplitudes of networks (paper)", OraclePhaseParams()),
        Preset("mask", "Amplitudes of the ideal mask", OraclePhaseParams(amplitude="mask")),
    ),
)
