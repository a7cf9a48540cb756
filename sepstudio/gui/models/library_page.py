"""The page of installed models: the list and how more come to it at the left, the card of one at the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from sepstudio.gui.models.card import ModelCardView
from sepstudio.gui.models.download_row import DownloadRow
from sepstudio.gui.models.entries import ModelEntry
from sepstudio.gui.models.table import ModelTable
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import label

_EMPTY = (
    "No model is installed.\n\nDrop a .safetensors file anywhere on the window, press Import…, "
    "or press Download… and give its address. The Train page makes models from recordings of your own."
)
_LIST_WIDTH = 648


class LibraryPage(QWidget):
    """Shows the library; ``importWanted`` asks for files to import."""

    importWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("models.library")
        # From the outside in: every widget that gets another parent is styled anew, with all that is in it.
        self._columns = QSplitter(Qt.Orientation.Horizontal, self)
        self._left = QFrame(self._columns)
        self.card = ModelCardView(self._columns)
        self._stack = QStackedWidget(self._left)
        self.table = ModelTable(self._stack)
        self.row = DownloadRow(self._left)
        self.import_button = push_button("models.import", "Import…", "Install a model from a file")
        self.download_button = push_button("models.download.open", "Download…", "Install a model from the web")
        self.note = label("", "caption", name="models.note")
        self._arrange()
        self.row.hide()
        self.table.chosen.connect(self.card.show_entry)
        self.import_button.clicked.connect(self.importWanted)
        self.download_button.clicked.connect(self.open_download)
        self.row.closed.connect(self._close_download)
        self.show_entries(())

    def show_entries(self, entries: Sequence[ModelEntry], wanted: str = "") -> None:
        """Show the models at hand, and choose one by its name."""
        self._stack.setCurrentIndex(0 if entries else 1)
        self.table.show_entries(entries, wanted)

    def tell(self, text: str) -> None:
        """Say something below the list; an empty text takes it away."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def open_download(self) -> None:
        """Show the fields of a download and give them the keys."""
        self.row.show()
        self.row.url.setFocus()

    def _close_download(self) -> None:
        # One that is under way stays in the line of jobs.
        self.row.hide()
        self.download_button.setFocus()

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._columns)
        self._columns.setObjectName("models.library.columns")
        self._columns.setChildrenCollapsible(False)
        self._columns.setStretchFactor(1, 1)
        self._columns.setSizes([_LIST_WIDTH, 1000])
        empty = label(_EMPTY, "caption", name="models.empty", parent=self._stack)
        empty.setWordWrap(True)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setMargin(4 * GRID)
        self._stack.addWidget(self.table)
        self._stack.addWidget(empty)
        # The list scrolls: what is above it must not make the window taller, nor leave the drawer no room.
        self._stack.setMinimumHeight(CONTROL_HEIGHT)
        self.note.setWordWrap(True)
        self.note.hide()
        self._left.setProperty("role", "panel")
        column = QVBoxLayout(self._left)
        column.setContentsMargins(PADDING, PADDING, PADDING, PADDING)
        column.setSpacing(GRID)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        column.addLayout(head)
        column.addWidget(self.row)
        column.addWidget(self._stack, 1)
        column.addWidget(self.note)
        head.addWidget(label("Installed models", "title"))
        head.addStretch(1)
        head.addWidget(self.import_button)
        head.addWidget(self.download_button)
