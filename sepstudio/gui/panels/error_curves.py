"""What falls over steps or seconds, such as the error of factorisations: several runs in one plot, live ones too."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from sepstudio.gui.exporting.view_data import Floats, Table
from sepstudio.gui.panels.curve_plot import CurvePlot, PlottedCurve
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, stem_colour
from sepstudio.gui.widgets.check_box import CheckBox
from sepstudio.gui.widgets.labels import label

STEPS, SECONDS = "steps", "seconds"
# Told apart with any colour vision; the eighth curve begins anew with another line.
_NAMES = ("percussive", "vocals", "drums", "bass", "other", "harmonic", "residual")
_COLOURS = tuple(stem_colour(name) for name in _NAMES)
_LINES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
_CURVE_WIDTH, _LIVE_WIDTH = 1.5, 2.5
_LEAST_HEIGHT = 72
# Curves whose values have room above the plot.
_MOST_IN_HEAD = 4
_SAMPLE = QSize(24, 12)


@dataclass(frozen=True)
class CurveWords:
    """What curves are of, in words: each (``run``), their steps, what is plotted; ``legend`` is its width in pixels."""

    name: str = "errors"
    title: str = "Error curves"
    run: str = "run"
    step: str = "iteration"
    short: str = "it"
    value: str = "error"
    about: str = "after the iteration, by the measure that the run names"
    plot: str = "Error of factorisations"
    axis_tip: str = "Iterations compare methods, seconds what they cost on this machine"
    legend: int = 260
    hint: str = "Separate with NMF or NAE: this plots how the error falls, while they run and for several runs at once."


@dataclass(frozen=True, eq=False)
class ErrorCurve:
    """The error after step 1, 2, … of a run, and the seconds that had passed by then; ``live`` while it runs.

    ``place`` chooses line and colour, so that a run keeps its own whatever other runs come and go; ``steps`` are
    numbers of steps where they are others than 1, 2, ….
    """

    id: str
    title: str
    values: Floats
    seconds: Floats
    place: int = 0
    live: bool = False
    steps: Floats | None = None

    @property
    def counted(self) -> Floats:
        """After which steps the values are."""
        return np.arange(1.0, len(self.values) + 1.0) if self.steps is None else self.steps

    @property
    def colour(self) -> str:
        """The colour of the line as ``#rrggbb``."""
        return _COLOURS[self.place % len(_COLOURS)]

    def pen(self) -> QPen:
        """Return the pen of the line."""
        style = _LINES[self.place // len(_COLOURS) % len(_LINES)]
        return pg.mkPen(self.colour, width=_LIVE_WIDTH if self.live else _CURVE_WIDTH, style=style)


class ErrorCurvesView(QWidget):
    """Draws curves; a tick beside each title shows or hides it."""

    def __init__(self, words: CurveWords | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = words or CurveWords()
        name = self.words.name
        self.setObjectName(name)
        self._curves: tuple[ErrorCurve, ...] = ()
        self._hidden: set[str] = set()
        self._items: dict[str, pg.PlotDataItem] = {}
        self._ticks: dict[str, CheckBox] = {}
        self.axis = QComboBox()
        self.log_x = CheckBox("Logarithmic across")
        self.log_y = CheckBox("Logarithmic upright")
        self.readout = label("", name=f"{name}.readout")
        self.hint = label(self.words.hint, "caption", name=f"{name}.hint")
        self.plot = CurvePlot(self.words.value.capitalize(), name)
        self._legend = QVBoxLayout()
        self._side = QScrollArea()
        self._head, self._names = QWidget(), QWidget()
        self._describe()
        self._arrange()
        self.axis.activated.connect(self._redraw)
        self.log_x.toggled.connect(self._redraw)
        self.log_y.toggled.connect(self._redraw)
        self.plot.pointed.connect(self._on_pointed)
        self.show_curves(())

    # -- what the controller tells -----------------------------------------------------------

    @property
    def curves(self) -> tuple[ErrorCurve, ...]:
        """All curves, those that are hidden among them."""
        return self._curves

    @property
    def shown(self) -> tuple[ErrorCurve, ...]:
        """The curves that are drawn."""
        return tuple(curve for curve in self._curves if curve.id not in self._hidden and len(curve.values))

    @property
    def over_seconds(self) -> bool:
        """Whether the axis across is in seconds instead of steps."""
        return bool(self.axis.currentData() == SECONDS)

    def show_curves(self, curves: Sequence[ErrorCurve]) -> None:
        """Show curves in the place of those before; which are hidden stays."""
        same = [(curve.id, curve.title) for curve in self._curves] == [(curve.id, curve.title) for curve in curves]
        self._curves = tuple(curves)
        if not same:
            self._list()
        self._draw()

    def set_shown(self, curve_id: str, shown: bool) -> None:
        """Show or hide a curve, as its tick does."""
        self._ticks[curve_id].setChecked(shown)

    def drawn(self) -> dict[str, tuple[Floats, Floats]]:
        """Return what the lines on show go through, in units of the axes, by the id of the curve."""
        return {curve.id: (self._across(curve), curve.values) for curve in self.shown}

    # -- what is exported --------------------------------------------------------------------

    @property
    def figure_title(self) -> str:
        """What the curves are."""
        return self.words.title

    @property
    def axis_names(self) -> tuple[str, str]:
        """What lies across and upright."""
        steps = f"{self.words.step.capitalize()}s"
        return ("Seconds" if self.over_seconds else steps), self.words.value.capitalize()

    def plotted(self) -> tuple[PlottedCurve, ...]:
        """Return the curves on show."""
        return tuple(PlottedCurve(one.title, self._across(one), one.values, one.pen()) for one in self.shown)

    def table(self) -> Table:
        """Return the curves on show, a row for each step of each run."""
        shown, words = self.shown, self.words
        counts = [len(curve.values) for curve in shown]
        columns = {
            words.run: tuple(curve.title for curve, count in zip(shown, counts, strict=True) for _ in range(count)),
            words.step: np.concatenate([curve.counted for curve in shown]).astype(np.int64),
            "seconds": np.concatenate([curve.seconds for curve in shown]),
            words.value: np.concatenate([curve.values for curve in shown]),
        }
        about = {"seconds": f"since the {words.run} began", words.value: words.about}
        return Table(self.figure_title, columns, about)

    # -- drawing -----------------------------------------------------------------------------

    def _across(self, curve: ErrorCurve) -> Floats:
        return curve.seconds if self.over_seconds else curve.counted

    def _redraw(self, _value: object = None) -> None:
        for item in self._items.values():
            self.plot.removeItem(item)
        self._items = {}
        self._draw()

    def _draw(self) -> None:
        shown = {curve.id: curve for curve in self.shown}
        for gone in self._items.keys() - shown.keys():
            self.plot.removeItem(self._items.pop(gone))
        for curve_id, curve in shown.items():
            if curve_id not in self._items:
                self._items[curve_id] = pg.PlotDataItem()
                self.plot.addItem(self._items[curve_id])
            self._items[curve_id].setData(self._across(curve), curve.values, pen=curve.pen())
        self.hint.setVisible(not self._curves)
        for widget in (self.plot, self._side, self._head):
            widget.setVisible(bool(self._curves))
        self._name_axes()
        self.plot.more.setEnabled(bool(shown))
        self._fit()
        self._read(None)

    def _name_axes(self) -> None:
        # Every line would be computed anew each time.
        wanted = (self.log_x.isChecked(), self.log_y.isChecked())
        if self.plot.logarithmic != wanted:
            self.plot.setLogMode(*wanted)
        if self.plot.getAxis("bottom").labelText != self.axis_names[0]:
            self.plot.setLabel("bottom", self.axis_names[0])

    def _fit(self) -> None:
        lines = self.drawn().values()
        if not lines:
            return
        across = self._span([line[0] for line in lines], self.log_x.isChecked())
        up = self._span([line[1] for line in lines], self.log_y.isChecked())
        self.plot.setXRange(*across, padding=0.02)
        self.plot.setYRange(*up, padding=0.06)

    def _span(self, parts: list[Floats], logarithmic: bool) -> tuple[float, float]:
        values = np.concatenate(parts)
        values = values[np.isfinite(values) & ((values > 0) | (not logarithmic))]
        if not len(values):
            return 0.0, 1.0
        lo, hi = float(values.min()), float(values.max())
        return (math.log10(lo), math.log10(hi)) if logarithmic else (lo, hi)

    def _list(self) -> None:
        """Make a tick for each curve."""
        for tick in self._ticks.values():
            self._legend.removeWidget(tick)
            tick.hide()
            tick.deleteLater()
        self._ticks = {}
        for place, curve in enumerate(self._curves):
            tick = CheckBox(curve.title, self._names)
            tick.setObjectName(f"{self.words.name}.show.{curve.id}")
            tick.setAccessibleName(f"Show the {self.words.value} of {curve.title}")
            tick.setToolTip(f"Show or hide the curve of {curve.title}")
            tick.setIcon(_sample(curve))
            tick.setIconSize(_SAMPLE)
            tick.setChecked(curve.id not in self._hidden)
            tick.toggled.connect(self._on_tick)
            self._legend.insertWidget(place, tick)
            self._ticks[curve.id] = tick

    def _on_tick(self) -> None:
        self._hidden = {curve_id for curve_id, tick in self._ticks.items() if not tick.isChecked()}
        self._draw()

    def _read(self, place: float | None) -> None:
        """Say the value of each curve at a place of the axis, or at its end; of many, beside their titles."""
        found = [(curve, self._index(curve, place)) for curve in self.shown]
        told = [(curve, index) for curve, index in found if 0 <= index < len(curve.values)]
        many = len(found) > _MOST_IN_HEAD
        values = {curve.id: f"{curve.values[index]:#.4g}  " for curve, index in told if many}
        for curve in self._curves:
            self._ticks[curve.id].setText(values.get(curve.id, "") + curve.title)
        if many:
            self.readout.setText(self._when(*max(told, key=lambda one: one[1])) if told else "")
            return
        self.readout.setText(" &nbsp; ".join(self._told(*one) for one in told))

    def _index(self, curve: ErrorCurve, place: float | None) -> int:
        across = self._across(curve)
        return len(across) - 1 if place is None else bisect.bisect_right(across, place) - 1

    def _when(self, curve: ErrorCurve, index: int) -> str:
        return f"{curve.counted[index]:.0f} {self.words.short}, {curve.seconds[index]:.1f} s"

    def _told(self, curve: ErrorCurve, index: int) -> str:
        sign = f'<span style="color:{curve.colour}">━</span>'
        return f"{sign} {curve.title} <b>{curve.values[index]:.4g}</b> ({self._when(curve, index)})"

    def _on_pointed(self, place: float | None) -> None:
        self.plot.mark(place)
        # Beyond what a float can hold there is no curve.
        self._read(10.0 ** min(place, 300.0) if place is not None and self.log_x.isChecked() else place)

    # -- building ----------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._draw()

    def _describe(self) -> None:
        for text, value in ((f"Over {self.words.step}s", STEPS), ("Over seconds", SECONDS)):
            self.axis.addItem(text, value)
        self.axis.setFixedHeight(CONTROL_HEIGHT)
        for widget, name, text, tip in (
            (self.axis, "axis", "Axis across", self.words.axis_tip),
            (self.log_x, "log-x", "Logarithmic across", f"Gives the first {self.words.step}s as much room as the last"),
            (self.log_y, "log-y", "Logarithmic upright", "Tells small values apart"),
            (self.plot, "plot", self.words.plot, "Point at the curves to read them"),
        ):
            widget.setObjectName(f"{self.words.name}.{name}")
            widget.setAccessibleName(text)
            widget.setToolTip(tip)
        self.readout.setTextFormat(Qt.TextFormat.RichText)
        self.readout.setWordWrap(True)
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for widget in (self.plot, self._side):
            widget.setMinimumHeight(_LEAST_HEIGHT)
            widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.plot.showGrid(x=True, y=True, alpha=0.15)

    def _arrange(self) -> None:
        head = QHBoxLayout(self._head)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(GRID)
        for widget in (self.axis, self.log_x, self.log_y):
            head.addWidget(widget)
        head.addWidget(self.readout, 1)
        head.addWidget(self.plot.more)
        self._names.setProperty("role", "panel-content")
        self._names.setLayout(self._legend)
        self._legend.setContentsMargins(GRID, 0, 0, 0)
        self._legend.setSpacing(GRID // 2)
        self._legend.addStretch(1)
        self._side.setObjectName(f"{self.words.name}.legend")
        self._side.setProperty("role", "panel")
        self._side.setWidgetResizable(True)
        self._side.setFixedWidth(self.words.legend)
        self._side.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._side.setWidget(self._names)
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self.plot, 1)
        body.addWidget(self._side)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        column.setSpacing(GRID // 2)
        column.addWidget(self._head)
        column.addWidget(self.hint, 1)
        column.addLayout(body, 1)


def _sample(curve: ErrorCurve) -> QIcon:
    """Return a short piece of the line of a curve."""
    pixmap = QPixmap(_SAMPLE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setPen(curve.pen())
    painter.drawLine(0, _SAMPLE.height() // 2, _SAMPLE.width(), _SAMPLE.height() // 2)
    painter.end()
    return QIcon(pixmap)
