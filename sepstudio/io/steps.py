"""Work in steps."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

Result = TypeVar("Result")


def drain(work: Generator[Any, None, Result]) -> Result:
    """Drive a generator to its end and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as stop:
            result: Result = stop.value
            return result


def part(steps: Generator[float, None, Result], index: int, count: int) -> Generator[float, None, Result]:
    """Pass on fractions as those of one of ``count`` equal parts of a larger work; return its result."""
    while True:
        try:
            fraction = next(steps)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        yield (index + fraction) / count


def scaled(steps: Generator[float, None, Result], low: float, high: float) -> Generator[float, None, Result]:
    """Pass on fractions as those from ``low`` to ``high`` of a larger work; return its result."""
    while True:
        try:
            fraction = next(steps)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        yield low + (high - low) * fraction
