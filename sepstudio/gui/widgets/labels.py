"""Labels of the few kinds that the window knows."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget


def label(text: str, role: str = "", *, name: str = "", parent: QWidget | None = None) -> QLabel:
    """Return a label; ``role`` is one that the stylesheet knows: title, caption, number, error."""
    made = QLabel(text, parent)
    made.setProperty("role", role)
    if name:
        made.setObjectName(name)
    return made


def rule(*, vertical: bool = False) -> QFrame:
    """Return a line of one pixel that divides two parts of a panel."""
    line = QFrame()
    line.setProperty("role", "vertical-rule" if vertical else "rule")
    return line


class ElidedLabel(QLabel):
    """A label of one line that ends in an ellipsis where it does not fit; the tooltip shows all of it."""

    def __init__(self, text: str = "", role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("role", role)
        self.setToolTip(text)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:
        """Show another text."""
        super().setText(text)
        self.setToolTip(text)

    def fix_width(self, width: int) -> None:
        """Take just so many pixels, whatever the text."""
        # A box layout hands out wrong places when an item of fixed width has the policy Ignored.
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setFixedWidth(width)

    def minimumSizeHint(self) -> QSize:
        """Return a width that leaves room for a few letters."""
        return QSize(self.fontMetrics().horizontalAdvance("abc…"), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint as much of the text as fits."""
        painter = QPainter(self)
        area = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(self.alignment()), shown)
        painter.end()
