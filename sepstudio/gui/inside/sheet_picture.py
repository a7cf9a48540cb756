"""A sheet of small pictures with common limits: kernels of a layer, or what its maps hold around a point."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from sepstudio.gui.exporting.figure import FigureSource
from sepstudio.gui.exporting.network_views import SheetFigure
from sepstudio.gui.exporting.view_data import Table
from sepstudio.gui.inside.cells import signed_image, signed_table
from sepstudio.gui.inside.picture import Index, Picture, small_font
from sepstudio.gui.inside.sheet import Placing, Sheet, placed
from sepstudio.gui.inside.words import place_words, value_words
from sepstudio.gui.theme import Palette

KERNEL_TIP = (
    "What the first layer listens for: time to the right, frequency upwards; red where energy speaks for a find, "
    "blue where it speaks against one"
)
MAP_TIP = "What each map of this layer holds around the point: red where it found something, blue the opposite"
_TOP = 18
_LABEL_ROOM = 208
_RING, _SMALL_RING, _LARGE_PICTURE = 3.0, 1.0, 32
_LEAST_WEIGHT = 3.0


class SheetPicture(Picture):
    """Draws a sheet from blue over nothing to red; all its pictures have the same symmetric limits."""

    def __init__(self, name: str, what: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setFont(small_font())
        self.setToolTip(tip)
        self._what = what
        self._sheet: Sheet | None = None
        self._placing = Placing(1, (), (), 0.0, 0.0)
        self._room = (0, 0)

    def show_sheet(self, sheet: Sheet) -> None:
        """Show other values; the place of pictures stays while there are as many of the same size."""
        before, self._sheet = self._sheet, sheet
        if before is None or (before.cells.shape, before.labels) != (sheet.cells.shape, sheet.labels):
            self._index = None
            self._place()
        self.setAccessibleName(self.figure_title)
        self.tell()
        self.update()

    @property
    def sheet(self) -> Sheet | None:
        """What is on show, or None."""
        return self._sheet

    @property
    def placing(self) -> Placing:
        """Where the pictures lie."""
        return self._placing

    @property
    def figure_title(self) -> str:
        """What the pictures are of."""
        return f"{self._what}, {self._sheet.title}" if self._sheet is not None else self._what

    @property
    def filled(self) -> bool:
        """Whether there are pictures."""
        return self._sheet is not None and bool(self._sheet.cells.size)

    @property
    def weight(self) -> float:
        """The more the more pictures there are, but not as many times."""
        return max(math.sqrt(len(self._sheet.cells)) if self._sheet is not None else 0.0, _LEAST_WEIGHT)

    def fit(self, width: int, height: int) -> None:
        """Make cells as large as the room allows."""
        self._room = (width, height)
        self._place()

    def _place(self) -> None:
        if self._sheet is None or not self._sheet.cells.size:
            return
        widths = [min(self.fontMetrics().horizontalAdvance(label) + 4, _LABEL_ROOM) for label in self._sheet.labels]
        self._placing = placed(self._sheet, *self._room, widths, _TOP)
        title = min(self.fontMetrics().horizontalAdvance(self._heading()) + 4, self._room[0])
        self.setFixedSize(max(round(self._placing.width) + 2, title), round(self._placing.height) + 2)

    # -- cells -------------------------------------------------------------------------------

    def index_at(self, place: QPointF) -> Index | None:
        """Return picture, row from below and column at a place."""
        return self._placing.index_at(place, self._sheet.cells.shape[1])

    def rect_of(self, index: Index) -> QRectF:
        """Return where a cell lies."""
        return self._placing.rect_of(index)

    def stepped(self, index: Index | None, across: int, down: int) -> Index:
        """Return the cell beside another; behind the last column comes the next picture."""
        pictures, rows, columns = self._sheet.cells.shape
        if index is None:
            return 0, rows - 1, 0
        flat = min(max(index[0] * columns + index[2] + across, 0), pictures * columns - 1)
        return flat // columns, min(max(index[1] - down, 0), rows - 1), flat % columns

    def text_of(self, index: Index) -> str:
        """Return what a cell of a picture holds."""
        sheet, (picture, row, column) = self._sheet, index
        across, up = place_words(sheet.across, column, sheet.marked and sheet.marked[1]), place_words(sheet.up, row)
        value = value_words(float(sheet.cells[picture, row, column]))
        return f"{sheet.names[picture]}: {value} at {across}, {up} (colours end at ±{value_words(sheet.limit)})"

    # -- drawing -----------------------------------------------------------------------------

    def _heading(self) -> str:
        sheet = self._sheet
        return f"{sheet.title}, ±{value_words(sheet.limit)}" if sheet is not None else ""

    def draw(self, painter: QPainter, colours: Palette) -> None:
        """Draw title, labels and pictures."""
        if self._sheet is None:
            return
        painter.setFont(self.font())
        painter.setPen(QColor(colours.muted))
        metrics, heading = painter.fontMetrics(), self._heading()
        # What it is before how much it is.
        told = heading if metrics.horizontalAdvance(heading) <= self.width() else self._sheet.title
        told = metrics.elidedText(told, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QRectF(0, 0, self.width(), _TOP), int(Qt.AlignmentFlag.AlignLeft), told)
        draw_sheet(painter, self._sheet, self._placing, colours)

    # -- what is exported --------------------------------------------------------------------

    def figure_source(self) -> FigureSource | None:
        """Return how the sheet is drawn as a figure, or None where there is none."""
        if self._sheet is None or not self.filled:
            return None
        size = (round(self._placing.width), round(self._placing.height))
        sheet, placing = self._sheet, self._placing

        def draw(painter: QPainter, colours: Palette) -> None:
            painter.setFont(self.font())
            painter.translate(0, -_TOP)
            draw_sheet(painter, sheet, placing, colours)

        return SheetFigure(self.figure_title, draw, (size[0], size[1] - _TOP), sheet.limit)

    def table(self) -> Table:
        """Return a row for each cell of each picture."""
        sheet = self._sheet
        pictures, rows, columns = sheet.cells.shape
        picture, up, across = (part.ravel() for part in np.indices((pictures, rows, columns)))
        named = {axis.name: _along(axis.values, index) for axis, index in ((sheet.up, up), (sheet.across, across))}
        names = tuple(sheet.names[place] for place in picture)
        return Table(self.figure_title, {"map": names, **named, "value": sheet.cells.ravel().astype(np.float64)})


def draw_sheet(painter: QPainter, sheet: Sheet, placing: Placing, colours: Palette) -> None:
    """Draw the labels and pictures of a sheet, and rings where a cell is marked."""
    # There are no places for labels where they have no room.
    for label, room in zip(sheet.labels, placing.labels, strict=False):
        if label:
            painter.setPen(QColor(colours.text))
            told = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), told)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    table = signed_table(colours.panel)
    for number, box in enumerate(placing.pictures):
        painter.drawImage(box, signed_image(sheet.cells[number], sheet.limit, table))
        painter.setPen(QPen(QColor(colours.line), 1.0))
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))
        if sheet.marked is not None:
            centre = placing.rect_of((number, *sheet.marked)).center()
            ring = _RING if box.width() >= _LARGE_PICTURE else _SMALL_RING
            for colour, width in ((colours.window, 2.5), (colours.text, 1.0)):
                painter.setPen(QPen(QColor(colour), width))
                painter.drawEllipse(centre, ring, ring)


def _along(values: np.ndarray | tuple[str, ...], places: np.ndarray) -> np.ndarray | tuple[str, ...]:
    return tuple(values[place] for place in places) if isinstance(values, tuple) else np.asarray(values)[places]
