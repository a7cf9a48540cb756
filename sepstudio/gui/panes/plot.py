"""The plotting area of a pane: a view box that answers the mouse and the wheel, and the view around it."""

from __future__ import annotations

from typing import Any, Protocol

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGraphicsSceneWheelEvent, QWidget

from sepstudio.gui.theme import current_palette
from sepstudio.gui.timeline import Timeline

WHEEL_UNIT = 120.0
ZOOM_PER_NOTCH = 1.25
SCROLL_PER_NOTCH = 0.1
EDGE_PIXELS = 6

_Modifier = Qt.KeyboardModifier
# Some desktops keep Alt+drag for themselves, to move windows.
_BAND = _Modifier.AltModifier | _Modifier.ShiftModifier


class Hand(Protocol):
    """Answers gestures in a view box before the box itself does."""

    def drag(self, ev: Any) -> bool:
        """Answer a drag of the left button; returns whether it did."""

    def click(self, ev: Any) -> bool:
        """Answer a click; returns whether it did."""

    def cursor_at(self, seconds: float, height: float) -> Qt.CursorShape | None:
        """Return the cursor for a place, or None where it is for the box to say."""


class TimeViewBox(pg.ViewBox):
    """A view box over a Timeline: x in seconds, y whatever the pane makes of it.

    Wheel = time zoom at the cursor, Ctrl+wheel = scroll in time (or the other way round), Shift+wheel and Alt+wheel =
    pan and zoom upright; drag = select time, Alt+drag or Shift+drag = and a height, drag an end of the
    selection = move it; middle drag = pan; double click = seek; click beside = clear. ``clicked`` carries where
    a plain click was, for panes that have something to say to it.
    """

    selectionDragged = Signal(object, object, bool)
    selectionResized = Signal(object, bool)
    pointedAt = Signal(float, float)
    clicked = Signal(float, float)
    panned = Signal(float)
    zoomed = Signal(float, float)

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self.hand: Hand | None = None
        self._timeline = timeline
        self._fixed_end: float | None = None
        self.setMouseEnabled(x=False, y=False)
        self.disableAutoRange()
        self.show_heights(0.0, 1.0)
        self.show_visible(*timeline.visible)
        timeline.visibleChanged.connect(self.show_visible)

    def show_visible(self, start: float, stop: float) -> None:
        """Show a stretch of time."""
        self.setXRange(start, stop, padding=0)
        # Left to the paint event, the new matrix would make Qt paint everything a second time.
        self.updateMatrix()

    def show_heights(self, bottom: float, top: float) -> None:
        """Show a part of the upright axis."""
        self.setYRange(bottom, top, padding=0)
        self.updateMatrix()

    def grabbed_edge(self, seconds: float) -> float | None:
        """Return the other end of the selection when ``seconds`` is close to one end, else None."""
        selection = self._timeline.selection
        if selection is None:
            return None
        reach = EDGE_PIXELS * self.viewPixelSize()[0]
        start, stop = selection
        if abs(seconds - start) <= reach:
            return stop
        return start if abs(seconds - stop) <= reach else None

    def cursor_at(self, seconds: float, height: float) -> Qt.CursorShape:
        """Return the cursor for what a drag from a place would do."""
        own = self.hand.cursor_at(seconds, height) if self.hand is not None else None
        if own is not None:
            return own
        at_edge = self.grabbed_edge(seconds) is not None
        return Qt.CursorShape.SizeHorCursor if at_edge else Qt.CursorShape.CrossCursor

    def wheelEvent(self, ev: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:
        """Zoom, scroll or pan."""
        notches = ev.delta() / WHEEL_UNIT
        modifiers = ev.modifiers()
        where = self.mapToView(ev.pos())
        if modifiers & _Modifier.ShiftModifier:
            self.panned.emit(notches * SCROLL_PER_NOTCH)
        elif modifiers & _Modifier.AltModifier:
            self.zoomed.emit(ZOOM_PER_NOTCH**notches, where.y())
        elif self._timeline.wheel_scrolls(modifiers) or ev.orientation() == Qt.Orientation.Horizontal:
            start, stop = self._timeline.visible
            self._timeline.scroll(-notches * SCROLL_PER_NOTCH * (stop - start))
        else:
            self._timeline.zoom(ZOOM_PER_NOTCH**notches, where.x())
        ev.accept()

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:
        """Select, or pan with the middle button."""
        if ev.button() == Qt.MouseButton.MiddleButton:
            ev.accept()
            self._pan(ev)
        elif ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            if self.hand is None or not self.hand.drag(ev):
                self._select(ev)
        else:
            ev.ignore()

    def mouseClickEvent(self, ev: Any) -> None:
        """Seek on a double click; ask about a point, or clear the selection by a click beside it."""
        if self.hand is not None and self.hand.click(ev):
            ev.accept()
            return
        if ev.button() != Qt.MouseButton.LeftButton:
            return
        ev.accept()
        seconds = self.mapToView(ev.pos()).x()
        selection = self._timeline.selection
        if ev.double():
            self._timeline.seekRequested.emit(min(max(seconds, 0.0), self._timeline.duration))
        elif self._timeline.pointing or ev.modifiers() & _Modifier.ControlModifier:
            self.pointedAt.emit(seconds, self.mapToView(ev.pos()).y())
        else:
            if selection is not None and not selection[0] <= seconds <= selection[1]:
                self._timeline.set_selection(None)
                self._timeline.selectionEdited.emit(None)
            self.clicked.emit(seconds, self.mapToView(ev.pos()).y())

    def _select(self, ev: Any) -> None:
        down, now = self.mapToView(ev.buttonDownPos()), self.mapToView(ev.pos())
        with_height = bool(ev.modifiers() & _BAND)
        if ev.isStart():
            self._timeline.hold()
            self._fixed_end = None if with_height else self.grabbed_edge(down.x())
        if not self._timeline.held:
            return
        if ev.isFinish():
            self._timeline.release()
        if self._fixed_end is not None:
            self.selectionResized.emit((self._fixed_end, now.x()), ev.isFinish())
        else:
            heights = (down.y(), now.y()) if with_height else None
            self.selectionDragged.emit((down.x(), now.x()), heights, ev.isFinish())

    def _pan(self, ev: Any) -> None:
        moved = ev.pos() - ev.lastPos()
        self._timeline.scroll(-moved.x() * self.viewPixelSize()[0])
        self.panned.emit(moved.y() / max(self.height(), 1.0))


class PlotView(pg.GraphicsView):
    """The widget around a view box; says where the mouse is and when it leaves.

    A frame shows the focus that came by keyboard; where one has clicked needs no mark.
    """

    mouseAt = Signal(float, float)
    mouseLeft = Signal()

    def __init__(self, box: TimeViewBox, parent: QWidget | None = None) -> None:
        super().__init__(parent, useOpenGL=False)
        self.box = box
        self._framed = False
        self.setCentralItem(box)
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)

    def focusInEvent(self, ev: QFocusEvent) -> None:
        """Show the frame unless a click brought the focus."""
        super().focusInEvent(ev)
        self._framed = ev.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.viewport().update()

    def focusOutEvent(self, ev: QFocusEvent) -> None:
        """Take the frame away."""
        super().focusOutEvent(ev)
        self._framed = False
        self.viewport().update()

    def paintEvent(self, ev: QPaintEvent) -> None:
        """Draw the items, and the frame around them."""
        super().paintEvent(ev)
        if self._framed:
            painter = QPainter(self.viewport())
            painter.setPen(QColor(current_palette().accent))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
            painter.end()

    def leaveEvent(self, ev: QEvent) -> None:
        """Say that there is nothing under the mouse any more."""
        super().leaveEvent(ev)
        self.mouseLeft.emit()

    def _on_mouse_moved(self, position: Any) -> None:
        where = self.box.mapSceneToView(position)
        self.viewport().setCursor(self.box.cursor_at(where.x(), where.y()))
        self.mouseAt.emit(where.x(), where.y())
