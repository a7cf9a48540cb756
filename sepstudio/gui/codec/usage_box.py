"""How a decoded scene uses the codebooks: all of them, and the entries of one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sepstudio.codec.usage import CodebookUsage
from sepstudio.gui.codec.usage_histogram import UsageHistogram
from sepstudio.gui.codec.usage_rows import UsageRows
from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.labels import label

_HINT = "Encode the scene: this shows which codebooks carry how much, and which entries lie idle."


class UsageBox(QWidget):
    """``told`` says what a codebook or an entry shows."""

    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codec.usage")
        self._usage: CodebookUsage | None = None
        self._title = ""
        self.hint = label(_HINT, "caption", name="codec.usage.hint")
        self.hint.setWordWrap(True)
        self.rows = UsageRows()
        self.histogram = UsageHistogram()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for widget in (label("Codebooks in use", "title"), self.hint, self.rows, self.histogram):
            column.addWidget(widget)
        self.rows.codebookChosen.connect(self.choose)
        for picture in (self.rows, self.histogram):
            picture.told.connect(self.told)
        self.show_usage(None, "")

    def show_usage(self, usage: CodebookUsage | None, title: str) -> None:
        """Show how a run uses its codebooks, or what belongs here."""
        self._usage, self._title = usage, title
        self.rows.show_usage(usage, title)
        self.hint.setVisible(usage is None)
        for widget in (self.rows, self.histogram):
            widget.setVisible(usage is not None)
        self.choose(self.rows.chosen)

    def choose(self, codebook: int) -> None:
        """Show the entries of a codebook, counted from 0."""
        self.rows.choose(codebook)
        self.histogram.show_codebook(self._usage, codebook, self._title)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make the pictures as wide as the box."""
        super().resizeEvent(event)
        for picture in (self.rows, self.histogram):
            picture.fit(self.width(), 0)
