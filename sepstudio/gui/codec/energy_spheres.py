"""Energy maps spread out flat, and on a globe that is turned by hand."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from sepstudio.gui.codec.energy_picture import EnergyPicture
from sepstudio.gui.codec.sphere import (
    FRONT,
    Facing,
    Sampler,
    flat_place,
    flat_sampler,
    globe_direction,
    globe_place,
    globe_sampler,
)
from sepstudio.gui.theme import Palette

_WHAT = (
    "How much sound comes from each direction, in dB of full scale: of the scene, of what was decoded, and decoded "
    "minus reference. Rings mark the loudest direction. "
)
_FLAT_TIP = _WHAT + (
    "The whole sphere spread out flat: the front in the middle, the left in the left half, behind at both ends, above "
    "on top. Point at a direction, or go with the arrow keys"
)
_GLOBE_TIP = _WHAT + (
    "The half of the sphere that one looks at from its middle. Drag to turn it, or use the arrow keys; Shift and the "
    "arrows read directions, Home or a double-click looks straight ahead"
)
_SIDES = {"F": (0.0, 0.0), "L": (90.0, 0.0), "B": (180.0, 0.0), "R": (-90.0, 0.0), "U": (0.0, 90.0), "D": (0.0, -90.0)}
_FLAT_NAMES = ((0.0, "B"), (0.25, "L"), (0.5, "F"), (0.75, "R"), (1.0, "B"))
_STEP = 10.0
_TURNS = {
    Qt.Key.Key_Left: (_STEP, 0.0),
    Qt.Key.Key_Right: (-_STEP, 0.0),
    Qt.Key.Key_Up: (0.0, _STEP),
    Qt.Key.Key_Down: (0.0, -_STEP),
}
# Lines that tell directions must not hide what they lie over.
_LINE_ALPHA, _STRONG_ALPHA = 60, 130
_ALONG = np.arange(-180.0, 181.0, 6.0)


def _line(ink: Palette, *, strong: bool) -> QPen:
    colour = QColor(ink.muted)
    colour.setAlpha(_STRONG_ALPHA if strong else _LINE_ALPHA)
    return QPen(colour, 1.0)


class FlatEnergy(EnergyPicture):
    """Spheres spread out flat, equal angles apart."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("codec.energy.map", parent)
        self.setAccessibleName("Energy map")
        self.setToolTip(_FLAT_TIP)

    @property
    def shape(self) -> QSize:
        """Twice as wide as high."""
        return QSize(2, 1)

    def sampler(self, width: int, height: int) -> Sampler:
        """Return what reads maps at the pixels of a sphere of this size."""
        return flat_sampler(width, height)

    def place_of(self, azimuth: float, elevation: float, field: QRectF) -> QPointF | None:
        """Return where a direction in degrees lies."""
        across, down = flat_place(azimuth, elevation)
        return QPointF(field.left() + across * field.width(), field.top() + down * field.height())

    def direction_at(self, place: QPointF, field: QRectF) -> tuple[float, float] | None:
        """Return the direction, in degrees, of a place."""
        across, down = (place.x() - field.left()) / field.width(), (place.y() - field.top()) / field.height()
        return 180.0 - 360.0 * across, 90.0 - 180.0 * down

    def draw_lines(self, painter: QPainter, colours: Palette, ink: Palette, field: QRectF) -> None:
        """Draw quarters, the horizon and the names of the sides."""
        for share in (0.25, 0.5, 0.75):
            painter.setPen(_line(ink, strong=share == 0.5))
            x, y = field.left() + share * field.width(), field.top() + share * field.height()
            painter.drawLine(QPointF(x, field.top()), QPointF(x, field.bottom()))
            painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colours.line), 1.0))
        painter.drawRect(field)
        painter.setPen(QColor(colours.muted))
        for share, name in _FLAT_NAMES:
            # Those at the ends stay within.
            middle = min(max(field.left() + share * field.width(), field.left() + 5), field.right() - 5)
            room = QRectF(middle - 8, field.bottom(), 16, 14)
            painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter), name)


