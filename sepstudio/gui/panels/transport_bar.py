"""The strip on top: transport, time, A/B, meter and master gain."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.widgets.fader import Fader
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.labels import label, rule
from sepstudio.gui.widgets.level_meter import LevelMeter

_FADER_WIDTH = 190


def clock_text(seconds: float, *, thousandths: bool = True) -> str:
    """Return a time like ``0:01:23.456`` (or ``0:04:56``); what is less than the last digit is cut off."""
    # A thousandth of a thousandth of slack: 1.001 s is held as 1.000999… in binary.
    total = int(max(seconds, 0.0) * 1000 + 1e-3)
    hours, rest = divmod(total, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    whole, milli = divmod(rest, 1000)
    return f"{hours}:{minutes:02}:{whole:02}" + (f".{milli:03}" if thousandths else "")


class TransportBar(QFrame):
    """Shows what the transport does and asks for what it should do; it never plays itself."""

    playToggled = Signal()
    toStart = Signal()
    toEnd = Signal()
    loopToggled = Signal(bool)
    abToggled = Signal()
    dimToggled = Signal(bool)
    masterChanged = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transport")
        self.setProperty("role", "strip")
        self.to_start = IconButton("to-start", "Go to the start", shortcut="Home", name="transport.to_start")
        self.play = IconButton("play", "Play", shortcut="Space", name="transport.play")
        self.to_end = IconButton("to-end", "Go to the end", shortcut="End", name="transport.to_end")
        self.loop = IconButton("loop", "Loop the selection", shortcut="L", name="transport.loop", checkable=True)
        self.ab = QPushButton("A·B")
        self.dim = IconButton("dim", "Dim: 20 dB quieter", name="transport.dim", checkable=True)
        self.meter = LevelMeter()
        self.master = Fader("transport.master", "the master")
        self._time = label(clock_text(0.0), "number", name="transport.time")
        self._length = label("", "muted-number", name="transport.length")
        self._playing = False
        self._describe()
        self._arrange()
        self._connect()
        self.set_duration(0.0)

    # -- what the window tells ---------------------------------------------------------------

    def set_playing(self, playing: bool) -> None:
        """Offer to pause while it plays, to play while it rests."""
        self._playing = playing
        self.play.set_icon("pause" if playing else "play")
        self.play.describe("Pause" if playing else "Play", "Space")

    def set_position(self, seconds: float) -> None:
        """Show where the playhead is."""
        self._time.setText(clock_text(seconds))

    def set_duration(self, seconds: float) -> None:
        """Show how long the recording is."""
        self._length.setText("/ " + clock_text(seconds, thousandths=False))

    def set_loop(self, looping: bool) -> None:
        """Show whether the loop is on; emits nothing."""
        self.loop.setChecked(looping)

    def set_ab(self, letter: str, what: str = "") -> None:
        """Show which of A and B is heard, and what that is; no letter disables the button."""
        self.ab.setEnabled(bool(letter))
        self.ab.setText({"A": "A·b", "B": "a·B"}.get(letter, "A·B"))
        heard = f"{letter} is heard: {what}. " if what else ""
        self.ab.setToolTip(f"{heard}Flip between the last two sounds (X)")

    def set_peaks(self, left: float, right: float) -> None:
        """Feed the meter with linear peaks."""
        self.meter.set_peaks(left, right)

    def set_master(self, gain_db: float) -> None:
        """Show the master gain; emits nothing."""
        self.master.set_value(gain_db)

    def set_dim(self, dimmed: bool) -> None:
        """Show whether the output is dimmed; emits nothing."""
        self.dim.setChecked(dimmed)

    def set_ready(self, ready: bool) -> None:
        """Enable what needs a recording."""
        for control in (self.to_start, self.play, self.to_end, self.loop):
            control.setEnabled(ready)

    # -- building ----------------------------------------------------------------------------

    def _describe(self) -> None:
        self.ab.setObjectName("transport.ab")
        self.ab.setAccessibleName("Compare A and B")
        self.ab.setFixedSize(2 * CONTROL_HEIGHT, CONTROL_HEIGHT)
        self.set_ab("")
        self.master.setFixedWidth(_FADER_WIDTH)
        for text, meaning in ((self._time, "Playhead"), (self._length, "Length of the recording")):
            text.setAccessibleName(meaning)
            text.setToolTip(meaning)
        # A fixed width: the strip must not shiver while the digits run.
        self._time.setFixedWidth(self._time.fontMetrics().horizontalAdvance("00:00:00.000") + GRID)

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(PADDING, GRID // 2, PADDING, GRID // 2)
        row.setSpacing(GRID // 2)
        for button in (self.to_start, self.play, self.to_end, self.loop):
            row.addWidget(button)
        row.addSpacing(GRID)
        row.addWidget(self._time)
        row.addWidget(self._length)
        row.addStretch(1)
        row.addWidget(self.ab)
        for group in ((self.meter,), (self.dim, self.master)):
            row.addSpacing(GRID)
            row.addWidget(rule(vertical=True))
            row.addSpacing(GRID)
            for widget in group:
                row.addWidget(widget)

    def _connect(self) -> None:
        self.to_start.clicked.connect(self.toStart)
        self.play.clicked.connect(self.playToggled)
        self.to_end.clicked.connect(self.toEnd)
        self.loop.clicked.connect(self.loopToggled)
        self.ab.clicked.connect(self.abToggled)
        self.dim.clicked.connect(self.dimToggled)
        self.master.valueChanged.connect(self._change_master)

    def _change_master(self, gain_db: float) -> None:
        self.masterChanged.emit(gain_db)

    def changeEvent(self, event: QEvent) -> None:
        """Measure the digits anew when the style brings another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_time"):
            self._time.setFixedWidth(self._time.fontMetrics().horizontalAdvance("00:00:00.000") + GRID)
