"""Keeps the wheel that scrolls a panel from changing the values that pass below the pointer."""

from __future__ import annotations

from PySide6.QtCore import QChildEvent, QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractSlider, QAbstractSpinBox, QComboBox, QScrollBar, QWidget

_INPUTS = (QAbstractSlider, QAbstractSpinBox, QComboBox)


class WheelGuard(QObject):
    """Lets a slider, number box or list below ``root`` have the wheel only while it has the focus.

    Without it the event goes on to the scroll area around. Widgets that are added later are guarded too.
    """

    def __init__(self, root: QWidget) -> None:
        super().__init__(root)
        self._guard(root)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hold back the wheel; look after new children."""
        kind = event.type()
        if kind == QEvent.Type.Wheel:
            if isinstance(watched, _INPUTS) and not watched.hasFocus():
                event.ignore()
                return True
        elif kind == QEvent.Type.ChildPolished and isinstance(event, QChildEvent):
            child = event.child()
            if isinstance(child, QWidget):
                self._guard(child)
        return False

    def _guard(self, top: QWidget) -> None:
        for widget in (top, *top.findChildren(QWidget)):
            if isinstance(widget, QScrollBar):
                continue
            # Installed a second time, a filter is moved to the front and not doubled.
            widget.installEventFilter(self)
            if isinstance(widget, _INPUTS) and widget.focusPolicy() == Qt.FocusPolicy.WheelFocus:
                widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
