"""Work on the GUI thread in pieces, one a turn of the event loop."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from shiboken6 import isValid

Step = Callable[[], object]


class Turns(QObject):
    """Takes one step a turn, in the order in which they were asked for, and lets Qt paint and listen in between.

    A run that arrives makes rows, panes and lists at several places; all at once they would hold the thread
    for longer than 50 ms. Steps of objects that Qt has deleted are left out.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._steps: list[Step] = []
        self._closed = False
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._take)

    def ask(self, step: Step) -> None:
        """Take a step soon, once however often it is asked for until then; it may ask for itself again."""
        if step not in self._steps and not self._closed:
            self._steps.append(step)
            self._timer.start()

    def awaits(self, step: Step) -> bool:
        """Return whether a step was asked for and not taken yet."""
        return step in self._steps

    @property
    def idle(self) -> bool:
        """Whether no step is waited for."""
        return not self._steps

    def forget(self, step: Step) -> None:
        """Do not take a step: somebody needed it at once, or nobody does any more."""
        if step in self._steps:
            self._steps.remove(step)

    def close(self) -> None:
        """Take no step any more: the window goes."""
        self._steps.clear()
        self._timer.stop()
        self._closed = True

    def _take(self) -> None:
        if self._steps:
            step = self._steps.pop(0)
            owner = getattr(step, "__self__", None)
            if not isinstance(owner, QObject) or isValid(owner):
                step()
        if not self._steps:
            self._timer.stop()
