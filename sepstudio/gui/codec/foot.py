"""The buttons that encode."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from sepstudio.gui.theme import GRID, PADDING
from sepstudio.gui.widgets.key_hint import set_hint, stand_for
from sepstudio.gui.widgets.labels import label, rule

NOTHING_OPEN = "Open a scene first"


class EncodeFoot(QWidget):
    """``previewRequested`` wants some seconds from the playhead on encoded and decoded, ``encodeRequested`` all."""

    previewRequested = Signal()
    encodeRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codec.foot")
        self.preview = QPushButton()
        self.encode = QPushButton()
        self.note = label("", "stale", name="codec.stale")
        self.note.setWordWrap(True)
        self.note.hide()
        for button, name, spoken, action in (
            (self.preview, "codec.preview", "Preview", "preview"), (self.encode, "codec.encode", "Encode", "separate"),
        ):  # fmt: skip
            button.setObjectName(name)
            button.setAccessibleName(spoken)
            stand_for(button, action)
        self.encode.setProperty("role", "primary")
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self.preview, 1)
        buttons.addWidget(self.encode, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(PADDING, 0, PADDING, PADDING)
        column.setSpacing(GRID)
        column.addWidget(rule())
        column.addWidget(self.note)
        column.addLayout(buttons)
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
