"""Reference cycles are collected on the GUI thread alone: those that hold widgets must not go on a worker."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 1000
# So many new objects within a second are a library that has been loaded. It stays, and looking through
# its objects would hold up the window for 50 to 100 ms.
LIBRARY_OBJECTS = 30_000


class Collector(QObject):
    """Takes the place of Python's own collection while it lives; ``close`` gives it back.

    What is there at the start, or when a library is loaded, is left out: nearly all of it belongs to
    libraries. The rest may be a document, whose cycles go with ``thaw`` when another one is opened.
    """

    def __init__(self) -> None:
        super().__init__()
        gc.collect()
        gc.freeze()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()
        self._thaws = 0

    def collect(self) -> None:
        """Collect the generations that are due."""
        if self._thaws:
            self._thaws -= 1
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            return
        counts, thresholds = gc.get_count(), gc.get_threshold()
        if counts[0] > LIBRARY_OBJECTS:
            gc.freeze()
            return
        due = [count > threshold for count, threshold in zip(counts, thresholds, strict=True)]
        if due[0]:
            # A generation is collected with all that are younger.
            gc.collect(2 if all(due) else 1 if due[1] else 0)

    def thaw(self) -> None:
        """Look through everything at the next two collections: at the first, Qt may not have deleted what is to go."""
        self._thaws = 2

    def close(self) -> None:
        """Let Python collect by itself again."""
        self._timer.stop()
        gc.enable()
        gc.unfreeze()
