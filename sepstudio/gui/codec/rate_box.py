"""How many codebooks are decoded, and what that costs in kilobits per second."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from sepstudio.codec.config import CodecConfig
from sepstudio.gui.codec.conditions_text import rate_texts
from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.labels import label
from sepstudio.gui.widgets.scale import Scale
from sepstudio.gui.widgets.value_slider import ValueSlider

_HELP = "How many of the model's codebooks are used, the first ones first: each adds detail and the same rate"


class RateBox(QWidget):
    """``codebooksChanged`` carries the number that a hand has chosen."""

    codebooksChanged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codec.rate")
        self._config: CodecConfig | None = None
        self._sample_rate = 0
        self.codebooks: ValueSlider | None = None
        self._title = label("Codebooks")
        self.total = label("", "number", name="codec.rate.total")
        self.per_channel = label("", "muted-number", name="codec.rate.per-channel")
        self.ratio = label("", "caption", name="codec.rate.ratio")
        for text, tip in (
            (self.total, "Nominal rate of all 16 channels together: frames a second × bits of a code × codebooks"),
            (self.per_channel, "The same for each of the 16 channels"),
            (self.ratio, "Against the recording as 16-bit samples at its own rate"),
        ):
            text.setToolTip(tip)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID // 2)
        self._column.addWidget(self._title)
        numbers = QGridLayout()
        numbers.setContentsMargins(0, 0, 0, 0)
        numbers.addWidget(self.total, 0, 0)
        numbers.addWidget(self.per_channel, 0, 1)
        numbers.setColumnStretch(1, 1)
        numbers.setHorizontalSpacing(2 * GRID)
        self._column.addLayout(numbers)
        self._column.addWidget(self.ratio)
        self.hide()

    @property
    def chosen(self) -> int:
        """How many codebooks are used, 0 where no model is."""
        return int(self.codebooks.value) if self.codebooks is not None else 0

    def show_config(self, config: CodecConfig | None) -> None:
        """Offer as many codebooks as a model has, all at first; None hides the box."""
        if config == self._config:
            return
        # What was a part of the old model stays one of the new; all stay all.
        before = self.chosen if self._config is not None and self.chosen < self._config.codebooks else 0
        self._config = config
        if self.codebooks is not None:
            self.codebooks.hide()
            self.codebooks.deleteLater()
            self.codebooks = None
        if config is not None:
            self.codebooks = ValueSlider(Scale(1, config.codebooks, 1, True), config.codebooks)
            self.codebooks.describe("codec.codebooks", "Codebooks", _HELP)
            self.codebooks.set_value(min(before or config.codebooks, config.codebooks))
            self.codebooks.valueChanged.connect(self._on_value)
            self._title.setBuddy(self.codebooks.slider)
            # What is in the frame goes to another place in the order of Tab, and the frame would send Tab back to it.
            self.codebooks.setFocusProxy(None)
            self._column.insertWidget(1, self.codebooks)
        self.setVisible(config is not None)
        self._tell()

    def show_codebooks(self, number: int) -> None:
        """Show a number of codebooks, 0 for all; emits nothing."""
        if self.codebooks is not None and self._config is not None:
            self.codebooks.set_value(number or self._config.codebooks)
            self._tell()

    def set_sample_rate(self, sample_rate: int) -> None:
        """Tell the rate of the recording in Hz."""
        self._sample_rate = sample_rate
        self._tell()

    def _on_value(self, _value: object) -> None:
        self._tell()
        self.codebooksChanged.emit(self.chosen)

    def _tell(self) -> None:
        if self._config is not None:
            rate = self._sample_rate or self._config.sample_rate
            for text, words in zip(
                (self.total, self.per_channel, self.ratio), rate_texts(self._config, self.chosen, rate), strict=True
            ):
                text.setText(words)
