"""The spectrogram of a recording."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from sepstudio.gui.panes.choice import ChoiceButton
from sepstudio.gui.panes.display import Display
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.picture import PicturePane
from sepstudio.gui.texts import level_text
from sepstudio.gui.timeline import Timeline
from sepstudio.tiles.decibels import code_to_db
from sepstudio.tiles.scales import LOWEST_HZ, SCALE_KINDS


class SpectrogramPane(PicturePane):
    """Levels of one recording over time and frequency.

    ``audio_id`` names what of the session it is, empty where that is nothing; ``shownChanged`` says that it is
    something else.
    """

    shownChanged = Signal()

    def __init__(self, timeline: Timeline, loader: TileLoader, parent: QWidget | None = None) -> None:
        self.audio_id = ""
        super().__init__(timeline, loader, "spectrogram", parent)
        self.setAccessibleName("Spectrogram")
        self.axis_choice = ChoiceButton("spectrogram.scale", "Frequency axis", SCALE_KINDS)
        self.axis_choice.chosen.connect(self._on_scale)
        self.header.add_control(self.axis_choice)
        self.clear("The spectrogram: open a recording or drop one here.")
        self.apply_colours()

    def name_audio(self, audio_id: str) -> None:
        """Say what of the session the pane shows."""
        if audio_id != self.audio_id:
            self.audio_id = audio_id
            self.shownChanged.emit()

    def set_display(self, display: Display) -> None:
        """Draw otherwise; what takes time to compute comes on show when it is there."""
        super().set_display(display)
        self.axis_choice.choose(display.scale)

    def words(self, codes: tuple[int | None, ...]) -> str:
        """Return the level of a point."""
        return "" if not codes or codes[0] is None else level_text(float(code_to_db(codes[0])))

    def _on_scale(self, action: QAction) -> None:
        self.edit_display(scale=action.data(), lowest_hz=LOWEST_HZ, highest_hz=0.0)
