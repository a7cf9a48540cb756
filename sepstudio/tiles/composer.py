"""A picture of any stretch of a spectrogram out of the tiles that are there, without waiting for others."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.tiles.build import TileKey
from sepstudio.tiles.decibels import Cells
from sepstudio.tiles.pooling import POOL
from sepstudio.tiles.rows import RowMap
from sepstudio.tiles.spectrogram import TILE_COLUMNS, SpectrogramPyramid

MAPPED_BYTES = 12 << 20
# How long one picture may map tiles to rows; the rest stays rough until the next picture. Several panes are often
# painted in one turn of the event loop, which is to take less than 50 ms.
PAINT_BUDGET_S = 0.003
_OVERVIEW_KEY = (-1, 0)
_WEIGHT_ONE = 256


@dataclass(frozen=True, eq=False)
class Composition:
    """A picture as codes [rows, columns], the tiles that it lacked, and whether nothing was left for later."""

    codes: Cells
    missing: tuple[TileKey, ...]
    settled: bool


class TileComposer:
    """Draws stretches of a pyramid with a given row map; keeps mapped tiles up to a limit in bytes."""

    def __init__(self, pyramid: SpectrogramPyramid, *, budget_s: float = PAINT_BUDGET_S) -> None:
        self.pyramid = pyramid
        self._budget_s = budget_s
        self._rows = RowMap(*(np.zeros(0, np.intp),) * 2, np.zeros(0, np.uint16))
        self._mapped: OrderedDict[TileKey, Cells] = OrderedDict()
        self._mapped_bytes = 0
        self._overview: Cells | None = None
        self._missing: list[TileKey] = []
        self._deadline = 0.0
        self._late = False

    def set_rows(self, rows: RowMap) -> None:
        """Use another map of bins to rows from now on."""
        self._rows = rows
        self._mapped.clear()
        self._mapped_bytes = 0

    def compose(self, start_s: float, stop_s: float, width: int) -> Composition:
        """Return a picture of ``width`` columns between two times of the recording.

        Every column of the level in use falls into a column of the picture, by its maximum;
        where the picture has more columns than the level, it interpolates, or takes the nearest of what has nothing
        in between. ``set_rows`` comes first.
        """
        self._missing, self._late = [], False
        self._deadline = time.perf_counter() + self._budget_s
        level = self.pyramid.level_for((stop_s - start_s) / width)
        # A column stands for the time around its centre, so its left edge lies half a hop before.
        times = np.linspace(start_s, stop_s, width + 1) + self.pyramid.lead_seconds
        edges = (times / self.pyramid.column_seconds + 0.5) / POOL**level
        last = self.pyramid.columns_at(level) - 1
        first = int(np.clip(np.floor(edges[0]) - 1, 0, last))
        strip = self._strip(level, first, int(np.clip(np.ceil(edges[-1]) + 1, first + 1, last + 1)))
        dense = edges[-1] - edges[0] >= width
        between = _between if self.pyramid.blends else _nearest
        picture = (_maxima if dense else between)(strip, edges - first)
        return Composition(np.ascontiguousarray(picture.T), tuple(self._missing), not self._late)

    def _strip(self, level: int, first: int, stop: int) -> Cells:
        """Return columns ``first`` to ``stop`` of a level, time first: uint8 [columns, rows]."""
        strip = np.zeros((stop - first, self._rows.rows), self.pyramid.cell)
        for index in range(first // TILE_COLUMNS, -(-stop // TILE_COLUMNS)):
            start = max(first, index * TILE_COLUMNS)
            end = min(stop, (index + 1) * TILE_COLUMNS)
            self._fill(strip[start - first : end - first], level, index, start)
        return strip

    def _fill(self, target: Cells, level: int, index: int, start: int) -> None:
        inside = start - index * TILE_COLUMNS
        tile = self._mapped_tile(level, index)
        if tile is not None:
            target[:] = tile[inside : inside + len(target)]
            return
        self._fill_rough(target, level, index, np.arange(start, start + len(target)))
        growing = self.pyramid.growing(level, index)
        if self.pyramid.tile(level, index) is None:
            self._missing.append((level, index))
        if growing is not None and growing.shape[1] > inside:
            columns = self._rows.apply(growing[:, inside : inside + len(target)])
            target[: len(columns)] = columns

    def _fill_rough(self, target: Cells, level: int, index: int, columns: npt.NDArray[np.intp]) -> None:
        for coarser in range(level + 1, self.pyramid.top_level + 1):
            group = POOL ** (coarser - level)
            tile = self._mapped_tile(coarser, index // group)
            if tile is not None:
                target[:] = tile[columns // group - index // group * TILE_COLUMNS]
                return
        overview = self._mapped_overview()
        if overview is not None:
            middles = (columns + 0.5) * POOL**level * len(overview) / self.pyramid.columns
            target[:] = overview[np.minimum(middles.astype(np.intp), len(overview) - 1)]

    def _mapped_tile(self, level: int, index: int) -> Cells | None:
        mapped = self._mapped.get((level, index))
        if mapped is not None:
            self._mapped.move_to_end((level, index))
            return mapped
        codes = self.pyramid.tile(level, index)
        return None if codes is None or self._too_late() else self._remember((level, index), codes)

    def _mapped_overview(self) -> Cells | None:
        overview = self.pyramid.first_look
        if overview is not self._overview:
            self._forget(_OVERVIEW_KEY)
            self._overview = overview
        mapped = self._mapped.get(_OVERVIEW_KEY)
        return mapped if mapped is not None or overview is None else self._remember(_OVERVIEW_KEY, overview)

    def _too_late(self) -> bool:
        late = time.perf_counter() > self._deadline
        self._late = self._late or late
        return late

    def _remember(self, key: TileKey, codes: Cells) -> Cells:
        mapped = self._rows.apply(codes)
        self._mapped[key] = mapped
        self._mapped_bytes += mapped.nbytes
        while self._mapped_bytes > MAPPED_BYTES and len(self._mapped) > 1:
            self._forget(next(iter(self._mapped)))
        return mapped

    def _forget(self, key: TileKey) -> None:
        mapped = self._mapped.pop(key, None)
        self._mapped_bytes -= 0 if mapped is None else mapped.nbytes


def _maxima(strip: Cells, edges: npt.NDArray[np.float64]) -> Cells:
    """Return for each stretch between two edges (in columns of the strip) the maximum of the columns it touches."""
    first = np.clip(np.floor(edges[:-1]).astype(np.intp), 0, len(strip) - 1)
    last = np.clip(np.ceil(edges[1:]).astype(np.intp) - 1, first, len(strip) - 1)
    picture = strip[first]
    for reach in range(1, int((last - first).max()) + 1):
        np.maximum(picture, strip[np.minimum(first + reach, last)], out=picture)
    return picture


def _between(strip: Cells, edges: npt.NDArray[np.float64]) -> Cells:
    """Interpolate the strip in the middle between each two edges (in columns of the strip)."""
    middles = np.clip((edges[:-1] + edges[1:]) / 2 - 0.5, 0, len(strip) - 1)
    below = middles.astype(np.intp)
    weight = np.rint((middles - below) * _WEIGHT_ONE).astype(np.uint16)[:, None]
    low, high = strip[below].astype(np.uint16), strip[np.minimum(below + 1, len(strip) - 1)]
    return ((low * (_WEIGHT_ONE - weight) + high * weight) >> 8).astype(np.uint8)


def _nearest(strip: Cells, edges: npt.NDArray[np.float64]) -> Cells:
    """Return the columns of the strip that lie in the middle between each two edges."""
    middles = np.floor((edges[:-1] + edges[1:]) / 2)
    return strip[np.clip(middles, 0, len(strip) - 1).astype(np.intp)]
