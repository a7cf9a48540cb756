"""What the mouse does in one view while a tool of painting is taken."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from PySide6.QtCore import QObject, Qt

from sepstudio.gui.painting.board import PaintBoard
from sepstudio.gui.painting.cursor import BrushCursor, UnderWay
from sepstudio.gui.painting.gestures import Ground, PaintGesture, Place
from sepstudio.gui.painting.item import StrokesItem
from sepstudio.gui.painting.shapes import outline_of
from sepstudio.gui.painting.targets import PaintTarget
from sepstudio.gui.painting.tools import SIZED
from sepstudio.gui.panes.plot import TimeViewBox
from sepstudio.gui.theme import DARK
from sepstudio.io.strokes.records import Tool
from sepstudio.tiles.scales import FrequencyScale

_Modifier = Qt.KeyboardModifier


class PaintedPane(Protocol):
    """A pane that is painted over."""

    audio_id: str

    @property
    def scale(self) -> FrequencyScale:
        """The frequency axis."""


class PaintHand(QObject):
    """Answers for a view box, before the box itself, while a tool is taken.

    Ctrl leaves drags and clicks to the box: one selects, and asks about a point, as ever. Alt erases, Shift keeps
    to one axis.
    """

    def __init__(
        self, board: PaintBoard, box: TimeViewBox, pane: PaintedPane, item: StrokesItem, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._board = board
        self._box = box
        self._pane = pane
        self._item = item
        self._gesture: PaintGesture | None = None
        self._refused = False
        self.cursor = BrushCursor()
        self.under_way = UnderWay()
        for drawn in (self.under_way, self.cursor):
            box.addItem(drawn, ignoreBounds=True)
        box.hand = self
        board.givenUp.connect(self.under_way.clear)
        board.optionsChanged.connect(self._follow_tool)

    @property
    def target(self) -> PaintTarget:
        """What painting in this view says."""
        return self._board.target_of(self._pane.audio_id)

    # -- gestures ----------------------------------------------------------------------------

    def drag(self, ev: Any) -> bool:
        """Answer a drag of the left button; returns whether it was for painting."""
        if ev.isStart():
            self._begin(self._place(ev.buttonDownPos()), ev.modifiers())
        if self._refused:
            self._refused = not ev.isFinish()
            return True
        gesture = self._gesture
        if gesture is None:
            return False
        place = self._place(ev.pos())
        if self._board.goes_on(gesture):
            if gesture.move(place, straight=bool(ev.modifiers() & _Modifier.ShiftModifier)):
                self._show(gesture)
            self.hover(*place)
        if ev.isFinish():
            self._end(gesture)
        return True

    def click(self, ev: Any) -> bool:
        """Answer a click, which leaves one dab of the brush; returns whether it was for painting."""
        if ev.button() != Qt.MouseButton.LeftButton or not self._answers(ev.modifiers()):
            return False
        self._begin(self._place(ev.pos()), ev.modifiers())
        self._refused = False
        if self._gesture is not None:
            self._end(self._gesture)
        return True

    def _answers(self, modifiers: Qt.KeyboardModifier) -> bool:
        return self._board.tool is not None and not modifiers & _Modifier.ControlModifier

    def _begin(self, place: Place, modifiers: Qt.KeyboardModifier) -> None:
        self._gesture = None
        if not self._answers(modifiers) or not self._board.duration:
            return
        tool = self._tool(modifiers)
        refusal = self._refusal(tool)
        self._refused = bool(refusal)
        if refusal:
            self._board.refused.emit(self.target)
            return
        self._gesture = PaintGesture(self._board, self._ground(), tool, place)
        self._board.begin(self._gesture)
        self._show(self._gesture)

    def _tool(self, modifiers: Qt.KeyboardModifier) -> Tool:
        return "eraser" if modifiers & _Modifier.AltModifier else self._board.tool

    def _refusal(self, tool: Tool) -> str:
        return "" if tool == "eraser" else self.target.refusal

    def _ground(self) -> Ground:
        pixel_s, pixel_height = (float(size) for size in self._box.viewPixelSize())
        target = self.target
        source = self._board.speaks_of(target).id
        return Ground(self._pane.scale, pixel_s, pixel_height, self._board.duration, source, bool(target.against))

    def _end(self, gesture: PaintGesture) -> None:
        self._gesture = None
        self.under_way.clear()
        if self._board.goes_on(gesture):
            self._board.keep(gesture.finish())
            # Where one paints it is there at once; the other panes follow one by one.
            self._item.catch_up()

    def _show(self, gesture: PaintGesture) -> None:
        stroke = gesture.stroke()
        if stroke is None:
            self.under_way.clear()
            return
        colour = DARK.window if stroke.tool == "eraser" else self._board.speaks_of(self.target).colour
        area = outline_of(stroke).on(self._pane.scale)
        self.under_way.show_area(area, colour, stroke.opacity, hatched=stroke.against)

    # -- the cursor --------------------------------------------------------------------------

    def cursor_at(self, seconds: float, height: float) -> Qt.CursorShape | None:
        """Return the cursor for what would be done there, or None where it is for others to say."""
        if self._board.tool is None:
            return None
        if self._refusal(self._board.tool):
            return Qt.CursorShape.ForbiddenCursor
        return Qt.CursorShape.CrossCursor

    def hover(self, seconds: float, height: float) -> None:
        """Show the brush where the mouse is."""
        tool = self._gesture.tool if self._gesture is not None else self._board.tool
        if tool not in SIZED or self._refusal(tool):
            self.cursor.hide_rings()
            return
        pixel_s, pixel_height = self._box.viewPixelSize()
        size = self._board.size
        colour = DARK.text if tool == "eraser" else self._board.speaks_of(self.target).colour
        places = self._partials(seconds, height) if tool == "harmonic" else ((seconds, height),)
        self.cursor.show_rings(places, size * pixel_s, size * pixel_height, colour)

    def leave(self) -> None:
        """Hide the brush: the mouse is elsewhere."""
        self.cursor.hide_rings()

    def _partials(self, seconds: float, height: float) -> tuple[Place, ...]:
        scale = self._pane.scale
        hertz = float(scale.to_hertz(height)) * np.arange(1, self._board.partials + 1)
        heights = scale.to_unit(np.maximum(hertz, 0.0))
        return tuple((seconds, other) for other in heights.tolist() if other <= 1.0) or ((seconds, height),)

    def _follow_tool(self) -> None:
        if self._board.tool not in SIZED:
            self.cursor.hide_rings()
        elif self.cursor.rings:
            middle = self.cursor.rings[0].center()
            self.hover(middle.x(), middle.y())

    # -- places ------------------------------------------------------------------------------

    def _place(self, position: Any) -> Place:
        where = self._box.mapToView(position)
        return where.x(), where.y()
