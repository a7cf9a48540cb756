"""Codes in a view box, painted pixel by pixel: never a mixture of two colours, which would be a third code."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter

from sepstudio.gui.codec.token_view import TokenColours, TokenView
from sepstudio.gui.items.canvas import Canvas
from sepstudio.gui.items.colours import Table
from sepstudio.gui.items.composed import ComposedItem
from sepstudio.gui.items.paint_turns import PaintTurns
from sepstudio.gui.theme import Palette, current_palette

_LINED_ROW = 7
_FADED = 120


class TokenItem(ComposedItem):
    """Rows from the first codebook at the top to the last at the bottom, over heights 0 to 1."""

    def __init__(self, turns: PaintTurns) -> None:
        super().__init__(turns)
        self._view: TokenView | None = None
        self._colours: TokenColours = "entries"
        self._pixels: Table | None = None

    def show_view(self, view: TokenView | None, colours: TokenColours) -> None:
        """Show other codes or other colours, or nothing."""
        self.prepareGeometryChange()
        self._view, self._colours = view, colours
        self._pixels = None
        self.forget_picture()

    def boundingRect(self) -> QRectF:
        """Return where the codes lie."""
        view = self._view
        return QRectF(view.begins, 0.0, view.ends - view.begins, 1.0) if view is not None else QRectF()

    def compose(self, canvas: Canvas) -> QImage:
        """Return the picture of what is in view."""
        if self._pixels is None:
            self._pixels = self._view.pixels(self._colours)
        return draw_tokens(self._view, self._pixels, canvas, current_palette())


def draw_tokens(view: TokenView, pixels: Table, canvas: Canvas, colours: Palette) -> QImage:
    """Return the picture of codes on a canvas; where a pixel has several frames, it shows that in its middle."""
    middles = canvas.start + (np.arange(canvas.width) + 0.5) * (canvas.stop - canvas.start) / canvas.width
    frames = np.clip(((middles - view.begins) / view.step).astype(np.intp), 0, max(view.frames - 1, 0))
    heights = canvas.top - (np.arange(canvas.height) + 0.5) * (canvas.top - canvas.bottom) / canvas.height
    rows = np.clip(((1.0 - heights) * view.codebooks).astype(np.intp), 0, view.codebooks - 1)
    first, stop = int(rows[0]), int(rows[-1]) + 1
    cells = np.take_along_axis(pixels[first:stop], view.tokens[first:stop, frames].astype(np.intp), axis=1)
    picture = np.ascontiguousarray(cells[rows - first])
    image = QImage(picture.data, canvas.width, canvas.height, 4 * canvas.width, QImage.Format.Format_RGB32).copy()
    painter = QPainter(image)
    for row in range(first, stop):
        _draw_row(painter, np.flatnonzero(rows == row), canvas, colours, used=view.used[row])
    painter.end()
    image.setDevicePixelRatio(canvas.ratio)
    return image


def _draw_row(painter: QPainter, lines: npt.NDArray[np.intp], canvas: Canvas, colours: Palette, *, used: bool) -> None:
    """Draw a line above a row that is high enough, and hatch one that is not decoded."""
    if not lines.size:
        return
    top, height = int(lines[0]), lines.size
    if not used:
        veil = QColor(colours.panel)
        veil.setAlpha(255 - _FADED)
        painter.fillRect(0, top, canvas.width, height, veil)
        painter.fillRect(0, top, canvas.width, height, QBrush(QColor(colours.muted), Qt.BrushStyle.BDiagPattern))
    if height >= _LINED_ROW:
        painter.fillRect(0, top, canvas.width, 1, QColor(colours.panel))
