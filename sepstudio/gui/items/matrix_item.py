"""A matrix in a view box, painted pixel by pixel for the part that is in view."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from sepstudio.gui.items.canvas import Canvas
from sepstudio.gui.items.composed import ComposedItem
from sepstudio.gui.items.matrix_art import Geometry, MatrixLook, band, draw_matrix, outline_colour, outlines
from sepstudio.gui.items.matrix_view import MatrixView
from sepstudio.gui.items.paint_turns import PaintTurns
from sepstudio.tiles.scales import FrequencyScale

_CHOSEN_PIXELS = 2.0


class MatrixItem(ComposedItem):
    """Activations over time, or with a scale templates over an upright frequency axis; see ``Geometry``."""

    def __init__(self, turns: PaintTurns | None = None) -> None:
        super().__init__(turns)
        self._view: MatrixView | None = None
        self._scale: FrequencyScale | None = None
        self._look = MatrixLook()
        self._chosen: int | None = None

    def show_view(self, view: MatrixView | None) -> None:
        """Show another matrix, or nothing."""
        self.prepareGeometryChange()
        self._view = view
        self.forget_picture()

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

    def boundingRect(self) -> QRectF:
        """Return where the matrix lies."""
        if self._view is None:
            return QRectF()
        if self._scale is not None:
            return QRectF(0.0, 0.0, 1.0, 1.0)
        return QRectF(self._view.first_edge, 0.0, self._view.last_edge - self._view.first_edge, 1.0)

    def compose(self, canvas: Canvas) -> QImage:
        """Return the picture of what is in view."""
        geometry = Geometry(self._view, canvas, self._scale)
        image = draw_matrix(geometry, self._look)
        self._draw_chosen(geometry, image)
        return image

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
