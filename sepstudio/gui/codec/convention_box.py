"""What the channels of a scene mean: chosen by hand, with a hint from the recording itself."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.gui.widgets.labels import label
from sepstudio.io.hoa import AMBIX, FUMA, N3D, USUAL, Convention

_TITLES = {AMBIX: "AmbiX: ACN, SN3D", N3D: "ACN, N3D", FUMA: "FuMa"}
_TIP = (
    "In which sequence the channels of the recording come, and how each is weighted. The codec works in ACN/SN3D; "
    "what is decoded comes back as the recording is"
)


class ConventionBox(QWidget):
    """``chosen`` carries the Convention that a hand has chosen."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codec.convention.box")
        self.combo = QComboBox()
        self.combo.setObjectName("codec.convention")
        self.combo.setAccessibleName("Convention of the channels")
        self.combo.setToolTip(_TIP)
        self.combo.setFixedHeight(CONTROL_HEIGHT)
        for convention in USUAL:
            self.combo.addItem(_TITLES[convention], convention)
        self.hint = label("", "caption", name="codec.convention.hint")
        self.hint.setWordWrap(True)
        self.hint.hide()
        title = label("Convention")
        title.setBuddy(self.combo)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        for widget in (title, self.combo, self.hint):
            column.addWidget(widget)
        self.combo.activated.connect(self._choose)

    def show_convention(self, convention: Convention) -> None:
        """Show a convention; one that is not usual joins the list."""
        place = next((place for place in range(self.combo.count()) if self.combo.itemData(place) == convention), -1)
        if place < 0:
            self.combo.addItem(str(convention), convention)
            place = self.combo.count() - 1
        self.combo.setCurrentIndex(place)

    def show_hint(self, text: str, *, warns: bool = False) -> None:
        """Say what the recording itself seems to follow; ``warns`` where that is something else."""
        self.hint.setText(text)
        self.hint.setVisible(bool(text))
        role = "warning" if warns else "caption"
        if self.hint.property("role") != role:
            self.hint.setProperty("role", role)
            self.hint.style().unpolish(self.hint)
            self.hint.style().polish(self.hint)

    def _choose(self, _index: int) -> None:
        self.chosen.emit(self.combo.currentData())
