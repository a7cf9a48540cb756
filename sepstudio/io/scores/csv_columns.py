"""What the columns of a table of notes mean, guessed from the words of its header and from its values."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.io.scores.building import score_error
from sepstudio.io.scores.files import read_bytes
from sepstudio.io.scores.options import CsvColumns, PitchKind
from sepstudio.io.scores.pitches import pitch_of_name
from sepstudio.io.scores.records import MOST_PITCH
from sepstudio.io.scores.tables import Row, decode, number, rows

# Rows that a guess looks at: enough for the largest velocity of most pieces, quick for tables of hours.
SAMPLE_ROWS = 2000
_DELIMITERS = (";", "\t", ",", "|", " ")

# Words of headers without units, signs and case, the likeliest first.
_WORDS: dict[str, tuple[str, ...]] = {
    "start": ("start", "onset", "starttime", "onsettime", "noteonset", "begin", "beginning", "from", "time", "t", "on"),
    "duration": ("duration", "dur", "length", "noteduration"),
    "end": ("end", "offset", "endtime", "offsettime", "noteoffset", "stop", "release", "to", "until", "off"),
    "pitch": ("pitch", "midipitch", "midi", "midinote", "pitchmidi", "notenumber", "midinumber", "note", "key",
              "notename", "frequency", "freq", "f0"),
    "velocity": ("velocity", "vel", "midivelocity", "loudness", "level", "amplitude", "volume", "dynamic"),
    "track": ("instrument", "track", "hand", "part", "voice", "staff", "channel", "label", "instr"),
}  # fmt: skip
_MILLISECONDS = re.compile(r"\b(ms|msec|milliseconds?)\b")
_UNITS = re.compile(r"[\[(].*?[\])]|(?<=[_ ])(s|sec|secs|seconds?|ms|msec|milliseconds?|hz|beats?)$")
_UNIT_TIMES = 0.001
# Loudness as a fraction: files of audio data sets hold the velocity of MIDI divided by 128.
_UNIT_VELOCITY = 128.0
# Pieces are written above this pitch, and durations in seconds below that number.
_LOW_PITCH = 12

Values = npt.NDArray[np.float64]


def guess_columns(path: Path) -> CsvColumns:
    """Guess what the columns of a table of notes mean.

    What cannot be guessed is None; the reader then asks for it.

    Raises
    ------
    ScoreFileError
        If the file cannot be read, is no text, or holds no table of two columns or more.
    """
    return guess_from_text(path, decode(path, read_bytes(path)))


def preview_rows(path: Path, columns: CsvColumns, count: int = 10) -> tuple[tuple[str, ...], ...]:
    """Return the first rows of a table as its cells, without the header; raises ScoreFileError."""
    found = rows(path, decode(path, read_bytes(path)), columns.delimiter)
    return tuple(tuple(cells) for _, cells in islice(found, int(columns.header), count + int(columns.header)))


def guess_from_text(path: Path, text: str) -> CsvColumns:
    """Guess the columns of a table whose text was read; see ``guess_columns``."""
    delimiter, sample = _divided(path, text)
    body = [cells for _, cells in sample]
    decimal_comma = delimiter != "," and _has_decimal_commas(body)
    header = _has_header(body, decimal_comma)
    names = tuple(body[0]) if header else ()
    table = _Table(body[1:] if header else body, decimal_comma)
    columns = CsvColumns(delimiter, header, decimal_comma=decimal_comma, names=names)
    columns = _by_names(columns, names) if header else columns
    columns = _by_values(columns, table)
    return _with_scales(columns, table)


class _Table:
    """The cells of a sample by column, and the numbers in them."""

    def __init__(self, body: Sequence[Sequence[str]], decimal_comma: bool) -> None:
        self.width = max((len(cells) for cells in body), default=0)
        self.texts = [[cells[k] for cells in body if k < len(cells)] for k in range(self.width)]
        self.values = [_numbers(texts, decimal_comma) for texts in self.texts]

    def numeric(self, column: int) -> bool:
        return column < self.width and self.values[column] is not None

    def column(self, column: int) -> Values:
        values = self.values[column] if column < self.width else None
        return np.zeros(0) if values is None else values


def _numbers(texts: Sequence[str], decimal_comma: bool) -> Values | None:
    found = [number(text, decimal_comma=decimal_comma) for text in texts]
    # A few bad cells are for the reader to name, not a reason to take the column for words.
    values = [value for value in found if value is not None]
    return np.array(values) if values and len(values) >= 0.8 * len(found) else None


def _divided(path: Path, text: str) -> tuple[str, list[Row]]:
    """Return the delimiter that divides the most rows into the same number of cells, and the first rows."""
    best: tuple[float, str, list[Row]] = (0.0, "", [])
    for delimiter in _DELIMITERS:
        sample = list(islice(rows(path, text, delimiter), SAMPLE_ROWS))
        if not sample:
            raise score_error(path, "is empty", "choose a table with a row for each note")
        widths = np.array([len(cells) for _, cells in sample])
        agreeing = float(np.mean(widths == np.median(widths))) if np.median(widths) >= 2 else 0.0
        if agreeing > best[0]:
            best = (agreeing, delimiter, sample)
    if not best[1]:
        raise score_error(
            path, "holds no columns", "divide start, duration and pitch by semicolons, commas or tabulators"
        )
    return best[1], best[2]


def _has_decimal_commas(body: Sequence[Sequence[str]]) -> bool:
    cells = [cell for row in body for cell in row]
    return any(re.fullmatch(r"-?\d+,\d+", cell) for cell in cells) and not any(
        re.fullmatch(r"-?\d+\.\d+", cell) for cell in cells
    )


def _has_header(body: Sequence[Sequence[str]], decimal_comma: bool) -> bool:
    first = body[0]
    return all(number(cell, decimal_comma=decimal_comma) is None for cell in first) and (
        len(body) == 1 or any(number(cell, decimal_comma=decimal_comma) is not None for cell in body[1])
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", _UNITS.sub("", name.lower().strip()))


def _by_names(columns: CsvColumns, names: Sequence[str]) -> CsvColumns:
    plain = [_plain(name) for name in names]
    found: dict[str, int] = {}
    for role, words in _WORDS.items():
        ranked = [(words.index(name), k) for k, name in enumerate(plain) if name in words and k not in found.values()]
        if ranked:
            found[role] = min(ranked)[1]
    return _with_role(columns, found)


def _with_role(columns: CsvColumns, found: Mapping[str, int]) -> CsvColumns:
    roles: dict[str, Any] = dict(found)
    return dataclasses.replace(columns, **roles)


def _by_values(columns: CsvColumns, table: _Table) -> CsvColumns:
    """Fill roles that no header told, each with the first free column whose values suit it."""
    steps: tuple[tuple[str, Callable[[_Table, int, CsvColumns], bool]], ...] = (
        ("start", _suits_start),
        ("pitch", _suits_pitch),
        ("end", _suits_end),
        ("duration", _suits_duration),
        ("velocity", _suits_velocity),
        ("track", _suits_track),
    )
    for role, suits in steps:
        # A header that names all its columns has said which of them are not there.
        if getattr(columns, role) is None and not (columns.header and role in ("velocity", "track")):
            free = [k for k in range(table.width) if k not in _taken(columns) and suits(table, k, columns)]
            columns = _with_role(columns, {role: free[0]}) if free else columns
    return columns


def _taken(columns: CsvColumns) -> set[int | None]:
    return {columns.start, columns.duration, columns.end, columns.pitch, columns.velocity, columns.track}


def _rising(values: Values) -> float:
    return float(np.mean([late >= early for early, late in pairwise(values)])) if values.size > 1 else 1.0


def _suits_start(table: _Table, column: int, columns: CsvColumns) -> bool:
    return table.numeric(column) and _rising(table.column(column)) >= 0.9


def _suits_pitch(table: _Table, column: int, columns: CsvColumns) -> bool:
    if not table.numeric(column):
        texts = table.texts[column]
        return bool(texts) and float(np.mean([pitch_of_name(text) is not None for text in texts])) >= 0.8
    values = table.column(column)
    whole = bool(np.all(values == np.round(values)))
    return whole and bool(np.all((values >= 0) & (values <= MOST_PITCH))) and float(np.median(values)) >= _LOW_PITCH


def _suits_end(table: _Table, column: int, columns: CsvColumns) -> bool:
    if columns.duration is not None or columns.start is None or not table.numeric(column):
        return False
    start, end = table.column(columns.start), table.column(column)
    return start.size == end.size and bool(np.all(end > start)) and _rising(end) >= 0.7


def _suits_duration(table: _Table, column: int, columns: CsvColumns) -> bool:
    return columns.end is None and table.numeric(column) and bool(np.all(table.column(column) > 0.0))


def _suits_velocity(table: _Table, column: int, columns: CsvColumns) -> bool:
    values = table.column(column)
    return table.numeric(column) and bool(np.all((values >= 0.0) & (values <= MOST_PITCH)))


def _suits_track(table: _Table, column: int, columns: CsvColumns) -> bool:
    return not table.numeric(column)


def _with_scales(columns: CsvColumns, table: _Table) -> CsvColumns:
    start_name = columns.names[columns.start].lower() if columns.names and columns.start is not None else ""
    in_ms = _MILLISECONDS.search(start_name.replace("_", " ")) is not None
    velocity = table.column(columns.velocity) if columns.velocity is not None else np.zeros(0)
    fractions = bool(velocity.size) and float(velocity.max()) <= 1.0
    return dataclasses.replace(
        columns,
        pitch_kind=_pitch_kind(columns, table),
        time_unit=_UNIT_TIMES if in_ms else 1.0,
        velocity_scale=_UNIT_VELOCITY if fractions else 1.0,
    )


def _pitch_kind(columns: CsvColumns, table: _Table) -> PitchKind:
    if columns.pitch is None:
        return "number"
    if columns.pitch < table.width and not table.numeric(columns.pitch):
        return "name"
    in_hertz = bool(np.any(table.column(columns.pitch) > MOST_PITCH))
    return "hertz" if in_hertz else "number"
