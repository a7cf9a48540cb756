"""Notes over the plot of a pane: the item, the hand, the keys and the words under the mouse, put together."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent

from sepstudio.gui.items.notes import NotesItem
from sepstudio.gui.panes.plot import PlotView
from sepstudio.gui.scores.board import ScoreBoard
from sepstudio.gui.scores.hand import ScoreHand
from sepstudio.gui.scores.rows import Rows
from sepstudio.gui.texts import pitch_text, time_text
from sepstudio.io.scores.records import Note

_KEYS = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)


class NoteKeys(Protocol):
    """Answers keys that are meant for notes."""

    def wants(self, event: QKeyEvent) -> bool:
        """Whether a key does something to notes now."""

    def press(self, event: QKeyEvent) -> bool:
        """Do it; returns whether there was something to do."""


class ScoreLayer(QObject):
    """Draws the notes of a board in the view of a pane and lets mouse and keys work on them.

    Parameters
    ----------
    board : ScoreBoard
        Whose notes.
    view : PlotView
        The plot, in whose box times are x and heights from 0 to 1 are y.
    rows : Rows
        Where pitches lie.
    framed : bool
        Whether constraint boxes cover whole frames, as the cells of a matrix do.
    """

    def __init__(self, board: ScoreBoard, view: PlotView, rows: Rows, *, framed: bool = False) -> None:
        super().__init__(view)
        self._board = board
        self._view = view
        self._usual_tip = view.toolTip()
        self.item = NotesItem(board, rows, framed=framed)
        view.box.addItem(self.item, ignoreBounds=True)
        self.hand = ScoreHand(view.box, self.item, self)
        view.installEventFilter(self)
        view.mouseAt.connect(self.hand.hover)
        view.mouseLeft.connect(self._leave)
        board.hoverChanged.connect(self._describe)
        board.changed.connect(self._describe)

    def set_enabled(self, enabled: bool) -> None:
        """Show the notes and let the hand at them, or neither."""
        self.item.setVisible(enabled)
        self.hand.enabled = enabled

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys that notes want before the keys of the window."""
        keys = self._board.keys
        if event.type() not in _KEYS or not isinstance(event, QKeyEvent) or keys is None or not self.hand.enabled:
            return False
        if event.type() == QEvent.Type.KeyPress:
            return keys.press(event)
        if keys.wants(event):
            event.accept()
            return True
        return False

    def _leave(self) -> None:
        if not self._board.busy:
            self._board.hover(None)

    def _describe(self) -> None:
        note = self._board.note(self._board.hovered) if self._board.hovered is not None else None
        self._view.setToolTip(self._usual_tip if note is None else words_of(note, self._board.wrong_with(note)))


def words_of(note: Note, wrong: str) -> str:
    """Return what is to be said about a note, and what is wrong with it."""
    parts = [
        f"{pitch_text(note.pitch)}, {time_text(note.onset)} to {time_text(note.offset)}", f"velocity {note.velocity}",
    ]  # fmt: skip
    if note.track:
        parts.append(note.track)
    if note.before is not None or note.after is not None:
        parts.append("tolerances of its own")
    return f"{', '.join(parts)}. {wrong}." if wrong else ", ".join(parts)
