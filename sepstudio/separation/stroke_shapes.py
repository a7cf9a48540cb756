"""Which cells of an STFT a stroke covers, as runs of frames in each bin: exact, and never a picture of the plane."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.io.strokes.records import AxisKind, Stroke
from sepstudio.tiles.scales import position

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
# Sorted, disjoint and not touching: [starts, stops) in numbers of cells, bin * frames + frame.
Spans = tuple[Ints, Ints]

# Of a cell: what rounding in seconds and hertz may move.
_DIGITS = 6
# Pairs of a segment and a bin that are worked on at a time, at some 150 bytes each.
_PAIRS = 1 << 18
# A brush without width is a line.
_LEAST_SIZE = 1e-9


@dataclass(frozen=True)
class StftGrid:
    """The cells of an STFT: frame ``m`` is centred on sample ``m * hop_size``, there are ``frames`` of them."""

    sample_rate: int
    fft_size: int
    hop_size: int
    frames: int

    @property
    def bins(self) -> int:
        """The number of bins, 0 Hz and half the sample rate included."""
        return self.fft_size // 2 + 1

    @property
    def bin_hertz(self) -> float:
        """From bin to bin in Hz."""
        return self.sample_rate / self.fft_size

    def columns(self, seconds: npt.ArrayLike) -> Floats:
        """Return times in frames."""
        return np.asarray(seconds, np.float64) * (self.sample_rate / self.hop_size)

    def rows(self, hertz: npt.ArrayLike) -> Floats:
        """Return frequencies in bins."""
        return np.asarray(hertz, np.float64) / self.bin_hertz


@dataclass(frozen=True)
class _Path:
    """A path of straight lines: time in frames, frequency in bins and in units of the axis on which it is straight."""

    time: Floats
    row: Floats
    place: Floats


def stroke_spans(stroke: Stroke, grid: StftGrid) -> Spans:
    """Return what a stroke covers.

    A cell is covered when its centre lies in the painted shape, its edge included. That of a brush is an ellipse
    of its width and height, drawn along lines that are straight on the axis of the stroke; cells that the path
    itself runs through are covered too, however thin the brush. A box between two corners has at least one bin and
    frame. A lasso is closed by a straight line and holds all that it goes around, also twice or the other
    way round (the non-zero rule). A harmonic brush goes along all multiples of its points that reach below half the
    sample rate.
    """
    seconds, hertz = (np.array(values, np.float64) for values in zip(*stroke.points, strict=True))
    if stroke.tool == "box":
        return _box(seconds, hertz, grid)
    if stroke.tool == "lasso":
        return _lasso(_path(seconds, hertz, stroke.axis, grid), _centres(stroke.axis, grid), grid)
    partials = stroke.partials if stroke.tool == "harmonic" else 1
    below = [n for n in range(1, partials + 1) if n == 1 or n * hertz.min() <= grid.sample_rate / 2]
    return merged([_brush(_path(seconds, n * hertz, stroke.axis, grid), stroke, grid) for n in below])


def merged(spans: list[Spans]) -> Spans:
    """Return the union of runs of cells, each list of which may overlap itself and the others."""
    starts, stops = (np.concatenate([run[side] for run in spans]) for side in (0, 1))
    filled = stops > starts
    starts, stops = starts[filled], stops[filled]
    order = np.argsort(starts, kind="stable")
    starts, stops = starts[order], np.maximum.accumulate(stops[order])
    if not starts.size:
        return starts, stops
    opening = np.r_[True, starts[1:] > stops[:-1]]
    closing = np.r_[opening[1:], True]
    return starts[opening], stops[closing]


def expanded(counts: Ints) -> tuple[Ints, Ints]:
    """Return for each of ``counts`` things its index as often, and the numbers from 0 within each."""
    index = np.repeat(np.arange(counts.size), counts)
    return index, np.arange(index.size) - np.repeat(np.cumsum(counts) - counts, counts)


# -- shapes ------------------------------------------------------------------------------------


def _box(seconds: Floats, hertz: Floats, grid: StftGrid) -> Spans:
    left, right = _at_least_one(np.sort(grid.columns(seconds)))
    low, high = _at_least_one(np.sort(grid.rows(hertz)))
    rows = np.arange(max(low, 0), min(high, grid.bins))
    return merged([_runs(rows, np.full(rows.size, left), np.full(rows.size, right), grid)])


def _at_least_one(ends: Floats) -> tuple[int, int]:
    first, behind = int(_first(ends)[0]), int(_behind(ends)[1])
    if behind > first:
        return first, behind
    nearest = int(np.floor(ends.mean() + 0.5))
    return nearest, nearest + 1


def _lasso(path: _Path, centres: Floats, grid: StftGrid) -> Spans:
    time, place = path.time, path.place
    next_time, next_place = np.roll(time, -1), np.roll(place, -1)
    low, high = np.minimum(place, next_place), np.maximum(place, next_place)
    # Closed below and open above, so that a corner on the centre of a bin is crossed once.
    begin = np.searchsorted(centres, low)
    edge, within = expanded(np.searchsorted(centres, high) - begin)
    row = begin[edge] + within
    share = (centres[row] - place[edge]) / (next_place - place)[edge]
    crossing = time[edge] + share * (next_time - time)[edge]
    order = np.lexsort((crossing, row))
    # Each bin is left as often as it is entered: the count begins anew by itself.
    winding = np.cumsum(np.sign(next_place - place)[edge][order])[:-1]
    inside = np.flatnonzero(winding)
    row, crossing = row[order], crossing[order]
    return merged([_runs(row[inside], _first(crossing[inside]), _behind(crossing[inside + 1]), grid)])


def _brush(path: _Path, stroke: Stroke, grid: StftGrid) -> Spans:
    width = max(float(grid.columns(stroke.width)) / 2, _LEAST_SIZE)
    height = max(stroke.height / 2, _LEAST_SIZE)
    ends = np.arange(1, path.time.size) if path.time.size > 1 else np.zeros(1, np.int64)
    begins = np.maximum(ends - 1, 0)
    centres = _centres(stroke.axis, grid)
    low, high = np.minimum(path.place[begins], path.place[ends]), np.maximum(path.place[begins], path.place[ends])
    first = np.searchsorted(centres, low - height)
    behind = np.searchsorted(centres, high + height, side="right")
    found = [_line(path, begins, ends, stroke.axis, grid)]
    for chunk in _chunks(behind - first):
        segment, within = expanded((behind - first)[chunk])
        row = first[chunk][segment] + within
        begin, end = begins[chunk][segment], ends[chunk][segment]
        time = path.time[begin]
        left, right = _capsule(
            (path.time[end] - time) / width,
            (path.place[end] - path.place[begin]) / height,
            (centres[row] - path.place[begin]) / height,
        )
        some = np.isfinite(left)
        start, stop = _first((time + left * width)[some]), _behind((time + right * width)[some])
        found.append(merged([_runs(row[some], start, stop, grid)]))
    return merged(found)


def _capsule(across: Floats, up: Floats, height: Floats) -> tuple[Floats, Floats]:
    """Return from where to where a capsule reaches at some heights, NaN where it is not.

    It is what a disc of radius 1 covers on the way from the origin to (``across``, ``up``).
    """
    with np.errstate(invalid="ignore"):
        begin, end = np.sqrt(1 - height**2), np.sqrt(1 - (height - up) ** 2)
    # The way is a rectangle: 0 <= x across + height up <= length^2, and |x up - height across| <= length.
    length = np.hypot(across, up)
    one = _between(across, height * up, np.zeros_like(length), length**2)
    other = _between(up, -height * across, -length, length)
    left, right = np.maximum(one[0], other[0]), np.minimum(one[1], other[1])
    outside = ~((left <= right) & (length > 0))
    left, right = np.where(outside, np.nan, left), np.where(outside, np.nan, right)
    return (
        np.fmin(np.fmin(-begin, across - end), left),
        np.fmax(np.fmax(begin, across + end), right),
    )


def _between(factor: Floats, offset: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return the least and the greatest x with ``low <= factor x + offset <= high``; nothing is inf to -inf."""
    flat = factor == 0
    divisor = np.where(flat, 1.0, factor)
    one, other = (low - offset) / divisor, (high - offset) / divisor
    always = np.where((low <= offset) & (offset <= high), np.inf, -np.inf)
    return np.where(flat, -always, np.minimum(one, other)), np.where(flat, always, np.maximum(one, other))


