"""How the errors of a network fall while it learns: on what it learns from, and on strokes that were kept back.

Painted by itself, as the pictures beside it are: a general plot takes ten times as long to make and to draw.
"""

from __future__ import annotations

import bisect
import math
from typing import Literal

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from sepstudio.gui.exporting.curve_views import CurveFigure
from sepstudio.gui.exporting.figure import FigureSource
from sepstudio.gui.exporting.view_data import Floats, Table
from sepstudio.gui.inside.learning import Learning
from sepstudio.gui.inside.picture import Index, Picture, small_font
from sepstudio.gui.panels.curve_plot import PlottedCurve
from sepstudio.gui.panes.ticks import Tick
from sepstudio.gui.theme import Palette, stem_colour

TRAINING_COLOUR, HELD_OUT_COLOUR = stem_colour("vocals"), stem_colour("percussive")
TIP = (
    "The error falls while the network learns. Where that of the kept-back strokes rises again, "
    "it only learns your strokes by heart"
)
NONE_HELD_OUT = "no strokes kept back"
_NOTHING: tuple[Floats, Floats] = (np.zeros(0), np.zeros(0))
_LEFT, _TOP, _RIGHT, _BOTTOM = 40, 24, 16, 32
_LINE = 2.0
# Pixels between numbers at least, across and upright.
_APART = {"bottom": 56, "left": 28}
_NICE = (1.0, 2.0, 5.0, 10.0)

Side = Literal["bottom", "left"]


class ErrorPlot(Picture):
    """Two curves over steps; the values at their ends, or where one points, stand above."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("inside.errors", parent)
        self.setAccessibleName("Errors of the network")
        self.setToolTip(TIP)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._learning: Learning | None = None

    def show_learning(self, learning: Learning | None) -> None:
        """Show the errors of a network, or none."""
        self._learning = learning
        if self.index is not None and (not self.filled or self.index[0] > self._steps):
            self.point_at(None)
        self.tell()
        self.update()

    @property
    def filled(self) -> bool:
        """Whether there are errors."""
        return bool(self.plotted())

    @property
    def weight(self) -> float:
        """It has room of its own."""
        return 0.0

    def fit(self, width: int, height: int) -> None:
        """Take the room that there is."""
        self.setFixedWidth(width)

    # -- pointing ----------------------------------------------------------------------------

    @property
    def _steps(self) -> int:
        return max(self._learning.step, 1) if self._learning is not None else 1

    def _field(self) -> QRectF:
        return QRectF(_LEFT, _TOP, self.width() - _LEFT - _RIGHT, self.height() - _TOP - _BOTTOM)

    def index_at(self, place: QPointF) -> Index | None:
        """Return the step at a place."""
        field = self._field()
        if not field.contains(place):
            return None
        return (min(max(round((place.x() - field.left()) / field.width() * self._steps), 1), self._steps),)

    def rect_of(self, index: Index) -> QRectF:
        """Return the upright line at a step."""
        field = self._field()
        return QRectF(round(field.left() + index[0] / self._steps * field.width()), field.top(), 1, field.height())

    def stepped(self, index: Index | None, across: int, down: int) -> Index:
        """Return the step beside another, or the last one."""
        return (self._steps,) if index is None else (min(max(index[0] + across, 1), self._steps),)

    def text_of(self, index: Index) -> str:
        """Return both errors at a step."""
        return f"step {index[0]}: {', '.join(f'{name} {value:.3g}' for name, _, value in self._read(index[0]))}"

    def _curves(self) -> tuple[tuple[str, str, tuple[Floats, Floats]], ...]:
        learning = self._learning
        return (
            ("training", TRAINING_COLOUR, learning.training if learning is not None else _NOTHING),
            ("held out", HELD_OUT_COLOUR, learning.held_out if learning is not None else _NOTHING),
        )

    def _read(self, step: int | None = None) -> list[tuple[str, str, float]]:
        """Return name, colour and value of each curve at a step, or at its end."""
        found = []
        for name, colour, (steps, values) in self._curves():
            at = len(steps) - 1 if step is None else bisect.bisect_right(steps.tolist(), step) - 1
            if 0 <= at < len(values):
                found.append((name, colour, float(values[at])))
        return found

    # -- drawing -----------------------------------------------------------------------------

    def draw(self, painter: QPainter, colours: Palette) -> None:
        """Draw the curves between their axes, and what they say now."""
        if not self.filled:
            return
        field = self._field()
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
        for curve in self.plotted():
            painter.setPen(curve.pen)
            painter.drawPolyline(self._points(curve, field))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _draw_head(self, painter: QPainter, colours: Palette) -> None:
        painter.setFont(small_font())
        left, metrics = 0, painter.fontMetrics()
        texts = [(colour, f"{name} {value:.3g}") for name, colour, value in self._read()]
        texts += [] if len(self._learning.held_out[0]) else [("", NONE_HELD_OUT)]
        for colour, text in texts:
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

    def _points(self, curve: PlottedCurve, field: QRectF) -> QPolygonF:
        low, high = self.span("left")
        across = field.left() + curve.across / self._steps * field.width()
        up = field.bottom() - (curve.up - low) / (high - low) * field.height()
        return QPolygonF([QPointF(x, y) for x, y in zip(across.tolist(), up.tolist(), strict=True)])

    # -- what is exported --------------------------------------------------------------------

    @property
    def drawn_size(self) -> QSize:
        """The size of what lies between the axes, on the screen."""
        return self._field().size().toSize()

    @property
    def logarithmic(self) -> tuple[bool, bool]:
        """Neither axis is."""
        return False, False

    def span(self, side: Side) -> tuple[float, float]:
        """Return the part of an axis that is in view."""
        if side == "bottom":
            return 0.0, float(self._steps)
        values = np.concatenate([curve.up for curve in self.plotted()] or [np.zeros(1)])
        low, high = min(0.0, float(values.min())), float(values.max())
        return (low, high * 1.04) if high > low else (low, low + 1.0)

    def ticks(self, side: Side, pixels: int) -> tuple[Tick, ...]:
        """Return the marks and numbers of an axis if it were so long."""
        low, high = self.span(side)
        step = _nice((high - low) * _APART[side] / max(pixels, 1))
        numbers = np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step
        return tuple(Tick(float((number - low) / (high - low)), f"{number:.6g}") for number in numbers)

    @property
    def figure_title(self) -> str:
        """What the curves are."""
        return f"Errors of {self._learning.title}" if self._learning is not None else "Errors"

    @property
    def axis_names(self) -> tuple[str, str]:
        """What lies across and upright."""
        return "Steps", "Error"

    def plotted(self) -> tuple[PlottedCurve, ...]:
        """Return the curves on show."""
        return tuple(
            PlottedCurve(name, steps, values, pg.mkPen(colour, width=_LINE))
            for name, colour, (steps, values) in self._curves()
            if len(values)
        )

    def figure_source(self) -> FigureSource | None:
        """Return how the curves are drawn as a figure, or None where there are none."""
        return CurveFigure(self) if self.filled else None

    def table(self) -> Table:
        """Return a row for each error that was measured."""
        curves = self.plotted()
        columns = {
            "curve": tuple(curve.name for curve in curves for _ in curve.up),
            "step": np.concatenate([curve.across for curve in curves]),
            "error": np.concatenate([curve.up for curve in curves]),
        }
        return Table(self.figure_title, columns)


def _nice(least: float) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten that is not below a number."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in _NICE if factor * power >= least * (1 - 1e-9))
