"""The bar in the progress column of the queue."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from sepstudio.batch.records import Entry, EntryState
from sepstudio.gui.panels.queue_model import ENTRY_ROLE, Index
from sepstudio.gui.theme import GRID, current_palette, number_font
from sepstudio.gui.widgets.progress_line import bar_colour, paint_bar

_THICK = 6


class ProgressDelegate(QStyledItemDelegate):
    """Paints a bar as long as the entry is far, and the number beside it; nothing for what has not begun."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Leave the text to ``paint``."""
        super().initStyleOption(option, index)
        option.text = ""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one cell."""
        super().paint(painter, option, index)
        entry: Entry = index.data(ENTRY_ROLE)
        if not entry.fraction:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(number_font())
        width = QFontMetrics(number_font()).horizontalAdvance("100 %")
        cell = QRectF(option.rect).adjusted(GRID, 0, -GRID, 0)
        painter.setPen(QColor(current_palette().text))
        painter.drawText(cell, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, index.data())
        bar = QRectF(cell.left(), cell.center().y() - _THICK / 2, cell.width() - width - GRID, _THICK)
        paint_bar(painter, bar, entry.fraction, bar_colour(_bar_state(entry)))
        painter.restore()


def _bar_state(entry: Entry) -> str:
    return "cancelled" if entry.state is EntryState.PAUSED else entry.state.value
