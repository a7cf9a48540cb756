"""Tables of notes as rows of text, with the number of the line that each row came from."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from sepstudio.io.scores.building import score_error

Row = tuple[int, list[str]]
# Marks of comment lines in tables of annotations.
_COMMENTS = ("#", "%", "//")


def decode(path: Path, content: bytes) -> str:
    """Return the text of a table: UTF-8, UTF-16 with its mark, or otherwise Latin 1.

    Raises
    ------
    ScoreFileError
        If it is no text.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content:
        raise score_error(path, "is neither a score nor a text", "choose a MIDI, MusicXML or CSV file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def rows(path: Path, text: str, delimiter: str) -> Iterator[Row]:
    """Yield the rows of a table with their line numbers from 1; empty lines and comments are passed over.

    Raises
    ------
    ScoreFileError
        If quotes do not close, or a cell is longer than any cell of a score.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            raise score_error(path, f"line {line} is no row of a table ({error})", "put its quotes right") from error
        if delimiter == " ":
            cells = [cell for cell in cells if cell]
        if any(cells) and not cells[0].startswith(_COMMENTS):
            yield line, cells


def number(text: str, *, decimal_comma: bool) -> float | None:
    """Return the finite number that a cell holds; None if it holds none."""
    try:
        value = float(text.replace(",", ".") if decimal_comma else text)
    except ValueError:
        return None
    # NaN and infinity are words that float understands and scores do not.
    return value if abs(value) < 1e12 else None
