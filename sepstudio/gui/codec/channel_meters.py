"""The levels of all channels of a scene, order by order."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sepstudio.gui.codec.channel_names import channel_letter, channel_text, order_edges, order_of_channel
from sepstudio.gui.panes.axis import axis_font
from sepstudio.gui.texts import MINUS, level_text
from sepstudio.gui.theme import Palette, current_palette
from sepstudio.gui.widgets.level_meter import FLOOR_DB, WARM_DB, Ballistics
from sepstudio.playback.meter import Levels

_TIP = (
    "The level of each channel of the scene that is heard, before it is folded to two: RMS of the last 0.3 s (full), "
    "peaks (pale) and held peaks (line), from −60 dB to full scale. Point at a bar, or go with the arrow keys"
)
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_GROUP_GAP, _BAR_GAP = 8, 2
_LETTERS, _ORDERS = 14, 14
_LEAST_BAR, _LETTER_BAR = 3, 8
_HEIGHT = 112
_PEAK_OPACITY = 0.45


class ChannelMeters(QWidget):
    """A bar for each channel, in groups of 1, 3, 5, 7 … channels; ``told`` says what one of them shows.

    ``clock`` returns seconds.
    """

    told = Signal(str)
    own_keys = frozenset(_STEPS)

    def __init__(self, clock: Callable[[], float] = time.monotonic, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._last = clock()
        self._fuma = False
        self._bars: tuple[Ballistics, ...] = ()
        self._index: int | None = None
        self.setObjectName("codec.meters")
        self.setAccessibleName("Levels of the channels")
        self.setToolTip(_TIP)
        self.setFont(axis_font())
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    # -- what is shown -----------------------------------------------------------------------

    @property
    def levels(self) -> tuple[float, ...]:
        """Lengths of the bars in dB."""
        return tuple(bar.level for bar in self._bars)

    @property
    def index(self) -> int | None:
        """The channel that is pointed at, or None."""
        return self._index

    def set_channels(self, channels: int, *, fuma: bool = False) -> None:
        """Show so many channels, all silent; ``fuma`` is the sequence of Furse and Malham."""
        if (channels, fuma) != (len(self._bars), self._fuma):
            self._bars, self._fuma = tuple(Ballistics() for _ in range(channels)), fuma
            self._point_at(None)
            self.update()

    def set_levels(self, levels: Levels) -> None:
        """Take the peaks since the last call and the RMS now; channels beyond those on show are left out."""
        now, before = self._clock(), self._shown()
        silent = (0.0,) * len(self._bars)
        for bar, peak, rms in zip(self._bars, levels.peak or silent, levels.rms or silent, strict=False):
            bar.feed(peak, rms, now, now - self._last)
        self._last = now
        if before != self._shown():
            self._tell()
            self.update()

    def _shown(self) -> list[tuple[float, float, float]]:
        return [(round(bar.level, 1), round(bar.rms, 1), round(bar.held, 1)) for bar in self._bars]

    def text_of(self, index: int) -> str:
        """Return what a bar shows, in words."""
        bar = self._bars[index]
        name = f"{channel_text(index, fuma=self._fuma)}, order {order_of_channel(index)}"
        if bar.held <= FLOOR_DB:
            return f"{name}: below {level_text(FLOOR_DB)}"
        return f"{name}: RMS {bar.rms:.1f}, peak {bar.held:.1f} dB".replace("-", MINUS)

    # -- pointing ----------------------------------------------------------------------------

    def _point_at(self, index: int | None) -> None:
        if index != self._index:
            self._index = index
            self._tell()
            self.update()

    def _tell(self) -> None:
        text = self.text_of(self._index) if self._index is not None else ""
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)
            self.told.emit(text)

    def index_at(self, place: QPointF) -> int | None:
        """Return the channel whose bar is at a place, or None between groups."""
        for index in range(len(self._bars)):
            column = self._column(index)
            if column.left() <= place.x() < column.right() + _BAR_GAP:
                return index
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the bar below the pointer."""
        self._point_at(self.index_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Read nothing any more."""
        super().leaveEvent(event)
        self._point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the bar beside."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None or not self._bars:
            super().keyPressEvent(event)
        else:
            self._point_at(0 if self._index is None else min(max(self._index + step, 0), len(self._bars) - 1))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Read nothing any more."""
        super().focusOutEvent(event)
        self._point_at(None)

    # -- drawing -----------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Return the room that third order needs."""
        return QSize(16 * (_LETTER_BAR + _BAR_GAP) + 4 * _GROUP_GAP, _HEIGHT)

    def _column(self, index: int) -> QRectF:
        """Return where the bar of a channel lies, from full scale to the floor."""
        count, groups = len(self._bars), len(order_edges(len(self._bars))) - 1
        room = self.width() - (groups - 1) * _GROUP_GAP
        wide = max((room - count * _BAR_GAP) // max(count, 1), _LEAST_BAR)
        left = index * (wide + _BAR_GAP) + order_of_channel(index) * _GROUP_GAP
        return QRectF(left, 0, wide, self.height() - _LETTERS - _ORDERS)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bars, the letters below them and the orders below these."""
        colours = current_palette()
        painter = QPainter(self)
        if not self._bars:
            painter.end()
            return
        for index, bar in enumerate(self._bars):
            self._paint_bar(painter, colours, self._column(index), bar)
        self._paint_words(painter, colours)
        if self.hasFocus() or self._index is not None:
            painter.setPen(QColor(colours.accent))
            around = self._column(self._index) if self._index is not None else QRectF(self.rect())
            painter.drawRect(around.adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_bar(self, painter: QPainter, colours: Palette, column: QRectF, bar: Ballistics) -> None:
        painter.fillRect(column, QColor(colours.raised))
        height = column.height()
        warm = height * (1.0 - WARM_DB / FLOOR_DB)
        for level, opacity in ((bar.level, _PEAK_OPACITY), (bar.rms, 1.0)):
            painter.setOpacity(opacity)
            top = height * min(max(1.0 - level / FLOOR_DB, 0.0), 1.0)
            painter.fillRect(_part(column, 0.0, min(top, warm)), QColor(colours.ok))
            if top > warm:
                painter.fillRect(_part(column, warm, top), QColor(colours.warning))
        painter.setOpacity(1.0)
        if bar.held > FLOOR_DB:
            place = height * min(max(1.0 - bar.held / FLOOR_DB, 0.0), 1.0)
            painter.fillRect(_part(column, place - 1.5, place), QColor(colours.error if bar.clipped else colours.text))

    def _paint_words(self, painter: QPainter, colours: Palette) -> None:
        painter.setFont(self.font())
        edges, below = order_edges(len(self._bars)), self.height() - _LETTERS - _ORDERS
        centre = int(Qt.AlignmentFlag.AlignCenter)
        for index in range(len(self._bars)):
            column = self._column(index)
            if column.width() >= _LETTER_BAR:
                painter.setPen(QColor(colours.text if index == self._index else colours.muted))
                room = QRectF(column.left() - 4, below, column.width() + 8, _LETTERS)
                painter.drawText(room, centre, channel_letter(index, fuma=self._fuma))
        painter.setPen(QColor(colours.muted))
        for order, (first, stop) in enumerate(itertools.pairwise(edges)):
            left, right = self._column(first).left(), self._column(stop - 1).right()
            line = QRectF(left, below + _LETTERS, right - left, 1)
            painter.fillRect(line, QColor(colours.line))
            painter.drawText(QRectF(left - 8, line.bottom(), right - left + 16, _ORDERS), centre, str(order))


def _part(column: QRectF, low: float, high: float) -> QRectF:
    """Return the part of a column between two heights above its foot."""
    return QRectF(column.left(), column.bottom() - high, column.width(), high - low)
