"""The menu of projects that were open not long ago."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

KEY = "recent-projects"
KEPT = 8


class RecentProjects(QMenu):
    """Lists project folders, newest first; ``chosen`` carries the Path of the one that is clicked."""

    chosen = Signal(object)

    def __init__(self, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__("Recent projects", parent)
        self.setObjectName("menu.recent-projects")
        self.setAccessibleName("Recent projects")
        self.setToolTipsVisible(True)
        self._settings = settings
        self._kept = KEPT
        self._fill()

    def keep(self, count: int) -> None:
        """List so many projects at most from now on."""
        self._kept = count
        self._fill()

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders on the list."""
        names = self._settings.value(KEY, [], type=list)
        return tuple(Path(str(name)) for name in names) if isinstance(names, list) else ()

    def add(self, folder: Path) -> None:
        """Put a folder first."""
        newest = [folder, *(other for other in self.folders if other != folder)]
        self._settings.setValue(KEY, [str(path) for path in newest[: max(self._kept, 1)]])
        self._fill()

    def _fill(self) -> None:
        self.clear()
        for number, folder in enumerate(self.folders[: self._kept], 1):
            action = QAction(folder.stem, self)
            action.setObjectName(f"action.recent-{number}")
            action.setToolTip(str(folder))
            action.setData(str(folder))
            action.triggered.connect(self._choose)
            self.addAction(action)
        self.setEnabled(not self.isEmpty())

    def _choose(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.chosen.emit(Path(action.data()))
