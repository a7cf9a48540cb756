"""Tables of notes: a row for each, with its start, its duration or end, and its pitch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from sepstudio.errors import ScoreFileError
from sepstudio.io.scores.building import ImportedScore, RawNote, build_score, score_error
from sepstudio.io.scores.csv_columns import guess_from_text
from sepstudio.io.scores.options import CsvColumns, ImportOptions
from sepstudio.io.scores.pitches import pitch_of_frequency, pitch_of_name
from sepstudio.io.scores.records import LEAST_PITCH, MOST_PITCH
from sepstudio.io.scores.tables import decode, number, rows

_CHOOSE = "say which column it is when you import the table"
_DEFAULT_VELOCITY = 64


def read_csv(path: Path, content: bytes, options: ImportOptions) -> ImportedScore:
    """Read the notes of a table.

    Raises
    ------
    ScoreFileError
        If a needed column is unknown, or a row holds no note; the error names its line.
    """
    text = decode(path, content)
    columns = options.columns or guess_from_text(path, text)
    _check(path, columns)
    body = islice(rows(path, text, columns.delimiter), int(columns.header), None)
    notes = [_Row(path, line, cells, columns).note() for line, cells in body]
    if not notes:
        raise score_error(path, "holds no notes", "choose a table with a row for each note")
    return ImportedScore(build_score(path.stem, notes, aligned=True))


def _check(path: Path, columns: CsvColumns) -> None:
    for role, column in (("start", columns.start), ("pitch", columns.pitch)):
        if column is None:
            raise score_error(path, f"has no column for the {role} that could be told", _CHOOSE)
    if columns.duration is None and columns.end is None:
        raise score_error(path, "has no column for the duration or the end that could be told", _CHOOSE)


class _Row:
    """One row of a table, and the words that say what is wrong with it."""

    def __init__(self, path: Path, line: int, cells: Sequence[str], columns: CsvColumns) -> None:
        self._path = path
        self._line = line
        self._cells = cells
        self._columns = columns

    def note(self) -> RawNote:
        onset = self._seconds("start", self._columns.start)
        return RawNote(onset, self._duration(onset), self._pitch(), self._velocity(), self._track())

    def _wrong(self, what: str) -> ScoreFileError:
        return score_error(self._path, f"line {self._line}: {what}", "correct that line or choose other columns")

    def _cell(self, role: str, column: int | None) -> str:
        if column is None or not 0 <= column < len(self._cells):
            raise self._wrong(f"there is no cell for the {role}")
        return self._cells[column]

    def _number(self, role: str, column: int | None) -> float:
        text = self._cell(role, column)
        value = number(text, decimal_comma=self._columns.decimal_comma)
        if value is None:
            raise self._wrong(f"the {role} {text!r} is no number")
        return value

    def _seconds(self, role: str, column: int | None) -> float:
        return self._number(role, column) * self._columns.time_unit

    def _duration(self, onset: float) -> float:
        if self._columns.duration is not None:
            duration = self._seconds("duration", self._columns.duration)
        else:
            duration = self._seconds("end", self._columns.end) - onset
        if duration <= 0.0:
            raise self._wrong("the note ends before it has begun")
        return duration

    def _pitch(self) -> int:
        text = self._cell("pitch", self._columns.pitch)
        pitch: int | None
        if self._columns.pitch_kind == "name":
            pitch = pitch_of_name(text)
        elif self._columns.pitch_kind == "hertz":
            pitch = pitch_of_frequency(self._number("pitch", self._columns.pitch))
        else:
            value = self._number("pitch", self._columns.pitch)
            pitch = int(value) if value == int(value) and LEAST_PITCH <= value <= MOST_PITCH else None
        if pitch is None:
            raise self._wrong(f"{text!r} is no pitch (a number from 0 to 127, or a name such as C4)")
        return pitch

    def _velocity(self) -> int:
        if self._columns.velocity is None:
            return _DEFAULT_VELOCITY
        return round(self._number("velocity", self._columns.velocity) * self._columns.velocity_scale)

    def _track(self) -> str:
        return "" if self._columns.track is None else self._cell("track", self._columns.track)
