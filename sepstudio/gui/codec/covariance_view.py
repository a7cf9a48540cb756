"""The covariance area of the codec tab: matrices side by side, or their distance over time."""

from __future__ import annotations

import itertools
import math
from typing import Literal

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSlider, QStackedWidget, QVBoxLayout, QWidget

from sepstudio.gui.codec.covariance_errors import CovarianceErrors
from sepstudio.gui.codec.covariance_picture import CovariancePicture
from sepstudio.gui.codec.fitted import Fitted
from sepstudio.gui.texts import short_frequency_text, time_text
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.gui.widgets.labels import label
from sepstudio.metrics.covariance_track import BAND_EDGES_HZ, BANDS, CovarianceComparison, covariance_distance

Scope = Literal["whole", "selection", "playhead"]
HINT = "Open a scene: this shows which of its channels go together, and what the codec keeps of that."
NO_DECODED = "encode to compare"
_SCOPES: tuple[tuple[Scope, str], ...] = (
    ("whole", "Whole scene"), ("selection", "Selection"), ("playhead", "At the playhead"),
)  # fmt: skip
_VIEWS = ("Matrices", "Over time")
_ROOM = QSize(360, 178)
_ERROR_TIP = "Covariance error: half the sum of all differences of correlations between decoded scene and reference"
_BAND_WIDTH, _SLIDER_WIDTH, _ERROR_WIDTH = 124, 88, 136


class BandSlider(QSlider):
    """All frequencies at its left end, then octave by octave; the arrow keys are its own."""

    own_keys = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End})

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, BANDS)
        self.setPageStep(1)


