"""What each codebook adds: scores with the first 1, 2, … of them, and without each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from sepstudio.gui.exporting.view_data import Table
from sepstudio.gui.inside.line_picture import LINE, LinePicture
from sepstudio.gui.inside.picture import Index
from sepstudio.gui.panels.curve_plot import PlottedCurve
from sepstudio.gui.texts import MINUS
from sepstudio.gui.theme import stem_colour
from sepstudio.separation.codec_books import BookScore, BookScores

Measure = Literal["si_sdr", "mel"]
MEASURES: dict[Measure, str] = {"si_sdr": "SI-SDR (dB)", "mel": "Mel distance of W"}
_TIP = (
    "With the first n codebooks, and with all but the n-th: the farther these are apart from all, the more that one "
    "codebook carries. Measured on a few seconds. Click a number to choose it"
)
_FIRST, _WITHOUT = "first n", "all but n"
_COLOURS = {_FIRST: stem_colour("vocals"), _WITHOUT: stem_colour("percussive")}
_HEIGHT = 148


class BookCurves(LinePicture):
    """``chosen`` carries the number of codebooks that was clicked."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("codec.books", parent)
        self.setAccessibleName("What each codebook adds")
        self.setToolTip(_TIP)
        self._scores = BookScores()
        self._count = 1
        self._measure: Measure = "si_sdr"
        self._title = ""

    def show_scores(self, scores: BookScores, count: int, title: str) -> None:
        """Show scores of a run of so many codebooks, as far as they are known."""
        self._scores, self._count, self._title = scores, max(count, 1), title
        if self.index is not None and self.index[0] > count:
            self.point_at(None)
        self.tell()
        self.update()

    def set_measure(self, measure: Measure) -> None:
        """Show another score."""
        self._measure = measure
        self.tell()
        self.update()

    def fit(self, width: int, height: int) -> None:
        """Be as wide as the room."""
        self.setFixedSize(max(width, 1), _HEIGHT)

    # -- what is drawn -----------------------------------------------------------------------

    @property
    def across(self) -> tuple[float, float]:
        """The numbers of codebooks at both ends."""
        return 0.5, self._count + 0.5

    @property
    def axis_names(self) -> tuple[str, str]:
        """What lies across and upright."""
        return "Codebooks n", MEASURES[self._measure]

    @property
    def figure_title(self) -> str:
        """What the curves are."""
        return f"What codebooks add, {self._title}"

    def plotted(self) -> tuple[PlottedCurve, ...]:
        """Return both curves as far as they are known."""
        found = []
        for name, scores in self._series():
            values = np.array([getattr(score, self._measure) for score in scores], np.float64)
            numbers = np.arange(1.0, len(values) + 1)
            known = np.isfinite(values)
            if known.any():
                pen = pg.mkPen(_COLOURS[name], width=LINE)
                found.append(PlottedCurve(name, numbers[known], values[known], pen, "o"))
        return tuple(found)

    def _series(self) -> tuple[tuple[str, Sequence[BookScore]], ...]:
        return (_FIRST, self._scores.first), (_WITHOUT, self._scores.without)

    def head(self) -> list[tuple[str, str]]:
        """Return the names of the curves."""
        return [(_COLOURS[curve.name], curve.name) for curve in self.plotted()]

    def table(self) -> Table:
        """Return a row for each number of codebooks and each that is left out."""
        rows = [(name, n, score) for name, scores in self._series() for n, score in enumerate(scores, 1)]
        columns = {
            "decoded": tuple(name for name, _, _ in rows),
            "n": np.array([n for _, n, _ in rows], np.float64),
            "si_sdr_db": np.array([score.si_sdr for _, _, score in rows], np.float64),
            "mel_distance_of_w": np.array([score.mel for _, _, score in rows], np.float64),
        }
        return Table(self.figure_title, columns)

    # -- pointing ----------------------------------------------------------------------------

    def index_at(self, place: QPointF) -> Index | None:
        """Return the number of codebooks at a place."""
        number = self.number_at(place)
        return None if number is None else (min(max(round(number), 1), self._count),)

    def rect_of(self, index: Index) -> QRectF:
        """Return the upright line at a number."""
        return self.line_at(float(index[0]))

    def stepped(self, index: Index | None, across: int, down: int) -> Index:
        """Return the number beside another, or the first."""
        return (1,) if index is None else (min(max(index[0] + across, 1), self._count),)

    def text_of(self, index: Index) -> str:
        """Return both scores at a number."""
        number = index[0]
        words = []
        for text, scores in ((f"first {number}", self._scores.first), (f"without {number}", self._scores.without)):
            if number <= len(scores):
                words.append(f"{text}: SI-SDR {scores[number - 1].si_sdr:.2f} dB, mel {scores[number - 1].mel:.3f}")
        return "; ".join(words).replace("-", MINUS).replace(f"SI{MINUS}", "SI-")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the number below the pointer."""
        index = self.index_at(event.position()) if self.filled else None
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(index[0])
        super().mousePressEvent(event)
