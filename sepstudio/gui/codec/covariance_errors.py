"""How far the correlations of a decoded scene are from those of the scene, over time."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from sepstudio.gui.exporting.view_data import Floats, Table
from sepstudio.gui.inside.line_picture import LINE, LinePicture
from sepstudio.gui.inside.picture import Index
from sepstudio.gui.panels.curve_plot import PlottedCurve
from sepstudio.gui.texts import time_text
from sepstudio.gui.theme import Palette, stem_colour

COLOUR = stem_colour("percussive")
_TIP = (
    "The covariance error over time: half the sum of all differences of correlations, over a second around each point. "
    "0 is perfect; 16 channels that go together in nothing any more are above 50. The line is the playhead"
)
_DECIMALS = 1


class CovarianceErrors(LinePicture):
    """One curve over seconds of the timeline, and where the playhead is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("codec.covariance.errors", parent)
        self.setAccessibleName("Covariance error over time")
        self.setToolTip(_TIP)
        self._seconds: Floats = np.zeros(0)
        self._errors: Floats = np.zeros(0)
        self._visible = (0.0, 1.0)
        self._what = ""
        self._playhead: float | None = None

    def show_errors(self, seconds: Floats, errors: Floats, what: str) -> None:
        """Show the error at each time; ``what`` says of which frequencies it is."""
        self._seconds, self._errors, self._what = seconds, errors, what
        self.point_at(None)
        self.update()

    def show_span(self, start: float, stop: float) -> None:
        """Show a part of the timeline."""
        if (start, stop) != self._visible:
            self._visible = (start, stop)
            self.update()

    def show_playhead(self, seconds: float) -> None:
        """Draw the line of the playhead."""
        if seconds != self._playhead:
            self._playhead = seconds
            self.update()

    @property
    def across(self) -> tuple[float, float]:
        """The times at both ends, in seconds."""
        return self._visible

    @property
    def axis_names(self) -> tuple[str, str]:
        """What lies across and upright."""
        return "Time (s)", "Covariance error"

    @property
    def figure_title(self) -> str:
        """What the curve is."""
        return f"Covariance error, {self._what}" if self._what else "Covariance error"

    def plotted(self) -> tuple[PlottedCurve, ...]:
        """Return the curve, if there is one."""
        pen = pg.mkPen(COLOUR, width=LINE)
        return (PlottedCurve("covariance error", self._seconds, self._errors, pen),) if self._errors.size else ()

    def head(self) -> list[tuple[str, str]]:
        """Return the mean and the largest error."""
        return [(COLOUR, f"{self._what}: mean {self._errors.mean():.1f}, at most {self._errors.max():.1f}")]

    def table(self) -> Table:
        """Return a row for each time."""
        columns = {"seconds": self._seconds, "covariance_error": self._errors.astype(np.float64)}
        return Table(self.figure_title, columns, {"definition": "half the sum of |differences of correlations|"})

    # -- pointing ----------------------------------------------------------------------------

    def index_at(self, place: QPointF) -> Index | None:
        """Return the number of the time that is nearest."""
        seconds = self.number_at(place)
        return None if seconds is None else (int(np.argmin(np.abs(self._seconds - seconds))),)

    def rect_of(self, index: Index) -> QRectF:
        """Return the upright line at a time."""
        return self.line_at(float(self._seconds[index[0]]))

    def stepped(self, index: Index | None, across: int, down: int) -> Index:
        """Return the time beside another, or the first one in view."""
        if index is None:
            return (int(np.argmin(np.abs(self._seconds - self._visible[0]))),)
        return (min(max(index[0] + across, 0), len(self._seconds) - 1),)

    def text_of(self, index: Index) -> str:
        """Return the error at a time."""
        at = time_text(float(self._seconds[index[0]]), _DECIMALS)
        return f"{at}: covariance error {self._errors[index[0]]:.2f}, {self._what}"

    def draw(self, painter: QPainter, colours: Palette) -> None:
        """Draw the curve and the playhead."""
        super().draw(painter, colours)
        low, high = self._visible
        if self.filled and self._playhead is not None and low <= self._playhead <= high:
            line = self.line_at(self._playhead)
            painter.setPen(QPen(QColor(colours.text), 1.0, Qt.PenStyle.SolidLine))
            painter.drawLine(line.topLeft(), line.bottomLeft())
