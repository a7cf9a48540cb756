"""Loads what first runs need while nothing else is to be done."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from sepstudio.gui.bridge import JobBridge
from sepstudio.separation.registry import prepare_steps

IDLE_MS = 1500
_DEVICE = "preparation"


class Preparation(QObject):
    """Waits for a moment without jobs, then prepares the methods on a thread of its own; ``close`` ends that."""

    def __init__(self, bridge: JobBridge, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._own = bridge.sibling(self)
        self.done = False
        self._timer = QTimer(self)
        self._timer.setInterval(IDLE_MS)
        self._timer.timeout.connect(self._try)
        self._timer.start()

    def close(self) -> None:
        """Begin nothing any more: the window goes, and with it those who run jobs."""
        self._timer.stop()
        self._own.cancel_all()

    def _try(self) -> None:
        if not self._bridge.busy:
            self._timer.stop()
            self._own.start("Preparing the methods", prepare_steps(), self._finish, device=_DEVICE)

    def _finish(self, _result: object) -> None:
        self.done = True
