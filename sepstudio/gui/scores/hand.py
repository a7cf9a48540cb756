"""What the mouse does to notes in one view: selects, draws, moves, pulls, paints, and opens the menu."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Qt

from sepstudio.gui.items.notes import NotesItem
from sepstudio.gui.panes.plot import TimeViewBox
from sepstudio.gui.scores.board import ScoreBoard
from sepstudio.gui.scores.drags import BrushDrag, Drag, drag_of, drawn_note, snapped_time
from sepstudio.gui.scores.hits import Grip, Hit, Place, hit
from sepstudio.gui.texts import pitch_text
from sepstudio.io.scores.editing import Edit

DRAWN_S = 0.5
_Modifier = Qt.KeyboardModifier
_CURSORS: dict[Grip, Qt.CursorShape] = {
    "body": Qt.CursorShape.SizeAllCursor, "start": Qt.CursorShape.SizeHorCursor,
    "end": Qt.CursorShape.SizeHorCursor, "before": Qt.CursorShape.SplitHCursor, "after": Qt.CursorShape.SplitHCursor,
}  # fmt: skip


class ScoreHand(QObject):
    """Answers for a view box, before the box itself, what belongs to the notes of an item, while ``enabled``."""

    def __init__(self, box: TimeViewBox, item: NotesItem, parent: QObject) -> None:
        super().__init__(parent)
        self._box = box
        self._item = item
        self._drag: Drag | None = None
        self.enabled = True
        box.hand = self

    @property
    def board(self) -> ScoreBoard:
        """Whose notes are edited."""
        return self._item.board

    def under(self, seconds: float, height: float) -> Hit | None:
        """Return what of a note is at a place of the view."""
        return hit(self.board, self._item.rows, self._place(seconds, height))

    def cursor_at(self, seconds: float, height: float) -> Qt.CursorShape | None:
        """Return the cursor for what would be done there, or None where it is for others to say."""
        if not self.enabled:
            return None
        if self.board.tool in ("allow", "forbid"):
            return Qt.CursorShape.PointingHandCursor
        found = self.under(seconds, height)
        return _CURSORS[found.grip] if found is not None else None

    def hover(self, seconds: float, height: float) -> None:
        """Say which note the mouse is over."""
        found = self.under(seconds, height) if self.enabled and not self.board.busy else None
        if not self.board.busy:
            self.board.hover(found.note_id if found is not None else None)

    # -- drags -------------------------------------------------------------------------------

    def drag(self, ev: Any) -> bool:
        """Answer a drag of the left button; returns whether it was for the notes."""
        now = self._place_of(ev.pos())
        if ev.isStart():
            self._begin(self._place_of(ev.buttonDownPos()), ev.modifiers())
        drag = self._drag
        if drag is None:
            return False
        if self.board.goes_on(drag):
            drag.move(now, ev.modifiers())
        else:
            self._item.set_band(None)
        if ev.isFinish():
            self._drag = None
            if self.board.goes_on(drag):
                # The gesture ends first: what it asks for is the edit of a board at rest.
                drag.finish()
                self.board.give_up()
            else:
                self.board.pitchReleased.emit()
        return True

    def _begin(self, start: Place, modifiers: Qt.KeyboardModifier) -> None:
        self._drag = None
        if not self.enabled:
            return
        found = hit(self.board, self._item.rows, start)
        self._drag = drag_of(self._item, start, found, modifiers)
        if self._drag is not None:
            self.board.begin(self._drag)
            if isinstance(self._drag, BrushDrag):
                self._drag.move(start, modifiers)

    # -- clicks ------------------------------------------------------------------------------

    def click(self, ev: Any) -> bool:
        """Answer a click; returns whether it was for the notes."""
        if not self.enabled:
            return False
        place = self._place_of(ev.pos())
        found = hit(self.board, self._item.rows, place)
        if ev.button() == Qt.MouseButton.RightButton:
            self._ask_for_menu(ev, place, found)
            return True
        if ev.button() != Qt.MouseButton.LeftButton:
            return False
        if self.board.tool in ("allow", "forbid"):
            return self._dab(place, ev.modifiers())
        if ev.double():
            return self._double(place, found, ev.modifiers())
        return self._choose(found, ev.modifiers())

    def _choose(self, found: Hit | None, modifiers: Qt.KeyboardModifier) -> bool:
        if found is None:
            had_some = bool(self.board.selected)
            if not modifiers & _Modifier.ControlModifier:
                self.board.select(())
            return had_some and not modifiers & _Modifier.ControlModifier
        if modifiers & _Modifier.ControlModifier:
            self.board.select(self.board.selected ^ {found.note_id})
        else:
            self.board.select({found.note_id})
        return True

    def _double(self, place: Place, found: Hit | None, modifiers: Qt.KeyboardModifier) -> bool:
        row = self._item.rows.row_at(place.height)
        if found is not None:
            note = self.board.note(found.note_id)
            self.board.commit(Edit(removed=frozenset({found.note_id})), f"Delete {pitch_text(note.pitch)}")
        elif row is not None:
            onset = snapped_time(self.board, place.seconds, place, modifiers, ())
            note = drawn_note(self.board, onset, row[0], DRAWN_S)
            self.board.commit(Edit((note,)), f"Add {pitch_text(note.pitch)}", select=[note.id])
        return True

    def _dab(self, place: Place, modifiers: Qt.KeyboardModifier) -> bool:
        drag = drag_of(self._item, place, None, modifiers)
        if drag is not None:
            self.board.begin(drag)
            drag.move(place, modifiers)
            drag.finish()
            self.board.give_up()
        return True

    def _ask_for_menu(self, ev: Any, place: Place, found: Hit | None) -> None:
        if found is not None and found.note_id not in self.board.selected:
            self.board.select({found.note_id})
        row = self._item.rows.row_at(place.height)
        self.board.menuRequested.emit(ev.screenPos().toPoint(), place.seconds, row[0] if row is not None else None)

    # -- places ------------------------------------------------------------------------------

    def _place_of(self, position: Any) -> Place:
        where = self._box.mapToView(position)
        return self._place(where.x(), where.y())

    def _place(self, seconds: float, height: float) -> Place:
        pixel_s, pixel_height = self._box.viewPixelSize()
        return Place(seconds, height, float(pixel_s), float(pixel_height))
