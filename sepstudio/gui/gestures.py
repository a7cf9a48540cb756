"""What boards have in common on which several views of one recording work: its length, and a gesture under way."""

from __future__ import annotations

import abc

from PySide6.QtCore import QObject


class GestureBoard(QObject):
    """Knows the gesture under way, whichever view it is in; a board says what else ends when it is given up."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._duration = 0.0
        self._gesture: object | None = None

    @property
    def duration(self) -> float:
        """The length of the recording in seconds; 0 without one."""
        return self._duration

    @property
    def busy(self) -> bool:
        """Whether a gesture is under way."""
        return self._gesture is not None

    def begin(self, gesture: object) -> None:
        """Say that a gesture begins, which can be given up until it ends."""
        self.give_up()
        self._gesture = gesture

    def goes_on(self, gesture: object) -> bool:
        """Whether a gesture is still under way: it was neither ended nor given up."""
        return self._gesture is gesture

    @abc.abstractmethod
    def give_up(self) -> bool:
        """End the gesture under way without a trace; returns whether there was one."""
