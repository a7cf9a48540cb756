"""A part of a panel that folds away under its title."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from sepstudio.gui.icons import icon
from sepstudio.gui.theme import CONTROL_HEIGHT, current_palette

_CHEVRON = 14


class FoldButton(QToolButton):
    """The title of a fold: a chevron that points down while the fold is open."""

    def __init__(self, text: str, name: str, *, opened: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drawn = ("", "")
        self.setObjectName(name)
        self.setProperty("role", "fold")
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(f"Show or hide: {text}")
        self.setCheckable(True)
        self.setChecked(opened)
        self.setFixedHeight(CONTROL_HEIGHT)
        self.setIconSize(QSize(_CHEVRON, _CHEVRON))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.toggled.connect(self._point)
        self._point()

    def minimumSizeHint(self) -> QSize:
        """Return a width that leaves room for a few letters: the rest ends in an ellipsis."""
        return QSize(_CHEVRON + self.fontMetrics().horizontalAdvance("abcdef…"), CONTROL_HEIGHT)

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._point()

    def _point(self) -> None:
        wanted = ("chevron-down" if self.isChecked() else "chevron-right", current_palette().muted)
        if wanted != self._drawn:
            self._drawn = wanted
            self.setIcon(icon(*wanted))


class Fold(QWidget):
    """A title and, while it is open, a body below it."""

    toggled = Signal(bool)

    def __init__(
        self, text: str, name: str, body: QWidget, *, opened: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.button = FoldButton(text, name, opened=opened)
        self.body = body
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.button)
        layout.addWidget(body)
        body.setVisible(opened)
        self.button.toggled.connect(body.setVisible)
        self.button.toggled.connect(self.toggled)

    def set_open(self, opened: bool) -> None:
        """Open or close it."""
        self.button.setChecked(opened)
