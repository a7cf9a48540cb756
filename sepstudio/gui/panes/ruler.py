"""The time ruler above the panes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QWidget

from sepstudio.gui.items.markers import SELECTION_ALPHA
from sepstudio.gui.panes.axis import LEFT_MARGIN, axis_font
from sepstudio.gui.panes.plot import SCROLL_PER_NOTCH, WHEEL_UNIT, ZOOM_PER_NOTCH
from sepstudio.gui.panes.ticks import time_ticks
from sepstudio.gui.texts import time_text
from sepstudio.gui.theme import current_palette
from sepstudio.gui.timeline import Timeline

RULER_HEIGHT = 24
DRAG_PIXELS = 4
_MAJOR_PIXELS, _MINOR_PIXELS = 8, 4
_HEAD_PIXELS = 6


class Ruler(QWidget):
    """Times in view, the selection and the playhead.

    Click = seek, drag = select, drag the playhead (or anywhere with Ctrl) = scrub, wheel = zoom.
    """

    cursorMoved = Signal(str)

    def __init__(self, timeline: Timeline, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._timeline = timeline
        self._pressed: float | None = None
        self._dragging = False
        self._scrubbing = False
        self.setObjectName("ruler")
        self.setAccessibleName("Time ruler")
        self.setToolTip("Click to move the playhead, drag to select; drag the playhead itself to scrub")
        self.setFixedHeight(RULER_HEIGHT)
        self.setMouseTracking(True)
        timeline.visibleChanged.connect(self._on_change)
        timeline.durationChanged.connect(self._on_change)
        timeline.selectionChanged.connect(self._on_change)
        timeline.playheadChanged.connect(self._on_change)

    def x_of(self, seconds: float) -> float:
        """Return where a time lies, in pixels from the left of the ruler."""
        start, stop = self._timeline.visible
        return LEFT_MARGIN + (seconds - start) / (stop - start) * self._plot_width()

    def seconds_at(self, x: float) -> float:
        """Return the time at a number of pixels from the left of the ruler."""
        start, stop = self._timeline.visible
        return start + (x - LEFT_MARGIN) / self._plot_width() * (stop - start)

    def _plot_width(self) -> int:
        return max(self.width() - LEFT_MARGIN, 1)

    def _on_change(self, *_values: object) -> None:
        self.update()

    # -- drawing -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ticks, selection and playhead."""
        colours = current_palette()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.panel))
        painter.setClipRect(QRectF(LEFT_MARGIN, 0, self._plot_width(), self.height()))
        self._draw_selection(painter, colours.accent)
        self._draw_ticks(painter, colours.muted, colours.line)
        self._draw_playhead(painter, colours.text)
        painter.setPen(QColor(colours.line))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)

    def _draw_selection(self, painter: QPainter, colour: str) -> None:
        selection = self._timeline.selection
        if selection is not None:
            left, right = (self.x_of(seconds) for seconds in selection)
            fill = QColor(colour)
            fill.setAlpha(2 * SELECTION_ALPHA)
            painter.fillRect(QRectF(left, 0, right - left, self.height()), fill)

    def _draw_ticks(self, painter: QPainter, text: str, line: str) -> None:
        painter.setFont(axis_font())
        bottom, width = self.height(), self._plot_width()
        ticks = [(LEFT_MARGIN + t.position * width, t.label) for t in time_ticks(*self._timeline.visible, width)]
        painter.setPen(QColor(line))
        painter.drawLines([QLineF(x, bottom - _MINOR_PIXELS, x, bottom) for x, label in ticks if not label])
        painter.setPen(QColor(text))
        painter.drawLines([QLineF(x, bottom - _MAJOR_PIXELS, x, bottom) for x, label in ticks if label])
        for x, label in ticks:
            if label:
                painter.drawText(QPointF(x + _MINOR_PIXELS, bottom - _MAJOR_PIXELS), label)

    def _draw_playhead(self, painter: QPainter, colour: str) -> None:
        x, bottom = self.x_of(self._timeline.playhead), self.height()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        top = bottom - 1.5 * _HEAD_PIXELS
        painter.drawPolygon(
            QPolygonF([QPointF(x - _HEAD_PIXELS, top), QPointF(x + _HEAD_PIXELS, top), QPointF(x, bottom)])
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    # -- gestures ----------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            x = event.position().x()
            on_head = abs(x - self.x_of(self._timeline.playhead)) <= _HEAD_PIXELS
            held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self._pressed, self._dragging, self._scrubbing = x, False, on_head or held

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Select or scrub while the button is held; say what time the mouse is at."""
        x = event.position().x()
        self.cursorMoved.emit(time_text(max(self.seconds_at(x), 0.0)))
        if self._pressed is None:
            return
        if not self._dragging and abs(x - self._pressed) >= DRAG_PIXELS:
            self._dragging = True
            self._timeline.hold()
        if self._dragging and self._scrubbing:
            self._timeline.scrubbed.emit(self._inside(x))
        elif self._dragging and self._timeline.held:
            self._timeline.set_selection((self.seconds_at(self._pressed), self.seconds_at(x)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Seek after a click, hand over the selection after a drag, end a scrub."""
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        if not self._dragging:
            self._timeline.seekRequested.emit(self._inside(event.position().x()))
        elif self._scrubbing:
            self._timeline.scrubEnded.emit()
        elif self._timeline.held:
            selection = self._timeline.selection
            self._timeline.selectionEdited.emit(None if selection is None else (*selection, None))
        self._timeline.release()
        self._pressed, self._dragging, self._scrubbing = None, False, False

    def _inside(self, x: float) -> float:
        return min(max(self.seconds_at(x), 0.0), self._timeline.duration)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom in time; with Ctrl, or sideways, scroll."""
        angle = event.angleDelta()
        if self._timeline.wheel_scrolls(event.modifiers()) or abs(angle.x()) > abs(angle.y()):
            start, stop = self._timeline.visible
            notches = (angle.y() or angle.x()) / WHEEL_UNIT
            self._timeline.scroll(-notches * SCROLL_PER_NOTCH * (stop - start))
        else:
            self._timeline.zoom(ZOOM_PER_NOTCH ** (angle.y() / WHEEL_UNIT), self.seconds_at(event.position().x()))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Say that there is nothing under the mouse any more."""
        super().leaveEvent(event)
        self.cursorMoved.emit("")
