"""Keeps keys of the window from being taken away from the control that has the focus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

_Key, _Modifier = Qt.Key, Qt.KeyboardModifier
_TEXTS = (QLineEdit, QAbstractSpinBox, QPlainTextEdit, QTextEdit)
_COMMANDS = _Modifier.ControlModifier | _Modifier.AltModifier | _Modifier.MetaModifier
_ARROWS = frozenset({_Key.Key_Left, _Key.Key_Right, _Key.Key_Up, _Key.Key_Down, _Key.Key_Home, _Key.Key_End})
_ENTERS = frozenset({_Key.Key_Return, _Key.Key_Enter})
_LISTS = _ARROWS | _ENTERS


class KeyGuard(QObject):
    """Gives the focused control the keys that it needs itself, before a shortcut of the window takes them.

    A text field has everything that can be typed: all but function keys, and what is pressed with
    Ctrl, Alt or Meta. Buttons and combo boxes have Space, but only when Tab brought the focus to
    them: after a click, or when what had the focus went away, Space plays. Lists have arrows and
    Return; any other widget names its keys in an attribute ``own_keys``.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._guarded: QWidget | None = None
        self._tab_pressed = False
        self._by_tab = False
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._follow)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Accept the keys of the focused control as its own."""
        if not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.KeyPress:
            self._tab_pressed = event.key() in (_Key.Key_Tab, _Key.Key_Backtab)
        elif event.type() == QEvent.Type.ShortcutOverride and self._is_own(watched, event):
            event.accept()
            return True
        return False

    def _follow(self, left: QWidget | None, entered: QWidget | None) -> None:
        if left is not None and left is self._guarded:
            left.removeEventFilter(self)
        self._guarded = entered
        self._by_tab, self._tab_pressed = self._tab_pressed, False
        if entered is not None:
            entered.installEventFilter(self)

    def _is_own(self, widget: QObject, event: QKeyEvent) -> bool:
        if event.modifiers() & _COMMANDS:
            return False
        if isinstance(widget, _TEXTS):
            return not _Key.Key_F1 <= event.key() <= _Key.Key_F35
        if isinstance(widget, QAbstractButton | QComboBox) and event.key() == _Key.Key_Space:
            return self._by_tab
        if isinstance(widget, QAbstractItemView) and widget.window().windowType() == Qt.WindowType.Popup:
            # The list of a combo box chooses at this very event, unless somebody answers it first.
            return event.key() in _ARROWS
        return event.key() in _own_keys(widget)


def _own_keys(widget: QObject) -> frozenset[int]:
    if isinstance(widget, QComboBox | QAbstractItemView):
        return _LISTS
    return getattr(widget, "own_keys", frozenset())
