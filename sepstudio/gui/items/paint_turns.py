"""Pictures are made anew in turns: all at once, after a resize or a zoom, they would hold up the window."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QGraphicsObject, QWidget
from shiboken6 import isValid

# A frame of the screen is 16 ms; the rest of it is for everything else.
MOST_S = 0.010


class PaintTurns(QObject):
    """Shared by the items of a window. An item that is put off shows what it has, and is painted again soon.

    One picture is made at least in each turn of the event loop, so that each item gets its own in the end.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._spent = 0.0
        self._waiting: list[QGraphicsObject] = []
        self._due: QGraphicsObject | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._renew)

    @property
    def idle(self) -> bool:
        """Whether nobody waits for a turn."""
        return not self._waiting and self._due is None

    def grants(self, item: QGraphicsObject, widget: QWidget | None) -> bool:
        """Return whether an item may make its picture now; ``widget`` is what it is painted on.

        Elsewhere than in a window, as in a file, nothing comes later.
        """
        if widget is None or item is self._due:
            self._due = None if item is self._due else self._due
            return True
        if item in self._waiting:
            return False
        if self._spent < MOST_S and not self._waiting:
            return True
        self._waiting.append(item)
        return False

    def use_up(self) -> None:
        """Have no picture made in this turn of the event loop: something else has taken its time."""
        self._spent = MOST_S
        self._timer.start()

    @contextlib.contextmanager
    def timed(self) -> Iterator[None]:
        """Count the time within; it is forgotten at the next turn of the event loop."""
        began = time.perf_counter()
        yield
        self._spent += time.perf_counter() - began
        self._timer.start()

    def _renew(self) -> None:
        self._spent = 0.0
        self._due = None
        while self._waiting and self._due is None:
            first = self._waiting.pop(0)
            self._due = first if isValid(first) and first.isVisible() else None
        if self._due is None:
            self._timer.stop()
        else:
            self._due.update()
