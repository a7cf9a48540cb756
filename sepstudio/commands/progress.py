"""Progress on stderr: a bar with the time to go on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Generator
from typing import Any, TextIO, TypeVar

Step = TypeVar("Step")
Result = TypeVar("Result")

SPARSE_SECONDS = 10.0
_BAR = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
_STAGE_WIDTH = 28


class ProgressLine:
    """Shows how far one input is; use as a context manager.

    Parameters
    ----------
    title : str
        Stands before the bar, for example ``[2/5] song``.
    stream : text stream
        A terminal gets a bar, anything else one line every ten seconds at most.
    """

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        self._title = title
        self._stream = sys.stderr if stream is None else stream
        self._bar = _make_bar(title, self._stream) if self._stream.isatty() else None
        self._spoke = time.monotonic()
        self.span = (0.0, 1.0)

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def part(self, low: float, high: float) -> None:
        """Let the fractions from now on, 0 to 1, stand for ``low`` to ``high`` of the whole."""
        self.span = (low, high)

    def show(self, fraction: float, stage: str) -> None:
        """Say how far the current part is and what is going on."""
        low, high = self.span
        whole = low + (high - low) * fraction
        if self._bar is not None:
            self._bar.set_description_str(f"{self._title} {stage[:_STAGE_WIDTH]:<{_STAGE_WIDTH}}", refresh=False)
            self._bar.update(max(whole - self._bar.n, 0.0))
        elif time.monotonic() - self._spoke >= SPARSE_SECONDS:
            self._spoke = time.monotonic()
            print(f"{self._title}: {100 * whole:.0f} % {stage}", file=self._stream, flush=True)


def drive(work: Generator[Step, None, Result], heard: Callable[[Step], None]) -> Result:
    """Drive a generator to its end, telling every step, and return its result; close it whatever happens."""
    with contextlib.closing(work):
        while True:
            try:
                step = next(work)
            except StopIteration as stop:
                result: Result = stop.value
                return result
            heard(step)


def _make_bar(title: str, stream: TextIO) -> Any:
    from tqdm import tqdm

    return tqdm(total=1.0, desc=title, file=stream, leave=False, dynamic_ncols=True, bar_format=_BAR)
