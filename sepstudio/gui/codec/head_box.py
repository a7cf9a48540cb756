"""The listener of a scene: whose ears, and how the head is turned."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from sepstudio.gui.codec.head_dial import HeadDial
from sepstudio.gui.codec.head_text import head_text
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.gui.widgets.labels import ElidedLabel
from sepstudio.playback.head import Orientation

_SPHERE = "Ears of a sphere"
_CHOOSE = "Choose a SOFA file…"
_TIP = (
    "Whose ears hear the scene: those of a rigid sphere, which are always there and tell front from back only when "
    "the head turns; or measured ones from a SOFA file (AES69)"
)


class HeadBox(QWidget):
    """``earsChosen`` carries a Path or None for the sphere, ``fileWanted`` asks for a file of ears."""

    earsChosen = Signal(object)
    fileWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codec.head.box")
        self._path: Path | None = None
        self._note = ""
        self.ears = QComboBox()
        self.ears.setObjectName("codec.ears")
        self.ears.setAccessibleName("Ears of the listener")
        self.ears.setToolTip(_TIP)
        self.ears.setFixedHeight(CONTROL_HEIGHT)
        # Names of files may be of any length.
        self.ears.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.dial = HeadDial()
        self.told = ElidedLabel("", "caption")
        self.told.setObjectName("codec.head.told")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        for widget in (self.ears, self.dial, self.told):
            column.addWidget(widget)
        self.ears.activated.connect(self._choose)
        self.show_ears(None)
        self.show_head(self.dial.orientation)

    def show_ears(self, path: Path | None) -> None:
        """Show whose ears are in use, those of a file or of the sphere."""
        self._path = path
        self.ears.clear()
        self.ears.addItem(_SPHERE, "")
        if path is not None:
            self.ears.addItem(path.stem, str(path))
            self.ears.setCurrentIndex(1)
        self.ears.addItem(_CHOOSE, None)

    def show_head(self, orientation: Orientation) -> None:
        """Show how the head is turned."""
        self.dial.set_orientation(orientation)
        self._tell()

    def show_note(self, note: str) -> None:
        """Show what a head tracker lacks, or how the head is turned where the note is empty."""
        self._note = note
        self._tell()

    def _tell(self) -> None:
        self.told.setText(self._note or head_text(self.dial.orientation))

    def _choose(self, index: int) -> None:
        chosen = self.ears.itemData(index)
        if chosen is None:
            # Until a file is chosen, the ears are those of before.
            self.show_ears(self._path)
            self.fileWanted.emit()
        else:
            self.earsChosen.emit(Path(chosen) if chosen else None)
