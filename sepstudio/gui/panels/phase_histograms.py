"""The page with the phase differences of one bin: along time and along frequency, side by side."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from sepstudio.dsp.phase_histograms import PhaseHistograms
from sepstudio.gui.panels.phase_histogram_plot import CORRECTED_COLOUR, SHIFTED_COLOUR, PhaseHistogram
from sepstudio.gui.texts import frequency_text, note_text
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.gui.widgets.labels import ElidedLabel, label

WHOLE, SELECTION = "whole", "selection"
HINT = "Point at a spectrogram: this counts the phase differences of the bin under the pointer."
_SCOPES = (("Whole recording", WHOLE), ("Selection", SELECTION))
# A pointer that moves asks for hundreds of bins a second.
_DRAW_AFTER_MS = 25


class PhaseHistogramView(QWidget):
    """Both differences of one bin side by side; ``scopeChanged`` says that another stretch is to be counted."""

    scopeChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("phases")
        self._histograms: PhaseHistograms | None = None
        self._bin_hz = 0.0
        self._title = ""
        self.scope = QComboBox()
        self.bin = QSpinBox()
        self.place = ElidedLabel("")
        self.hint = label(HINT, "caption", name="phases.hint")
        self.time = PhaseHistogram("time", "Δt", "Phase difference along time")
        self.frequency = PhaseHistogram("frequency", "Δf", "Phase difference along frequency")
        self._drawing = QTimer(self)
        self._drawing.setSingleShot(True)
        self._drawing.setInterval(_DRAW_AFTER_MS)
        self._drawing.timeout.connect(self._draw)
        self._describe()
        self._arrange()
        self.scope.activated.connect(self._on_scope)
        self.bin.valueChanged.connect(self._draw_soon)
        self.say(HINT)

    @property
    def of_selection(self) -> bool:
        """Whether the selection is counted instead of the whole recording."""
        return bool(self.scope.currentData() == SELECTION)

    @property
    def histograms(self) -> PhaseHistograms | None:
        """What is shown, or None."""
        return self._histograms

    def show_histograms(self, histograms: PhaseHistograms, title: str, sample_rate: int) -> None:
        """Show the counts of a recording; the bin stays at its frequency."""
        if histograms is self._histograms and title == self._title:
            return
        hertz = self.bin.value() * self._bin_hz
        self._histograms, self._title = histograms, title
        self._bin_hz = sample_rate / histograms.fft_size
        with QSignalBlocker(self.bin):
            self.bin.setRange(0, histograms.bins - 1)
            self.bin.setValue(round(hertz / self._bin_hz))
        self._show_parts(True)
        self._draw()

    def point_at(self, hertz: float) -> None:
        """Show the bin nearest to a frequency."""
        if self._bin_hz:
            self.bin.setValue(round(hertz / self._bin_hz))

    def say(self, message: str) -> None:
        """Show one line in the place of counts."""
        self._histograms = None
        self.hint.setText(message)
        self._show_parts(False)
        self.time.clear()
        self.frequency.clear()

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.time.draw()
            self.frequency.draw()

    def _draw_soon(self, _bin: int) -> None:
        # Not anew while it waits: then nothing would be drawn until the pointer rests.
        if not self._drawing.isActive():
            self._drawing.start()

    def _draw(self) -> None:
        if self._histograms is None:
            return
        index = self.bin.value()
        hertz = index * self._bin_hz
        where = " ".join(part for part in (frequency_text(hertz), note_text(hertz)) if part)
        self.place.setText(f"{where} of {self._title}")
        for one in (self.time, self.frequency):
            one.show_bin(self._histograms, index, f"bin {index}, {where} of {self._title}")

    def _show_parts(self, shown: bool) -> None:
        self.hint.setVisible(not shown)
        for widget in (self.time, self.frequency, self.place, self._keys):
            widget.setVisible(shown)
        self.bin.setEnabled(shown)

    def _on_scope(self, _index: int) -> None:
        self.scopeChanged.emit()

    # -- building ----------------------------------------------------------------------------

    def _describe(self) -> None:
        for text, value in _SCOPES:
            self.scope.addItem(text, value)
        for widget, name, text, tip in (
            (self.scope, "scope", "What is counted", "Count the whole recording, or what is selected"),
            (self.bin, "bin", "Bin", "The bin that is shown: it follows the pointer over spectrograms"),
        ):
            widget.setObjectName(f"phases.{name}")
            widget.setAccessibleName(text)
            widget.setToolTip(tip)
            widget.setFixedHeight(CONTROL_HEIGHT)
        self.bin.setPrefix("bin ")
        self.bin.setRange(0, 1)
        self.bin.setMinimumWidth(96)
        self.place.setObjectName("phases.place")
        self.hint.setWordWrap(True)
        self._keys = label("", "caption", name="phases.keys")
        self._keys.setTextFormat(Qt.TextFormat.RichText)
        self._keys.setText(
            f'<span style="color:{SHIFTED_COLOUR}">━</span> with shifts &nbsp; '
            f'<span style="color:{CORRECTED_COLOUR}">━</span> without &nbsp; ┅ mean &nbsp; ┈ expected shift'
        )

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self.scope)
        head.addWidget(self.bin)
        head.addWidget(self.place, 1)
        head.addWidget(self._keys)
        body = QHBoxLayout()
        body.setSpacing(2 * GRID)
        body.addWidget(self.time, 1)
        body.addWidget(self.frequency, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        column.setSpacing(GRID // 2)
        column.addLayout(head)
        column.addWidget(self.hint)
        column.addLayout(body, 1)
        column.addStretch(0)
