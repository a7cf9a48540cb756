"""Pictures of several recordings on one time and frequency axis, out of the tiles that are there."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sepstudio.tiles.composer import PAINT_BUDGET_S, TileComposer
from sepstudio.tiles.decibels import Cells
from sepstudio.tiles.mixing import Alone, Entries, Mixing
from sepstudio.tiles.rows import row_map
from sepstudio.tiles.scales import FrequencyScale
from sepstudio.tiles.spectrogram import SpectrogramPyramid

Span = tuple[float, float]
Wanted = tuple[SpectrogramPyramid, int, int]


@dataclass(frozen=True, eq=False)
class Layer:
    """A recording that begins ``offset_s`` seconds into the timeline."""

    pyramid: SpectrogramPyramid
    offset_s: float = 0.0

    @property
    def span(self) -> Span:
        """Where on the timeline it begins and ends, in seconds."""
        return self.offset_s, self.offset_s + self.pyramid.clip.duration

    def code_at(self, seconds: float, hertz: float, column_s: float, row_hz: float) -> int | None:
        """Return what a point of a picture shows of it, or None where there is nothing."""
        return self.pyramid.code_at(seconds - self.offset_s, hertz, column_s=column_s, row_hz=row_hz)


@dataclass(frozen=True, eq=False)
class Picture:
    """Entries of a colour table [rows, columns], the tiles that were lacking, and whether nothing is left for later."""

    entries: Entries
    missing: tuple[Wanted, ...]
    settled: bool

    @property
    def finished(self) -> bool:
        """Whether nothing can be added any more."""
        return self.settled and not self.missing


class PictureComposer:
    """Composes each layer by itself and mixes the pictures; outside of its recording a layer is silent.

    Parameters
    ----------
    layers : sequence of Layer
        At least one.
    mixing : Mixing
        What a point shows of the levels of the layers in it. Each level is the loudest of what the point
        covers, so the mixture of a far view is that of the loudest parts.
    common : bool
        Whether only the time is shown that all layers have, instead of the time that any has.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        mixing: Mixing | None = None,
        *,
        common: bool = False,
        budget_s: float = PAINT_BUDGET_S,
    ) -> None:
        self.layers = tuple(layers)
        self.mixing: Mixing = mixing or Alone()
        self._common = common
        self._composers = [TileComposer(layer.pyramid, budget_s=budget_s / len(self.layers)) for layer in self.layers]
        self._rows_key: tuple[Any, ...] = ()
        self._rows = 0
        self._beyond: list[int] = []

    @property
    def span(self) -> Span:
        """What of the timeline is shown, in seconds; empty (both equal) when the layers have no time in common."""
        starts, stops = zip(*(layer.span for layer in self.layers), strict=True)
        if not self._common:
            return min(starts), max(stops)
        return max(starts), max(*starts, min(stops))

    def set_axis(self, scale: FrequencyScale, bottom: float, top: float, rows: int) -> None:
        """Show the part ``bottom`` to ``top`` (0 to 1) of a frequency axis in a number of rows."""
        key = (scale, bottom, top, rows)
        if key == self._rows_key:
            return
        self._rows_key, self._rows = key, rows
        lower_edges = scale.to_hertz(np.linspace(top, bottom, rows + 1))[1:]
        self._beyond = []
        for composer in self._composers:
            pyramid = composer.pyramid
            rows_of = functools.partial(row_map, bin_hz=pyramid.bin_hz, bins=pyramid.bins, blends=pyramid.blends)
            composer.set_rows(rows_of(scale, bottom, top, rows))
            self._beyond.append(int(np.count_nonzero(lower_edges > pyramid.clip.sample_rate / 2)))

    def compose(self, start_s: float, stop_s: float, width: int) -> Picture:
        """Return a picture of ``width`` columns between two times of the timeline; ``set_axis`` comes first."""
        planes, missing, settled = [], [], True
        for layer, composer, beyond in zip(self.layers, self._composers, self._beyond, strict=True):
            if layer.span[1] <= start_s or layer.span[0] >= stop_s:
                planes.append(np.zeros((self._rows, width), layer.pyramid.cell))
                continue
            composition = composer.compose(start_s - layer.offset_s, stop_s - layer.offset_s, width)
            planes.append(_inside(composition.codes, layer, (start_s, stop_s), beyond))
            missing += [(layer.pyramid, *key) for key in composition.missing]
            settled = settled and composition.settled
        return Picture(self.mixing(planes), tuple(missing), settled)


def _inside(codes: Cells, layer: Layer, shown: Span, beyond: int) -> Cells:
    """Silence what a picture has outside of a recording, in time and above half its sample rate."""
    first, last = layer.span
    width = codes.shape[1]
    column_s = (shown[1] - shown[0]) / width
    before = int(np.clip(np.floor((first - shown[0]) / column_s + 1e-6), 0, width))
    after = int(np.clip(np.ceil((last - shown[0]) / column_s - 1e-6), 0, width))
    codes[:, :before] = 0
    codes[:, after:] = 0
    codes[:beyond] = 0
    return codes
