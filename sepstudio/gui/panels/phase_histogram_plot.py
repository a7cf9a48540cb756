"""How often each phase difference occurs in one bin, before and after the shifts of the transform are taken off."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from sepstudio.dsp.phase import PhaseFeature
from sepstudio.dsp.phase_histograms import PhaseHistograms
from sepstudio.gui.exporting.view_data import Floats, Table
from sepstudio.gui.panels.curve_plot import CurvePlot, PlottedCurve
from sepstudio.gui.panes.phase_legend import QUARTERS
from sepstudio.gui.texts import MINUS
from sepstudio.gui.theme import GRID, current_palette, stem_colour
from sepstudio.gui.widgets.labels import ElidedLabel

SHIFTED_COLOUR, CORRECTED_COLOUR = stem_colour("percussive"), stem_colour("vocals")
_LEAST_HEIGHT = 72
# An axis that changes with every bin would jump, and take longer to draw than the counts.
_TOPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)
# Half a turn is written without a sign: both ends of the circle are one.
_HALF_TURN = math.pi - 0.005


class PhaseHistogram(QWidget):
    """The counts of one difference as two outlines over the circle, their circular means and the expected shift."""

    def __init__(self, feature: PhaseFeature, symbol: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._feature: PhaseFeature = feature
        self._symbol, self._title = symbol, title
        self._histograms: PhaseHistograms | None = None
        self._index = 0
        self._where = ""
        name = f"phases.{feature}"
        self.setObjectName(name)
        self.plot = CurvePlot("Points", name)
        self.plot.setAccessibleName(title)
        self.plot.setToolTip("Dashed: circular means. Dotted: where the transform shifts the differences to")
        self.plot.setMinimumHeight(_LEAST_HEIGHT)
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.plot.fix_marks([(quarter * math.pi / 2, text) for quarter, text in QUARTERS])
        self.plot.setXRange(-math.pi, math.pi, padding=0.02)
        self.readout = ElidedLabel("", "caption")
        self.readout.setObjectName(f"{name}.readout")
        self._items = [pg.PlotDataItem() for _ in range(5)]
        for item in self._items:
            self.plot.addItem(item)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self.readout, 1)
        head.addWidget(self.plot.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(head)
        column.addWidget(self.plot, 1)

    def show_bin(self, histograms: PhaseHistograms, index: int, where: str) -> None:
        """Show the counts of one bin; ``where`` names it in figures."""
        self._histograms, self._index, self._where = histograms, index, where
        self.draw()

    def clear(self) -> None:
        """Show nothing."""
        self._histograms = None
        self.draw()

    def draw(self) -> None:
        """Draw what there is in the colours of the theme."""
        curves = self.plotted()
        for item in self._items[len(curves) :]:
            item.setData([], [])
        for item, curve in zip(self._items, curves, strict=False):
            item.setData(curve.across, curve.up, pen=curve.pen)
        if curves and self.plot.span("left")[1] != self._top():
            self.plot.setYRange(0.0, self._top(), padding=0.0)
        self.plot.more.setEnabled(bool(curves))
        self.readout.setText(self._told())

    def _top(self) -> float:
        most = max(1.0, *(float(self._counts(corrected=after).max()) for after in (False, True)))
        decade = 10.0 ** math.floor(math.log10(most))
        return next(top * decade for top in _TOPS if top * decade >= most)

    def _counts(self, *, corrected: bool) -> Floats:
        return self._histograms.of(self._feature, self._index, corrected=corrected).astype(np.float64)

    def _told(self) -> str:
        if self._histograms is None:
            return self._title
        parts = [f"{self._symbol}: shift {_radians(self._histograms.expected(self._feature, self._index))}"]
        for name, after in (("before", False), ("after", True)):
            found = self._histograms.mean(self._feature, self._index, corrected=after)
            parts.append(f"mean {name} {_radians(found[0])}" if found is not None else f"nothing {name}")
        return ", ".join(parts) + " rad"

    # -- what is exported --------------------------------------------------------------------

    @property
    def figure_title(self) -> str:
        """What the curves are."""
        return f"{self._title}, {self._where}"

    @property
    def axis_names(self) -> tuple[str, str]:
        """What lies across and upright."""
        return f"{self._symbol} (rad)", "Points"

    def plotted(self) -> tuple[PlottedCurve, ...]:
        """Return both outlines, both means, and the expected shift."""
        histograms = self._histograms
        if histograms is None:
            return ()
        outlines, means = [], []
        for after, name, colour in ((False, "with shifts", SHIFTED_COLOUR), (True, "without shifts", CORRECTED_COLOUR)):
            across, up = _outline(self._counts(corrected=after))
            outlines.append(PlottedCurve(name, across, up, pg.mkPen(colour, width=2)))
            found = histograms.mean(self._feature, self._index, corrected=after)
            if found is not None:
                pen = pg.mkPen(colour, width=1.5, style=Qt.PenStyle.DashLine)
                means.append(self._upright(f"mean {name}", found[0], pen))
        shift = histograms.expected(self._feature, self._index)
        dotted = pg.mkPen(current_palette().text, width=1.5, style=Qt.PenStyle.DotLine)
        return (*outlines, *means, self._upright("expected shift", shift, dotted))

    def _upright(self, name: str, place: float, pen: QPen) -> PlottedCurve:
        return PlottedCurve(name, np.array([place, place]), np.array([0.0, self._top()]), pen)

    def table(self) -> Table:
        """Return the counts of the bin on show, a row for each angle."""
        histograms = self._histograms
        columns = {
            "radians": histograms.centres,
            "with_shifts": self._counts(corrected=False),
            "without_shifts": self._counts(corrected=True),
        }
        means = {
            f"mean_{name}": found[0]
            if (found := histograms.mean(self._feature, self._index, corrected=after))
            else None
            for name, after in (("with_shifts", False), ("without_shifts", True))
        }
        about = {
            "bin": self._index, "window_samples": histograms.fft_size, "hop_samples": histograms.hop_size,
            "frames": histograms.frames, "expected_shift": histograms.expected(self._feature, self._index), **means,
        }  # fmt: skip
        return Table(self.figure_title, columns, about)


def _outline(counts: Floats) -> tuple[Floats, Floats]:
    """Return the outline of cells around the circle from -pi to pi; the first cell has a half at each end."""
    step = 2.0 * np.pi / len(counts)
    edges = np.concatenate([[-np.pi], -np.pi + step * (np.arange(len(counts)) + 0.5), [np.pi]])
    return np.repeat(edges, 2)[1:-1], np.repeat(np.append(counts, counts[0]), 2)


def _radians(angle: float) -> str:
    text = f"{abs(angle):.2f}"
    if abs(angle) > _HALF_TURN:
        return text
    return f"{MINUS if angle < 0 and float(text) else ''}{text}"
