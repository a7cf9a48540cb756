"""Being asked to stop: at once while computing, not at all while files change hands."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

_ASKED = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def terminating_cleanly() -> Iterator[None]:
    """Let SIGTERM end the block by an exception, as Ctrl-C does, so that temporary files are removed."""
    with _handling((signal.SIGTERM,), _leave):
        yield


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Put off Ctrl-C and SIGTERM until the block has ended; for moments only."""
    asked: list[int] = []
    with _handling(_ASKED, lambda number, frame: asked.append(number)):
        yield
    if asked:
        signal.raise_signal(asked[0])


@contextlib.contextmanager
def _handling(numbers: tuple[signal.Signals, ...], handler: Any) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread receives signals and may set handlers.
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, signal.SIG_DFL if previous is None else previous)


def _leave(number: int, frame: FrameType | None) -> None:
    del frame
    raise SystemExit(128 + number)
