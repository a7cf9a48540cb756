"""The data sets that a training learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from sepstudio.gui.dialogs import ask_for_folder
from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import label

_HEIGHT = 76


@dataclass(frozen=True)
class DataWords:
    """What a list of data sets says, and which files beside folders can be in it.

    ``file`` and ``file_tip`` are the words of the button that adds files, ``filter`` the line of the dialog.
    """

    name: str
    hint: str
    folder_tip: str
    file: str
    file_tip: str
    suffixes: tuple[str, ...]
    filter: str


SONGS = DataWords(
    name="training.data",
    hint="Folders of songs with a file for each stem: DSD100, MUSDB, your own. Add one, or drop it here.",
    folder_tip="Add a folder in the layout of a data set",
    file="Add mapping…",
    file_tip="Add a file that says which files belong to which song",
    suffixes=(".toml", ".json"),
    filter="Mappings (*.toml *.json)",
)


class DataSets(QWidget):
    """A list of folders and files; ``changed`` tells of every edit."""

    changed = Signal()

    def __init__(self, words: DataWords = SONGS, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = words
        self.setObjectName(words.name)
        self.setAcceptDrops(True)
        self.list = QListWidget()
        self.list.setObjectName(f"{words.name}.list")
        self.list.setAccessibleName("Data sets")
        self.list.setToolTip("What is learnt from")
        self.list.setFixedHeight(_HEIGHT)
        self.list.setTextElideMode(Qt.TextElideMode.ElideLeft)
        self.hint = label(words.hint, "caption", name=f"{words.name}.hint")
        self.hint.setWordWrap(True)
        self.add_folder = push_button(f"{words.name}.add", "Add folder…", words.folder_tip)
        self.add_file = push_button(f"{words.name}.map", words.file, words.file_tip)
        self.take = push_button(f"{words.name}.remove", "Remove", "Leave the chosen data set out")
        self._arrange()
        self.add_folder.clicked.connect(self._ask_folder)
        self.add_file.clicked.connect(self._ask_file)
        self.take.clicked.connect(self._remove)
        self.list.itemSelectionChanged.connect(self._refresh)
        self._refresh()

    @property
    def paths(self) -> tuple[Path, ...]:
        """The data sets in their order."""
        rows = (self.list.item(row) for row in range(self.list.count()))
        return tuple(Path(item.data(Qt.ItemDataRole.UserRole)) for item in rows)

    def show_paths(self, paths: Sequence[Path]) -> None:
        """Show these data sets and no others."""
        self.list.clear()
        self.add(paths)

    def add(self, paths: Sequence[Path]) -> None:
        """Add data sets that are not there yet."""
        for path in paths:
            if path not in self.paths:
                item = QListWidgetItem(str(path))
                item.setToolTip(str(path))
                item.setData(Qt.ItemDataRole.UserRole, str(path))
                self.list.addItem(item)
        self._refresh()
        self.changed.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept folders and files that can be data."""
        if self._dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add what was dropped."""
        event.acceptProposedAction()
        self.add(self._dropped(event))

    def _ask_folder(self) -> None:
        folder = ask_for_folder(self, "Choose a folder to learn from", Path.home())
        if folder is not None:
            self.add([folder])

    def _ask_file(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, self._words.file_tip, "", self._words.filter)
        self.add([Path(name) for name in names])

    def _remove(self) -> None:
        for item in self.list.selectedItems():
            self.list.takeItem(self.list.row(item))
        self._refresh()
        self.changed.emit()

    def _refresh(self) -> None:
        self.take.setEnabled(bool(self.list.selectedItems()))
        self.list.setVisible(bool(self.list.count()))
        self.hint.setVisible(not self.list.count())

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        for button in (self.add_folder, self.add_file, self.take):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(self.hint)
        column.addWidget(self.list)
        column.addLayout(buttons)

    def _dropped(self, event: QDropEvent) -> list[Path]:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        return [path for path in paths if path.is_dir() or path.suffix.lower() in self._words.suffixes]
