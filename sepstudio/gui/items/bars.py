"""Bars in a plot: told apart by hatching and by a label, never by colour alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from sepstudio.gui.panes.axis import axis_font
from sepstudio.gui.theme import blend, current_palette

# Which lines lie over a bar: rising, falling, level, upright. The first bar is full, the others are tinted.
_HATCHES = ("", "/", "\\", "-", "/\\", "|", "-|")
HATCHES = len(_HATCHES)
_TINT, _LINES_APART = 0.35, 6
# A label needs so much room; half of it above and below a number.
_LABEL_WIDTH, _VALUE_WIDTH, _LABEL_HEIGHT = 8, 34, 14


@dataclass(frozen=True)
class BarStyle:
    """How the bars of one run look: their width, a colour for each, the number of their hatching, and their label.

    The width is in units of the axis across.
    """

    width: float
    colours: tuple[str, ...]
    hatch: int
    label: str = ""


@dataclass(frozen=True)
class Bar:
    """A bar around ``middle`` from 0 to ``value``, in units of the axes; ``text`` is the value in words."""

    middle: float
    width: float
    value: float
    colour: str
    hatch: int
    label: str
    text: str


def draw_bar(painter: QPainter, box: QRectF, colour: str, hatch: int, ground: str) -> None:
    """Draw a bar with its hatching as lines, which stay lines in every kind of file."""
    lines = _HATCHES[hatch % HATCHES]
    painter.setPen(QPen(QColor(colour), 1.0))
    painter.setBrush(QColor(blend(colour, ground, _TINT) if lines else colour))
    painter.drawRect(box)
    for line in lines:
        painter.drawLines(list(_hatching(box, line)))


def _hatching(box: QRectF, line: str) -> Iterator[QLineF]:
    left, right, top, bottom = box.left(), box.right(), box.top(), box.bottom()
    if line == "-":
        yield from (QLineF(left, y, right, y) for y in _steps(top, bottom))
    elif line == "|":
        yield from (QLineF(x, top, x, bottom) for x in _steps(left, right))
    elif line == "/":
        for at in _steps(left + top, right + bottom):
            x0, x1 = max(left, at - bottom), min(right, at - top)
            yield QLineF(x0, at - x0, x1, at - x1)
    else:
        for at in _steps(top - right, bottom - left):
            x0, x1 = max(left, top - at), min(right, bottom - at)
            yield QLineF(x0, x0 + at, x1, x1 + at)


def _steps(low: float, high: float) -> Iterator[float]:
    at = low + _LINES_APART
    while at < high:
        yield at
        at += _LINES_APART


class BarItem(pg.GraphicsObject):
    """Bars that are painted pixel by pixel, with their labels at the foot and their values at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._bars: tuple[Bar, ...] = ()

    def show_bars(self, bars: Sequence[Bar]) -> None:
        """Show other bars."""
        self.prepareGeometryChange()
        self._bars = tuple(bars)
        self.update()

    def boundingRect(self) -> QRectF:
        """Return all of the plot: labels stand beside the bars."""
        box = self.getViewBox()
        return box.viewRect() if box is not None else QRectF()

    def viewRangeChanged(self) -> None:
        """Follow the plot."""
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw the bars in pixels of the screen, so that lines and letters keep their width."""
        view, place = self.getViewBox().viewRect(), painter.worldTransform()
        painter.resetTransform()
        painter.setFont(axis_font())
        colours = current_palette()
        painter.setPen(QPen(QColor(colours.muted), 1.0))
        painter.drawLine(place.map(QLineF(view.left(), 0.0, view.right(), 0.0)))
        for bar in self._bars:
            end = min(max(bar.value, view.top()), view.bottom())
            foot, tip = (place.map(QPointF(bar.middle, value)) for value in (0.0, end))
            half = place.map(QPointF(bar.middle + bar.width / 2, 0.0)).x() - foot.x()
            box = QRectF(QPointF(foot.x() - half, foot.y()), QPointF(foot.x() + half, tip.y())).normalized()
            draw_bar(painter, box, bar.colour, bar.hatch, colours.panel)
            painter.setPen(QColor(colours.text))
            down = bar.value < 0
            if 2 * half >= _LABEL_WIDTH * max(len(bar.label), 1):
                _write(painter, foot.x(), foot.y() + (0 if not down else -_LABEL_HEIGHT), bar.label)
            if 2 * half >= _VALUE_WIDTH:
                _write(painter, tip.x(), tip.y() + (0 if down else -_LABEL_HEIGHT), bar.text)


def _write(painter: QPainter, x: float, top: float, text: str) -> None:
    box = QRectF(x - _VALUE_WIDTH, top, 2 * _VALUE_WIDTH, _LABEL_HEIGHT)
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
