"""How a scene is heard, and how loud its channels are."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from sepstudio.gui.codec.channel_meters import ChannelMeters
from sepstudio.gui.codec.head_box import HeadBox
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.widgets.labels import ElidedLabel, label
from sepstudio.playback.folds import HearingName

FOLD_TITLES: dict[HearingName, str] = {
    "binaural": "Binaural, for headphones",
    "cardioids": "Stereo from W and Y",
    "omni": "W only",
}
_TIP = (
    "How the scene reaches two ears: as a head in its midst hears it, for headphones; by two virtual cardioid "
    "microphones to the left and to the right, L = (W + Y) / 2 and R = (W − Y) / 2; or W alone from both sides. "
    "A choice for listening: no file is changed"
)
_HINT = "Open a scene of 16 channels or more: this shows the level of each."


class ListeningBox(QWidget):
    """``foldChosen`` carries another way to hear scenes; ``head`` is what hears them through headphones."""

    foldChosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codec.listening")
        self._has_scene = False
        self.fold = QComboBox()
        self.fold.setObjectName("codec.fold")
        self.fold.setAccessibleName("Listen to the scene as")
        self.fold.setToolTip(_TIP)
        self.fold.setFixedHeight(CONTROL_HEIGHT)
        for name, title in FOLD_TITLES.items():
            self.fold.addItem(title, name)
        self.head = HeadBox()
        self.meters = ChannelMeters()
        self.hint = label(_HINT, "caption", name="codec.meters.hint")
        self.hint.setWordWrap(True)
        self.told = ElidedLabel("", "caption")
        self.told.setObjectName("codec.meters.told")
        column = QVBoxLayout(self)
        column.setContentsMargins(PADDING, GRID, PADDING, PADDING)
        column.setSpacing(GRID // 2)
        for widget in (label("Listening", "title"), self.fold, self.head, self.hint, self.meters, self.told):
            column.addWidget(widget)
        self.fold.activated.connect(self._choose)
        self.meters.told.connect(self.told.setText)
        self.show_channels(0)

    def show_fold(self, name: HearingName) -> None:
        """Show how scenes are heard."""
        self.fold.setCurrentIndex(self.fold.findData(name))
        self._show_head()

    def show_channels(self, channels: int, *, fuma: bool = False) -> None:
        """Show meters for so many channels, or what belongs here where there are none."""
        self.meters.set_channels(channels, fuma=fuma)
        for widget in (self.meters, self.told):
            widget.setVisible(channels > 0)
        self.hint.setVisible(channels == 0)
        self._has_scene = channels > 0
        self._show_head()

    def _show_head(self) -> None:
        self.head.setVisible(self._has_scene and self.fold.currentData() == "binaural")

    def _choose(self, _index: int) -> None:
        self.foldChosen.emit(self.fold.currentData())
