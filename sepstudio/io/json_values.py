"""What JSON values must be that somebody else may have written; each raises ValueError and says what is where."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def an_object(value: Any, place: str) -> Mapping[str, Any]:
    """Return an object as it is."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{place} is no object")
    return value


def a_list(value: Any, place: str) -> list[Any]:
    """Return a list as it is."""
    if not isinstance(value, list):
        raise ValueError(f"{place} is no list")
    return value


def number(value: Any, place: str) -> float:
    """Return a finite number."""
    # An integer may have more digits than a float can hold, or a message should.
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 1023:
        raise ValueError(f"{place} is a number of too many digits")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{place}: {value!r} is no number")
    return float(value)


def whole(value: Any, place: str) -> int:
    """Return a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{place}: {value!r} is no whole number")
    return value


def text(value: Any, place: str) -> str:
    """Return a string."""
    if not isinstance(value, str):
        raise ValueError(f"{place}: {value!r} is no text")
    return value


def flag(value: Any, place: str) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{place}: {value!r} is neither true nor false")
    return value
