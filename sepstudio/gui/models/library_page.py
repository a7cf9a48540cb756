"""The page of installed models: the list and how more come to it at the left, the card of one at the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from sepstudio.gui.models.card import ModelCardView
from sepstudio.gui.models.download_row import DownloadRow
from sepstudio.gui.models.entries import ModelEntry
from sepstudio.gui.models.table import ModelTable
from sepstudio.gui.theme import GRID, PADDING
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
        self.table = ModelTable()
        self.card = ModelCardView()
        self.row = DownloadRow()
        self.import_button = push_button("models.import", "Import…", "Install a model from a file")
        self.download_button = push_button("models.download.open", "Download…", "Install a model from the web")
        self.note = label("", "caption", name="models.note")
        self._stack = QStackedWidget()
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
        empty = label(_EMPTY, "caption", name="models.empty")
        empty.setWordWrap(True)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setMargin(4 * GRID)
        self._stack.addWidget(self.table)
        self._stack.addWidget(empty)
        self.note.setWordWrap(True)
        self.note.hide()
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(label("Installed models", "title"))
        head.addStretch(1)
        head.addWidget(self.import_button)
        head.addWidget(self.download_button)
        left = QFrame()
        left.setProperty("role", "panel")
        column = QVBoxLayout(left)
        column.setContentsMargins(PADDING, PADDING, PADDING, PADDING)
        column.setSpacing(GRID)
        column.addLayout(head)
        column.addWidget(self.row)
        column.addWidget(self._stack, 1)
        column.addWidget(self.note)
        columns = QSplitter(Qt.Orientation.Horizontal)
        columns.setObjectName("models.library.columns")
        columns.setChildrenCollapsible(False)
        columns.addWidget(left)
        columns.addWidget(self.card)
        columns.setStretchFactor(1, 1)
        columns.setSizes([_LIST_WIDTH, 1000])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(columns)
