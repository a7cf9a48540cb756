"""Left or right: the balance of a lane."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from sepstudio.gui.widgets.fine_slider import FineSlider
from sepstudio.gui.widgets.scale import Scale

PAN_SCALE = Scale(-1.0, 1.0, coarse=0.1, fine=0.01)
_WIDTH = 44


def pan_text(pan: float) -> str:
    """Return a pan in words: ``centre``, ``30 % left``, ``right``."""
    percent = round(abs(pan) * 100)
    if not percent:
        return "centre"
    side = "left" if pan < 0 else "right"
    return side if percent == 100 else f"{percent} % {side}"


class PanSlider(FineSlider):
    """A short slider from left to right; double-click or Shift-click returns to the centre, Ctrl moves finely."""

    panChanged = Signal(float)

    def __init__(self, name: str, what: str, parent: QWidget | None = None) -> None:
        control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
        super().__init__(parent, fine_modifier=control, reset_modifier=shift)
        self._what = what
        self._pan = 0.0
        self.setObjectName(name)
        self.setProperty("role", "pan")
        self.setFixedWidth(_WIDTH)
        self.dragged.connect(self._drag)
        self.stepped.connect(self._step)
        self.resetRequested.connect(self._reset)
        self.set_pan(0.0)

    @property
    def pan(self) -> float:
        """From -1 (left) to 1 (right)."""
        return self._pan

    def set_pan(self, pan: float) -> None:
        """Show a pan; emits nothing."""
        self._pan = PAN_SCALE.snapped(pan)
        self.set_fraction(PAN_SCALE.fraction(self._pan))
        self.setAccessibleName(f"Pan of {self._what}")
        self.setAccessibleDescription(pan_text(self._pan))
        self.setToolTip(f"Pan of {self._what}: {pan_text(self._pan)} (double-click for the centre, Ctrl for fine)")

    def _drag(self, fraction: float, fine: bool) -> None:
        self._edit(PAN_SCALE.value(fraction, fine=fine))

    def _step(self, steps: int, fine: bool) -> None:
        self._edit(PAN_SCALE.stepped(self._pan, steps, fine=fine))

    def _reset(self) -> None:
        self._edit(0.0)

    def _edit(self, pan: float) -> None:
        before = self._pan
        self.set_pan(pan)
        if self._pan != before:
            self.panChanged.emit(self._pan)
