"""Lines between two axes, painted by themselves as the pictures beside them are.

A general plot takes ten times as long to make and to draw.
"""

from __future__ import annotations

import abc
import math
from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from sepstudio.gui.exporting.curve_views import CurveFigure
from sepstudio.gui.exporting.figure import FigureSource
from sepstudio.gui.exporting.view_data import Floats
from sepstudio.gui.inside.picture import Picture, small_font
from sepstudio.gui.panels.curve_plot import PlottedCurve
from sepstudio.gui.panes.ticks import Tick
from sepstudio.gui.theme import Palette

LINE = 2.0
_LEFT, _TOP, _RIGHT, _BOTTOM = 40, 24, 16, 32
# Pixels between numbers at least, across and upright.
_APART = {"bottom": 56, "left": 28}
_NICE = (1.0, 2.0, 5.0, 10.0)
_DOT = 3.0

Side = Literal["bottom", "left"]


class LinePicture(Picture):
    """Curves over numbers; what they say stands above. It takes the height that there is."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    # -- what kinds of curves say ------------------------------------------------------------

    @abc.abstractmethod
    def plotted(self) -> tuple[PlottedCurve, ...]:
        """Return the curves on show."""

    @property
    @abc.abstractmethod
    def axis_names(self) -> tuple[str, str]:
        """What lies across and upright."""

    @property
    @abc.abstractmethod
    def across(self) -> tuple[float, float]:
        """The numbers at both ends of the axis across."""

    @abc.abstractmethod
    def head(self) -> list[tuple[str, str]]:
        """Return what stands above, each with the colour of its curve or none."""

    @property
    def filled(self) -> bool:
        """Whether there are curves."""
        return bool(self.plotted())

    @property
    def weight(self) -> float:
        """It has room of its own."""
        return 0.0

    def fit(self, width: int, height: int) -> None:
        """Take the room that there is."""
        self.setFixedWidth(width)

    # -- places ------------------------------------------------------------------------------

    def field(self) -> QRectF:
        """Return where the curves lie."""
        return QRectF(_LEFT, _TOP, self.width() - _LEFT - _RIGHT, self.height() - _TOP - _BOTTOM)

    def number_at(self, place: QPointF) -> float | None:
        """Return the number across at a place, or None beside the curves."""
        field, (low, high) = self.field(), self.across
        if not field.contains(place):
            return None
        return low + (place.x() - field.left()) / field.width() * (high - low)

    def line_at(self, number: float) -> QRectF:
        """Return the upright line at a number across."""
        field, (low, high) = self.field(), self.across
        share = (number - low) / (high - low) if high > low else 0.0
        return QRectF(round(field.left() + share * field.width()), field.top(), 1, field.height())

    # -- drawing -----------------------------------------------------------------------------

    def draw(self, painter: QPainter, colours: Palette) -> None:
        """Draw the curves between their axes, and what they say now."""
        if not self.filled:
            return
        field = self.field()
        self._draw_head(painter, colours)
        painter.setFont(self.font())
        for tick in self.ticks("bottom", round(field.width())):
            x = field.left() + tick.position * field.width()
            box = QRectF(x - 30, field.bottom() + 2, 60, 14)
            self._draw_mark(painter, colours, QPointF(x, field.top()), QPointF(x, field.bottom()), box, tick.label)
        for tick in self.ticks("left", round(field.height())):
            y = field.bottom() - tick.position * field.height()
            box = QRectF(0, y - 7, _LEFT - 4, 14)
            self._draw_mark(painter, colours, QPointF(field.left(), y), QPointF(field.right(), y), box, tick.label)
        painter.setFont(small_font())
        below = QRectF(field.left(), field.bottom() + 15, field.width(), 16)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), self.axis_names[0])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(field.adjusted(-2, -2, 2, 2))
        for curve in self.plotted():
            self._draw_curve(painter, curve, field)
        painter.setClipping(False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _draw_head(self, painter: QPainter, colours: Palette) -> None:
        painter.setFont(small_font())
        left, metrics = 0, painter.fontMetrics()
        for colour, text in self.head():
            if colour:
                painter.fillRect(QRectF(left, 7, 12, 2), QColor(colour))
                left += 16
            painter.setPen(QColor(colours.text if colour else colours.muted))
            painter.drawText(QPointF(left, 12), text)
            left += metrics.horizontalAdvance(text) + 16

    def _draw_mark(
        self, painter: QPainter, colours: Palette, begin: QPointF, end: QPointF, box: QRectF, text: str
    ) -> None:
        painter.setPen(QColor(colours.line))
        painter.drawLine(begin, end)
        painter.setPen(QColor(colours.muted))
        across = Qt.AlignmentFlag.AlignHCenter if box.left() > 0 else Qt.AlignmentFlag.AlignRight
        painter.drawText(box, int(across | Qt.AlignmentFlag.AlignVCenter), text)

    def _draw_curve(self, painter: QPainter, curve: PlottedCurve, field: QRectF) -> None:
        points = self._points(curve, field)
        painter.setPen(curve.pen)
        painter.drawPolyline(QPolygonF(points))
        if curve.marker:
            painter.setBrush(curve.pen.color())
            for number, point in enumerate(points):
                dot = _DOT + 2.0 * (number == curve.ringed)
                painter.drawEllipse(point, dot / 2, dot / 2)
            painter.setBrush(Qt.BrushStyle.NoBrush)

    def _points(self, curve: PlottedCurve, field: QRectF) -> list[QPointF]:
        (left, right), (low, high) = self.span("bottom"), self.span("left")
        across = field.left() + (curve.across - left) / (right - left) * field.width()
        up = field.bottom() - (curve.up - low) / (high - low) * field.height()
        return [QPointF(x, y) for x, y in zip(across.tolist(), up.tolist(), strict=True)]

    # -- what is exported --------------------------------------------------------------------

    @property
    def drawn_size(self) -> QSize:
        """The size of what lies between the axes, on the screen."""
        return self.field().size().toSize()

    @property
    def logarithmic(self) -> tuple[bool, bool]:
        """Neither axis is."""
        return False, False

    def span(self, side: Side) -> tuple[float, float]:
        """Return the part of an axis that is in view."""
        if side == "bottom":
            return self.across
        values: Floats = np.concatenate([curve.up for curve in self.plotted()] or [np.zeros(1)])
        low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
        return (low, high + 0.04 * (high - low)) if high > low else (low, low + 1.0)

    def ticks(self, side: Side, pixels: int) -> tuple[Tick, ...]:
        """Return the marks and numbers of an axis if it were so long."""
        low, high = self.span(side)
        step = nice_step((high - low) * _APART[side] / max(pixels, 1))
        numbers = np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step
        return tuple(Tick(float((number - low) / (high - low)), f"{number:.6g}") for number in numbers)

    def figure_source(self) -> FigureSource | None:
        """Return how the curves are drawn as a figure, or None where there are none."""
        return CurveFigure(self) if self.filled else None


def nice_step(least: float) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten that is not below a number."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in _NICE if factor * power >= least * (1 - 1e-9))
