"""A gain in decibels."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from sepstudio.gui.widgets.fine_slider import FineSlider
from sepstudio.gui.widgets.scale import Scale
from sepstudio.gui.widgets.value_slider import ValueSlider

GAIN_SCALE = Scale(-60.0, 12.0, coarse=1.0, fine=0.1)
_BOX_HEIGHT = 22


class Fader(ValueSlider):
    """A fader from -60 to +12 dB: double-click or Shift-click returns to 0 dB, Ctrl moves finely."""

    def __init__(self, name: str, what: str, parent: QWidget | None = None) -> None:
        control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
        slider = FineSlider(fine_modifier=control, reset_modifier=shift)
        super().__init__(GAIN_SCALE, 0.0, "dB", slider=slider, parent=parent)
        self.box.setProperty("role", "flat")
        self.box.setFixedHeight(_BOX_HEIGHT)
        self.describe(name, f"Gain of {what}", f"Gain of {what}: double-click or Shift-click for 0 dB, Ctrl for fine")
