"""Push buttons with words on them."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton

from sepstudio.gui.theme import CONTROL_HEIGHT


def push_button(name: str, text: str, tip: str, *, spoken: str = "") -> QPushButton:
    """Return a button; ``spoken`` is what it is called where its text says too little.

    In a dialog it does not become the default by itself.
    """
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(spoken or text)
    button.setToolTip(tip)
    button.setFixedHeight(CONTROL_HEIGHT)
    button.setAutoDefault(False)
    return button
