"""What plots of curves export: their lines as a figure, and what they go through as a table."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetrics, QPen

from sepstudio.gui.exporting.figure import Figure, Look, Marks
from sepstudio.gui.exporting.figure_lines import ROW_HEIGHT, Line, legend_width
from sepstudio.gui.exporting.view_data import Floats, Table
from sepstudio.gui.items.bars import BarStyle
from sepstudio.gui.panels.curve_plot import CurvePlot, PlottedCurve

# The drawer is low: a figure of curves has room for its numbers all the same.
LEAST_HEIGHT = 240
_GREYS = ("#000000", "#707070", "#a8a8a8")
_STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)


class CurveView(Protocol):
    """A view that draws curves on a plot and can say what they are."""

    plot: CurvePlot

    @property
    def figure_title(self) -> str:
        """What the curves are, for a figure and the name of a file."""

    @property
    def axis_names(self) -> tuple[str, str]:
        """What lies across and upright, with units."""

    def plotted(self) -> tuple[PlottedCurve, ...]:
        """Return the curves on show."""

    def table(self) -> Table:
        """Return what the curves on show go through, and what belongs to it."""


class CurveFigure:
    """The curves of a plot as they were when this was made: those of a run under way go on changing."""

    def __init__(self, view: CurveView) -> None:
        self._title, self._names = view.figure_title, view.axis_names
        self._curves = view.plotted()
        size = view.plot.drawn_size
        self._width = max(size.width(), 1)
        self._height = max(size.height(), LEAST_HEIGHT, len(self._curves) * ROW_HEIGHT)
        self._spans = view.plot.span("bottom"), view.plot.span("left")
        self._logarithmic = view.plot.logarithmic
        self._ticks = view.plot.ticks("bottom", self._width), view.plot.ticks("left", self._height)

    def prepare(self, scale: float) -> Generator[float, None, Sequence[Floats]]:
        """Return the points of the lines, from (0, 0) at the lower left to (1, 1)."""
        yield 0.0
        return [
            np.column_stack(
                [
                    _share(values, span, logarithmic=logarithmic)
                    for values, span, logarithmic in zip(
                        (curve.across, curve.up), self._spans, self._logarithmic, strict=True
                    )
                ]
            )
            for curve in self._curves
        ]

    def figure(self, prepared: Sequence[Floats], look: Look) -> Figure:
        """Return the figure."""
        lines = tuple(
            Line(
                curve.name,
                points,
                _pen(curve.pen, place, look),
                curve.marker,
                curve.ringed,
                self._bars(curve.bars, look) if curve.bars is not None else None,
                -self._spans[1][0] / (self._spans[1][1] - self._spans[1][0]),
            )
            for place, (curve, points) in enumerate(zip(self._curves, prepared, strict=True))
        )
        across, up = self._names
        return Figure(
            title=self._title,
            plot=None,
            width=self._width,
            height=self._height,
            across=Marks(across, self._ticks[0]),
            up=Marks(up, self._ticks[1]),
            look=look,
            lines=lines,
            legend=legend_width(lines, QFontMetrics(look.text)),
        )

    def _bars(self, bars: BarStyle, look: Look) -> BarStyle:
        low, high = self._spans[0]
        colours = (_GREYS[1],) * len(bars.colours) if look.name == "grey" else bars.colours
        return replace(bars, width=bars.width / (high - low), colours=colours)


def _share(values: Floats, span: tuple[float, float], *, logarithmic: bool) -> Floats:
    if logarithmic:
        values = np.log10(values, out=np.full(len(values), np.nan), where=np.asarray(values) > 0)
    return np.where(np.isfinite(values), (values - span[0]) / (span[1] - span[0]), np.nan)


def _pen(pen: QPen, place: int, look: Look) -> QPen:
    """Return a pen that grows with the figure; without colours, greys and dashes tell lines apart."""
    pen = QPen(pen)
    pen.setCosmetic(False)
    if look.name == "grey":
        pen.setStyle(_STYLES[place % len(_STYLES)])
        pen.setColor(QColor(_GREYS[place // len(_STYLES) % len(_GREYS)]))
    return pen
