"""A slider that speaks in fractions of its way and knows coarse, fine and back to the start."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QSlider, QWidget

_TICKS = 2000
_HANDLE_PIXELS = 12
_FINE_RATIO = 0.1
_WHEEL_NOTCH = 120
_STEP_KEYS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Down: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Up: 1,
    Qt.Key.Key_PageDown: -10,
    Qt.Key.Key_PageUp: 10,
}


class FineSlider(QSlider):
    """A horizontal slider without a raster of its own; what a position means is up to its owner.

    ``dragged(fraction, fine)`` follows the mouse, ``stepped(steps, fine)`` the wheel and the
    arrow keys, ``resetRequested`` a double-click (or a click with ``reset_modifier``).
    While ``fine_modifier`` is held, the handle moves a tenth as far as the mouse.
    """

    dragged = Signal(float, bool)
    stepped = Signal(int, bool)
    resetRequested = Signal()

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        fine_modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.ShiftModifier,
        reset_modifier: Qt.KeyboardModifier | None = None,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, _TICKS)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._fine_modifier = fine_modifier
        self._reset_modifier = reset_modifier
        self._fraction = 0.0
        self._last_x: float | None = None
        self._wheel = 0

    @property
    def fraction(self) -> float:
        """Where the handle is, 0 to 1."""
        return min(max(self._fraction, 0.0), 1.0)

    def set_fraction(self, fraction: float) -> None:
        """Move the handle; emits nothing of ours. A drag that goes on keeps its own exact place."""
        if self._last_x is None:
            self._fraction = fraction
        self.setValue(round(fraction * _TICKS))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a drag: from the handle when it was hit, else from where the mouse is."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        if self._reset_modifier is not None and event.modifiers() & self._reset_modifier:
            self.resetRequested.emit()
            return
        self.setSliderDown(True)
        x = event.position().x()
        fine = self._is_fine(event.modifiers())
        if not fine and abs(x - self._handle_x()) > _HANDLE_PIXELS / 2:
            self._move_to((x - _HANDLE_PIXELS / 2) / self._travel(), fine)
        self._last_x = x

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        if self._last_x is None:
            return
        x = event.position().x()
        fine = self._is_fine(event.modifiers())
        moved = (x - self._last_x) / self._travel() * (_FINE_RATIO if fine else 1.0)
        self._last_x = x
        self._move_to(self._fraction + moved, fine)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag."""
        if self._last_x is not None:
            self._last_x = None
            self._fraction = self.value() / _TICKS
            self.setSliderDown(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask for the default."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.resetRequested.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step once a notch; finer wheels add up to one."""
        # With Alt, and on macOS with Shift, Qt turns the wheel sideways.
        delta = event.angleDelta()
        self._wheel += delta.y() or delta.x()
        steps = int(self._wheel / _WHEEL_NOTCH)
        self._wheel -= steps * _WHEEL_NOTCH
        if steps:
            self.stepped.emit(steps, self._is_fine(event.modifiers()))
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Claim the keys that move the handle: with the focus here they are no shortcuts of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            key = Qt.Key(event.key())
            if key in _STEP_KEYS or key in (Qt.Key.Key_Home, Qt.Key.Key_End):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step by the arrow keys; Home and End go to the ends."""
        key = Qt.Key(event.key())
        if key in _STEP_KEYS:
            self.stepped.emit(_STEP_KEYS[key], self._is_fine(event.modifiers()))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._move_to(0.0 if key == Qt.Key.Key_Home else 1.0, False)
        else:
            event.ignore()

    def _move_to(self, fraction: float, fine: bool) -> None:
        # Not clamped: a mouse that overshoots the end must come back as far before the handle moves again.
        self._fraction = fraction
        self.dragged.emit(self.fraction, fine)

    def _is_fine(self, modifiers: Qt.KeyboardModifier) -> bool:
        return bool(modifiers & self._fine_modifier)

    def _travel(self) -> int:
        return max(self.width() - _HANDLE_PIXELS, 1)

    def _handle_x(self) -> float:
        return self.value() / _TICKS * self._travel() + _HANDLE_PIXELS / 2
