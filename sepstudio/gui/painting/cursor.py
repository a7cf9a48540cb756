"""The brush under the mouse, and the stroke that is being painted."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPainterPath

from sepstudio.gui.items.markers import cosmetic_pen
from sepstudio.gui.painting.stroke_painting import FULL, shade
from sepstudio.gui.theme import DARK

_Z, _CURSOR_Z = 51, 95
_HALO_PIXELS, _RING_PIXELS = 3.0, 1.5
_UNDER_WAY = 0.8


class BrushCursor(pg.GraphicsObject):
    """Rings as large as the brush, one for each partial that it paints; moving them repaints little."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(_CURSOR_Z)
        self._rings: tuple[QRectF, ...] = ()
        self._colour = DARK.text

    @property
    def rings(self) -> tuple[QRectF, ...]:
        """What surrounds each partial, in seconds and heights of the view."""
        return self._rings

    def show_rings(self, places: tuple[tuple[float, float], ...], width: float, height: float, colour: str) -> None:
        """Draw rings of a size around places (seconds, heights), the first of which is under the mouse."""
        self.prepareGeometryChange()
        self._rings = tuple(QRectF(x - width / 2, y - height / 2, width, height) for x, y in places)
        self._colour = colour
        self.update()

    def hide_rings(self) -> None:
        """Draw nothing."""
        if self._rings:
            self.prepareGeometryChange()
            self._rings = ()

    def boundingRect(self) -> QRectF:
        """Return what the rings take; Qt adds the pixels that a cosmetic pen needs."""
        whole = QRectF()
        for ring in self._rings:
            whole = whole.united(ring)
        return whole

    def paint(self, painter: QPainter, option: Any = None, widget: Any = None) -> None:
        """Draw the rings, seen over dark and over bright pictures."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((DARK.window, _HALO_PIXELS), (self._colour, _RING_PIXELS)):
            painter.setPen(cosmetic_pen(colour, width))
            for ring in self._rings:
                painter.drawEllipse(ring)


class UnderWay(pg.GraphicsObject):
    """What a gesture covers while it goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(_Z)
        self._area = QPainterPath()
        self._colour = DARK.text
        self._hatched = False
        self._opacity = 1.0

    @property
    def area(self) -> QPainterPath:
        """What is covered, in seconds and heights of the view."""
        return self._area

    def show_area(self, area: QPainterPath, colour: str, opacity: float, *, hatched: bool) -> None:
        """Draw an area."""
        self.prepareGeometryChange()
        self._area, self._colour, self._hatched, self._opacity = area, colour, hatched, opacity
        self.update()

    def clear(self) -> None:
        """Draw nothing."""
        if not self._area.isEmpty():
            self.prepareGeometryChange()
            self._area = QPainterPath()

    def boundingRect(self) -> QRectF:
        """Return what the area takes."""
        return self._area.controlPointRect()

    def paint(self, painter: QPainter, option: Any = None, widget: Any = None) -> None:
        """Draw the area, pixel by pixel so that hatching keeps its pattern."""
        if self._area.isEmpty():
            return
        area = painter.worldTransform().map(self._area)
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pattern = Qt.BrushStyle.BDiagPattern if self._hatched else Qt.BrushStyle.SolidPattern
        colour = shade(self._colour, _UNDER_WAY if self._hatched else FULL * self._opacity)
        painter.fillPath(area, QBrush(colour, pattern))
        painter.restore()
