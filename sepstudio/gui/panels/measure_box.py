"""The choice among the measures of scores."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QWidget

from sepstudio.gui.theme import CONTROL_HEIGHT
from sepstudio.metrics.bss_fit import MEASURES


class MeasureBox(QComboBox):
    """Lists SDR, SIR and so on."""

    def __init__(self, name: str, spoken: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.addItems([measure.upper() for measure in MEASURES])
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self.setToolTip(tip)
        self.setFixedHeight(CONTROL_HEIGHT)

    @property
    def chosen(self) -> str:
        """One of ``MEASURES``."""
        return MEASURES[self.currentIndex()]

    @property
    def axis_name(self) -> str:
        """What an axis of the measure is called."""
        return f"{self.chosen.upper()} (dB)"
