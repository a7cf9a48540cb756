"""The data behind pictures of several recordings: by how much one is louder, and its share in the energy of all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.gui.exporting.view_data import Floats, LevelData, Span
from sepstudio.io.clip import AudioClip, MixClip, Part
from sepstudio.tiles.analysis import FrameAnalysis

Levels = npt.NDArray[np.float32]
Placed = tuple[AudioClip, float]


class _CommonLevels:
    """The levels of recordings of one sample rate in the time that they have in common, frame by frame.

    Parameters
    ----------
    placed : sequence of (clip, offset)
        The recordings and where each begins on the timeline, in seconds. They have some time in common.
    analysis, span, band, title
        As for LevelData.
    """

    columns_name, columns_unit = LevelData.columns_name, LevelData.columns_unit

    def __init__(
        self, placed: Sequence[Placed], analysis: FrameAnalysis, span: Span | None, band: Span | None, title: str
    ) -> None:
        self.title = title
        rate = placed[0][0].sample_rate
        starts = [round(offset * rate) for _, offset in placed]
        begin = max(starts)
        end = min(start + clip.length for start, (clip, _) in zip(starts, placed, strict=True))
        clips = [
            MixClip([Part(clip, start - begin)], end - begin) for start, (clip, _) in zip(starts, placed, strict=True)
        ]
        self._layers = [LevelData(clip, begin / rate, analysis, span, band) for clip in clips]
        self.rows = self._layers[0].rows
        self.columns = self._layers[0].columns

    @property
    def details(self) -> Mapping[str, Any]:
        """The transform."""
        return {**self._layers[0].details, "reference": self.reference}

    reference = ""

    def coordinates(self, start: int, stop: int) -> Floats:
        """Return the times on which some frames are centred."""
        return self._layers[0].coordinates(start, stop)

    def _levels(self, start: int, stop: int) -> list[Levels]:
        return [layer.values(start, stop) for layer in self._layers]


class DifferenceData(_CommonLevels):
    """By how many dB the first of two recordings is louder."""

    quantity, unit = "level difference", "dB"
    reference = "first minus second; 0 where both are silent, +-inf where one is"

    def values(self, start: int, stop: int) -> Levels:
        """Return the differences of some frames."""
        first, second = self._levels(start, stop)
        difference = np.zeros_like(first)
        np.subtract(first, second, out=difference, where=(first > -math.inf) | (second > -math.inf))
        return difference


class ShareData(_CommonLevels):
    """The share of one of some recordings in the energy of all, 0 to 1."""

    quantity, unit = "share", ""
    reference = "energy of one stem divided by that of all; nan where all are silent"

    def __init__(
        self,
        placed: Sequence[Placed],
        index: int,
        analysis: FrameAnalysis,
        span: Span | None = None,
        band: Span | None = None,
        title: str = "",
    ) -> None:
        super().__init__(placed, analysis, span, band, title)
        self._index = index

    def values(self, start: int, stop: int) -> Levels:
        """Return the shares of some frames."""
        powers = [np.power(10.0, levels / 10.0) for levels in self._levels(start, stop)]
        total = np.sum(powers, axis=0)
        share = np.full_like(total, np.nan)
        return np.divide(powers[self._index], total, out=share, where=total > 0)
