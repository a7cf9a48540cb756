"""The buttons below settings: one tries them, one runs with them."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from sepstudio.gui.theme import GRID, PADDING
from sepstudio.gui.widgets.key_hint import stand_for
from sepstudio.gui.widgets.labels import label, rule


class RunFoot(QWidget):
    """``preview`` tries settings, ``run`` runs with them; ``note`` is for how the run on show was made otherwise.

    ``act`` is what running is called, for example "Encode".
    """

    def __init__(self, name: str, act: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}.foot")
        self.preview = QPushButton()
        self.run = QPushButton()
        self.note = label("", "stale", name=f"{name}.stale")
        for button, spoken, action in ((self.preview, "Preview", "preview"), (self.run, act, "separate")):
            button.setObjectName(f"{name}.{spoken.lower()}")
            button.setAccessibleName(spoken)
            stand_for(button, action)
        self.run.setProperty("role", "primary")
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self.preview, 1)
        buttons.addWidget(self.run, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(PADDING, 0, PADDING, PADDING)
        column.setSpacing(GRID)
        column.addWidget(rule())
        column.addWidget(self.note)
        column.addLayout(buttons)
