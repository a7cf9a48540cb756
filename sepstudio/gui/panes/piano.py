"""Piano keys along a frequency axis."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from sepstudio.gui.panes.axis import LEFT_MARGIN, axis_font
from sepstudio.gui.texts import A4_HZ, A4_MIDI, frequency_text, note_text
from sepstudio.gui.theme import blend, current_palette
from sepstudio.tiles.scales import FrequencyScale

LOWEST_KEY, HIGHEST_KEY = 12, 132
_BLACK = frozenset({1, 3, 6, 8, 10})
# Black keys reach as far from the left as this share of the keys.
_BLACK_SHARE = 0.62
_LABEL_WIDTH = 26
_LABEL_HEIGHT = 13
_LEAST_KEY_PIXELS = 1.2


def key_hertz(key: float) -> float:
    """Return the frequency of a key; A4 is key 69 and 440 Hz."""
    return A4_HZ * 2.0 ** ((key - A4_MIDI) / 12)


def key_of(hertz: float) -> int:
    """Return the key nearest to a frequency above 0 Hz."""
    return round(A4_MIDI + 12 * math.log2(hertz / A4_HZ))


class PianoStrip(QWidget):
    """One row for each semitone, at the height of its frequency; the Cs carry their names.

    ``keyPressed`` carries the frequency of a key in Hz; ``keyReleased`` says that it was let go.
    """

    keyPressed = Signal(float)
    keyReleased = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale = FrequencyScale()
        self._heights = (0.0, 1.0)
        self._pressed: int | None = None
        self.setObjectName(f"{name}.piano")
        self.setAccessibleName("Piano keys")
        self.setToolTip("Click a key to read its frequency")
        self.setFixedWidth(LEFT_MARGIN)

    def set_axis(self, scale: FrequencyScale, bottom: float, top: float) -> None:
        """Lie beside the part ``bottom`` to ``top`` (0 to 1) of an axis."""
        if (scale, (bottom, top)) != (self._scale, self._heights):
            self._scale, self._heights = scale, (bottom, top)
            self.update()

    def key_at(self, y: float) -> int | None:
        """Return the key at a number of pixels from the top, or None beyond the keys."""
        return next((key for key in range(LOWEST_KEY, HIGHEST_KEY + 1) if self._row(key).contains(1.0, y)), None)

    def y_of(self, key: float) -> float:
        """Return how many pixels from the top the frequency of a key lies."""
        bottom, top = self._heights
        return (1.0 - (float(self._scale.to_unit(key_hertz(key))) - bottom) / (top - bottom)) * self.height()

    def _row(self, key: int) -> QRectF:
        above, below = self.y_of(key + 0.5), self.y_of(key - 0.5)
        return QRectF(0.0, above, self.width(), below - above)

    # -- drawing -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the keys in view, lowest first."""
        colours = current_palette()
        ink, paper = sorted((colours.text, colours.window), key=lambda c: QColor(c).lightness())
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.panel))
        keys = QRectF(_LABEL_WIDTH, 0, self.width() - _LABEL_WIDTH, self.height())
        painter.fillRect(keys, QColor(paper))
        rows = [(key, self._row(key)) for key in range(LOWEST_KEY, HIGHEST_KEY + 1)]
        for key, row in rows:
            if row.bottom() >= 0 and row.top() <= self.height():
                self._draw_key(painter, key, row, keys.left(), ink, blend(ink, paper, 0.3))
        painter.setPen(QColor(colours.muted))
        painter.setFont(axis_font())
        self._draw_names(painter, [(key, row) for key, row in rows if key % 12 == 0])

    def _draw_key(self, painter: QPainter, key: int, row: QRectF, left: float, ink: str, line: str) -> None:
        width = self.width() - left
        place = QRectF(left, row.top(), width, row.height())
        if key == self._pressed:
            painter.fillRect(place, QColor(current_palette().accent))
        elif key % 12 in _BLACK and row.height() >= _LEAST_KEY_PIXELS:
            painter.fillRect(QRectF(left, row.top(), width * _BLACK_SHARE, row.height()), QColor(ink))
        if key % 12 in (0, 5) and (row.height() >= _LEAST_KEY_PIXELS or key % 12 == 0):
            painter.setPen(QColor(line))
            painter.drawLine(QPointF(left, row.bottom()), QPointF(self.width(), row.bottom()))

    def _draw_names(self, painter: QPainter, rows: list[tuple[int, QRectF]]) -> None:
        free = float(self.height())
        for key, row in rows:
            middle = row.center().y()
            if not _LABEL_HEIGHT / 2 <= middle <= self.height() - _LABEL_HEIGHT / 2 or middle > free:
                continue
            free = middle - _LABEL_HEIGHT
            box = QRectF(0, middle - _LABEL_HEIGHT / 2, _LABEL_WIDTH - 3, _LABEL_HEIGHT)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"C{key // 12 - 1}")

    # -- gestures ----------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Light a key and say its frequency."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._press(self.key_at(event.position().y()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse while it is held."""
        key = self.key_at(event.position().y())
        if self._pressed is not None and key is not None and key != self._pressed:
            self._press(key)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the key."""
        self._press(None)

    def _press(self, key: int | None) -> None:
        self._pressed = key
        if key is not None:
            hertz = key_hertz(key)
            self.setToolTip(f"{note_text(hertz)}, {frequency_text(hertz)}")
            self.keyPressed.emit(hertz)
        else:
            self.keyReleased.emit()
        self.update()
