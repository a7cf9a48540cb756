"""Gestures with a pressed button: each shows on the board what it would do, and at its end asks for one edit."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QRectF, Qt

from sepstudio.gui.items.notes import NotesItem
from sepstudio.gui.scores.board import DRAWN_VELOCITY, ScoreBoard
from sepstudio.gui.scores.hits import Grip, Hit, Place, enclosed
from sepstudio.gui.texts import pitch_text
from sepstudio.io.scores import editing
from sepstudio.io.scores.editing import SHORTEST_S, Edit
from sepstudio.io.scores.painting import stroke, with_activation_patches, without_activation_patches
from sepstudio.io.scores.records import Note, Score

_Modifier = Qt.KeyboardModifier
Modifiers = Qt.KeyboardModifier
# Times are drawn to the ends of other notes from this near.
SNAP_PIXELS = 8.0


class Drag(Protocol):
    """A gesture between press and release."""

    def move(self, place: Place, modifiers: Modifiers) -> None:
        """Follow the mouse."""

    def finish(self) -> None:
        """Ask for the edit."""


def counted(notes: int) -> str:
    """Return how many notes, in words."""
    return "note" if notes == 1 else f"{notes} notes"


def snapped_time(
    board: ScoreBoard, seconds: float, place: Place, modifiers: Modifiers, moving: tuple[Note, ...]
) -> float:
    """Return where a dragged time comes to rest; Alt leaves it where it is."""
    if modifiers & _Modifier.AltModifier:
        return seconds
    return board.snap_for({note.id for note in moving}).time(seconds, SNAP_PIXELS * place.pixel_s)


class MoveDrag:
    """Moves the selected notes; Shift keeps to one axis, Alt ignores the snap, Ctrl leaves copies."""

    def __init__(self, item: NotesItem, start: Place, grabbed: Note) -> None:
        self._item, self._board = item, item.board
        self._start, self._grabbed = start, grabbed
        self._notes = item.board.selected_notes
        self._row = item.rows.row_at(start.height)
        self._edit, self._copies, self._heard = Edit(), False, grabbed.pitch

    def move(self, place: Place, modifiers: Modifiers) -> None:
        """Show the notes where they would be."""
        seconds, semitones = place.seconds - self._start.seconds, self._semitones(place)
        if modifiers & _Modifier.ShiftModifier:
            across = abs(seconds) / place.pixel_s
            upwards = abs(place.height - self._start.height) / place.pixel_height
            seconds, semitones = (seconds, 0) if across >= upwards else (0.0, semitones)
        if seconds:
            onset = self._grabbed.onset + seconds
            seconds = snapped_time(self._board, onset, place, modifiers, self._notes) - self._grabbed.onset
        notes = editing.moved(self._notes, seconds, semitones)
        self._copies = bool(modifiers & _Modifier.ControlModifier)
        score = self._board.score
        if self._copies and score is not None:
            notes = editing.copies(notes, score.next_id())
        self._edit = Edit(notes)
        self._board.show_preview(self._edit)
        self._sound(self._grabbed.pitch + notes[0].pitch - self._notes[0].pitch)

    def _semitones(self, place: Place) -> int:
        row = self._item.rows.row_at(place.height)
        return row[0] - self._row[0] if row is not None and self._row is not None else 0

    def _sound(self, pitch: int) -> None:
        if pitch != self._heard:
            self._heard = pitch
            self._board.pitchPressed.emit(pitch)

    def finish(self) -> None:
        """Move or copy them."""
        self._board.pitchReleased.emit()
        if self._edit:
            verb = "Copy" if self._copies else "Move"
            ids = [note.id for note in self._edit.notes]
            self._board.commit(self._edit, f"{verb} {counted(len(ids))}", select=ids)


class ResizeDrag:
    """Pulls the starts or the ends of the selected notes."""

    def __init__(self, item: NotesItem, grabbed: Note, grip: Grip) -> None:
        self._board, self._grabbed = item.board, grabbed
        self._notes = item.board.selected_notes
        self._at_start = grip == "start"
        self._edit = Edit()

    def move(self, place: Place, modifiers: Modifiers) -> None:
        """Show the notes as long as they would be."""
        time = snapped_time(self._board, place.seconds, place, modifiers, self._notes)
        if self._at_start:
            notes = editing.resized(self._notes, start_by=time - self._grabbed.onset)
        else:
            notes = editing.resized(self._notes, end_by=time - self._grabbed.offset)
        self._edit = Edit(notes)
        self._board.show_preview(self._edit)

    def finish(self) -> None:
        """Make them as long."""
        if self._edit:
            what = "start" if self._at_start else "end"
            self._board.commit(self._edit, f"Change the {what} of {counted(len(self._edit.notes))}")


class ToleranceDrag:
    """Pulls how much earlier or later than written the selected notes may sound."""

    def __init__(self, item: NotesItem, grabbed: Note, grip: Grip) -> None:
        self._board, self._grabbed = item.board, grabbed
        self._notes = item.board.selected_notes
        self._before = grip == "before"
        self._edit = Edit()

    def move(self, place: Place, modifiers: Modifiers) -> None:
        """Show the boxes as wide as they would be."""
        if self._before:
            notes = editing.with_tolerance(self._notes, before=self._grabbed.onset - place.seconds)
        else:
            notes = editing.with_tolerance(self._notes, after=place.seconds - self._grabbed.offset)
        self._edit = Edit(notes)
        self._board.show_preview(self._edit)

    def finish(self) -> None:
        """Make them as wide."""
        if self._edit:
            side = "before" if self._before else "after"
            self._board.commit(self._edit, f"Tolerance {side} {counted(len(self._edit.notes))}")


class PencilDrag:
    """Draws a note as long as the drag."""

    def __init__(self, item: NotesItem, start: Place, pitch: int, modifiers: Modifiers) -> None:
        self._board = item.board
        self._fixed = snapped_time(item.board, start.seconds, start, modifiers, ())
        self._note = drawn_note(item.board, self._fixed, pitch)
        item.board.pitchPressed.emit(pitch)

    def move(self, place: Place, modifiers: Modifiers) -> None:
        """Show the note."""
        end = snapped_time(self._board, place.seconds, place, modifiers, ())
        first, last = max(min(self._fixed, end), 0.0), max(self._fixed, end)
        length = max(last - first, SHORTEST_S)
        self._note = Note(self._note.id, first, length, self._note.pitch, self._note.velocity, self._note.track)
        self._board.show_preview(Edit((self._note,)))

    def finish(self) -> None:
        """Add the note."""
        self._board.pitchReleased.emit()
        self._board.commit(Edit((self._note,)), f"Draw {pitch_text(self._note.pitch)}", select=[self._note.id])


class BandDrag:
    """Selects what a rubber band touches; Ctrl or Shift adds it to what is selected."""

    def __init__(self, item: NotesItem, start: Place) -> None:
        self._item, self._start = item, start
        self._before = item.board.selected

    def move(self, place: Place, modifiers: Modifiers) -> None:
        """Select what is within."""
        left, right = sorted((self._start.seconds, place.seconds))
        bottom, top = sorted((self._start.height, place.height))
        band = QRectF(left, bottom, right - left, top - bottom)
        self._item.set_band(band)
        kept = self._before if modifiers & (_Modifier.ControlModifier | _Modifier.ShiftModifier) else frozenset()
        self._item.board.select(kept | enclosed(self._item.board, self._item.rows, band))

    def finish(self) -> None:
        """Take the band away: what is selected stays."""
        self._item.set_band(None)


class BrushDrag:
    """Paints cells of the activation constraint; Alt takes back what was painted."""

    def __init__(self, item: NotesItem, start: Place, *, allowed: bool) -> None:
        self._item, self._board, self._allowed = item, item.board, allowed
        row = item.rows.row_at(start.height)
        self._part = row[1] if row is not None else "note"
        self._path: list[tuple[float, int]] = []
        self._clears = False
        self._after: Score | None = None

    def move(self, place: Place, modifiers: Modifiers) -> None:
        """Paint on."""
        row, score = self._item.rows.row_at(place.height), self._board.score
        if row is None or score is None:
            return
        self._clears = bool(modifiers & _Modifier.AltModifier)
        self._path.append((place.seconds, row[0]))
        cells = stroke(self._path, allowed=self._allowed, frame_s=self._board.frame_s, part=self._part)
        self._after = (without_activation_patches if self._clears else with_activation_patches)(score, cells)
        self._board.show_painted(self._after)

    def finish(self) -> None:
        """Keep what was painted."""
        if self._after is not None:
            words = "Take back painted cells" if self._clears else "Allow cells" if self._allowed else "Forbid cells"
            self._board.replace(self._after, words)


def drawn_note(board: ScoreBoard, onset: float, pitch: int, duration: float = SHORTEST_S) -> Note:
    """Return a new note on the track that is worked on, or that of the notes selected last."""
    chosen = board.selected_notes
    track = board.track or (chosen[0].track if chosen else next(iter(board.tracks), ""))
    next_id = board.score.next_id() if board.score is not None else 1
    return Note(next_id, max(onset, 0.0), duration, pitch, DRAWN_VELOCITY, track)


def drag_of(item: NotesItem, start: Place, found: Hit | None, modifiers: Modifiers) -> Drag | None:
    """Return the gesture that a drag from a place is, or None where there is nothing to be done."""
    board = item.board
    if board.tool in ("allow", "forbid"):
        return BrushDrag(item, start, allowed=board.tool == "allow") if board.score is not None else None
    note = board.note(found.note_id) if found is not None else None
    if found is not None and note is not None:
        return _drag_of_note(item, start, note, found.grip, modifiers)
    if board.tool == "select":
        return BandDrag(item, start)
    row = item.rows.row_at(start.height)
    return PencilDrag(item, start, row[0], modifiers) if row is not None else None


def _drag_of_note(item: NotesItem, start: Place, note: Note, grip: Grip, modifiers: Modifiers) -> Drag:
    board = item.board
    if note.id not in board.selected:
        kept = board.selected if modifiers & _Modifier.ControlModifier else frozenset()
        board.select(kept | {note.id})
    if grip == "body":
        return MoveDrag(item, start, note)
    return ResizeDrag(item, note, grip) if grip in ("start", "end") else ToleranceDrag(item, note, grip)
