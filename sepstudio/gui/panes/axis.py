"""The strip left of a plot with marks and numbers; of the same width in every pane, so that times line up."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from sepstudio.gui.panes.ticks import Tick
from sepstudio.gui.theme import current_palette, number_font

LEFT_MARGIN = 48
AXIS_PIXELS = 11
_MARK_PIXELS = 4
_GAP_PIXELS = 4


def axis_font() -> QFont:
    """Return the font of numbers on axes."""
    font = number_font()
    font.setPixelSize(AXIS_PIXELS)
    return font


class AxisStrip(QWidget):
    """Labels of an upright axis."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ticks: tuple[Tick, ...] = ()
        self.setFixedWidth(LEFT_MARGIN)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """What the axis shows."""
        return self._ticks

    def set_ticks(self, ticks: Sequence[Tick]) -> None:
        """Show marks; positions run from the bottom (0) to the top (1)."""
        if tuple(ticks) != self._ticks:
            self._ticks = tuple(ticks)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw marks and labels."""
        colours = current_palette()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.panel))
        painter.setFont(axis_font())
        height = painter.fontMetrics().height()
        right = self.width() - _MARK_PIXELS
        for tick in self._ticks:
            y = (1.0 - tick.position) * self.height()
            painter.setPen(QColor(colours.line))
            painter.drawLine(right, round(y), self.width(), round(y))
            painter.setPen(QColor(colours.muted))
            box = QRectF(0, y - height / 2, right - _GAP_PIXELS, height)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, tick.label)
