"""The strip on top: transport, time, the sides of a comparison, meter and master gain."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from sepstudio.gui.theme import GRID, PADDING
from sepstudio.gui.widgets.fader import Fader
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.key_hint import set_hint, stand_for
from sepstudio.gui.widgets.labels import label, rule
from sepstudio.gui.widgets.level_meter import LevelMeter
from sepstudio.gui.widgets.toggle import LetterButton
from sepstudio.playback.meter import Levels

_FADER_WIDTH = 176
_SIDES = "ABX"
_LEVEL_MATCH = "Match levels: what is compared is made as quiet as the quietest of it"


def clock_text(seconds: float, *, thousandths: bool = True) -> str:
    """Return a time like ``0:01:23.456`` (or ``0:04:56``); what is less than the last digit is cut off."""
    # A thousandth of a thousandth of slack: 1.001 s is held as 1.000999… in binary.
    total = int(max(seconds, 0.0) * 1000 + 1e-3)
    hours, rest = divmod(total, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    whole, milli = divmod(rest, 1000)
    return f"{hours}:{minutes:02}:{whole:02}" + (f".{milli:03}" if thousandths else "")


class TransportBar(QFrame):
    """Shows what the transport does and asks for what it should do; it never plays itself.

    ``sideChosen`` carries A, B or X.
    """

    playToggled = Signal()
    toStart = Signal()
    toEnd = Signal()
    loopToggled = Signal(bool)
    sideChosen = Signal(str)
    levelMatchToggled = Signal(bool)
    dimToggled = Signal(bool)
    monoToggled = Signal(bool)
    masterChanged = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transport")
        self.setProperty("role", "strip")
        self.to_start = IconButton("to-start", "Go to the start", action="to-start", name="transport.to_start")
        self.play = IconButton("play", "Play", action="play", name="transport.play")
        self.to_end = IconButton("to-end", "Go to the end", action="to-end", name="transport.to_end")
        self.loop = IconButton("loop", "Loop the selection", action="loop", name="transport.loop", checkable=True)
        self.sides = {letter: LetterButton(letter, "side", f"transport.{letter.lower()}", "") for letter in _SIDES}
        self.level_match = IconButton(
            "level-match", _LEVEL_MATCH, action="match-levels", name="transport.level_match", checkable=True
        )
        self.dim = IconButton("dim", "Dim: 20 dB quieter", action="dim", name="transport.dim", checkable=True)
        self.mono = IconButton(
            "mono", "Mono: both channels on both sides", action="mono", name="transport.mono", checkable=True
        )
        self.meter = LevelMeter()
        self.master = Fader("transport.master", "the master")
        self._time = label(clock_text(0.0), "number", name="transport.time")
        self._length = label("", "muted-number", name="transport.length")
        self._describe()
        self._arrange()
        self._connect()
        self.set_duration(0.0)

    # -- what the window tells ---------------------------------------------------------------

    def set_playing(self, playing: bool) -> None:
        """Offer to pause while it plays, to play while it rests."""
        self.play.set_icon("pause" if playing else "play")
        self.play.describe("Pause" if playing else "Play")

    def set_position(self, seconds: float) -> None:
        """Show where the playhead is."""
        self._time.setText(clock_text(seconds))

    def set_duration(self, seconds: float) -> None:
        """Show how long the recording is."""
        self._length.setText("/ " + clock_text(seconds, thousandths=False))

    def set_loop(self, looping: bool) -> None:
        """Show whether the loop is on; emits nothing."""
        self.loop.setChecked(looping)

    def set_sides(self, heard: str, names: Sequence[str]) -> None:
        """Show which of A, B and X is heard, and what A and B are; no names disable all three."""
        for letter, button in self.sides.items():
            button.setEnabled(bool(names))
            button.setChecked(letter == heard)
            what = "hidden, A or B" if letter == "X" else names["AB".index(letter)] if names else "nothing yet"
            button.setAccessibleName(f"Hear {letter}: {what}")
            set_hint(button, f"Hear {letter}: {what}")

    def set_levels(self, levels: Levels) -> None:
        """Feed the meter."""
        self.meter.set_levels(levels.peak, levels.rms)

    def set_master(self, gain_db: float) -> None:
        """Show the master gain; emits nothing."""
        self.master.set_value(gain_db)

    def set_ready(self, ready: bool) -> None:
        """Enable what needs a recording."""
        for control in (self.to_start, self.play, self.to_end, self.loop):
            control.setEnabled(ready)

    # -- building ----------------------------------------------------------------------------

    def _describe(self) -> None:
        for letter, button in self.sides.items():
            stand_for(button, f"hear-{letter.lower()}")
        self.set_sides("", ())
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
        for group in ((*self.sides.values(), self.level_match), (self.meter,), (self.mono, self.dim, self.master)):
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
        for button in self.sides.values():
            button.clicked.connect(self._choose_side)
        self.level_match.clicked.connect(self.levelMatchToggled)
        self.dim.clicked.connect(self.dimToggled)
        self.mono.clicked.connect(self.monoToggled)
        self.master.valueChanged.connect(self._change_master)

    def _choose_side(self) -> None:
        button = self.sender()
        if isinstance(button, LetterButton):
            # Which one is lit is for the window to say.
            button.setChecked(not button.isChecked())
            self.sideChosen.emit(button.text())

    def _change_master(self, gain_db: float) -> None:
        self.masterChanged.emit(gain_db)

    def changeEvent(self, event: QEvent) -> None:
        """Measure the digits anew when the style brings another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_time"):
            self._time.setFixedWidth(self._time.fontMetrics().horizontalAdvance("00:00:00.000") + GRID)
