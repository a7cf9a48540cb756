"""The curves of a figure and the list of their names, drawn as lines that stay lines in an SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPolygonF

from sepstudio.gui.exporting.view_data import Floats
from sepstudio.gui.theme import GRID, Palette

LEGEND_LEFT, ROW_HEIGHT = 16, 18
_SAMPLE_WIDTH, _MOST_TEXT = 28, 260
MARKER_PIXELS, RINGED_PIXELS = 7, 13
_RING_WIDTH = 1.5


@dataclass(frozen=True, eq=False)
class Line:
    """A curve by its name: ``points`` [n, 2] from the lower left (0, 0) to the upper right (1, 1), with gaps at NaN.

    ``marker`` is pyqtgraph's name of one, or empty; the point at ``ringed`` stands out.
    """

    name: str
    points: Floats
    pen: QPen
    marker: str = ""
    ringed: int | None = None


def legend_width(lines: Sequence[Line], metrics: QFontMetrics) -> int:
    """Return the width of the list of names, without what lies between it and the plot."""
    texts = max((metrics.horizontalAdvance(line.name) for line in lines), default=0)
    return _SAMPLE_WIDTH + GRID + min(texts + 2, _MOST_TEXT)


def draw_lines(painter: QPainter, plot: QRectF, lines: Sequence[Line], colours: Palette) -> None:
    """Draw curves, those that were named first below the others."""
    for line in lines:
        painter.setPen(line.pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        places = np.column_stack(
            [plot.left() + line.points[:, 0] * plot.width(), plot.bottom() - line.points[:, 1] * plot.height()]
        )
        for part in _unbroken(places):
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in part.tolist()]))
        if line.marker:
            for index in np.flatnonzero(np.isfinite(places).all(axis=1)):
                place = QPointF(*places[index].tolist())
                _draw_marker(painter, place, line, colours, ringed=index == line.ringed)


def draw_legend(painter: QPainter, box: QRectF, lines: Sequence[Line], colours: Palette) -> None:
    """Draw a short piece of each curve and its name, in the font of the painter."""
    for row, line in enumerate(lines):
        middle = box.top() + (row + 0.5) * ROW_HEIGHT
        painter.setPen(line.pen)
        painter.drawLine(QPointF(box.left(), middle), QPointF(box.left() + _SAMPLE_WIDTH, middle))
        if line.marker:
            _draw_marker(painter, QPointF(box.left() + _SAMPLE_WIDTH / 2, middle), line, colours)
        begin = box.left() + _SAMPLE_WIDTH + GRID
        room = QRectF(begin, middle - ROW_HEIGHT / 2, box.right() - begin, ROW_HEIGHT)
        name = painter.fontMetrics().elidedText(line.name, Qt.TextElideMode.ElideMiddle, int(room.width()))
        painter.setPen(QColor(colours.text))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), name)


def _unbroken(places: Floats) -> Iterator[Floats]:
    there = np.flatnonzero(np.isfinite(places).all(axis=1))
    for run in np.split(there, np.flatnonzero(np.diff(there) > 1) + 1):
        if len(run) > 1:
            yield places[run]


def _draw_marker(painter: QPainter, place: QPointF, line: Line, colours: Palette, *, ringed: bool = False) -> None:
    size = RINGED_PIXELS if ringed else MARKER_PIXELS
    painter.save()
    painter.setPen(QPen(QColor(colours.text), _RING_WIDTH / size) if ringed else Qt.PenStyle.NoPen)
    painter.setBrush(line.pen.color())
    painter.translate(place)
    painter.scale(size, size)
    painter.drawPath(Symbols[line.marker])
    painter.restore()
