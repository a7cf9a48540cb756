"""What all views of one score share: the notes, what is selected and hovered, the tool, and an edit under way."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from typing import Any, Literal, get_args

from PySide6.QtCore import QObject, Signal

from sepstudio.gui.gestures import GestureBoard
from sepstudio.gui.scores.table import NoteTable
from sepstudio.io.scores import editing
from sepstudio.io.scores.editing import Edit
from sepstudio.io.scores.records import Note, Score
from sepstudio.io.scores.snapping import Snap

Tool = Literal["select", "pencil", "allow", "forbid"]
TOOLS: tuple[Tool, ...] = get_args(Tool)
# Of the score-informed reference method; a method that is chosen brings its own.
USUAL_BEFORE_S, USUAL_AFTER_S = 0.2, 0.5
USUAL_FRAME_S = 1024 / 22050
DRAWN_VELOCITY = 80

_NO_NOTES = NoteTable.of((), ())


class ScoreBoard(GestureBoard):
    """The score of the recording on show; views draw it and ask for edits, a controller makes them.

    ``changed`` says that notes, patches or their marks are others, ``previewed`` that the edit under way is.
    ``selectionChanged``, ``hoverChanged`` and ``optionsChanged`` (tool, snapping, track, tolerances) speak for
    themselves. ``edited(before, after, text, merge_key)`` asks for one step of the history, where ``before`` is
    None when there was no score. ``pitchPressed(pitch)`` until ``pitchReleased()`` asks to hear a pitch,
    ``menuRequested(position, seconds, pitch or None)`` for the menu at a place of the screen.
    """

    changed = Signal()
    previewed = Signal()
    selectionChanged = Signal()
    hoverChanged = Signal()
    optionsChanged = Signal()
    edited = Signal(object, object, str, object)
    pitchPressed = Signal(int)
    pitchReleased = Signal()
    menuRequested = Signal(object, float, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._score: Score | None = None
        self._table = _NO_NOTES
        self._selected: frozenset[int] = frozenset()
        self._hovered: int | None = None
        self._preview: Edit | None = None
        self._painted: Score | None = None
        self._overlapping: frozenset[int] = frozenset()
        self._beyond: frozenset[int] = frozenset()
        self._by_id: dict[int, Note] = {}
        # Whoever answers the keys that are pressed in views of notes.
        self.keys: Any = None
        self.tool: Tool = "select"
        self.snap = Snap()
        self.track = ""
        self.before, self.after = USUAL_BEFORE_S, USUAL_AFTER_S
        self.frame_s = USUAL_FRAME_S

    # -- the score ---------------------------------------------------------------------------

    @property
    def score(self) -> Score | None:
        """The score as it is without the edit under way, or None where there is none."""
        return self._score

    @property
    def table(self) -> NoteTable:
        """The notes of ``score`` as columns."""
        return self._table

    @property
    def tracks(self) -> tuple[str, ...]:
        """The names of hands, voices or instruments."""
        return self._score.tracks if self._score is not None else ()

    @property
    def overlapping(self) -> frozenset[int]:
        """The ids of notes that overlap others of the same pitch."""
        return self._overlapping

    @property
    def beyond(self) -> frozenset[int]:
        """The ids of notes that do not lie within the recording."""
        return self._beyond

    @property
    def aligned(self) -> bool:
        """Whether the times of the score are those of the recording."""
        return self._score is None or self._score.aligned

    def show_score(self, score: Score | None, duration: float) -> None:
        """Show another score, or another state of it, beside a recording of some seconds."""
        self._drop_preview()
        self._score, self._duration = score, duration
        notes = score.notes if score is not None else ()
        self._table = NoteTable.of(notes, self.tracks)
        self._by_id = {note.id: note for note in notes}
        self._overlapping = score.overlapping() if score is not None else frozenset()
        self._beyond = editing.beyond(score, duration) if score is not None and duration else frozenset()
        if self.track not in self.tracks:
            self.track = ""
        if self._hovered not in self._by_id:
            self._hovered = None
        self.changed.emit()
        self.select(self._selected & self._by_id.keys())

    def note(self, note_id: int) -> Note | None:
        """Return a note of ``score``, or None if it has none of that id."""
        return self._by_id.get(note_id)

    def wrong_with(self, note: Note) -> str:
        """Return what is wrong with where a note lies, in words, or an empty string."""
        if not self.aligned:
            return "The score is not aligned to the recording"
        if note.id in self._beyond:
            return "Lies beyond the recording"
        return "Overlaps another note of the same pitch" if note.id in self._overlapping else ""

    def editable(self, note: Note) -> bool:
        """Whether a note is of the track that is worked on; all are while none is chosen."""
        return not self.track or note.track == self.track

    # -- what is selected and pointed at -----------------------------------------------------

    @property
    def selected(self) -> frozenset[int]:
        """The ids of the selected notes."""
        return self._selected

    @property
    def selected_notes(self) -> tuple[Note, ...]:
        """The selected notes in the order of the score."""
        chosen = (self._by_id[note_id] for note_id in self._selected)
        return tuple(sorted(chosen, key=lambda note: (note.onset, note.pitch, note.id)))

    @property
    def hovered(self) -> int | None:
        """The id of the note under the mouse, or None."""
        return self._hovered

    def select(self, ids: Collection[int]) -> None:
        """Select notes and no others; ids that no note has are left out."""
        chosen = frozenset(note_id for note_id in ids if note_id in self._by_id)
        if chosen != self._selected:
            self._selected = chosen
            self.selectionChanged.emit()

    def hover(self, note_id: int | None) -> None:
        """Say which note the mouse is over."""
        if note_id != self._hovered:
            self._hovered = note_id
            self.hoverChanged.emit()

    # -- how one works -----------------------------------------------------------------------

    def set_tool(self, tool: Tool) -> None:
        """Take another tool."""
        if tool != self.tool:
            self.give_up()
            self.tool = tool
            self.optionsChanged.emit()

    def set_snap(self, snap: Snap) -> None:
        """Draw times to other places."""
        self.snap = snap
        self.optionsChanged.emit()

    def set_track(self, track: str) -> None:
        """Work on one track, or on all (""); the others are dimmed."""
        if track != self.track and (track in self.tracks or not track):
            self.track = track
            self.select([note.id for note in self.selected_notes if self.editable(note)])
            self.optionsChanged.emit()

    def set_tolerances(self, before: float, after: float, frame_s: float) -> None:
        """Take over how much earlier and later notes may sound and how long a frame is, in seconds."""
        if (before, after, frame_s) != (self.before, self.after, self.frame_s):
            self.before, self.after, self.frame_s = before, after, frame_s
            self.optionsChanged.emit()

    def snap_for(self, moving: Collection[int] = ()) -> Snap:
        """Return what times are drawn to while some notes move: those themselves draw nothing."""
        if self.snap.kind == "notes":
            notes = self._score.notes if self._score is not None else ()
            return self.snap.among(note for note in notes if note.id not in moving)
        if self.snap.kind == "frames":
            return dataclasses.replace(self.snap, step_s=self.frame_s)
        return self.snap

    # -- edits -------------------------------------------------------------------------------

    @property
    def preview(self) -> Edit | None:
        """The edit of notes under way, or None."""
        return self._preview

    @property
    def painted(self) -> Score | None:
        """The score as the brush under way leaves it, for its patches, or None."""
        return self._painted

    @property
    def patches(self) -> Score | None:
        """The score whose patches are to be drawn."""
        return self._painted if self._painted is not None else self._score

    def show_preview(self, edit: Edit | None) -> None:
        """Draw notes as an edit would leave them; the score stays as it is."""
        self._preview = edit
        self.previewed.emit()

    def show_painted(self, score: Score | None) -> None:
        """Draw patches as a brush would leave them; the score stays as it is."""
        self._painted = score
        self.previewed.emit()

    def give_up(self) -> bool:
        """End the gesture under way without an edit; returns whether there was one."""
        was_busy = self.busy
        if self._drop_preview() or was_busy:
            self.previewed.emit()
        return was_busy

    def _drop_preview(self) -> bool:
        had_one = self._preview is not None or self._painted is not None
        self._gesture = self._preview = self._painted = None
        return had_one

    def commit(
        self, edit: Edit, text: str, *, select: Iterable[int] | None = None, merge_key: str | None = None
    ) -> None:
        """Ask for an edit of notes as one step of the history, and select notes of what becomes of the score."""
        score = self._score or Score("score", ())
        if self._score is not None and not edit.changes(score):
            self.give_up()
            return
        self.replace(edit.on(score), text, merge_key=merge_key)
        if select is not None:
            self.select(frozenset(select))

    def replace(self, after: Score, text: str, *, merge_key: str | None = None) -> None:
        """Ask for another state of the score as one step of the history; nothing happens where it is the same."""
        self.give_up()
        if after != self._score:
            self.edited.emit(self._score, after, text, merge_key)
