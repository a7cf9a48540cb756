"""The codebook microscope: the scene from fewer codebooks, or without one, to be heard and measured."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from sepstudio.gui.codec.book_curves import MEASURES, BookCurves
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import label
from sepstudio.separation.codec_books import BookScores

_HINT = "Encode the scene: then its tokens can be heard with fewer codebooks, or without one."
_BOX_WIDTH = 64


class MicroscopeBox(QWidget):
    """``decodeRequested(codebooks, left_out)`` wants a run; 0 codebooks are all, and 0 leaves out none.

    ``measureRequested`` wants the curves, ``cancelRequested`` wants them no more; ``told`` says what a point of them
    shows.
    """

    decodeRequested = Signal(int, int)
    measureRequested = Signal()
    cancelRequested = Signal()
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codec.microscope")
        self._count = 0
        self._measuring = False
        self.first = QSpinBox()
        self.without = QSpinBox()
        self.decode = push_button("codec.microscope.decode", "Decode and hear", "Decode the tokens again in this way")
        self.measure = push_button("codec.microscope.measure", "Measure", "Measure what each codebook adds")
        self.kind = QComboBox()
        self.curves = BookCurves()
        self.hint = label(_HINT, "caption", name="codec.microscope.hint")
        self._controls = QWidget()
        self._describe()
        self._arrange()
        self.first.valueChanged.connect(self._check)
        self.without.valueChanged.connect(self._check)
        self.decode.clicked.connect(self._ask)
        self.measure.clicked.connect(self._on_measure)
        self.kind.activated.connect(self._choose_kind)
        self.curves.told.connect(self.told)
        self.curves.chosen.connect(self.first.setValue)
        self.show_run(0, 0, 0)

    # -- what the controller tells -----------------------------------------------------------

    def show_run(self, count: int, codebooks: int, left_out: int) -> None:
        """Offer what a run of so many codebooks can be decoded with, at first as it was; 0 for none."""
        self._count = count
        for box, value in ((self.first, codebooks or count), (self.without, left_out)):
            box.blockSignals(True)
            box.setRange(0 if box is self.without else 1, max(count, 1))
            box.setValue(value)
            box.blockSignals(False)
        self.first.setSuffix(f" of {count}" if count else "")
        self.hint.setVisible(not count)
        self._controls.setVisible(bool(count))
        self._check()

    def show_scores(self, scores: BookScores, title: str) -> None:
        """Show what is known of the codebooks."""
        self.curves.show_scores(scores, self._count, title)
        self._show_curves()

    def set_measuring(self, measuring: bool) -> None:
        """Show whether it is being measured."""
        self._measuring = measuring
        self.measure.setText("Stop" if measuring else "Measure")
        self.measure.setAccessibleName("Stop measuring" if measuring else "Measure what each codebook adds")
        self._show_curves()

    # -- what is chosen ----------------------------------------------------------------------

    @property
    def wish(self) -> tuple[int, int]:
        """How many codebooks are to be decoded, 0 for all, and which is left out, 0 for none."""
        first = self.first.value()
        return (0 if first == self._count else first), self.without.value()

    def _check(self, _value: int = 0) -> None:
        """Say where nothing would be left, or nothing is left out."""
        first, without = self.first.value(), self.without.value()
        possible = without == 0 or (without <= first and first > 1)
        self.decode.setEnabled(bool(self._count) and possible)
        tip = "Decode the tokens again in this way, and hear it in the place of the other"
        self.decode.setToolTip(
            tip if possible else f"Codebook {without} is not among the first {first}, or is all of it"
        )

    def _show_curves(self) -> None:
        shown = self.curves.filled
        self.curves.setVisible(shown)
        self.kind.setEnabled(shown)

    def _ask(self) -> None:
        self.decodeRequested.emit(*self.wish)

    def _on_measure(self) -> None:
        (self.cancelRequested if self._measuring else self.measureRequested).emit()

    def _choose_kind(self, _index: int) -> None:
        self.curves.set_measure(self.kind.currentData())

    # -- building ----------------------------------------------------------------------------

    def _describe(self) -> None:
        self.without.setSpecialValueText("none")
        for measure, title in MEASURES.items():
            self.kind.addItem(title, measure)
        self.hint.setWordWrap(True)
        for widget, name, text, tip in (
            (self.first, "first", "First codebooks", "Decode with the first so many codebooks"),
            (self.without, "without", "Codebook left out", "Leave one codebook out, to hear what it carried"),
            (self.kind, "kind", "Score on show", "SI-SDR over all channels, or the mel distance of W"),
        ):
            widget.setObjectName(f"codec.microscope.{name}")
            widget.setAccessibleName(text)
            widget.setToolTip(tip)
            widget.setFixedHeight(CONTROL_HEIGHT)
        self.without.setMinimumWidth(_BOX_WIDTH)

    def _arrange(self) -> None:
        numbers = QHBoxLayout()
        numbers.setSpacing(GRID)
        for text, box in (("First", self.first), ("without", self.without)):
            caption = label(text)
            caption.setBuddy(box)
            numbers.addWidget(caption)
            numbers.addWidget(box, 1)
        acts = QHBoxLayout()
        acts.setSpacing(GRID)
        acts.addWidget(self.decode, 1)
        scores = QHBoxLayout()
        scores.setSpacing(GRID)
        scores.addWidget(self.kind, 1)
        scores.addWidget(self.measure)
        inner = QVBoxLayout(self._controls)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(GRID)
        for row in (numbers, acts, scores):
            inner.addLayout(row)
        inner.addWidget(self.curves)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for widget in (label("Codebook microscope", "title"), self.hint, self._controls):
            column.addWidget(widget)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make the curves as wide as the box."""
        super().resizeEvent(event)
        self.curves.fit(self.width(), 0)
