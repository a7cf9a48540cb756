"""What strokes say of the bins of some frames: which stems each may belong to, and how sure the painter is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.io.strokes.records import Strokes
from sepstudio.separation.stroke_bins import PaintedBins

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.intp]
# In a plane of statements: nobody has painted here.
_NOTHING = -1


@dataclass(frozen=True)
class Claims:
    """Statements about ``n`` bins, each of which is there once.

    ``bins`` and ``frames`` int [n] say which; ``allowed`` bool [statements, parts] says which parts of the recording a
    bin may belong to, ``statement`` int [n] which row of it counts, ``opacity`` float32 [n] in (0, 1] how much.
    """

    bins: Integers
    frames: Integers
    allowed: npt.NDArray[np.bool_]
    statement: Integers
    opacity: Floats


def claims_of(
    painted: PaintedBins, strokes: Strokes, parts: Sequence[str], *, bins: int, frames: int, feather: int
) -> Claims:
    """Return what painted bins say of the parts of a recording.

    Parameters
    ----------
    strokes : Strokes
        Those that ``painted`` is of. Their sources go by the names of parts; the last one stands for all parts that
        no other is called by.
    parts : sequence of str
        All that a bin may belong to: the stems, and what they leave of the recording.
    bins, frames : int
        The size of the spectrogram.
    feather : int
        Above and below what is painted, opacity falls to nothing within so many bins and one. In time the windows of
        neighbouring frames fade it already.
    """
    places = {source.name: place for place, source in enumerate(strokes.sources)}
    owners = [places.get(part, len(places) - 1) for part in parts]
    packed, statement = np.unique(np.packbits(painted.allowed, axis=1), axis=0, return_inverse=True)
    allowed = np.unpackbits(packed, axis=1, count=len(places)).astype(np.bool_)[:, owners]
    plane = np.full((bins, frames), _NOTHING, np.int32)
    opacity = np.zeros((bins, frames), np.float32)
    plane[painted.bins, painted.frames] = statement.reshape(-1)
    opacity[painted.bins, painted.frames] = painted.weights
    _feather(plane, opacity, feather)
    rows, columns = np.nonzero(opacity)
    return Claims(rows, columns, allowed, plane[rows, columns].astype(np.intp), opacity[rows, columns])


def _feather(plane: npt.NDArray[np.int32], opacity: Floats, feather: int) -> None:
    """Let what is painted fade upwards and downwards, in place; what is painted itself stays as it is."""
    painted, painted_opacity = plane.copy(), opacity.copy()
    for distance in range(1, min(feather, len(plane) - 1) + 1):
        fading = np.float32(1.0 - distance / (feather + 1))
        for to, source in (
            (slice(distance, None), slice(None, -distance)),
            (slice(None, -distance), slice(distance, None)),
        ):
            reached = painted_opacity[source] * fading
            gains = (painted[to] == _NOTHING) & (reached > opacity[to])
            opacity[to][gains] = reached[gains]
            plane[to][gains] = painted[source][gains]
