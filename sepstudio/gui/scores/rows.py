"""Where pitches lie in a view: at their fundamentals on a frequency axis, or on rows of equal height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sepstudio.gui.texts import A4_HZ, A4_MIDI
from sepstudio.io.scores.records import LEAST_PITCH, MOST_PITCH, Part
from sepstudio.tiles.scales import FrequencyScale

Floats = npt.NDArray[np.float64]
_ALL = np.arange(LEAST_PITCH, MOST_PITCH + 1)


class Rows(Protocol):
    """Places of pitches on the upright axis of a view, whose heights run from 0 to 1 and on beyond."""

    def bounds(self, part: Part = "note") -> tuple[Floats, Floats]:
        """Return the lower and the upper end of each pitch from 0 to 127, NaN for those without a row."""

    def row_at(self, height: float) -> tuple[int, Part] | None:
        """Return the pitch and the part of it whose row is at a height, or None."""


@dataclass(frozen=True)
class FrequencyRows:
    """A semitone around the fundamental of each pitch."""

    scale: FrequencyScale
    tuning: float = A4_HZ

    def bounds(self, part: Part = "note") -> tuple[Floats, Floats]:
        """Return the lower and the upper end of each pitch; all parts of it lie there."""
        edges = np.append(_ALL - 0.5, _ALL[-1] + 0.5)
        heights = self.scale.to_unit(self.tuning * 2.0 ** ((edges - A4_MIDI) / 12))
        return heights[:-1], heights[1:]

    def row_at(self, height: float) -> tuple[int, Part] | None:
        """Return the pitch nearest to the frequency at a height."""
        hertz = float(self.scale.to_hertz(height))
        if hertz <= 0.0:
            return None
        pitch = round(A4_MIDI + 12 * float(np.log2(hertz / self.tuning)))
        return (pitch, "note") if LEAST_PITCH <= pitch <= MOST_PITCH else None


@dataclass(frozen=True)
class EvenRows:
    """One row of equal height for each entry, from the bottom: a pitch with its part, or None for something else."""

    entries: Sequence[tuple[int, Part] | None]

    def bounds(self, part: Part = "note") -> tuple[Floats, Floats]:
        """Return the lower and the upper end of each pitch."""
        bottoms, tops = np.full(_ALL.size, np.nan), np.full(_ALL.size, np.nan)
        for row, entry in enumerate(self.entries):
            if entry is not None and entry[1] == part:
                bottoms[entry[0]], tops[entry[0]] = row / len(self.entries), (row + 1) / len(self.entries)
        return bottoms, tops

    def row_at(self, height: float) -> tuple[int, Part] | None:
        """Return the pitch and part whose row is at a height."""
        row = int(np.floor(height * len(self.entries)))
        return self.entries[row] if 0 <= row < len(self.entries) else None
