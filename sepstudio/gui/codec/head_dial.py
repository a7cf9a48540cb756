"""A head seen from above and from behind, to be turned by hand."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from sepstudio.gui.codec.head_text import head_text
from sepstudio.gui.theme import Palette, current_palette
from sepstudio.playback.head import FRONT, Orientation

_TIP = (
    "Turn the head that hears the scene. Drag the nose of the left picture to look around; drag the right picture up "
    "or down to look there, sideways to tilt. Arrow keys turn by 5°, Shift and the arrows tilt, Home or a double-click "
    "looks straight ahead"
)
_STEP = 5.0
_DEGREES_PER_PIXEL = 1.0
_STEEPEST = 90.0
_SIZE = 76
_KEYS = {
    Qt.Key.Key_Left: (_STEP, 0.0),
    Qt.Key.Key_Right: (-_STEP, 0.0),
    Qt.Key.Key_Up: (0.0, -_STEP),
    Qt.Key.Key_Down: (0.0, _STEP),
}


def stepped(orientation: Orientation, yaw: float, pitch: float, roll: float) -> Orientation:
    """Return a head turned on by angles in degrees; it does not bend over backwards."""
    now = orientation.degrees
    steep = min(max(now[1] + pitch, -_STEEPEST), _STEEPEST)
    return Orientation.of_degrees(now[0] + yaw, steep, math.remainder(now[2] + roll, 360.0))


class HeadDial(QWidget):
    """Shows how a head is turned; ``turned`` carries the Orientation that a hand gives it."""

    turned = Signal(object)
    own_keys = frozenset({*_KEYS, Qt.Key.Key_Home})

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._orientation = FRONT
        self._yaws = False
        self._last: QPointF | None = None
        self.setObjectName("codec.head")
        self.setAccessibleName("Head of the listener")
        self.setToolTip(_TIP)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_orientation(FRONT)

    @property
    def orientation(self) -> Orientation:
        """The turn on show."""
        return self._orientation

    def set_orientation(self, orientation: Orientation) -> None:
        """Show a turn; emits nothing."""
        self._orientation = orientation
        self.setAccessibleDescription(head_text(orientation))
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room of both pictures."""
        return QSize(2 * _SIZE + 16, _SIZE)

    # -- the hand ----------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the picture below the pointer."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._yaws = event.position().x() < self.width() / 2
        self._last = event.position()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn the head along with the pointer."""
        if self._last is None:
            return
        before, self._last = self._last, event.position()
        if self._yaws:
            self._turn(_angle_about(self._place(0).center(), before, self._last), 0.0, 0.0)
        else:
            moved = self._last - before
            self._turn(0.0, moved.y() * _DEGREES_PER_PIXEL, moved.x() * _DEGREES_PER_PIXEL)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._last = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Look straight ahead."""
        self._give(FRONT)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turn to the left or the right."""
        delta = event.angleDelta().y() or event.angleDelta().x()
        self._turn(math.copysign(_STEP, delta), 0.0, 0.0)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn by steps."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Home:
            self._give(FRONT)
        elif key in _KEYS:
            yaw, pitch = _KEYS[key]
            tilts = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier) and yaw
            self._turn(0.0 if tilts else yaw, pitch, -yaw if tilts else 0.0)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the keys turn the head."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that they do not."""
        super().focusOutEvent(event)
        self.update()

    def _turn(self, yaw: float, pitch: float, roll: float) -> None:
        self._give(stepped(self._orientation, yaw, pitch, roll))

    def _give(self, orientation: Orientation) -> None:
        if orientation != self._orientation:
            self.set_orientation(orientation)
            self.turned.emit(orientation)

    # -- drawing -----------------------------------------------------------------------------

    def _place(self, index: int) -> QRectF:
        """Return where a picture lies, side by side in the middle."""
        gap = max((self.width() - 2 * _SIZE) / 3, 0.0)
        return QRectF(gap + index * (_SIZE + gap), 0, _SIZE, _SIZE).adjusted(2, 2, -2, -2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint both pictures."""
        colours = current_palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index in (0, 1):
            painter.setPen(QPen(QColor(colours.accent if self.hasFocus() else colours.line), 1.5))
            painter.setBrush(QColor(colours.raised))
            painter.drawEllipse(self._place(index))
        self._paint_above(painter, colours, self._place(0))
        self._paint_behind(painter, colours, self._place(1))
        painter.end()

    def _paint_above(self, painter: QPainter, colours: Palette, room: QRectF) -> None:
        """Paint the head from above, the front of the scene at the top."""
        radius = room.width() / 2
        painter.setPen(QPen(QColor(colours.muted), 1.5))
        for quarter in range(4):
            _paint_mark(painter, room, 90.0 * quarter, 0.18 if quarter == 0 else 0.08)
        painter.save()
        painter.translate(room.center())
        painter.rotate(-self._orientation.degrees[0])
        # The nose is what a hand takes hold of.
        painter.setBrush(QColor(colours.accent))
        painter.setPen(Qt.PenStyle.NoPen)
        wide = radius * 0.16
        nose = (QPointF(-wide, -radius * 0.4), QPointF(0, -radius * 0.86), QPointF(wide, -radius * 0.4))
        painter.drawPolygon(QPolygonF(nose))
        self._paint_skull(painter, colours, radius * 0.5)
        painter.restore()

    def _paint_behind(self, painter: QPainter, colours: Palette, room: QRectF) -> None:
        """Paint the head from behind: it tilts, and the line is where straight ahead lies for it."""
        radius = room.width() / 2
        _, pitch, roll = self._orientation.degrees
        painter.save()
        painter.translate(room.center())
        painter.setPen(QPen(QColor(colours.muted), 1.5))
        painter.drawLine(QPointF(-radius, 0), QPointF(radius, 0))
        painter.rotate(roll)
        self._paint_skull(painter, colours, radius * 0.5)
        gaze = radius * 0.8 * math.sin(math.radians(pitch))
        painter.setPen(QPen(QColor(colours.accent), 3))
        painter.drawLine(QPointF(-radius * 0.42, gaze), QPointF(radius * 0.42, gaze))
        painter.restore()

    def _paint_skull(self, painter: QPainter, colours: Palette, radius: float) -> None:
        painter.setPen(QPen(QColor(colours.text), 1.5))
        painter.setBrush(QColor(colours.panel))
        for side in (-1, 1):
            painter.drawEllipse(QPointF(side * radius, 0), radius * 0.18, radius * 0.36)
        painter.drawEllipse(QPointF(0, 0), radius * 0.92, radius)


def _paint_mark(painter: QPainter, room: QRectF, degrees: float, length: float) -> None:
    radius, angle = room.width() / 2, math.radians(degrees)
    outward = QPointF(math.sin(angle), -math.cos(angle))
    painter.drawLine(room.center() + outward * radius * (1.0 - length), room.center() + outward * radius)


def _angle_about(centre: QPointF, before: QPointF, now: QPointF) -> float:
    """Return the turn to the left, in degrees, from one place to another about a centre."""
    first, second = before - centre, now - centre
    if min(math.hypot(first.x(), first.y()), math.hypot(second.x(), second.y())) < 1.0:
        return 0.0
    turn = math.atan2(second.x(), -second.y()) - math.atan2(first.x(), -first.y())
    return -math.degrees(math.remainder(turn, 2.0 * math.pi))