class CovarianceView(QWidget):
    """``changed`` says that another stretch is wanted, ``told`` what a pair or a time shows.

    Times are seconds of the timeline; the comparison begins at one of them.
    """

    changed = Signal()
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codec.covariance.view")
        self.setProperty("role", "panel-content")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._compared: CovarianceComparison | None = None
        self._begins = 0.0
        self._decoded = ""
        self._span = (0, 1)
        self.scope = QComboBox()
        self.view = QComboBox()
        self.band = BandSlider()
        self.band_text = label("", "number", name="codec.covariance.band.text")
        self.error_text = label("", "number", name="codec.covariance.error")
        self.picture = CovariancePicture()
        self.errors = CovarianceErrors()
        self.hint = label(HINT, "caption", name="codec.covariance.hint")
        self._rooms = [Fitted(picture, _ROOM) for picture in (self.picture, self.errors)]
        self._pages = QStackedWidget()
        self._describe()
        self._arrange()
        self.scope.activated.connect(self._ask)
        self.view.activated.connect(self._show_page)
        self.band.valueChanged.connect(self._on_band)
        for picture in (self.picture, self.errors):
            picture.told.connect(self.told)
        self.say()

    # -- what the user chose -----------------------------------------------------------------

    @property
    def stretch(self) -> Scope:
        """Of what the matrices are."""
        return self.scope.currentData()

    @property
    def band_index(self) -> int | None:
        """The band on show, None for all frequencies together."""
        return self.band.value() - 1 if self.band.value() else None

    @property
    def compared(self) -> CovarianceComparison | None:
        """What is on show."""
        return self._compared

    # -- what the controller tells -----------------------------------------------------------

    def say(self, message: str = HINT) -> None:
        """Show one line in the place of matrices."""
        self._compared = None
        self.hint.setText(message)
        self._show_page()

    def show_comparison(self, compared: CovarianceComparison, begins: float, decoded: str) -> None:
        """Show another comparison, which begins at a time; ``decoded`` is what the decoded scene is called."""
        self._compared, self._begins, self._decoded = compared, begins, decoded
        self._show_page()
        self._show_errors()

    def show_stretch(self, start: float | None, stop: float | None) -> None:
        """Show the matrices between two times; None for the beginning and the end."""
        if self._compared is None:
            return
        first = -math.inf if start is None else start - self._begins
        last = math.inf if stop is None else stop - self._begins
        hops = self._compared.reference.hops * self._compared.reference.hop_seconds
        self._span = self._compared.within(max(first, 0.0), min(last, hops))
        self._draw()

    def show_moment(self, seconds: float) -> None:
        """Show the matrices around a time."""
        self.errors.show_playhead(seconds)
        if self._compared is not None and self.stretch == "playhead":
            span = self._compared.around(seconds - self._begins)
            if span != self._span:
                self._span = span
                self._draw()

    # -- drawing -----------------------------------------------------------------------------

    def _draw(self) -> None:
        compared, band = self._compared, self.band_index
        if compared is None:
            return
        matrices = compared.correlations(self._span, band)
        self.picture.show_matrices(matrices, f"{self._stretch_text()}, {band_text(band)}", self._decoded)
        error = covariance_distance(*matrices) if len(matrices) == 2 else None
        self.error_text.setText(f"error {error:.2f}" if error is not None else NO_DECODED)
        self.error_text.setToolTip(_ERROR_TIP + _mean_text(error, len(matrices[0])))
        self._rooms[0].fit()

    def _stretch_text(self) -> str:
        hop = self._compared.reference.hop_seconds
        start, stop = (time_text(self._begins + place * hop, 1) for place in self._span)
        return f"{start} to {stop}"

    def _show_errors(self) -> None:
        compared, band = self._compared, self.band_index
        if compared is None or compared.decoded is None:
            self.errors.show_errors(np.zeros(0), np.zeros(0), "")
            return
        hop = compared.reference.hop_seconds
        row = compared.errors[0 if band is None else 1 + band]
        seconds = self._begins + (np.arange(row.size) + 0.5) * hop
        self.errors.show_errors(seconds, row.astype(np.float64), band_text(band))

    def _show_page(self, _index: int = 0) -> None:
        page = self.view.currentIndex() if self._compared is not None else len(_VIEWS)
        self._pages.setCurrentIndex(page)
        for widget in (self.band, self.band_text, self.error_text):
            widget.setEnabled(self._compared is not None)
        if self._compared is None:
            self.error_text.setText("")

    def _on_band(self, _value: int) -> None:
        self.band_text.setText(band_text(self.band_index))
        self.band.setAccessibleDescription(self.band_text.text())
        self._draw()
        self._show_errors()

    def _ask(self, _index: int) -> None:
        self.changed.emit()

    # -- building ----------------------------------------------------------------------------

    def _describe(self) -> None:
        for name, text in _SCOPES:
            self.scope.addItem(text, name)
        self.view.addItems(_VIEWS)
        self.band.setFixedWidth(_SLIDER_WIDTH)
        self.band_text.setFixedWidth(_BAND_WIDTH)
        self.error_text.setFixedWidth(_ERROR_WIDTH)
        self.error_text.setToolTip(_ERROR_TIP)
        self.band_text.setText(band_text(None))
        for widget, name, text, tip in (
            (self.scope, "scope", "Stretch of the matrices", "All of the scene, the selection, or a second around the "
             "playhead, which the matrices then follow"),
            (self.view, "show", "Matrices, or errors over time", "Matrices side by side, or their distance over time"),
            (self.band, "band", "Frequencies of the matrices", "All frequencies at the left, then octave by octave"),
        ):  # fmt: skip
            widget.setObjectName(f"codec.covariance.{name}")
            widget.setAccessibleName(text)
            widget.setToolTip(tip)
            widget.setFixedHeight(CONTROL_HEIGHT)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        for widget in (self.view, self.scope, self.band, self.band_text, self.error_text):
            head.addWidget(widget)
        head.addStretch(1)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for widget in (*self._rooms, self.hint):
            self._pages.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        column.setSpacing(GRID // 2)
        column.addLayout(head)
        column.addWidget(self._pages, 1)


def _mean_text(error: float | None, channels: int) -> str:
    pairs = channels * (channels - 1) // 2
    return f": {error / pairs:.3f} for each of {pairs} pairs of channels" if error is not None and pairs else ""


def band_text(band: int | None) -> str:
    """Return a band in words; None is all of them."""
    if band is None:
        return "all frequencies"
    low, high = list(itertools.pairwise(BAND_EDGES_HZ))[band]
    if low == 0.0:
        return f"below {_rounded(high)} Hz"
    return f"above {_rounded(low)} Hz" if math.isinf(high) else f"{_rounded(low)}–{_rounded(high)} Hz"


def _rounded(hertz: float) -> str:
    return short_frequency_text(float(f"{hertz:.2g}"))
