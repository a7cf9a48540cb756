"""How the errors of a network fall while it learns: on what it learns from, and on strokes that were kept back."""

from __future__ import annotations

import bisect

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from sepstudio.gui.exporting.view_data import Floats, Table
from sepstudio.gui.inside.learning import Learning
from sepstudio.gui.panels.curve_plot import CurvePlot, PlottedCurve
from sepstudio.gui.theme import GRID, stem_colour
from sepstudio.gui.widgets.labels import label

TRAINING_COLOUR, HELD_OUT_COLOUR = stem_colour("vocals"), stem_colour("percussive")
TIP = (
    "The error falls while the network learns. Where that of the kept-back strokes rises again, "
    "it only learns your strokes by heart"
)
_NONE_HELD_OUT = "no strokes kept back"
_WIDTH = 2.0
_LEAST_HEIGHT = 72


class ErrorPlot(QWidget):
    """Two curves over steps; what they say at the pointer, or at their ends, stands above."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inside.errors")
        self._learning: Learning | None = None
        self.readout = label("", name="inside.errors.readout")
        self.readout.setTextFormat(Qt.TextFormat.RichText)
        self.plot = CurvePlot("Error", "inside.errors")
        self.plot.setAccessibleName("Errors of the network")
        self.plot.setToolTip(TIP)
        self.plot.setLabel("bottom", "Steps")
        self.plot.setMinimumHeight(_LEAST_HEIGHT)
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        self._items = [pg.PlotDataItem(), pg.PlotDataItem()]
        for item in self._items:
            self.plot.addItem(item)
        self.plot.pointed.connect(self._on_pointed)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self.readout, 1)
        head.addWidget(self.plot.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(head)
        column.addWidget(self.plot, 1)

    def show_learning(self, learning: Learning | None) -> None:
        """Show the errors of a network, or none."""
        self._learning = learning
        drawn = {curve.name: curve for curve in self.plotted()}
        for item, (name, _, _) in zip(self._items, self._curves(), strict=True):
            curve = drawn.get(name)
            if curve is None:
                item.setData([], [])
            else:
                item.setData(curve.across, curve.up, pen=curve.pen)
        self._fit()
        self.plot.more.setEnabled(bool(drawn))
        self._read(None)

    def _curves(self) -> tuple[tuple[str, str, tuple[Floats, Floats]], ...]:
        nothing = (np.zeros(0), np.zeros(0))
        learning = self._learning
        return (
            ("training", TRAINING_COLOUR, learning.training if learning is not None else nothing),
            ("held out", HELD_OUT_COLOUR, learning.held_out if learning is not None else nothing),
        )

    def _fit(self) -> None:
        curves = self.plotted()
        if curves:
            values = np.concatenate([curve.up for curve in curves])
            self.plot.setXRange(0.0, max(float(self._learning.step), 1.0), padding=0.02)
            self.plot.setYRange(min(0.0, float(values.min())), float(values.max()) or 1.0, padding=0.04)

    def _on_pointed(self, place: float | None) -> None:
        self.plot.mark(place)
        self._read(place)

    def _read(self, place: float | None) -> None:
        told = []
        for name, colour, (steps, values) in self._curves():
            at = len(steps) - 1 if place is None else bisect.bisect_right(steps.tolist(), place) - 1
            if 0 <= at < len(values):
                told.append(f'<span style="color:{colour}">━</span> {name} <b>{values[at]:.3g}</b>')
        if told and self._learning is not None and not len(self._learning.held_out[0]):
            told.append(_NONE_HELD_OUT)
        self.readout.setText(" &nbsp; ".join(told))

    # -- what is exported --------------------------------------------------------------------

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
            PlottedCurve(name, steps, values, pg.mkPen(colour, width=_WIDTH))
            for name, colour, (steps, values) in self._curves()
            if len(values)
        )

    def table(self) -> Table:
        """Return a row for each error that was measured."""
        curves = self.plotted()
        columns = {
            "curve": tuple(curve.name for curve in curves for _ in curve.up),
            "step": np.concatenate([curve.across for curve in curves]),
            "error": np.concatenate([curve.up for curve in curves]),
        }
        return Table(self.figure_title, columns)
