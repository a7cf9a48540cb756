"""Where times that a hand drags come to rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from sepstudio.io.scores.records import Note

SnapKind = Literal["off", "notes", "frames", "grid"]
SNAP_KINDS: tuple[SnapKind, ...] = get_args(SnapKind)


@dataclass(frozen=True)
class Snap:
    """What times are drawn to: starts and ends of other notes, frames of the analysis, or a grid in seconds.

    ``step_s`` is the length of a frame or the step of the grid; a frame lies at each multiple of it.
    ``marks`` are times in seconds, ascending, float64.
    """

    kind: SnapKind = "notes"
    step_s: float = 0.05
    marks: npt.NDArray[np.float64] | None = None

    def among(self, notes: Iterable[Note]) -> Snap:
        """Return the same with the starts and ends of notes as marks."""
        times = [time for note in notes for time in (note.onset, note.offset)]
        return Snap(self.kind, self.step_s, np.unique(np.asarray(times, np.float64)))

    def nearest(self, seconds: float) -> float:
        """Return the place that a time would come to rest at, however far; the time itself if there is none."""
        if self.kind == "notes":
            return self._nearest_mark(seconds)
        if self.kind == "off" or self.step_s <= 0:
            return seconds
        return float(np.rint(seconds / self.step_s) * self.step_s)

    def time(self, seconds: float, reach_s: float) -> float:
        """Return where a time comes to rest: marks draw it from ``reach_s`` at most, a grid from anywhere."""
        found = self.nearest(seconds)
        return found if self.kind != "notes" or abs(found - seconds) <= reach_s else seconds

    def _nearest_mark(self, seconds: float) -> float:
        marks = self.marks
        if marks is None or not marks.size:
            return seconds
        place = int(np.searchsorted(marks, seconds))
        return float(min(marks[max(place - 1, 0) : place + 1], key=lambda mark: abs(mark - seconds)))
