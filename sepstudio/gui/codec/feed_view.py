"""The loudspeakers that a scene would be played by: which layout, which decoder, and how loud each of them is."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from sepstudio.dsp.ambisonics import HIGHEST_ORDER
from sepstudio.dsp.loudspeakers import EBU_ORDER, KINDS, LAYOUTS, Kind, decoder_matrix
from sepstudio.gui.codec.feed_picture import FLOOR_DB, Doubles, FeedPicture
from sepstudio.gui.codec.fitted import Fitted
from sepstudio.gui.texts import time_text
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.gui.widgets.labels import label
from sepstudio.metrics.covariance_track import CovarianceComparison, CovarianceTrack

HINT = "Open a scene: this shows how loud each loudspeaker of a layout plays it."
_ROOM = QSize(360, 146)
_KIND_TITLES: dict[Kind, str] = {
    "allrad": "AllRAD",
    "mode-matching": "Mode matching",
    "epad": "Even energy (EPAD)",
    "ebu": "EBU and IAMF",
}
_USUAL = "7.1.4"


class FeedView(QWidget):
    """``told`` says how loud the loudspeaker below the pointer is. Times are seconds of the timeline."""

    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codec.feeds.view")
        self._compared: CovarianceComparison | None = None
        self._begins = 0.0
        self._span: tuple[int, int] = (0, 1)
        self.layouts = QComboBox()
        self.kinds = QComboBox()
        self.picture = FeedPicture()
        self.hint = label(HINT, "caption", name="codec.feeds.hint")
        self._room = Fitted(self.picture, _ROOM)
        self._pages = QStackedWidget()
        self._describe()
        self._arrange()
        self.layouts.activated.connect(self._on_chosen)
        self.kinds.activated.connect(self._on_chosen)
        self.picture.told.connect(self.told)
        self.say()

    def say(self) -> None:
        """Show one line in the place of loudspeakers."""
        self._compared = None
        self._pages.setCurrentWidget(self.hint)

    def show_comparison(self, compared: CovarianceComparison, begins: float) -> None:
        """Show another scene, which begins at a time."""
        self._compared, self._begins = compared, begins
        self._pages.setCurrentWidget(self._room)

    def show_moment(self, seconds: float) -> None:
        """Show the levels of the third of a second around a time."""
        if self._compared is not None:
            self._span = self._compared.moment(seconds - self._begins)
            self._draw()

    def _draw(self) -> None:
        if self._compared is None:
            return
        layout = LAYOUTS[self.layouts.currentData()]
        tracks = (self._compared.reference, self._compared.decoded)
        levels = [self._levels_of(track) for track in tracks if track is not None]
        hop = self._compared.reference.hop_seconds
        start, stop = (time_text(self._begins + place * hop, 1) for place in self._span)
        self.picture.show_feeds(layout, levels, f"{start} to {stop}, {self.kinds.currentText()}")

    def _levels_of(self, track: CovarianceTrack) -> Doubles:
        kind: Kind = self.kinds.currentData()
        highest = EBU_ORDER if kind == "ebu" else HIGHEST_ORDER
        order = min(math.isqrt(track.channels) - 1, highest)
        matrix = decoder_matrix(self.layouts.currentData(), order, kind=kind)
        used = matrix.shape[1]
        scene = track.covariances(*(np.array([place]) for place in self._span))[0][:used, :used]
        power = ((matrix @ scene) * matrix).sum(axis=1)
        return np.asarray(10 * np.log10(np.maximum(power, 10 ** (2 * FLOOR_DB / 10))))

    def _on_chosen(self, _index: int) -> None:
        # The matrix of the EBU is one for 7.1.4.
        ebu = self.kinds.findData("ebu")
        fits = self.layouts.currentData() == _USUAL
        self.kinds.model().item(ebu).setEnabled(fits)
        if not fits and self.kinds.currentIndex() == ebu:
            self.kinds.setCurrentIndex(0)
        self._draw()

    # -- building ----------------------------------------------------------------------------

    def _describe(self) -> None:
        for name in LAYOUTS:
            self.layouts.addItem(name, name)
        self.layouts.setCurrentIndex(self.layouts.findData(_USUAL))
        for kind in KINDS:
            self.kinds.addItem(_KIND_TITLES[kind], kind)
        for widget, name, text, tip in (
            (self.layouts, "layout", "Layout of loudspeakers", "Loudspeakers as ITU-R BS.2051 places them"),
            (self.kinds, "kind", "Decoder", "How the scene is divided among the loudspeakers; that of the EBU is for "
             "7.1.4 alone"),
        ):  # fmt: skip
            widget.setObjectName(f"codec.feeds.{name}")
            widget.setAccessibleName(text)
            widget.setToolTip(tip)
            widget.setFixedHeight(CONTROL_HEIGHT)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        for widget in (self.layouts, self.kinds):
            head.addWidget(widget)
        head.addWidget(label("at the playhead, dB of full scale", "caption"))
        head.addStretch(1)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for page in (self._room, self.hint):
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        column.setSpacing(GRID // 2)
        column.addLayout(head)
        column.addWidget(self._pages, 1)
