"""Notes and scores as everything else sees them; times in seconds of the recording that they belong to."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

LEAST_PITCH, MOST_PITCH = 0, 127
LEAST_VELOCITY, MOST_VELOCITY = 1, 127

Part = Literal["note", "onset"]


@dataclass(frozen=True)
class Note:
    """A note of a score.

    ``id`` is unique within its score and stays when the note is edited; ``onset`` and ``duration`` in seconds,
    ``pitch`` as a MIDI number (C4 = 60), ``velocity`` from 1 to 127, ``track`` the name of a hand, voice or
    instrument. ``before`` and ``after`` are tolerances in seconds around onset and offset that hold for this note
    alone; None takes those of the method.
    """

    id: int
    onset: float
    duration: float
    pitch: int
    velocity: int = 64
    track: str = ""
    before: float | None = None
    after: float | None = None

    @property
    def offset(self) -> float:
        """Where the note ends, in seconds."""
        return self.onset + self.duration


@dataclass(frozen=True)
class ActivationPatch:
    """Cells of the activation constraint painted by hand: a component may sound, or not, from ``start`` to ``stop``.

    Times in seconds; ``part`` chooses between the template of the note and that of its onset.
    """

    pitch: int
    start: float
    stop: float
    allowed: bool
    part: Part = "note"


@dataclass(frozen=True)
class TemplatePatch:
    """Cells of the template constraint painted by hand: a component may have energy, or not, from ``low`` to ``high``.

    Frequencies in Hz.
    """

    pitch: int
    low: float
    high: float
    allowed: bool
    part: Part = "note"


@dataclass(frozen=True)
class Score:
    """The notes of a recording, ordered by onset, pitch and id, and what was painted into its constraints.

    ``tracks`` names hands, voices or instruments in the order of the file; ``aligned`` says whether times are those
    of the recording. Later patches count more than earlier ones.
    """

    name: str
    notes: tuple[Note, ...]
    tracks: tuple[str, ...] = ()
    aligned: bool = True
    activation_patches: tuple[ActivationPatch, ...] = ()
    template_patches: tuple[TemplatePatch, ...] = ()

    @property
    def pitches(self) -> tuple[int, ...]:
        """The pitches that occur, ascending."""
        return tuple(sorted({note.pitch for note in self.notes}))

    @property
    def end(self) -> float:
        """Where the last note ends, in seconds; 0 without notes."""
        return max((note.offset for note in self.notes), default=0.0)

    def note(self, note_id: int) -> Note:
        """Return a note by its id.

        Raises
        ------
        KeyError
            If there is none of that id.
        """
        for note in self.notes:
            if note.id == note_id:
                return note
        raise KeyError(note_id)

    def with_notes(self, notes: Iterable[Note]) -> Score:
        """Return a copy with these notes added, or in the place of those with the same id."""
        by_id = {note.id: note for note in self.notes} | {note.id: note for note in notes}
        ordered = sorted(by_id.values(), key=lambda note: (note.onset, note.pitch, note.id))
        new_tracks = dict.fromkeys(note.track for note in ordered if note.track not in self.tracks)
        return dataclasses.replace(self, notes=tuple(ordered), tracks=(*self.tracks, *new_tracks))

    def without(self, note_ids: Collection[int]) -> Score:
        """Return a copy that lacks some notes; tracks stay."""
        return dataclasses.replace(self, notes=tuple(note for note in self.notes if note.id not in note_ids))

    def moved(self, offset: float, stretch: float = 1.0) -> Score:
        """Return a copy whose times are multiplied by ``stretch`` and then moved by ``offset`` seconds.

        Those of painted activations are moved with the notes around which they were painted.
        """
        return dataclasses.replace(
            self,
            notes=tuple(
                dataclasses.replace(note, onset=note.onset * stretch + offset, duration=note.duration * stretch)
                for note in self.notes
            ),
            activation_patches=tuple(
                dataclasses.replace(patch, start=patch.start * stretch + offset, stop=patch.stop * stretch + offset)
                for patch in self.activation_patches
            ),
        )

    def next_id(self) -> int:
        """Return an id that no note has."""
        return max((note.id for note in self.notes), default=0) + 1

    def overlapping(self) -> frozenset[int]:
        """Return the ids of notes that begin before another of the same pitch has ended, and of those others."""
        return self._overlapping

    # Several views ask for it after each edit.
    @functools.cached_property
    def _overlapping(self) -> frozenset[int]:
        found: set[int] = set()
        latest: dict[int, tuple[int, float]] = {}
        for note in self.notes:
            offset = note.onset + note.duration
            before, end = latest.get(note.pitch, (0, -math.inf))
            if note.onset < end:
                found.update((before, note.id))
            if offset > end:
                latest[note.pitch] = note.id, offset
        return frozenset(found)
