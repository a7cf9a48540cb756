"""A matrix in a view box, painted pixel by pixel for the part that is in view."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from sepstudio.gui.items.canvas import Canvas, canvas_of
from sepstudio.gui.items.matrix_art import Geometry, MatrixLook, band, draw_matrix, outline_colour, outlines
from sepstudio.gui.items.matrix_view import MatrixView
from sepstudio.gui.items.paint_turns import PaintTurns
from sepstudio.tiles.scales import FrequencyScale

_CHOSEN_PIXELS = 2.0


class MatrixItem(pg.GraphicsObject):
    """Activations over time, or with a scale templates over an upright frequency axis; see ``Geometry``."""

    def __init__(self, turns: PaintTurns | None = None) -> None:
        super().__init__()
        self._turns = turns or PaintTurns(self)
        self._view: MatrixView | None = None
        self._scale: FrequencyScale | None = None
        self._look = MatrixLook()
        self._chosen: int | None = None
        self._canvas: Canvas | None = None
        # What was composed last, and for where.
        self._drawn: Canvas | None = None
        self._image: QImage | None = None

    def show_view(self, view: MatrixView | None) -> None:
        """Show another matrix, or nothing."""
        self.prepareGeometryChange()
        self._view = view
        self._drawn = None
        self.paint_anew()

    def set_scale(self, scale: FrequencyScale) -> None:
        """Stand upright on a frequency axis."""
        if scale != self._scale:
            self._scale = scale
            self.paint_anew()

    def set_look(self, look: MatrixLook) -> None:
        """Use other colours or another contrast."""
        if look != self._look:
            self._look = look
            self.paint_anew()

    def choose(self, component: int | None) -> None:
        """Draw the constraint of one component, by its index, thicker than the others."""
        if component != self._chosen:
            self._chosen = component
            self.paint_anew()

    def paint_anew(self) -> None:
        """Compose the picture again at the next painting, because something has changed."""
        self._canvas = None
        self.update()

    def boundingRect(self) -> QRectF:
        """Return where the matrix lies."""
        if self._view is None:
            return QRectF()
        if self._scale is not None:
            return QRectF(0.0, 0.0, 1.0, 1.0)
        return QRectF(self._view.first_edge, 0.0, self._view.last_edge - self._view.first_edge, 1.0)

    def paint(self, painter: QPainter, option: Any = None, widget: Any = None) -> None:
        """Draw the part that is in view."""
        canvas = canvas_of(self, painter) if self._view is not None else None
        if canvas is None or self._view is None:
            return
        if canvas != self._canvas and self._turns.grants(self, widget):
            with self._turns.timed():
                geometry = Geometry(self._view, canvas, self._scale)
                self._image = draw_matrix(geometry, self._look)
                self._draw_chosen(geometry, self._image)
            self._drawn = self._canvas = canvas
        if self._drawn is not None and self._image is not None:
            canvas.draw(painter, self._image, self._drawn)

    def _draw_chosen(self, geometry: Geometry, image: QImage) -> None:
        if self._chosen is None:
            return
        image.setDevicePixelRatio(1.0)
        painter = QPainter(image)
        colour = outline_colour(geometry.view, self._look)
        painter.setPen(QPen(colour, 1.0, Qt.PenStyle.DotLine))
        painter.drawRect(band(geometry, self._chosen))
        pen = QPen(colour, _CHOSEN_PIXELS)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRects(outlines(geometry, self._chosen))
        painter.end()
        image.setDevicePixelRatio(geometry.canvas.ratio)
