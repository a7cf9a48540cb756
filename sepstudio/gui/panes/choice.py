"""A flat button of a header that opens a menu of choices and shows the one in force."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

# Lower than other controls, to fit the header, with the arrow beside the text instead of below it.
_METRICS = """
QToolButton { min-height: 20px; max-height: 20px; padding: 0 16px 0 6px; }
QToolButton::menu-indicator { subcontrol-origin: padding; subcontrol-position: center right; right: 4px; }
"""


class ChoiceButton(QToolButton):
    """One of a few words; ``chosen`` carries the action of the menu, whose data is the word."""

    chosen = Signal(QAction)

    def __init__(self, name: str, what: str, choices: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("role", "flat")
        self.setToolTip(what)
        self.setAccessibleName(what)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setStyleSheet(_METRICS)
        menu = QMenu(self)
        self._group = QActionGroup(menu)
        self._group.triggered.connect(self.chosen)
        self.setMenu(menu)
        self.set_choices(choices)

    def set_choices(self, choices: Sequence[str]) -> None:
        """Offer other words, at least one, and show the first."""
        for action in self._group.actions():
            self._group.removeAction(action)
            action.deleteLater()
        self.menu().clear()
        for choice in choices:
            action = QAction(choice, self._group, checkable=True)
            action.setData(choice)
            self.menu().addAction(action)
        self.choose(choices[0])

    def choose(self, choice: str) -> None:
        """Show a choice; emits nothing."""
        for action in self._group.actions():
            action.setChecked(action.data() == choice)
        self.setText(choice)
