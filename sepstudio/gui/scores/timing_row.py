"""Two numbers that bring a score to a recording: how much later, and how much slower."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.labels import label
from sepstudio.gui.widgets.scale import Scale
from sepstudio.gui.widgets.value_slider import NumberBox

_LATEST_S = 3600.0
_OFFSETS = Scale(-_LATEST_S, _LATEST_S, coarse=0.05, fine=0.001)
_STRETCHES = Scale(0.1, 10.0, coarse=0.01, fine=0.0001)


class TimingRow(QWidget):
    """Offset in seconds and time-stretch; ``changed`` comes from the user's hand only."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offset = NumberBox(_OFFSETS, "s")
        self._stretch = NumberBox(_STRETCHES, "×")
        offset_tip = "How much later all notes begin, after the stretch"
        stretch_tip = "By what all times are multiplied: above 1 the score becomes slower"
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for box, name, title, tip in (
            (self._offset, "score.offset", "Later by", offset_tip),
            (self._stretch, "score.stretch", "Slower by", stretch_tip),
        ):
            box.setObjectName(name)
            box.setAccessibleName(title)
            box.setToolTip(tip)
            box.valueEdited.connect(self.changed)
            row.addWidget(label(title))
            row.addWidget(box)
        row.addStretch(1)
        self._stretch.set_number(1.0)

    @property
    def offset(self) -> float:
        """How many seconds later notes begin."""
        return float(self._offset.number)

    @property
    def stretch(self) -> float:
        """By what times are multiplied."""
        return float(self._stretch.number)
