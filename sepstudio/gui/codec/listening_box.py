"""How a scene is heard, and how loud its channels are."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from sepstudio.gui.codec.channel_meters import ChannelMeters
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.widgets.labels import ElidedLabel, label
from sepstudio.playback.folds import FoldName

FOLD_TITLES: dict[FoldName, str] = {"cardioids": "Stereo from W and Y", "omni": "W only"}
_TIP = (
    "How the scene reaches two ears: two virtual cardioid microphones to the left and to the right, L = (W + Y) / 2 "
    "and R = (W − Y) / 2, or W alone from both sides. A choice for listening: no file is changed"
)
_HINT = "Open a scene of 16 channels or more: this shows the level of each."


class ListeningBox(QWidget):
    """``foldChosen`` carries another fold."""

    foldChosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codec.listening")
        self.fold = QComboBox()
        self.fold.setObjectName("codec.fold")
        self.fold.setAccessibleName("Listen to the scene as")
        self.fold.setToolTip(_TIP)
        self.fold.setFixedHeight(CONTROL_HEIGHT)
        for name, title in FOLD_TITLES.items():
            self.fold.addItem(title, name)
        self.meters = ChannelMeters()
        self.hint = label(_HINT, "caption", name="codec.meters.hint")
        self.hint.setWordWrap(True)
        self.told = ElidedLabel("", "caption")
        self.told.setObjectName("codec.meters.told")
        column = QVBoxLayout(self)
        column.setContentsMargins(PADDING, GRID, PADDING, PADDING)
        column.setSpacing(GRID // 2)
        for widget in (label("Listening", "title"), self.fold, self.hint, self.meters, self.told):
            column.addWidget(widget)
        self.fold.activated.connect(self._choose)
        self.meters.told.connect(self.told.setText)
        self.show_channels(0)

    def show_fold(self, name: FoldName) -> None:
        """Show which fold is in force."""
        self.fold.setCurrentIndex(self.fold.findData(name))

    def show_channels(self, channels: int, *, fuma: bool = False) -> None:
        """Show meters for so many channels, or what belongs here where there are none."""
        self.meters.set_channels(channels, fuma=fuma)
        for widget in (self.meters, self.told):
            widget.setVisible(channels > 0)
        self.hint.setVisible(channels == 0)

    def _choose(self, _index: int) -> None:
        self.foldChosen.emit(self.fold.currentData())