def _line(path: _Path, begins: Ints, ends: Ints, axis: AxisKind, grid: StftGrid) -> Spans:
    """Return the cells that a path runs through."""
    low = np.minimum(path.row[begins], path.row[ends])
    high = np.maximum(path.row[begins], path.row[ends])
    first = np.clip(_nearest(low), 0, grid.bins)
    segment, within = expanded(np.clip(_nearest(high) + 1, first, grid.bins) - first)
    row = first[segment] + within
    begin, end = begins[segment], ends[segment]
    rise = path.place[end] - path.place[begin]
    level = rise == 0
    edges = [position(axis, np.maximum(row + side, 0) * grid.bin_hertz) for side in (-0.5, 0.5)]
    shares = [np.clip((edge - path.place[begin]) / np.where(level, 1.0, rise), 0, 1) for edge in edges]
    least, most = np.where(level, 0, np.minimum(*shares)), np.where(level, 1, np.maximum(*shares))
    way = path.time[end] - path.time[begin]
    times = [path.time[begin] + share * way for share in (least, most)]
    return merged([_runs(row, _nearest(np.minimum(*times)), _nearest(np.maximum(*times)) + 1, grid)])


# -- cells -------------------------------------------------------------------------------------


def _path(seconds: Floats, hertz: Floats, axis: AxisKind, grid: StftGrid) -> _Path:
    return _Path(grid.columns(seconds), grid.rows(hertz), position(axis, hertz))


def _centres(axis: AxisKind, grid: StftGrid) -> Floats:
    return position(axis, np.arange(grid.bins) * grid.bin_hertz)


def _first(time: Floats) -> Ints:
    return np.ceil(np.round(time, _DIGITS)).astype(np.int64)


def _behind(time: Floats) -> Ints:
    return _floor(np.round(time, _DIGITS)) + 1


def _nearest(place: Floats) -> Ints:
    return _floor(np.round(place, _DIGITS) + 0.5)


def _floor(place: Floats) -> Ints:
    return np.floor(place).astype(np.int64)


def _runs(rows: Ints, starts: Ints, stops: Ints, grid: StftGrid) -> Spans:
    begin = rows * grid.frames
    return begin + np.clip(starts, 0, grid.frames), begin + np.clip(stops, 0, grid.frames)


def _chunks(counts: Ints) -> Iterator[slice]:
    total = np.cumsum(counts)
    start = 0
    while start < counts.size:
        done = total[start - 1] if start else 0
        stop = max(int(np.searchsorted(total, done + _PAIRS, side="right")), start + 1)
        yield slice(start, stop)
        start = stop
