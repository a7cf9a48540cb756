"""SOFA files (AES69): head-related impulse responses as laboratories publish them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.ambisonics import directions, vectors
from sepstudio.dsp.hrirs import Hrirs
from sepstudio.errors import HeadFileError, ParameterError
from sepstudio.io.failures import COPY_AGAIN, display_name, read_failure
from sepstudio.io.regular import open_regular

if TYPE_CHECKING:
    import h5py

Float64Array = npt.NDArray[np.float64]

_OTHER_SET = "choose a set of head-related impulse responses (DataType FIR) of a listener in a free field"
_EARS = 2
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
# Values of one table. The largest sets that are published have 12 000 directions of 2048 samples for two ears.
_MOST_VALUES = 1 << 28
# Of any metres, degrees, hertz or sound pressure.
_LARGEST = 1e9
# Directions nearer to each other than this, in degrees, are one: their sources differ in distance.
_SAME_DIRECTION = 0.05
_LEAST_DISTANCE = 1e-6
# By whom a set is told from others, the first that is there.
_NAMES = ("ListenerShortName", "Title", "DatabaseName")


class _RefusedError(Exception):
    """What is the matter with the content of a file."""


def read_sofa(path: str | os.PathLike[str]) -> Hrirs:
    """Read a set of head-related impulse responses.

    Directions are those of the sources as the listener sees them, wherever it stands and looks; of several sources in
    one direction the farthest is taken. The first receiver is the left ear unless the positions say the opposite.

    Parameters
    ----------
    path : path-like
        A SOFA file with data of type FIR for two ears, such as SimpleFreeFieldHRIR.

    Returns
    -------
    Hrirs

    Raises
    ------
    HeadFileError
        If the file cannot be read, is no SOFA file, or holds something else or damaged values.
    """
    place = Path(path)
    _check_signature(place)
    import h5py

    try:
        with h5py.File(os.fsencode(place), "r", locking=False) as file:
            return _hrirs(file, place)
    except _RefusedError as error:
        raise HeadFileError(display_name(place), str(error), _OTHER_SET) from error
    except ParameterError as error:
        why = f"holds {error.name} that are {error.value}, not {error.expected}"
        raise HeadFileError(display_name(place), why, _OTHER_SET) from error
    # Whatever is wrong within an HDF5 file, its library may raise any of these.
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        detail = " ".join(str(error).split())
        raise HeadFileError(display_name(place), f"is damaged ({detail})", COPY_AGAIN) from error


def _check_signature(path: Path) -> None:
    try:
        with open_regular(path) as file:
            found = file.read(len(_SIGNATURE))
    except OSError as error:
        raise HeadFileError(*read_failure(path, error)) from error
    if found != _SIGNATURE:
        raise HeadFileError(display_name(path), "is no SOFA file, which is HDF5", _OTHER_SET)


def _hrirs(file: h5py.File, path: Path) -> Hrirs:
    if _text(file, "Conventions") != "SOFA":
        raise _RefusedError("is HDF5 but no SOFA file")
    kind = _text(file, "DataType")
    if kind != "FIR":
        raise _RefusedError(f"holds data of type {kind or 'unknown'}, not FIR")
    impulses = _values(file, "Data.IR")
    if impulses.ndim != 3 or impulses.shape[1] != _EARS:
        raise _RefusedError(f"holds impulse responses of shape {impulses.shape}, not [directions, 2 ears, samples]")
    count = len(impulses)
    delays = _rows(_values(file, "Data.Delay") if "Data.Delay" in file else np.zeros((1, _EARS)), count, "Data.Delay")
    if _ears_swapped(file):
        impulses, delays = impulses[:, ::-1], delays[:, ::-1]
    seen = _seen(file, count)
    kept = _farthest(seen)
    name = next((text for text in (_text(file, key) for key in _NAMES) if text), path.stem)
    places = np.stack(directions(seen[kept].T), axis=1)
    rate = _sample_rate(file)
    samples = impulses[kept].astype(np.float32)
    return Hrirs(places, samples, rate, delays[kept], name, _text(file, "License"))


def _text(holder: Any, name: str) -> str:
    """Return an attribute as one line of text, empty where it is missing or no text."""
    value = holder.attrs.get(name, b"")
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return " ".join(value.split()) if isinstance(value, str) else ""


def _values(file: h5py.File, name: str) -> Float64Array:
    import h5py

    table = file.get(name)
    if not isinstance(table, h5py.Dataset):
        raise _RefusedError(f"holds no {name}")
    if table.dtype.kind not in "fiu":
        raise _RefusedError(f"holds {name} that are no numbers")
    if table.size is None or table.size > _MOST_VALUES:
        raise _RefusedError(f"holds {name} of shape {table.shape}, which is more than a set for one head")
    values = np.asarray(table[()], np.float64)
    # Not so of NaN, which is told of later.
    if np.any(np.abs(values) > _LARGEST):
        raise _RefusedError(f"holds {name} beyond all measure")
    return values


def _sample_rate(file: h5py.File) -> int:
    rates = np.unique(_values(file, "Data.SamplingRate"))
    if len(rates) != 1 or not np.isfinite(rates[0]):
        raise _RefusedError(f"holds {len(rates)} sample rates, not one")
    return round(float(rates[0]))


def _rows(values: Float64Array, count: int, name: str) -> Float64Array:
    """Return a table as float64 [count, columns]; one row stands for all."""
    columns = _EARS if name == "Data.Delay" else 3
    if values.ndim != 2 or values.shape[1] != columns or len(values) not in (1, count):
        raise _RefusedError(f"holds {name} of shape {values.shape}, not [{count} or 1, {columns}]")
    return np.broadcast_to(values, (count, columns))


def _positions(file: h5py.File, name: str, count: int, default: tuple[float, float, float] | None) -> Float64Array:
    """Return positions as x, y, z in metres, float64 [count, 3]."""
    if name not in file and default is not None:
        return np.broadcast_to(np.array(default), (count, 3))
    values = _rows(_values(file, name), count, name)
    if not np.isfinite(values).all():
        raise _RefusedError(f"holds {name} that are not finite")
    # Which way is up is given as the view is.
    typed = file.get("ListenerView" if name == "ListenerUp" else name, file[name])
    kind = _text(typed, "Type") or "cartesian"
    if kind == "cartesian":
        return values
    if kind != "spherical":
        raise _RefusedError(f"holds {name} as {kind}, neither spherical nor cartesian")
    turn = 1.0 if "rad" in _text(typed, "Units") else np.pi / 180
    azimuth, elevation, distance = values.T
    return np.asarray((distance * vectors(turn * azimuth, turn * elevation)).T)


def _seen(file: h5py.File, count: int) -> Float64Array:
    """Return where the sources are as the listener sees them: ahead, to the left, above; float64 [count, 3]."""
    source = _positions(file, "SourcePosition", count, None)
    listener = _positions(file, "ListenerPosition", count, (0.0, 0.0, 0.0))
    ahead = _unit(_positions(file, "ListenerView", count, (1.0, 0.0, 0.0)))
    left = _unit(np.cross(_positions(file, "ListenerUp", count, (0.0, 0.0, 1.0)), ahead))
    axes = np.stack([ahead, left, np.cross(ahead, left)], axis=1)
    seen: Float64Array = np.einsum("dij,dj->di", axes, source - listener)
    if np.linalg.norm(seen, axis=1).min() < _LEAST_DISTANCE:
        raise _RefusedError("holds a source where the listener is")
    return seen


def _unit(rows: Float64Array) -> Float64Array:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if lengths.min() < _LEAST_DISTANCE:
        raise _RefusedError("does not say which way the listener looks")
    return np.asarray(rows / lengths)


def _farthest(seen: Float64Array) -> npt.NDArray[np.int64]:
    """Return which sources are the farthest of their directions, in the sequence of the file."""
    distances = np.linalg.norm(seen, axis=1)
    cells = np.round(seen / distances[:, np.newaxis] / np.radians(_SAME_DIRECTION)).astype(np.int64)
    order = np.argsort(-distances, kind="stable")
    _, first = np.unique(cells[order], axis=0, return_index=True)
    return np.sort(order[first])


def _ears_swapped(file: h5py.File) -> bool:
    """Return whether the first receiver is the right ear."""
    if "ReceiverPosition" not in file or _text(file["ReceiverPosition"], "Type") == "spherical":
        return False
    places = _values(file, "ReceiverPosition")
    return places.shape[:2] == (_EARS, 3) and bool(places[0, 1].flat[0] < places[1, 1].flat[0])
