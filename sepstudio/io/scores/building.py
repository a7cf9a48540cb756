"""What readers of all formats share: raw notes become a score, and failures become words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sepstudio.errors import ScoreFileError
from sepstudio.io.failures import display_name
from sepstudio.io.scores.records import LEAST_VELOCITY, MOST_VELOCITY, Note, Score


@dataclass(frozen=True)
class RawNote:
    """A note as a file has it: seconds, a MIDI number, a velocity of any size, the name of its track."""

    onset: float
    duration: float
    pitch: int
    velocity: int
    track: str


@dataclass(frozen=True)
class ImportedScore:
    """A score and what its reader had to leave out or to assume, one sentence each."""

    score: Score
    remarks: tuple[str, ...] = ()


def build_score(name: str, notes: Iterable[RawNote], *, aligned: bool, tracks: Iterable[str] = ()) -> Score:
    """Return a score of raw notes in any order; ids count from 1 in the order of onset and pitch."""
    ordered = sorted(notes, key=lambda note: (note.onset, note.pitch))
    used = {note.track for note in ordered}
    names = dict.fromkeys([track for track in tracks if track in used] + [note.track for note in ordered])
    return Score(
        name,
        tuple(
            Note(index, note.onset, note.duration, note.pitch, _in_range(note.velocity), note.track)
            for index, note in enumerate(ordered, 1)
        ),
        tuple(names),
        aligned,
    )


def _in_range(velocity: int) -> int:
    return min(max(velocity, LEAST_VELOCITY), MOST_VELOCITY)


def score_error(path: Path, why: str, remedy: str) -> ScoreFileError:
    """Return an error about a score file."""
    return ScoreFileError(display_name(path), why, remedy)
