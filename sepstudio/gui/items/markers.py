"""The playhead and the selection."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

SELECTION_ALPHA = 40
HALO_PIXELS = 3.0
_PLAYHEAD_Z, _SELECTION_Z = 100, 90


class PlayheadItem(pg.GraphicsObject):
    """A line over the whole height at one time; moving it repaints a strip of a few pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(_PLAYHEAD_Z)
        self._pen = cosmetic_pen("white")
        self._halo = cosmetic_pen("black")

    def set_colours(self, line: str, halo: str) -> None:
        """Set the colours, as ``#rrggbb``; the halo keeps the line in sight over dark and bright pictures."""
        self._pen = cosmetic_pen(line)
        self._halo = cosmetic_pen(halo, HALO_PIXELS)
        self.update()

    def set_time(self, seconds: float) -> None:
        """Move to a time."""
        self.setPos(seconds, 0.0)

    def boundingRect(self) -> QRectF:
        """Return a line: Qt adds the pixels that a cosmetic pen needs."""
        return QRectF(0.0, 0.0, 0.0, 1.0)

    def paint(self, painter: QPainter, option: Any = None, widget: Any = None) -> None:
        """Draw the line."""
        for pen in (self._halo, self._pen):
            painter.setPen(pen)
            painter.drawLine(QLineF(0.0, 0.0, 0.0, 1.0))


class SelectionItem(pg.GraphicsObject):
    """A stretch of time, over the whole height or a part of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(_SELECTION_Z)
        self._rect = QRectF()
        self._pen = cosmetic_pen("white")
        self._fill = QColor("white")

    def set_colour(self, colour: str) -> None:
        """Set the colour, as ``#rrggbb``; the inside is translucent."""
        self._pen = cosmetic_pen(colour)
        self._fill = QColor(colour)
        self._fill.setAlpha(SELECTION_ALPHA)
        self.update()

    def set_span(self, span: tuple[float, float] | None, bottom: float = 0.0, top: float = 1.0) -> None:
        """Mark a stretch in seconds between two heights (0 to 1), or nothing."""
        self.prepareGeometryChange()
        self._rect = QRectF() if span is None else QRectF(span[0], bottom, span[1] - span[0], top - bottom)
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the marked rectangle."""
        return self._rect

    def paint(self, painter: QPainter, option: Any = None, widget: Any = None) -> None:
        """Draw the inside and its edges."""
        if self._rect.isNull():
            return
        painter.fillRect(self._rect, self._fill)
        painter.setPen(self._pen)
        rect = self._rect
        painter.drawLine(QLineF(rect.topLeft(), rect.bottomLeft()))
        painter.drawLine(QLineF(rect.topRight(), rect.bottomRight()))
        if rect.height() < 1.0:
            painter.drawLine(QLineF(rect.topLeft(), rect.topRight()))
            painter.drawLine(QLineF(rect.bottomLeft(), rect.bottomRight()))


def cosmetic_pen(colour: str, width: float = 1.0) -> QPen:
    """Return a pen that is as wide on the screen whatever the scale of what it draws in."""
    pen = QPen(QColor(colour), width)
    pen.setCosmetic(True)
    return pen
