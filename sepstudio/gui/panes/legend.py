"""A small bar with the colours of a picture and what its ends stand for."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sepstudio.gui.items.colours import Table, image_of, level_table
from sepstudio.gui.panes.axis import axis_font
from sepstudio.gui.theme import current_palette
from sepstudio.tiles.decibels import TOP_CODE

_BAR_WIDTH, _HEIGHT, _GAP = 72, 14, 4
# Entry 0 stands for what has no value.
_FIRST_ENTRY = 1


class Legend(QWidget):
    """The colours of entries 1 to 255 between two words."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table: Table = level_table("magma", -90.0, -10.0)
        self._words = ("", "")
        self.setObjectName(f"{name}.legend")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFont(axis_font())

    def show_scale(self, table: Table, first: str, last: str, help_text: str) -> None:
        """Show other colours between other words."""
        self._table, self._words = table, (first, last)
        self.setToolTip(help_text)
        self.setAccessibleName(f"Colours from {first} to {last}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room for the bar and both words."""
        first, last = self._word_widths()
        return QSize(first + _BAR_WIDTH + last + 2 * _GAP, _HEIGHT)

    def _word_widths(self) -> tuple[int, int]:
        metrics = self.fontMetrics()
        return metrics.horizontalAdvance(self._words[0]), metrics.horizontalAdvance(self._words[1])

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the words and the colours between them."""
        first, last = self._word_widths()
        painter = QPainter(self)
        painter.setPen(QColor(current_palette().muted))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, 0, first, self.height()), Qt.AlignmentFlag.AlignLeft | middle, self._words[0])
        right = QRectF(self.width() - last, 0, last, self.height())
        painter.drawText(right, Qt.AlignmentFlag.AlignRight | middle, self._words[1])
        entries = np.linspace(_FIRST_ENTRY, TOP_CODE, _BAR_WIDTH).round().astype(np.uint8)
        bar = np.repeat(entries[None], self.height() - 2, axis=0)
        painter.drawImage(first + _GAP, 1, image_of(bar, self._table, 1.0))
        painter.setPen(QColor(current_palette().line))
        painter.drawRect(QRectF(first + _GAP - 0.5, 0.5, _BAR_WIDTH, self.height() - 1))
