"""A score file under import: what was read of it, with which options."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from sepstudio.batch.inputs import score_beside
from sepstudio.errors import ScoreFileError
from sepstudio.gui.texts import time_text
from sepstudio.io.scores.csv_columns import guess_columns
from sepstudio.io.scores.options import CsvColumns, ImportOptions
from sepstudio.io.scores.reading import MIDI_SUFFIXES, MUSICXML_SUFFIXES, SUFFIXES, TABLE_SUFFIXES, import_score
from sepstudio.io.scores.records import Score
from sepstudio.separation.base import Progress
from sepstudio.separation.score_constraints import pitch_name

SCORE_FILTER = f"Scores ({' '.join('*' + suffix for suffix in SUFFIXES)});;All files (*)"
MIDI, MUSICXML, TABLE = "midi", "musicxml", "table"
_KINDS = {MIDI: MIDI_SUFFIXES, MUSICXML: MUSICXML_SUFFIXES, TABLE: TABLE_SUFFIXES}


@dataclass(frozen=True)
class ScoreFile:
    """What a file holds, read with ``options``.

    ``score`` is None where ``problem`` says what keeps a table from being read as it is; its columns can be
    chosen otherwise. ``remarks`` tell what was left out or assumed.
    """

    path: Path
    options: ImportOptions
    score: Score | None
    remarks: tuple[str, ...] = ()
    problem: ScoreFileError | None = None

    @property
    def kind(self) -> str:
        """What kind of file its name says that it is."""
        return kind_of(self.path)


def is_score(path: Path) -> bool:
    """Return whether the name of a file is that of a score."""
    return path.suffix.lower() in SUFFIXES


def kind_of(path: Path) -> str:
    """Return the kind of a score file: midi, musicxml or table."""
    return next((kind for kind, suffixes in _KINDS.items() if path.suffix.lower() in suffixes), TABLE)


def beside_steps(recording: Path) -> Generator[float, None, Path | None]:
    """Look as a job for the score of a recording: folders on other machines may take their time."""
    yield 0.0
    return score_beside(recording)


def reading_steps(path: Path, options: ImportOptions) -> Generator[Progress, None, ScoreFile]:
    """Read a score file; the columns of a table are guessed where ``options`` does not say them.

    Raises
    ------
    ScoreFileError
        If nothing can be read of it, whatever is chosen.
    """
    yield Progress(0.0, "reading")
    is_table = kind_of(path) == TABLE
    if is_table and options.columns is None:
        options = dataclasses.replace(options, columns=guess_columns(path))
    try:
        imported = import_score(path, options)
    except ScoreFileError as error:
        if not is_table:
            raise
        return ScoreFile(path, options, None, problem=error)
    return ScoreFile(path, options, imported.score, imported.remarks)


def columns_key(columns: CsvColumns) -> str:
    """Return what tables with the same columns have in common."""
    return columns.delimiter.join(columns.names)


def summary(score: Score) -> str:
    """Return a score in one line: notes, tracks, range of pitches, duration."""
    notes = score.notes
    parts = [f"{len(notes)} note{'' if len(notes) == 1 else 's'}"]
    if notes:
        low, high = score.pitches[0], score.pitches[-1]
        parts.append(pitch_name(low) if low == high else f"{pitch_name(low)} to {pitch_name(high)}")
        first = min(note.onset for note in notes)
        parts.append(f"{time_text(first, 1)} to {time_text(score.end, 1)}")
    return "  ·  ".join(parts)


def tracks_text(score: Score) -> str:
    """Return the tracks with how many notes each has."""
    counts = Counter(note.track for note in score.notes)
    names = [track for track in score.tracks if counts[track]] or list(counts)
    return ", ".join(f"{track or 'no name'} ({counts[track]})" for track in names)
