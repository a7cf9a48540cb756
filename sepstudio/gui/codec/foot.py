"""The buttons that encode."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from sepstudio.gui.panels.run_foot import RunFoot
from sepstudio.gui.widgets.key_hint import set_hint

NOTHING_OPEN = "Open a scene first"


class EncodeFoot(RunFoot):
    """``previewRequested`` wants some seconds from the playhead on encoded and decoded, ``encodeRequested`` all."""

    previewRequested = Signal()
    encodeRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("codec", "Encode", parent)
        self.encode = self.run
        self.note.setWordWrap(True)
        self.preview.clicked.connect(self.previewRequested)
        self.encode.clicked.connect(self.encodeRequested)
        self.show_state(obstacle=NOTHING_OPEN, selected=False, known=False, seconds=10.0, stale="")

    def show_state(self, *, obstacle: str, selected: bool, known: bool, seconds: float, stale: str) -> None:
        """Show what the buttons do.

        ``obstacle`` says why nothing can be encoded, or is empty; ``known`` whether the tokens are there already, so
        that decoding is enough; ``stale`` how the run on show was made otherwise.
        """
        verb = "Decode" if known else "Encode"
        self.encode.setText(f"{verb} selection" if selected else verb)
        self.preview.setText("Preview" if selected else f"Preview {seconds:g} s")
        what = "the selection" if selected else "the whole scene"
        told = f"Decode the tokens of {what} with these settings" if known else f"Encode {what} and decode it again"
        set_hint(self.encode, obstacle or told)
        short = what if selected else f"{seconds:g} seconds from the playhead on"
        set_hint(self.preview, obstacle or f"Encode and decode {short}")
        for button in (self.encode, self.preview):
            button.setEnabled(not obstacle)
        self.note.setText(f"●  {stale}")
        self.note.setVisible(bool(stale))
