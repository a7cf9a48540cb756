"""The points that decided about one point, as a small heat map."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from sepstudio.gui.items.colours import Table
from sepstudio.gui.panels.kernel_picture import Resolution
from sepstudio.gui.texts import MINUS, level_text
from sepstudio.gui.theme import current_palette
from sepstudio.separation.explanation import ABOVE, BELOW, DECIDING, Evidence
from sepstudio.tiles.decibels import DB_PER_CODE, FLOOR_DB, TOP_CODE

WIDTH, HEIGHT = 248, 68
_LARGEST_CELL = 20.0
_OUTLINED_CELL = 3.0
_STANDINGS = {BELOW: "below the median", DECIDING: "decides", ABOVE: "above the median"}


class NeighbourPicture(QWidget):
    """Each neighbour in the colour of its level, time to the right and frequency upwards.

    Offsets at which a kernel has no point at all are left out, so that strokes of a rhythm stand
    side by side. The point in question has a ring, the neighbours that decided an outline; the
    tooltip of a cell tells its level.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evidence: Evidence | None = None
        self._resolution = Resolution()
        self._image = QImage()
        self._columns = self._rows = np.zeros(1, np.int64)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_evidence(self, evidence: Evidence, table: Table, resolution: Resolution) -> None:
        """Show the neighbours in the colours of a table of level codes."""
        self._evidence, self._resolution = evidence, resolution
        self._columns, self._rows = np.unique(evidence.frame_offsets), np.unique(evidence.bin_offsets)
        self._image = _image(evidence, self._columns, self._rows, table)
        self.setAccessibleName(f"Neighbours of {evidence.stem}")
        levels = f"{level_text(evidence.levels.min())} to {level_text(evidence.levels.max())}"
        self.setAccessibleDescription(f"{evidence.extent}: {levels}, median {level_text(evidence.level)}")
        self.update()

    def sizeHint(self) -> QSize:
        """Return the fixed size."""
        return QSize(WIDTH, HEIGHT)

    def cell_centre(self, index: int) -> QPointF:
        """Return the place of a neighbour in the widget."""
        return self._cell(index).center()

    def text_at(self, place: QPointF) -> str:
        """Return what there is to say about the cell at a place, or nothing."""
        evidence = self._evidence
        if evidence is None:
            return ""
        field, (across, up) = self._field(), self._cell_size()
        if not field.contains(place):
            return ""
        column = min(int((place.x() - field.left()) / across), self._columns.size - 1)
        row = min(int((field.bottom() - place.y()) / up), self._rows.size - 1)
        here = (evidence.frame_offsets == self._columns[column]) & (evidence.bin_offsets == self._rows[row])
        if not here.any():
            return ""
        index = int(np.argmax(here))
        frames, bins = int(evidence.frame_offsets[index]), int(evidence.bin_offsets[index])
        away = f"{_signed(self._resolution.milliseconds(frames))} ms, {_signed(self._resolution.hertz(bins))} Hz"
        where = "The point itself" if not frames and not bins else away
        return f"{where}: {level_text(evidence.levels[index])}, {_STANDINGS[int(evidence.standing[index])]}"

    # -- drawing -----------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Tell the level of the cell under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.text_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cells, the outlines of those that decided, and the ring."""
        if self._evidence is None:
            return
        colours = current_palette()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.window))
        painter.drawImage(self._field(), self._image)
        deciding = np.flatnonzero(self._evidence.standing == DECIDING)
        if min(self._cell_size()) >= _OUTLINED_CELL:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for colour, inset in ((colours.window, -0.5), (colours.accent, 0.5)):
                painter.setPen(QPen(QColor(colour), 1.0))
                painter.drawRects([self._cell(i).adjusted(inset, inset, -inset, -inset) for i in deciding])
        self._paint_ring(painter)
        painter.end()

    def _paint_ring(self, painter: QPainter) -> None:
        colours = current_palette()
        centre = self._place(0, 0).center()
        radius = min(max(min(self._cell_size()) / 4, 2.5), 5.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((colours.window, 3.5), (colours.text, 1.5)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawEllipse(centre, radius, radius)

    def _cell_size(self) -> tuple[float, float]:
        across, up = (WIDTH - 2) / self._columns.size, (HEIGHT - 2) / self._rows.size
        return min(across, _LARGEST_CELL), min(up, _LARGEST_CELL)

    def _field(self) -> QRectF:
        across, up = self._cell_size()
        width, height = self._columns.size * across, self._rows.size * up
        return QRectF((WIDTH - width) / 2, (HEIGHT - height) / 2, width, height)

    def _cell(self, index: int) -> QRectF:
        evidence = self._evidence
        return self._place(int(evidence.frame_offsets[index]), int(evidence.bin_offsets[index]))

    def _place(self, frame_offset: int, bin_offset: int) -> QRectF:
        field, (across, up) = self._field(), self._cell_size()
        column = int(np.searchsorted(self._columns, frame_offset))
        row = int(np.searchsorted(self._rows, bin_offset))
        return QRectF(field.left() + column * across, field.bottom() - (row + 1) * up, across, up)


def _image(evidence: Evidence, columns: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], table: Table) -> QImage:
    """Return one pixel for each cell, highest frequency first; where there is no neighbour it is transparent."""
    pixels = np.zeros((rows.size, columns.size), np.uint32)
    codes = np.rint((np.nan_to_num(evidence.levels, neginf=FLOOR_DB) - FLOOR_DB) / DB_PER_CODE)
    colours = np.array(table, np.uint32)[np.clip(codes, 0, TOP_CODE).astype(np.intp)]
    upright = rows.size - 1 - np.searchsorted(rows, evidence.bin_offsets)
    pixels[upright, np.searchsorted(columns, evidence.frame_offsets)] = colours
    image = QImage(pixels.data, columns.size, rows.size, 4 * columns.size, QImage.Format.Format_ARGB32)
    return image.copy()


def _signed(value: float) -> str:
    rounded = round(value)
    return f"{'+' if rounded > 0 else MINUS if rounded < 0 else ''}{abs(rounded)}"
