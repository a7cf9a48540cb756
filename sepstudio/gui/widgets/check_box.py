"""A check box whose mark is ours: a stylesheet can only show marks that lie in files of fixed colour."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton

from sepstudio.gui.theme import current_palette

# The tick in fractions of the box; an icon of 1.5 px lines would be too faint at this size.
_TICK = ((0.26, 0.52), (0.44, 0.70), (0.76, 0.32))
_TICK_PIXELS = 2.0


class CheckBox(QCheckBox):
    """A check box with a tick in the colours of the palette."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the box as the style does, and the tick over it."""
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = QRectF(self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        round_cap, round_join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        ink = QColor(current_palette().window)
        painter.setPen(QPen(ink, _TICK_PIXELS, Qt.PenStyle.SolidLine, round_cap, round_join))
        painter.drawPolyline([QPointF(box.x() + x * box.width(), box.y() + y * box.height()) for x, y in _TICK])
        painter.end()
