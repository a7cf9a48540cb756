"""A score over the iterations of a run, one curve per stem."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from sepstudio.gui.exporting.view_data import Table
from sepstudio.gui.panels.compare_rows import score_text
from sepstudio.gui.panels.curve_plot import CurvePlot, PlottedCurve
from sepstudio.gui.panels.measure_box import MeasureBox
from sepstudio.gui.theme import GRID, current_palette, stem_colour
from sepstudio.gui.widgets.labels import ElidedLabel, label
from sepstudio.metrics.bss_fit import MEASURES

# pyqtgraph's names of the markers, and the letters that look alike.
_MARKERS = (("o", "●"), ("s", "■"), ("t1", "▲"), ("d", "◆"), ("t", "▼"), ("star", "★"))
_SIZE, _CHOSEN_SIZE, _CURVE_WIDTH = 8, 15, 1.5


@dataclass(frozen=True)
class StemCurve:
    """Scores in dB of a stem, by measure, after 1, 2, … iterations; ``chosen`` is the iteration that is heard."""

    stem_id: str
    name: str
    chosen: int
    values: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Curves:
    """What is on show: a run by its title and its stems; ``hint`` says why there are none."""

    title: str = ""
    stems: tuple[StemCurve, ...] = ()
    hint: str = ""
    can_measure: bool = False


class CurvesView(QWidget):
    """Draws Curves. ``takeChosen(stem_id, iteration)`` follows a click on a point; ``measureRequested`` the button."""

    takeChosen = Signal(str, int)
    measureRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare.curves")
        self._curves = Curves()
        self._items: dict[pg.PlotDataItem, StemCurve] = {}
        self.title = ElidedLabel("", "caption")
        self.measure = MeasureBox("curves.measure", "Measure of the curves", "Which score the curves show")
        self.start = QPushButton("Measure iterations")
        self.readout = label("", name="curves.readout")
        self.hint = label("", "caption", name="curves.hint")
        self.plot = CurvePlot("dB", "curves")
        self._describe()
        self._arrange()
        self.measure.activated.connect(self._draw)
        self.start.clicked.connect(self.measureRequested)
        self.plot.pointed.connect(self._on_pointed)

    # -- what the controller tells -----------------------------------------------------------

    @property
    def curves(self) -> Curves:
        """What is on show."""
        return self._curves

    def show_curves(self, curves: Curves) -> None:
        """Show the curves of another run, or of the same one as they are now."""
        if curves != self._curves:
            self._curves = curves
            self._draw()

    def values(self) -> dict[str, tuple[float, ...]]:
        """Return the measure on show in dB after 1, 2, … iterations, by the name of the stem."""
        measure = self.measure.chosen
        return {stem.name: stem.values[measure] for stem in self._curves.stems if measure in stem.values}

    # -- what is exported --------------------------------------------------------------------

    @property
    def figure_title(self) -> str:
        """What the curves are."""
        return f"{self._curves.title}: {self.measure.chosen.upper()}"

    @property
    def axis_names(self) -> tuple[str, str]:
        """What lies across and upright."""
        return "Iterations", self.measure.axis_name

    def plotted(self) -> tuple[PlottedCurve, ...]:
        """Return the measure on show, a curve for each stem; the iteration that is heard stands out."""
        drawn = self.values()
        return tuple(
            PlottedCurve(
                stem.name,
                np.arange(1.0, len(drawn[stem.name]) + 1.0),
                np.array(drawn[stem.name]),
                pg.mkPen(stem_colour(stem.name), width=_CURVE_WIDTH),
                _MARKERS[place % len(_MARKERS)][0],
                stem.chosen - 1,
            )
            for place, stem in enumerate(self._curves.stems)
            if stem.name in drawn
        )

    def table(self) -> Table:
        """Return all measures, a row for each iteration of each stem."""
        drawn = self.values()
        shown = [stem for stem in self._curves.stems if stem.name in drawn]
        columns = {
            "stem": tuple(stem.name for stem in shown for _ in drawn[stem.name]),
            "iteration": np.concatenate([np.arange(1, len(drawn[stem.name]) + 1) for stem in shown]),
        }
        for measure in MEASURES:
            columns[f"{measure}_dB"] = np.concatenate([stem.values[measure] for stem in shown])
        heard = ", ".join(f"{stem.name} {stem.chosen}" for stem in shown)
        return Table(f"{self._curves.title}: scores", columns, {"heard_iterations": heard})

    # -- drawing -----------------------------------------------------------------------------

    def _draw(self) -> None:
        curves = self._curves
        self.title.setText(curves.title)
        self.start.setEnabled(curves.can_measure)
        for item in self._items:
            self.plot.removeItem(item)
        self._items = {}
        drawn = self.values()
        self.hint.setText(curves.hint)
        self.hint.setVisible(bool(curves.hint))
        self.plot.setVisible(bool(drawn))
        self.plot.more.setEnabled(bool(drawn))
        for place, stem in enumerate(curves.stems):
            if stem.name in drawn:
                self._draw_stem(stem, drawn[stem.name], _MARKERS[place % len(_MARKERS)][0])
        self._fit(drawn)
        self._read(None)

    def _draw_stem(self, stem: StemCurve, values: tuple[float, ...], marker: str) -> None:
        colour = stem_colour(stem.name)
        ring = pg.mkPen(current_palette().text, width=1.5)
        count = len(values)
        item = pg.PlotDataItem(
            list(range(1, count + 1)),
            [value if math.isfinite(value) else math.nan for value in values],
            pen=pg.mkPen(colour, width=_CURVE_WIDTH),
            symbol=marker,
            symbolBrush=pg.mkBrush(colour),
            symbolPen=[ring if take == stem.chosen else pg.mkPen(colour) for take in range(1, count + 1)],
            symbolSize=[_CHOSEN_SIZE if take == stem.chosen else _SIZE for take in range(1, count + 1)],
        )
        item.sigPointsClicked.connect(self._choose)
        self.plot.addItem(item)
        self._items[item] = stem

    def _fit(self, drawn: Mapping[str, tuple[float, ...]]) -> None:
        count = max((len(values) for values in drawn.values()), default=1)
        finite = [value for values in drawn.values() for value in values if math.isfinite(value)] or [0.0]
        margin = max(0.18 * (max(finite) - min(finite)), 0.25)
        self.plot.setXRange(0.7, count + 0.3, padding=0)
        self.plot.setYRange(min(finite) - margin, max(finite) + margin, padding=0)
        step = max(1, math.ceil(count / 12))
        marks = sorted({1, *range(step, count + 1, step)})
        self.plot.fix_marks([(take, str(take)) for take in marks])

    def _read(self, take: int | None) -> None:
        """Say the values of an iteration, or of those that are heard."""
        parts = []
        drawn = self.values()
        for place, stem in enumerate(self._curves.stems):
            values = drawn.get(stem.name, ())
            at = take or stem.chosen
            if 1 <= at <= len(values):
                sign = f'<span style="color:{stem_colour(stem.name)}">{_MARKERS[place % len(_MARKERS)][1]}</span>'
                parts.append(f"{sign} {stem.name} {score_text(values[at - 1])} dB")
        head = f"{take}: " if take and parts else ""
        self.readout.setText(head + " &nbsp; ".join(parts))

    def _on_pointed(self, place: float | None) -> None:
        count = max(map(len, self.values().values()), default=0)
        take = min(max(round(place), 1), count) if place is not None and count else None
        self.plot.mark(take)
        self._read(take)

    def _choose(self, item: pg.PlotDataItem, points: Any, _event: object = None) -> None:
        if len(points):
            self.takeChosen.emit(self._items[item].stem_id, round(points[0].pos().x()))

    # -- building ----------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._draw()

    def _describe(self) -> None:
        self.start.setObjectName("curves.start")
        self.start.setAccessibleName("Measure iterations")
        self.start.setToolTip("Score the stems after every iteration that was kept")
        self.readout.setTextFormat(Qt.TextFormat.RichText)
        self.readout.setWordWrap(True)
        self.hint.setWordWrap(True)
        self.title.setObjectName("curves.title")
        self.plot.setAccessibleName("Score over iterations")
        self.plot.setToolTip("Click a point to take the stem from that iteration")
        self.plot.showGrid(x=False, y=True, alpha=0.15)
        self.plot.setLabel("bottom", "Iterations")

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self.title, 1)
        head.addWidget(self.measure)
        head.addWidget(self.start)
        head.addWidget(self.plot.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(head)
        column.addWidget(self.hint)
        column.addWidget(self.plot, 1)
        column.addWidget(self.readout)
        column.addStretch(0)