class GlobeEnergy(EnergyPicture):
    """Halves of spheres as they are seen from their middle, all turned alike."""

    own_keys = frozenset({*_TURNS, Qt.Key.Key_Home})

    def __init__(self, parent: QWidget | None = None) -> None:
        self._facing = FRONT
        self._held: QPointF | None = None
        super().__init__("codec.energy.globe", parent)
        self.setAccessibleName("Energy on a globe")
        self.setToolTip(_GLOBE_TIP)
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    @property
    def shape(self) -> QSize:
        """As wide as high."""
        return QSize(1, 1)

    @property
    def facing(self) -> Facing:
        """Where one looks."""
        return self._facing

    def face(self, facing: Facing) -> None:
        """Look somewhere else."""
        if facing != self._facing:
            self._facing = facing
            self.update()

    def sampler(self, width: int, height: int) -> Sampler:
        """Return what reads maps at the pixels of a sphere of this size."""
        return globe_sampler(min(width, height), self._facing)

    def place_of(self, azimuth: float, elevation: float, field: QRectF) -> QPointF | None:
        """Return where a direction in degrees lies, or None on the half behind."""
        right, down, near = globe_place(azimuth, elevation, self._facing)
        radius = field.width() / 2
        return field.center() + QPointF(right, down) * radius if near >= 0.0 else None

    def direction_at(self, place: QPointF, field: QRectF) -> tuple[float, float] | None:
        """Return the direction, in degrees, of a place, or None beside the globe."""
        offset = (place - field.center()) / (field.width() / 2)
        return globe_direction(offset.x(), offset.y(), self._facing)

    # -- the hand ----------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the globe."""
        if event.button() == Qt.MouseButton.LeftButton and self.filled:
            self._held = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn the globe along with the pointer, or read the direction below it."""
        if self._held is None:
            super().mouseMoveEvent(event)
            return
        moved, self._held = event.position() - self._held, event.position()
        angles = moved / (self.field(0).width() / 2) * math.degrees(1.0)
        # What was taken hold of stays below the pointer.
        self.face(self._facing.turned(angles.x(), angles.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._held = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Look straight ahead."""
        self.face(FRONT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn the globe by steps, or read directions with Shift."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Home:
            self.face(FRONT)
        elif key in _TURNS and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.face(self._facing.turned(*_TURNS[key]))
        else:
            super().keyPressEvent(event)

    # -- drawing -----------------------------------------------------------------------------

    def draw_lines(self, painter: QPainter, colours: Palette, ink: Palette, field: QRectF) -> None:
        """Draw meridians, parallels and the names of the sides."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for elevation in (-45.0, 0.0, 45.0):
            painter.setPen(_line(ink, strong=elevation == 0.0))
            self._draw_run(painter, field, [(azimuth, elevation) for azimuth in _ALONG])
        for azimuth in (0.0, 45.0, 90.0, 135.0):
            painter.setPen(_line(ink, strong=azimuth == 0.0))
            self._draw_run(painter, field, [(azimuth, elevation) for elevation in _ALONG])
        painter.setPen(QPen(QColor(colours.muted), 1.0))
        painter.drawEllipse(field)
        for name, direction in _SIDES.items():
            right, down, near = globe_place(*direction, self._facing)
            if near > 0.05:
                middle = field.center() + QPointF(right, down) * (field.width() / 2)
                _draw_name(painter, middle, name, ink)

    def _draw_run(self, painter: QPainter, field: QRectF, run: list[tuple[float, float]]) -> None:
        """Draw what is seen of a line."""
        seen: list[QPointF] = []
        for place in [*(self.place_of(*direction, field) for direction in run), None]:
            if place is not None:
                seen.append(place)
            elif seen:
                painter.drawPolyline(QPolygonF(seen))
                seen = []


def _draw_name(painter: QPainter, middle: QPointF, name: str, ink: Palette) -> None:
    """Draw a letter that can be read on every colour."""
    for offset, colour in ((1.0, ink.window), (0.0, ink.text)):
        painter.setPen(QColor(colour))
        room = QRectF(middle.x() - 8 + offset, middle.y() - 8 + offset, 16, 16)
        painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter), name)
