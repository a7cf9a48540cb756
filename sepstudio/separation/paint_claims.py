"""Which sources strokes claim for themselves, checked before anything is computed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from sepstudio.errors import MissingInputError, ParameterError
from sepstudio.io.strokes.records import Stroke, Strokes
from sepstudio.separation.paint_examples import PaintedCells, painted_cells
from sepstudio.separation.paint_grid import PaintGrid
from sepstudio.separation.stroke_bins import painted_bins

_PAINT = "paint over what belongs to each source first"
# Digits of seconds, hertz and sizes by which two strokes are told apart.
_DIGITS = 3


@dataclass(frozen=True)
class Claims:
    """The painted cells of a recording; ``names`` are those of the sources that something was painted for."""

    names: tuple[str, ...]
    cells: PaintedCells
    notes: tuple[str, ...]


def claimed(strokes: Any, grid: PaintGrid, frames: int) -> Claims:
    """Return what strokes claim of a recording of so many frames.

    Raises
    ------
    MissingInputError
        If there are no strokes, none within the recording, or only those of one source.
    ParameterError
        If ``strokes`` are something else.
    """
    if strokes is None or (isinstance(strokes, Strokes) and not strokes.strokes):
        raise MissingInputError("Paint", "nothing has been painted yet", _PAINT)
    if not isinstance(strokes, Strokes):
        raise ParameterError("strokes", type(strokes).__name__, "of type Strokes, as read_strokes returns them")
    sizes = {"sample_rate": grid.sample_rate, "fft_size": grid.fft_size, "hop_size": grid.hop_size}
    painted = painted_bins(strokes, **sizes, frames=frames)
    if not painted.bins.size:
        remedy = "paint within it, or choose another selection"
        raise MissingInputError("Paint", "no stroke lies within what is to be separated", remedy)
    cells = painted_cells(painted, grid)
    alone = cells.shares[np.isclose(cells.shares.sum(axis=1), 1.0, atol=1e-3)]
    has = alone.max(axis=0, initial=0.0) > 0.5
    if has.sum() < 2:
        one = next((source.name for source, own in zip(strokes.sources, has, strict=True) if own), "")
        why = f"only {one} has strokes here" if one else "no source has strokes of its own here"
        remedy = "paint over some of what is not it too, as a second source, so that the difference can be learned"
        raise MissingInputError("Paint", why, remedy)
    names = tuple(source.name for source, own in zip(strokes.sources, has, strict=True) if own)
    left = [source.name for source, own in zip(strokes.sources, has, strict=True) if not own]
    notes = [f"{name}: nothing was painted for it, so it has no stem" for name in left]
    return Claims(_unique(names), _of_sources(cells, has), tuple(notes))


def _of_sources(cells: PaintedCells, has: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> PaintedCells:
    """Leave out sources without strokes, and cells that only they could have."""
    shares = np.ascontiguousarray(cells.shares[:, has])
    kept = shares.max(axis=1, initial=0.0) > 0
    return PaintedCells(cells.bands[kept], cells.frames[kept], shares[kept], cells.weights[kept], cells.strokes[kept])


def _unique(names: tuple[str, ...]) -> tuple[str, ...]:
    found: list[str] = []
    for name in names:
        tries = (name if number == 1 else f"{name} {number}" for number in range(1, len(names) + 1))
        found.append(next(candidate for candidate in tries if candidate not in found))
    return tuple(found)


def fingerprints(strokes: Strokes) -> list[int]:
    """Return a number for each stroke that stays when all strokes move in time, and changes when it is repainted."""
    return [_fingerprint(stroke) for stroke in strokes.strokes]


def _fingerprint(stroke: Stroke) -> int:
    start = stroke.points[0][0] if stroke.points else 0.0
    path = [(round(time - start, _DIGITS), round(hertz, _DIGITS)) for time, hertz in stroke.points]
    sizes = round(stroke.width, _DIGITS), round(stroke.height, _DIGITS), round(stroke.opacity, _DIGITS)
    said = stroke.tool, stroke.source, stroke.axis, stroke.against, stroke.partials
    return zlib.crc32(repr((said, sizes, path)).encode())
