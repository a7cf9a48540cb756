"""One line that tells something and can be sent away."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from sepstudio.gui.theme import GRID, PADDING
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.labels import label


class Notice(QWidget):
    """A line of text, a button that shows the file it is about, if any, and one that closes it.

    ``offer`` is text and tooltip of one more button; ``taken`` tells that it was clicked, and the notice closes.
    """

    closed = Signal()
    taken = Signal()

    def __init__(
        self, text: str, file: Path | None, parent: QWidget | None = None, *, offer: tuple[str, str] | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._file = file
        row = QHBoxLayout(self)
        row.setContentsMargins(PADDING, 0, GRID, 0)
        row.setSpacing(GRID)
        row.addWidget(label(text, "caption", name="notice.text"))
        if file is not None:
            row.addWidget(self._show_button())
        if offer is not None:
            row.addWidget(self._offer_button(*offer))
        row.addStretch(1)
        close = IconButton("close", "Dismiss", name="notice.close", quiet=True)
        close.clicked.connect(self.closed)
        row.addWidget(close)

    def _show_button(self) -> QPushButton:
        show = QPushButton("Show")
        show.setObjectName("notice.show")
        show.setAccessibleName("Show what is known of it")
        show.setToolTip("Open the file that was written then")
        show.setProperty("role", "link")
        show.clicked.connect(self._open)
        return show

    def _offer_button(self, text: str, tip: str) -> QPushButton:
        button = push_button("notice.offer", text, tip)
        button.setProperty("role", "link")
        button.clicked.connect(self.taken)
        button.clicked.connect(self.closed)
        return button

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._file)))
