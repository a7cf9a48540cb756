"""The curves of a figure and the list of their names, drawn as lines that stay lines in an SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPolygonF

from sepstudio.gui.exporting.view_data import Floats
from sepstudio.gui.items.bars import BarStyle, draw_bar
from sepstudio.gui.theme import GRID, Palette

LEGEND_LEFT, ROW_HEIGHT = 16, 18
_SAMPLE_WIDTH, _SAMPLE_HEIGHT, _MOST_TEXT = 28, 12, 260
MARKER_PIXELS, RINGED_PIXELS = 7, 13
_RING_WIDTH = 1.5


@dataclass(frozen=True, eq=False)
class Line:
    """A curve by its name: ``points`` [n, 2] from the lower left (0, 0) to the upper right (1, 1), with gaps at NaN.

    ``marker`` is pyqtgraph's name of one, or empty; the point at ``ringed`` stands out. With ``bars``, whose width is a
    share of the plot, there is a bar from the height ``zero`` to each point instead of a line.
    """

    name: str
    points: Floats
    pen: QPen
    marker: str = ""
    ringed: int | None = None
    bars: BarStyle | None = None
    zero: float = 0.0


def legend_width(lines: Sequence[Line], metrics: QFontMetrics) -> int:
    """Return the width of the list of names, without what lies between it and the plot."""
    texts = max((metrics.horizontalAdvance(line.name) for line in lines), default=0)
    return _SAMPLE_WIDTH + GRID + min(texts + 2, _MOST_TEXT)


def draw_lines(painter: QPainter, plot: QRectF, lines: Sequence[Line], colours: Palette) -> None:
    """Draw curves, those that were named first below the others."""
    for line in lines:
        if line.bars is not None:
            _draw_bars(painter, plot, line, line.bars, colours)
            continue
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
        if line.bars is not None:
            sample = QRectF(box.left() + GRID, middle - _SAMPLE_HEIGHT / 2, _SAMPLE_WIDTH - GRID, _SAMPLE_HEIGHT)
            draw_bar(painter, sample, colours.muted, line.bars.hatch, colours.panel)
        else:
            painter.setPen(line.pen)
            painter.drawLine(QPointF(box.left(), middle), QPointF(box.left() + _SAMPLE_WIDTH, middle))
        if line.marker:
            _draw_marker(painter, QPointF(box.left() + _SAMPLE_WIDTH / 2, middle), line, colours)
        begin = box.left() + _SAMPLE_WIDTH + GRID
        room = QRectF(begin, middle - ROW_HEIGHT / 2, box.right() - begin, ROW_HEIGHT)
        name = painter.fontMetrics().elidedText(line.name, Qt.TextElideMode.ElideMiddle, int(room.width()))
        painter.setPen(QColor(colours.text))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), name)


def _draw_bars(painter: QPainter, plot: QRectF, line: Line, bars: BarStyle, colours: Palette) -> None:
    half, foot = bars.width * plot.width() / 2, plot.bottom() - line.zero * plot.height()
    for (across, up), colour in zip(line.points.tolist(), bars.colours, strict=True):
        if math.isnan(up):
            continue
        middle = plot.left() + across * plot.width()
        end = plot.bottom() - min(max(up, 0.0), 1.0) * plot.height()
        box = QRectF(QPointF(middle - half, foot), QPointF(middle + half, end)).normalized()
        draw_bar(painter, box, colour, bars.hatch, colours.panel)


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
