"""The grid that a kernel is seen and drawn on."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from sepstudio.gui.panels.kernel_picture import Cells, Resolution
from sepstudio.gui.theme import blend, current_palette, number_font, stem_colour
from sepstudio.separation.kernels import MAX_DRAWN

_LEFT = 18
_BOTTOM = 18
_SIDE = 232
_LINES_FROM = 5.0
_LABEL_PIXELS = 11
_MOVES = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (1, 0),
    Qt.Key.Key_Down: (-1, 0),
}


class KernelGrid(QWidget):
    """Cells of a kernel, time to the right and frequency upwards, with its centre marked.

    Left sets a cell, or clears it when it was set; right clears; a drag goes on as it began.
    Arrow keys move a cursor and Space toggles its cell. ``drawn(cells)`` carries the canvas
    after each change, bool [bins, frames], lowest frequency first. The last cell cannot be
    cleared, and a canvas of more than 65 cells a side is only shown.
    """

    drawn = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cells: Cells = np.ones((1, 1), bool)
        self._stem = ""
        self._resolution = Resolution()
        self._cursor = (0, 0)
        self._painting: bool | None = None
        self._last_cell: tuple[int, int] | None = None
        self.setObjectName("kernel.grid")
        self.setAccessibleName("Kernel")
        self.setToolTip("Draw: left sets cells, right clears them; arrow keys and Space do the same")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def cells(self) -> Cells:
        """The canvas, bool [bins, frames], lowest frequency first."""
        return self._cells.copy()

    @property
    def cursor_cell(self) -> tuple[int, int]:
        """Bin and frame under the keyboard cursor, counted from the lower left corner."""
        return self._cursor

    @property
    def drawable(self) -> bool:
        """Whether the canvas is small enough to be drawn on."""
        return max(self._cells.shape) <= MAX_DRAWN

    def show_cells(self, canvas: Cells, stem: str, resolution: Resolution) -> None:
        """Show a canvas of odd sides in the colour of a source; emits nothing."""
        if canvas.shape != self._cells.shape:
            self._cursor = (canvas.shape[0] // 2, canvas.shape[1] // 2)
        self._cells = canvas.copy()
        self._stem = stem
        self._resolution = resolution
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for the cells and the two axes."""
        return QSize(_LEFT + _SIDE, _SIDE + _BOTTOM)

    def cell_centre(self, row: int, column: int) -> QPointF:
        """Return the place of a cell in the widget."""
        return self._cell_rect(row, column).center()

    # -- drawing -----------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to set or to clear."""
        cell = self._cell_at(event.position())
        if cell is None or not self.drawable:
            return
        if event.button() == Qt.MouseButton.LeftButton:
            self._painting = not self._cells[cell]
        elif event.button() == Qt.MouseButton.RightButton:
            self._painting = False
        else:
            return
        self._last_cell = cell
        self._cursor = cell
        self._put([cell])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on along the mouse, without gaps however fast it is."""
        if self._painting is None or self._last_cell is None:
            return
        cell = self._cell_at(event.position(), clamped=True)
        if cell is not None and cell != self._last_cell:
            self._put(_line(self._last_cell, cell))
            self._last_cell = self._cursor = cell

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the stroke."""
        self._painting = self._last_cell = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cursor and toggle its cell."""
        key = Qt.Key(event.key())
        if key in _MOVES:
            self._cursor = (
                min(max(self._cursor[0] + _MOVES[key][0], 0), self._cells.shape[0] - 1),
                min(max(self._cursor[1] + _MOVES[key][1], 0), self._cells.shape[1] - 1),
            )
            self.update()
        elif key == Qt.Key.Key_Space and self.drawable:
            self._painting = not self._cells[self._cursor]
            self._put([self._cursor])
            self._painting = None
        else:
            super().keyPressEvent(event)

    def _put(self, cells: list[tuple[int, int]]) -> None:
        changed = self._cells.copy()
        for cell in cells:
            changed[cell] = self._painting
        if changed.any() and not np.array_equal(changed, self._cells):
            self._cells = changed
            self.drawn.emit(changed.copy())
        self.update()

    # -- geometry ----------------------------------------------------------------------------

    def _field(self) -> QRectF:
        return QRectF(_LEFT, 1, self.width() - _LEFT - 1, self.height() - _BOTTOM - 2)

    def _cell_rect(self, row: int, column: int) -> QRectF:
        field = self._field()
        height, width = field.height() / self._cells.shape[0], field.width() / self._cells.shape[1]
        return QRectF(field.x() + column * width, field.bottom() - (row + 1) * height, width, height)

    def _cell_at(self, place: QPointF, *, clamped: bool = False) -> tuple[int, int] | None:
        field = self._field()
        if not (clamped or field.contains(place)):
            return None
        rows, columns = self._cells.shape
        row = int((field.bottom() - place.y()) / field.height() * rows)
        column = int((place.x() - field.x()) / field.width() * columns)
        return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)

    # -- painting ----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells, their raster, the centre, the cursor and the axes."""
        colours = current_palette()
        painter = QPainter(self)
        field = self._field()
        painter.fillRect(field, QColor(colours.window))
        self._paint_centre_lines(painter)
        self._paint_cells(painter)
        self._paint_raster(painter)
        painter.setPen(QColor(colours.accent if self.hasFocus() else colours.line))
        painter.drawRect(field)
        middle = self._cell_rect(self._cells.shape[0] // 2, self._cells.shape[1] // 2)
        painter.setPen(QPen(QColor(colours.text), 1.5))
        painter.drawRect(middle)
        if self.hasFocus() and self.drawable:
            painter.setPen(QPen(QColor(colours.warning), 1.5))
            painter.drawRect(self._cell_rect(*self._cursor))
        self._paint_axes(painter)
        painter.end()

    def _paint_centre_lines(self, painter: QPainter) -> None:
        rows, columns = self._cells.shape
        field, middle = self._field(), self._cell_rect(rows // 2, columns // 2)
        tint = QColor(current_palette().panel)
        painter.fillRect(QRectF(field.x(), middle.y(), field.width(), middle.height()), tint)
        painter.fillRect(QRectF(middle.x(), field.y(), middle.width(), field.height()), tint)

    def _paint_cells(self, painter: QPainter) -> None:
        colour = QColor(stem_colour(self._stem))
        for row, column in zip(*np.nonzero(self._cells), strict=True):
            rect = self._cell_rect(int(row), int(column))
            # The marks of a long period would be thinner than a pixel.
            missing = max(2.0 - rect.width(), 0.0) / 2
            painter.fillRect(rect.adjusted(-missing, 0, missing, 0), colour)

    def _paint_raster(self, painter: QPainter) -> None:
        colours, field = current_palette(), self._field()
        painter.setPen(QColor(blend(colours.line, colours.window, 0.6)))
        rows, columns = self._cells.shape
        if field.width() / columns >= _LINES_FROM:
            for column in range(1, columns):
                x = round(field.x() + column * field.width() / columns)
                painter.drawLine(QPointF(x, field.top()), QPointF(x, field.bottom()))
        if field.height() / rows >= _LINES_FROM:
            for row in range(1, rows):
                y = round(field.bottom() - row * field.height() / rows)
                painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))

    def _paint_axes(self, painter: QPainter) -> None:
        field = self._field()
        font = number_font()
        font.setPixelSize(_LABEL_PIXELS)
        painter.setFont(font)
        painter.setPen(QColor(current_palette().muted))
        rows, columns = self._cells.shape
        time = self._resolution.milliseconds(columns // 2)
        band = self._resolution.hertz(rows // 2)
        below = QRectF(field.x(), field.bottom() + 2, field.width(), _BOTTOM - 2)
        _paint_axis(painter, below, "frames", f"{time:.0f} ms")
        painter.translate(0, field.bottom())
        painter.rotate(-90)
        _paint_axis(painter, QRectF(0, 0, field.height(), _LEFT - 3), "bins", f"{band:.0f} Hz")


def _paint_axis(painter: QPainter, area: QRectF, unit: str, end: str) -> None:
    middle = Qt.AlignmentFlag.AlignVCenter
    painter.drawText(area, middle | Qt.AlignmentFlag.AlignLeft, f"−{end}")
    painter.drawText(area, middle | Qt.AlignmentFlag.AlignHCenter, unit)
    painter.drawText(area, middle | Qt.AlignmentFlag.AlignRight, f"+{end}")


def _line(start: tuple[int, int], stop: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the cells from ``start`` to ``stop``, both included, one per step of the longer way."""
    steps = max(abs(stop[0] - start[0]), abs(stop[1] - start[1]))
    rows = np.rint(np.linspace(start[0], stop[0], steps + 1)).astype(int)
    columns = np.rint(np.linspace(start[1], stop[1], steps + 1)).astype(int)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))
