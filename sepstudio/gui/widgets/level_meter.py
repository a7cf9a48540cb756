"""The level meter of the two output channels."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sepstudio.gui.texts import MINUS, level_text
from sepstudio.gui.theme import TEXT_PIXELS, current_palette, number_font

FLOOR_DB = -60.0
FALL_DB_PER_SECOND = 24.0
HOLD_SECONDS = 1.5
# From here on the bar warns: the head-room that mastering usually leaves.
WARM_DB = -6.0

_BAR_WIDTH = 92
_BAR_HEIGHT = 8
_LETTER_WIDTH = 14
_NUMBER_WIDTH = 58
_LAMP = 8
_ROW = 14
_SMALL = TEXT_PIXELS - 2
_PEAK_OPACITY = 0.45


def decibels(linear: float) -> float:
    """Return 20·log10 of a linear peak, not below the floor of the meter."""
    return max(20.0 * math.log10(linear), FLOOR_DB) if linear > 0.0 else FLOOR_DB


class Ballistics:
    """What one bar shows: a level that falls slowly, a peak that is held, a lamp that stays lit."""

    def __init__(self) -> None:
        self.level = FLOOR_DB
        self.held = FLOOR_DB
        self.held_since = -math.inf
        self.clipped = False
        self.rms = FLOOR_DB

    def feed(self, peak: float, rms: float, now: float, elapsed: float) -> None:
        """Take the highest sample (linear) since the last call, ``elapsed`` seconds ago, and the RMS now."""
        level = decibels(peak)
        self.rms = decibels(rms)
        self.level = max(level, self.level - FALL_DB_PER_SECOND * elapsed, FLOOR_DB)
        if level >= self.held or now - self.held_since > HOLD_SECONDS:
            self.held, self.held_since = level, now
        self.clipped = self.clipped or peak > 1.0


class LevelMeter(QWidget):
    """Two bars in dB below full scale, with the held peaks as numbers and a lamp for clipping each.

    The pale bar is the peak, the full one within it the RMS.

    A click puts out the lamps. ``clock`` returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._last = clock()
        self._channels = (Ballistics(), Ballistics())
        self.setObjectName("transport.meter")
        self.setAccessibleName("Output level")
        self.setToolTip(
            "The output in dB below full scale: RMS of the last 0.3 s (full) and peaks (pale); "
            "the numbers are held peaks. Click to put out the clip lamps"
        )
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def levels(self) -> tuple[float, float]:
        """Lengths of the two bars in dB."""
        return self._channels[0].level, self._channels[1].level

    @property
    def held(self) -> tuple[float, float]:
        """The two held peaks in dB, as the numbers show them."""
        return self._channels[0].held, self._channels[1].held

    @property
    def clipped(self) -> tuple[bool, bool]:
        """Which lamps are lit."""
        return self._channels[0].clipped, self._channels[1].clipped

    @property
    def rms(self) -> tuple[float, float]:
        """Lengths of the two inner bars in dB."""
        return self._channels[0].rms, self._channels[1].rms

    def set_levels(self, peaks: tuple[float, float], rms: tuple[float, float] = (0.0, 0.0)) -> None:
        """Take the highest absolute samples since the last call, and the RMS now (linear, full scale 1.0)."""
        now = self._clock()
        before = self._shown()
        for channel, peak, mean in zip(self._channels, peaks, rms, strict=True):
            channel.feed(peak, mean, now, now - self._last)
        self._last = now
        if before != self._shown():
            self.update()

    def _shown(self) -> list[tuple[float, float, float, bool]]:
        return [(round(c.level, 1), round(c.rms, 1), round(c.held, 1), c.clipped) for c in self._channels]

    def reset_clip(self) -> None:
        """Put out the lamps."""
        for channel in self._channels:
            channel.clipped = False
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put out the lamps."""
        self.reset_clip()

    def sizeHint(self) -> QSize:
        """Return the room that the bars and numbers need."""
        return QSize(_LETTER_WIDTH + _BAR_WIDTH + 4 + _LAMP + 4 + _NUMBER_WIDTH, 2 * _ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint both channels."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = number_font()
        font.setPixelSize(_SMALL)
        painter.setFont(font)
        for row, (letter, channel) in enumerate(zip("LR", self._channels, strict=True)):
            self._paint_channel(painter, letter, channel, row * _ROW)
        painter.end()

    def _paint_channel(self, painter: QPainter, letter: str, channel: Ballistics, top: int) -> None:
        colours = current_palette()
        painter.setPen(QColor(colours.muted))
        painter.drawText(QRectF(0, top, _LETTER_WIDTH, _ROW), Qt.AlignmentFlag.AlignVCenter, letter)
        bar = QRectF(_LETTER_WIDTH, top + (_ROW - _BAR_HEIGHT) / 2, _BAR_WIDTH, _BAR_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(bar, QColor(colours.raised))
        warm = _x(WARM_DB)
        for level, opacity in ((channel.level, _PEAK_OPACITY), (channel.rms, 1.0)):
            painter.setOpacity(opacity)
            painter.fillRect(QRectF(bar.x(), bar.y(), min(_x(level), warm), bar.height()), QColor(colours.ok))
            if level > WARM_DB:
                rest = QRectF(bar.x() + warm, bar.y(), _x(level) - warm, bar.height())
                painter.fillRect(rest, QColor(colours.warning))
        painter.setOpacity(1.0)
        if channel.held > FLOOR_DB:
            tick = QRectF(bar.x() + min(_x(channel.held), _BAR_WIDTH - 1.5), bar.y() - 1, 1.5, bar.height() + 2)
            painter.fillRect(tick, QColor(colours.text))
        lamp = QRectF(bar.right() + 4, top + (_ROW - _LAMP) / 2, _LAMP, _LAMP)
        painter.setBrush(QColor(colours.error if channel.clipped else colours.raised))
        painter.drawRoundedRect(lamp, 2, 2)
        painter.setPen(QColor(colours.text if channel.held > FLOOR_DB else colours.muted))
        number = QRectF(lamp.right() + 4, top, _NUMBER_WIDTH, _ROW)
        painter.drawText(number, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, _number(channel.held))


def _x(level: float) -> float:
    return _BAR_WIDTH * min(max(1.0 - level / FLOOR_DB, 0.0), 1.0)


def _number(level: float) -> str:
    return level_text(-math.inf) if level <= FLOOR_DB else f"{level:+.1f} dB".replace("-", MINUS)
