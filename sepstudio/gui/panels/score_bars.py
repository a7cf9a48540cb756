"""Scores as bars: a group for each stem, in it a bar for each run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from sepstudio.gui.exporting.view_data import Table
from sepstudio.gui.items.bars import HATCHES, Bar, BarItem, BarStyle
from sepstudio.gui.panels.compare_rows import score_text
from sepstudio.gui.panels.curve_plot import CurvePlot, PlottedCurve
from sepstudio.gui.panels.measure_box import MeasureBox
from sepstudio.gui.theme import GRID, stem_colour
from sepstudio.gui.widgets.labels import label
from sepstudio.metrics.bss_fit import MEASURES
from sepstudio.metrics.song_scores import Scores
from sepstudio.session.records import Run

# What the bars of a group take of the room between two groups.
_GROUP = 0.84
# Room above and below for values and labels, as a share of the axis.
_ROOM = 0.16
_NO_TRUE_STEMS = "Assign true stems first: scores compare the stems with them."
_NOT_MEASURED = "Press Measure to score the runs."


@dataclass(frozen=True)
class RunScores:
    """A run by its number and title, and what was measured of it."""

    number: int
    title: str
    scores: Scores

    @property
    def named(self) -> str:
        """What stands in the legend: the number that stands at its bars, and what the run is called."""
        return f"{self.number} {self.title.removeprefix(f'Run {self.number}').strip()}"


@dataclass(frozen=True)
class ScoreBars:
    """What is on show: stems in order, runs in order; ``hint`` says why there is nothing."""

    stems: tuple[str, ...] = ()
    runs: tuple[RunScores, ...] = ()
    hint: str = ""


def bars_of(
    runs: Sequence[Run], scores: Mapping[str, Scores], true_stems: Sequence[str], chosen: Sequence[str]
) -> ScoreBars:
    """Return the bars of some runs of a source.

    Parameters
    ----------
    runs : sequence of Run
        Oldest first.
    scores : mapping of str to Scores
        What was measured so far, by run.
    true_stems : sequence of str
        The names of stems that can be measured, in their order.
    chosen : sequence of str
        Runs that are chosen: two or more of them are compared, otherwise all.
    """
    if not true_stems:
        return ScoreBars(hint=_NO_TRUE_STEMS)
    wanted = [run for run in runs if len(chosen) < 2 or run.id in chosen]
    shown = tuple(RunScores(run.number, run.title, scores[run.id]) for run in wanted if run.id in scores)
    named = {stem for run in shown for _, stem in run.scores}
    stems = tuple(stem for stem in true_stems if stem in named)
    return ScoreBars(stems, shown if stems else (), "" if stems else _NOT_MEASURED)


class ScoreBarsView(QWidget):
    """Draws ScoreBars."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare.bars")
        self._bars = ScoreBars()
        self._item = BarItem()
        self.measure = MeasureBox("bars.measure", "Measure of the bars", "Which score the bars show")
        self.legend = label("", "caption", name="bars.legend")
        self.readout = label("", name="bars.readout")
        self.hint = label("", "caption", name="bars.hint")
        self.plot = CurvePlot("dB", "bars")
        self._describe()
        self._arrange()
        self.measure.activated.connect(self._draw)
        self.plot.pointed.connect(self._on_pointed)

    # -- what the controller tells -----------------------------------------------------------

    @property
    def bars(self) -> ScoreBars:
        """What is on show."""
        return self._bars

    def show_bars(self, bars: ScoreBars) -> None:
        """Show other bars, or the same ones as they are now."""
        if bars != self._bars:
            self._bars = bars
            self._draw()

    def drawn(self) -> tuple[Bar, ...]:
        """Return the bars that there are of the measure on show; a stem without a score has none."""
        bars, width = self._bars, self._width
        return tuple(
            Bar(
                self._middle(group, place),
                width,
                value,
                stem_colour(stem),
                place % HATCHES,
                str(run.number),
                score_text(value),
            )
            for group, stem in enumerate(bars.stems)
            for place, run in enumerate(bars.runs)
            if not math.isnan(value := self._value(run, stem))
        )

    # -- what is exported --------------------------------------------------------------------

    @property
    def figure_title(self) -> str:
        """What the bars are."""
        return f"{self.measure.chosen.upper()} of the stems"

    @property
    def axis_names(self) -> tuple[str, str]:
        """What lies across and upright."""
        return "Stems", self.measure.axis_name

    def plotted(self) -> tuple[PlottedCurve, ...]:
        """Return the bars of each run."""
        stems = self._bars.stems
        colours = tuple(map(stem_colour, stems))
        return tuple(
            PlottedCurve(
                run.title,
                np.array([self._middle(group, place) for group in range(len(stems))]),
                np.clip([self._value(run, stem) for stem in stems], *self.plot.span("left")),
                pg.mkPen(colours[0]),
                bars=BarStyle(self._width, colours, place % HATCHES, str(run.number)),
            )
            for place, run in enumerate(self._bars.runs)
        )

    def table(self) -> Table:
        """Return all measures, a row for each stem of each run."""
        pairs = [(run, stem) for run in self._bars.runs for stem in self._bars.stems]
        columns = {"run": tuple(run.title for run, _ in pairs), "stem": tuple(stem for _, stem in pairs)}
        for measure in MEASURES:
            values = [run.scores.get((measure, stem), math.nan) for run, stem in pairs]
            columns[f"{measure}_dB"] = np.array(values)
        return Table("Scores of the stems", columns)

    # -- drawing -----------------------------------------------------------------------------

    @property
    def _width(self) -> float:
        return _GROUP / max(len(self._bars.runs), 1)

    def _middle(self, group: int, place: int) -> float:
        return group + 1 + (place + 0.5) * self._width - _GROUP / 2

    def _value(self, run: RunScores, stem: str) -> float:
        return run.scores.get((self.measure.chosen, stem), math.nan)

    def _draw(self) -> None:
        bars, drawn = self._bars, self.drawn()
        self.hint.setText(bars.hint)
        self.hint.setVisible(bool(bars.hint))
        self.plot.setVisible(not bars.hint)
        self.readout.setVisible(not bars.hint)
        self.plot.more.setEnabled(bool(drawn))
        self._item.show_bars(drawn)
        finite = [bar.value for bar in drawn if math.isfinite(bar.value)]
        low, high = min([0.0, *finite]), max([0.0, *finite])
        room = max(_ROOM * (high - low), 0.5)
        self.plot.setXRange(0.5, max(len(bars.stems), 1) + 0.5, padding=0)
        self.plot.setYRange(low - room, high + room, padding=0)
        self.plot.fix_marks([(group + 1.0, stem) for group, stem in enumerate(bars.stems)])
        self.legend.setText(" · ".join(run.named for run in bars.runs))
        self._read(None)

    def _read(self, stem: str | None) -> None:
        """Say the values of a stem, or nothing."""
        if stem is None:
            self.readout.setText("Point at a group to read it.")
            return
        values = (f"{run.number}: {score_text(self._value(run, stem))} dB" for run in self._bars.runs)
        self.readout.setText(f"{stem}  {self.measure.chosen.upper()}  " + "   ".join(values))

    def _on_pointed(self, place: float | None) -> None:
        stems = self._bars.stems
        group = None if place is None else round(place) - 1
        self._read(stems[group] if group is not None and 0 <= group < len(stems) else None)

    # -- building ----------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._item.update()

    def _describe(self) -> None:
        self.legend.setWordWrap(True)
        self.readout.setTextFormat(Qt.TextFormat.PlainText)
        self.readout.setWordWrap(True)
        self.hint.setWordWrap(True)
        self.plot.setAccessibleName("Scores of the stems as bars")
        self.plot.setToolTip("A group for each stem, in it a bar for each run by its number")
        self.plot.showGrid(x=False, y=True, alpha=0.15)
        self.plot.addItem(self._item)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self.legend, 1)
        head.addWidget(self.measure)
        head.addWidget(self.plot.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(head)
        column.addWidget(self.hint)
        column.addWidget(self.plot, 1)
        column.addWidget(self.readout)
        column.addStretch(0)
