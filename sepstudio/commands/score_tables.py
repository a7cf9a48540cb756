"""Scores as text and as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sepstudio.metrics.song_scores import Scores

# The order in which people look for them.
COLUMNS = ("SDR", "SIR", "ISR", "SAR")
_WIDTH = 8
_GAP = 2


def stem_row(scores: Scores, name: str) -> dict[str, float]:
    """Return the values of a stem by column."""
    return {column: scores.get((column.lower(), name), math.nan) for column in COLUMNS}


def table(header: Sequence[str], rows: Sequence[Sequence[str | float]]) -> list[str]:
    """Return the lines of a table: a first column of names, numbers in dB with two decimals in the others."""
    width = max(len(str(row[0])) for row in (header, *rows))
    columns = [max(_WIDTH, len(title) + _GAP) for title in header[1:]]
    return ["".join([f"{row[0]!s:<{width}}", *map(_cell, row[1:], columns)]) for row in (header, *rows)]


def _cell(value: str | float, width: int) -> str:
    return f"{value:>{width}.2f}" if isinstance(value, float) else f"{value!s:>{width}}"


def plain(value: float) -> float | str | None:
    """Return a value as JSON knows it: silence is null, and infinity a word."""
    if math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else str(value)
