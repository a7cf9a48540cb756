"""Edits of scores by hand: what moving, splitting, joining or painting makes of notes and constraints.

Everything here is a function of records. Notes stay possible whatever is asked for: pitches from 0 to
127, onsets from 0 on, at least ``SHORTEST_S`` long.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from sepstudio.io.scores.records import LEAST_PITCH, LEAST_VELOCITY, MOST_PITCH, MOST_VELOCITY, Note, Score

SHORTEST_S = 0.01


@dataclass(frozen=True)
class Edit:
    """What an edit does to a score: ``notes`` come, or take the place of those with the same id; ``removed`` go."""

    notes: tuple[Note, ...] = ()
    removed: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.notes or self.removed)

    def on(self, score: Score) -> Score:
        """Return the score after the edit."""
        rest = score.without(self.removed) if self.removed else score
        return rest.with_notes(self.notes) if self.notes else rest

    def changes(self, score: Score) -> bool:
        """Whether the score is another one after the edit."""
        known = {note.id: note for note in score.notes}
        return any(known.get(note.id) != note for note in self.notes) or not self.removed.isdisjoint(known)


def notes_of(score: Score, ids: Collection[int]) -> tuple[Note, ...]:
    """Return the notes with some ids in the order of the score; ids that no note has are left out."""
    return tuple(note for note in score.notes if note.id in ids)


# -- places ------------------------------------------------------------------------------------


def moved(notes: Sequence[Note], seconds: float, semitones: int = 0) -> tuple[Note, ...]:
    """Return notes that are later and higher; all of them by as much as every one of them can be."""
    if not notes:
        return ()
    seconds = max(seconds, -min(note.onset for note in notes))
    lowest, highest = min(note.pitch for note in notes), max(note.pitch for note in notes)
    semitones = min(max(semitones, LEAST_PITCH - lowest), MOST_PITCH - highest)
    return tuple(
        dataclasses.replace(note, onset=max(note.onset + seconds, 0.0), pitch=note.pitch + semitones) for note in notes
    )


def resized(notes: Iterable[Note], start_by: float = 0.0, end_by: float = 0.0) -> tuple[Note, ...]:
    """Return notes whose starts and ends are moved by some seconds, each as far as it can be."""
    return tuple(_between(note, note.onset + start_by, note.offset + end_by, fixed_end=not end_by) for note in notes)


def _between(note: Note, start: float, end: float, *, fixed_end: bool) -> Note:
    if end - start < SHORTEST_S:
        start, end = (end - SHORTEST_S, end) if fixed_end else (start, start + SHORTEST_S)
    start = max(start, 0.0)
    if start == note.onset and end == note.offset:
        return note
    return dataclasses.replace(note, onset=start, duration=max(end - start, SHORTEST_S))


def copies(notes: Sequence[Note], first_id: int) -> tuple[Note, ...]:
    """Return the same notes with ids of their own, from ``first_id`` on."""
    return tuple(dataclasses.replace(note, id=first_id + index) for index, note in enumerate(notes))


def duplicated(score: Score, ids: Collection[int]) -> Edit:
    """Return copies of notes that begin where the last of them ends."""
    notes = notes_of(score, ids)
    if not notes:
        return Edit()
    span = max(note.offset for note in notes) - notes[0].onset
    return Edit(copies(moved(notes, span), score.next_id()))


def snapped(notes: Iterable[Note], snap: Callable[[float], float]) -> tuple[Note, ...]:
    """Return notes whose onsets were brought to where ``snap`` puts a time in seconds; durations stay."""
    return tuple(dataclasses.replace(note, onset=max(snap(note.onset), 0.0)) for note in notes)


# -- one note and several ----------------------------------------------------------------------


def split(score: Score, ids: Collection[int], at: float | None = None) -> Edit:
    """Cut notes in two at a time in seconds; those that do not reach it, or all when it is None, in the middle.

    Notes too short for two are left alone. The first half keeps the id.
    """
    halves: list[Note] = []
    next_id = score.next_id()
    for note in notes_of(score, ids):
        if note.duration < 2 * SHORTEST_S:
            continue
        inside = at is not None and note.onset + SHORTEST_S <= at <= note.offset - SHORTEST_S
        cut = at if inside and at is not None else note.onset + note.duration / 2
        halves.append(dataclasses.replace(note, duration=cut - note.onset, after=None))
        halves.append(dataclasses.replace(note, id=next_id, onset=cut, duration=note.offset - cut, before=None))
        next_id += 1
    return Edit(tuple(halves))


def joined(score: Score, ids: Collection[int]) -> Edit:
    """Make one note of those with the same pitch and track, from the first onset to the last offset."""
    groups: dict[tuple[int, str], list[Note]] = {}
    for note in notes_of(score, ids):
        groups.setdefault((note.pitch, note.track), []).append(note)
    whole: list[Note] = []
    removed: set[int] = set()
    for group in groups.values():
        if len(group) > 1:
            first, last = group[0], max(group, key=lambda note: note.offset)
            loudest = max(note.velocity for note in group)
            duration = last.offset - first.onset
            whole.append(dataclasses.replace(first, duration=duration, velocity=loudest, after=last.after))
            removed.update(note.id for note in group[1:])
    return Edit(tuple(whole), frozenset(removed))


def with_tolerance(
    notes: Iterable[Note], *, before: float | None = None, after: float | None = None
) -> tuple[Note, ...]:
    """Return notes with tolerances of their own in seconds, at least 0; None leaves one as it is."""
    return tuple(
        dataclasses.replace(
            note,
            before=note.before if before is None else max(before, 0.0),
            after=note.after if after is None else max(after, 0.0),
        )
        for note in notes
    )


def with_usual_tolerances(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return notes that take the tolerances of the method again."""
    return tuple(dataclasses.replace(note, before=None, after=None) for note in notes)


def with_velocity(notes: Iterable[Note], velocity: int) -> tuple[Note, ...]:
    """Return notes that are struck with another velocity, 1 to 127."""
    velocity = min(max(velocity, LEAST_VELOCITY), MOST_VELOCITY)
    return tuple(dataclasses.replace(note, velocity=velocity) for note in notes)


def with_track(notes: Iterable[Note], track: str) -> tuple[Note, ...]:
    """Return notes of another hand, voice or instrument."""
    return tuple(dataclasses.replace(note, track=track) for note in notes)


# -- finding -----------------------------------------------------------------------------------


def neighbour(score: Score, note_id: int | None, step: int) -> Note | None:
    """Return the note so many places after one in the order of the score, or None beyond the ends.

    From no note, the first or the last.
    """
    if not score.notes:
        return None
    places = {note.id: place for place, note in enumerate(score.notes)}
    if note_id not in places:
        return score.notes[0 if step > 0 else -1]
    place = places[note_id] + step
    return score.notes[place] if 0 <= place < len(score.notes) else None


def nearest(score: Score, seconds: float) -> Note | None:
    """Return the note that sounds at a time, or else begins or ends closest to it; None without notes."""
    return min(score.notes, key=lambda note: max(note.onset - seconds, seconds - note.offset, 0.0), default=None)


def beyond(score: Score, seconds: float, slack: float = 0.05) -> frozenset[int]:
    """Return the ids of notes that do not lie within a recording of ``seconds``; ``slack`` may hang over."""
    return frozenset(
        note.id for note in score.notes if note.onset < 0.0 or note.onset >= seconds or note.offset > seconds + slack
    )
