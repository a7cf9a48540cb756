"""How the errors of a network fall while it learns: on what it learns from, and on strokes that were kept back."""

from __future__ import annotations

import bisect

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QWidget

from sepstudio.gui.exporting.view_data import Floats, Table
from sepstudio.gui.inside.learning import Learning
from sepstudio.gui.inside.line_picture import LINE, LinePicture
from sepstudio.gui.inside.picture import Index
from sepstudio.gui.panels.curve_plot import PlottedCurve
from sepstudio.gui.theme import stem_colour

TRAINING_COLOUR, HELD_OUT_COLOUR = stem_colour("vocals"), stem_colour("percussive")
TIP = (
    "The error falls while the network learns. Where that of the kept-back strokes rises again, "
    "it only learns your strokes by heart"
)
NONE_HELD_OUT = "no strokes kept back"
_NOTHING: tuple[Floats, Floats] = (np.zeros(0), np.zeros(0))


class ErrorPlot(LinePicture):
    """Two curves over steps; the values at their ends, or where one points, stand above."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("inside.errors", parent)
        self.setAccessibleName("Errors of the network")
        self.setToolTip(TIP)
        self._learning: Learning | None = None

    def show_learning(self, learning: Learning | None) -> None:
        """Show the errors of a network, or none."""
        self._learning = learning
        if self.index is not None and (not self.filled or self.index[0] > self._steps):
            self.point_at(None)
        self.tell()
        self.update()

    # -- pointing ----------------------------------------------------------------------------

    @property
    def _steps(self) -> int:
        return max(self._learning.step, 1) if self._learning is not None else 1

    @property
    def across(self) -> tuple[float, float]:
        """The steps at both ends."""
        return 0.0, float(self._steps)

    def index_at(self, place: QPointF) -> Index | None:
        """Return the step at a place."""
        number = self.number_at(place)
        return None if number is None else (min(max(round(number), 1), self._steps),)

    def rect_of(self, index: Index) -> QRectF:
        """Return the upright line at a step."""
        return self.line_at(float(index[0]))

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

    def head(self) -> list[tuple[str, str]]:
        """Return both errors at the end."""
        texts = [(colour, f"{name} {value:.3g}") for name, colour, value in self._read()]
        return texts if len(self._learning.held_out[0]) else [*texts, ("", NONE_HELD_OUT)]

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
            PlottedCurve(name, steps, values, pg.mkPen(colour, width=LINE))
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
