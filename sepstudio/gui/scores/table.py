"""The notes of a score as columns, for what looks at all of them at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.io.scores.records import Note

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NoteTable:
    """Columns of notes in the order of the score, [notes] each: seconds, MIDI numbers, places in ``tracks``.

    ``before`` and ``after`` are NaN where those of the method hold; ``latest`` is the end of the latest note
    so far.
    """

    ids: Ints
    onsets: Floats
    offsets: Floats
    pitches: Ints
    velocities: Ints
    tracks: Ints
    before: Floats
    after: Floats
    latest: Floats

    @classmethod
    def of(cls, notes: Sequence[Note], tracks: Sequence[str]) -> NoteTable:
        """Return the columns of notes."""
        places = {name: index for index, name in enumerate(tracks)}
        numbers = np.array(
            [(n.id, n.pitch, n.velocity, places.get(n.track, 0)) for n in notes], np.int64
        ).reshape(-1, 4)  # fmt: skip
        times = np.array(
            [(n.onset, n.offset, _or_nan(n.before), _or_nan(n.after)) for n in notes], np.float64
        ).reshape(-1, 4)  # fmt: skip
        onsets, offsets, before, after = times.T
        ids, pitches, velocities, track_places = numbers.T
        latest = np.maximum.accumulate(offsets) if notes else offsets
        return cls(ids, onsets, offsets, pitches, velocities, track_places, before, after, latest)

    @property
    def count(self) -> int:
        """How many notes there are."""
        return int(self.ids.size)

    def starts(self, usual: float) -> Floats:
        """Return from when each note may sound, with the usual tolerance in seconds where it has none of its own."""
        return self.onsets - np.where(np.isnan(self.before), usual, self.before)

    def stops(self, usual: float) -> Floats:
        """Return until when each note may sound."""
        return self.offsets + np.where(np.isnan(self.after), usual, self.after)

    def part(self, rows: slice) -> NoteTable:
        """Return some rows on end."""
        return self._chosen(rows)

    def where(self, chosen: npt.NDArray[np.bool_]) -> NoteTable:
        """Return some rows."""
        return self._chosen(chosen)

    def _chosen(self, rows: slice | npt.NDArray[np.bool_]) -> NoteTable:
        return NoteTable(*(getattr(self, field.name)[rows] for field in dataclasses.fields(self)))

    def marked(self, ids: Collection[int]) -> npt.NDArray[np.bool_]:
        """Return which notes are among some ids."""
        if not ids:
            return np.zeros(self.ids.size, bool)
        return np.isin(self.ids, np.fromiter(ids, np.int64, len(ids)))

    def within(self, start: float, stop: float, margin: float) -> slice:
        """Return the rows in which everything lies that touches a stretch widened by a margin, and maybe more."""
        # Onsets ascend; ``latest`` does so too, so that no long note that began far before is missed.
        first = int(np.searchsorted(self.latest, start - margin))
        last = int(np.searchsorted(self.onsets, stop + margin, side="right"))
        return slice(first, max(last, first))


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value
