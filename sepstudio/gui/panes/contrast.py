"""A small bar that shows and sets which levels the colours of a spectrogram span."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sepstudio.gui.items.colours import image_of, level_table
from sepstudio.gui.panes.display import DEFAULT_LEVELS, LEAST_RANGE_DB, fitting_levels
from sepstudio.gui.texts import level_text
from sepstudio.gui.theme import current_palette
from sepstudio.tiles.decibels import CEILING_DB, FLOOR_DB, TOP_CODE

_WIDTH, _HEIGHT = 128, 14
_REACH_PIXELS = 7
_NOTCH_DB = 2.0
_MARGIN = 1

Levels = tuple[float, float]


class ContrastBar(QWidget):
    """The axis from -120 to 0 dBFS in the colours of the picture.

    Drag an end or the middle, turn the wheel for a wider or narrower range, double-click for
    the default; arrow keys do the same.
    """

    levelsChanged = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._levels: Levels = DEFAULT_LEVELS
        self._colours = "magma"
        self._gamma = 1.0
        self._grabbed: tuple[float, Levels, bool, bool] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Contrast")
        self._describe()

    @property
    def levels(self) -> Levels:
        """The levels in dBFS at the dark and the bright end."""
        return self._levels

    def set_levels(self, lo: float, hi: float) -> None:
        """Set both ends in dBFS; they stay within -120 to 0 and at least 20 dB apart."""
        lo, hi = fitting_levels(lo, hi)
        if (lo, hi) != self._levels:
            self._levels = (lo, hi)
            self._describe()
            self.update()
            self.levelsChanged.emit(lo, hi)

    def show_levels(self, lo: float, hi: float) -> None:
        """Set both ends without telling: the levels are already in force."""
        blocked = self.blockSignals(True)
        self.set_levels(lo, hi)
        self.blockSignals(blocked)

    def set_colours(self, name: str, gamma: float = 1.0) -> None:
        """Show another colour map."""
        self._colours, self._gamma = name, gamma
        self.update()

    def sizeHint(self) -> QSize:
        """Return the fixed size."""
        return QSize(_WIDTH, _HEIGHT)

    def _describe(self) -> None:
        lo, hi = self._levels
        text = f"Contrast: {level_text(lo)} to {level_text(hi)} (0 dB = full-scale sine)"
        self.setToolTip(f"{text}. Drag the ends or the middle, double-click resets.")
        self.setAccessibleDescription(text)

    # -- drawing -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the colours and the two ends."""
        colours = current_palette()
        painter = QPainter(self)
        columns = max(self.width() - 2 * _MARGIN, 1)
        codes = np.linspace(0, TOP_CODE, columns).round().astype(np.uint8)
        bar = np.repeat(codes[None], self.height() - 2 * _MARGIN, axis=0)
        painter.drawImage(_MARGIN, _MARGIN, image_of(bar, level_table(self._colours, *self._levels, self._gamma), 1.0))
        painter.setPen(QColor(colours.accent if self.hasFocus() else colours.line))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        for colour, width in ((colours.window, 4.0), (colours.text, 2.0)):
            painter.setPen(QPen(QColor(colour), width))
            for level in self._levels:
                x = min(max(self._x_of(level), 2.0), self.width() - 2.0)
                painter.drawLine(QPointF(x, 0.0), QPointF(x, self.height()))

    def _x_of(self, level: float) -> float:
        return _MARGIN + (level - FLOOR_DB) / (CEILING_DB - FLOOR_DB) * (self.width() - 2 * _MARGIN)

    def _db_per_pixel(self) -> float:
        return (CEILING_DB - FLOOR_DB) / (self.width() - 2 * _MARGIN)

    # -- gestures ----------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the nearest end, or of both from the middle."""
        x = event.position().x()
        to_lo, to_hi = (abs(x - self._x_of(level)) for level in self._levels)
        both = min(to_lo, to_hi) > _REACH_PIXELS
        self._grabbed = (x, self._levels, both or to_lo < to_hi, both or to_hi <= to_lo)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what is held."""
        if self._grabbed is None:
            return
        x, (lo, hi), moves_lo, moves_hi = self._grabbed
        change = (event.position().x() - x) * self._db_per_pixel()
        if moves_lo and moves_hi:
            self._shift(lo, hi, change)
        elif moves_lo:
            self.set_levels(min(lo + change, hi - LEAST_RANGE_DB), hi)
        else:
            self.set_levels(lo, hi + change)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._grabbed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go back to the default."""
        self.set_levels(*DEFAULT_LEVELS)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Widen or narrow the range at its dark end."""
        lo, hi = self._levels
        self.set_levels(min(lo + np.sign(event.angleDelta().y()) * _NOTCH_DB, hi - LEAST_RANGE_DB), hi)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Shift with left and right, widen with down, narrow with up."""
        lo, hi = self._levels
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._shift(lo, hi, _NOTCH_DB if key == Qt.Key.Key_Right else -_NOTCH_DB)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.set_levels(min(lo + (_NOTCH_DB if key == Qt.Key.Key_Up else -_NOTCH_DB), hi - LEAST_RANGE_DB), hi)
        else:
            super().keyPressEvent(event)

    def _shift(self, lo: float, hi: float, change: float) -> None:
        change = min(max(change, FLOOR_DB - lo), CEILING_DB - hi)
        self.set_levels(lo + change, hi + change)
