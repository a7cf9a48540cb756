"""The small lettered buttons of a mixer."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QToolButton, QWidget

_EXCLUSIVE = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


class LetterButton(QToolButton):
    """A button with one letter that stays lit.

    Ctrl+Alt-click means "this one alone", the middle button "for as long as it is held".
    """

    exclusiveClicked = Signal()
    held = Signal(bool)

    def __init__(self, letter: str, role: str, name: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(letter)
        self.setProperty("role", role)
        self.setObjectName(name)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the click with both modifiers out of the usual way."""
        if event.button() == Qt.MouseButton.LeftButton and event.modifiers() & _EXCLUSIVE == _EXCLUSIVE:
            self.exclusiveClicked.emit()
            return
        if event.button() == Qt.MouseButton.MiddleButton:
            self.held.emit(True)
            return
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of what the middle button holds."""
        if event.button() == Qt.MouseButton.MiddleButton:
            self.held.emit(False)
            return
        super().mouseReleaseEvent(event)
