"""Undoable edits. A command holds ids and small values; it is checked before it is pushed."""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Sequence
from typing import Any

from PySide6.QtGui import QUndoCommand

from sepstudio.session.records import LaneState, Run, Selection, Source, Stem, method_text
from sepstudio.session.session import Session

# QUndoStack merges commands whose id() is equal and not -1.
GAIN_ID, PAN_ID, TAKE_ID, SELECTION_ID, SCORE_ID = 1, 2, 3, 4, 5


class SessionCommand(QUndoCommand):
    """An edit of a session, which it holds weakly.

    The session owns the history and the history its commands. Held strongly, the three would be a cycle, and
    Python's collector frees the parts of a cycle in any order: a command before the history, which then deletes
    it a second time.
    """

    def __init__(self, session: Session, text: str) -> None:
        super().__init__(text)
        self._held = weakref.ref(session)

    @property
    def _session(self) -> Session:
        session = self._held()
        if session is None:
            raise RuntimeError("the session of this command is gone")
        return session


class AddSource(SessionCommand):
    """Open a recording, on show or in the background."""

    def __init__(self, session: Session, source: Source, *, current: bool = True) -> None:
        super().__init__(session, f"Open {source.name}")
        self._source = source
        self._current = current

    def redo(self) -> None:
        """Add the source."""
        self._session.add_source(self._source, current=self._current)

    def undo(self) -> None:
        """Remove it again."""
        self._session.remove_source(self._source.id)


class AddRun(SessionCommand):
    """Keep a finished run."""

    def __init__(self, session: Session, run: Run, stems: Sequence[Stem]) -> None:
        super().__init__(session, f"Run {run.number}: {method_text(run.method)}")
        self._run = run
        self._stems = tuple(stems)

    def redo(self) -> None:
        """Add the run and its stems."""
        self._session.add_run(self._run, self._stems)

    def undo(self) -> None:
        """Remove them again."""
        # As they are now: a run that follows its score is revised without a step of the history.
        self._run = self._session.runs[self._run.id]
        self._stems = tuple(self._session.stems[stem_id] for stem_id in self._run.stem_ids)
        self._session.remove_run(self._run.id)


class RenameRun(SessionCommand):
    """Give a run a name."""

    def __init__(self, session: Session, run_id: str, label: str) -> None:
        super().__init__(
            session, f"Rename {session.runs[run_id].title} to {label}" if label else "Remove the name of a run"
        )
        self._run_id = run_id
        self._old = session.runs[run_id].label
        self._new = label

    def redo(self) -> None:
        """Apply the new name."""
        self._session.rename_run(self._run_id, self._new)

    def undo(self) -> None:
        """Return to the old name."""
        self._session.rename_run(self._run_id, self._old)


class SetTrueStem(SessionCommand):
    """Say which recording is the true stem of a name; ``true_id`` is empty for none."""

    def __init__(self, session: Session, source_id: str, name: str, true_id: str) -> None:
        true = session.sources.get(true_id)
        super().__init__(session, f"True {name}: {true.name}" if true is not None else f"No true {name}")
        self._source_id = source_id
        self._name = name
        self._old = session.true_stems(source_id).get(name, "")
        self._new = true_id

    def redo(self) -> None:
        """Apply the new assignment."""
        self._session.set_true_stem(self._source_id, self._name, self._new)

    def undo(self) -> None:
        """Return to the old assignment."""
        self._session.set_true_stem(self._source_id, self._name, self._old)


class _Adjustment(SessionCommand):
    """An edit that a hand makes again and again: the steps on one ``_target`` are one step of the history."""

    _target: str
    _old: Any
    _new: Any

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over a later value for the same target."""
        if not isinstance(other, _Adjustment) or other._target != self._target:
            return False
        self._new = other._new
        self.setText(other.text())
        self.setObsolete(self._new == self._old)
        return True


class SetTake(_Adjustment):
    """Choose the iteration of a stem; the steps of one slider drag merge."""

    def __init__(self, session: Session, stem_id: str, take: int) -> None:
        stem = session.stems[stem_id]
        super().__init__(session, f"{stem.name.capitalize()} from iteration {take}")
        self._target = stem_id
        self._old = stem.take
        self._new = take

    def redo(self) -> None:
        """Show and play the new take."""
        self._session.set_take(self._target, self._new)

    def undo(self) -> None:
        """Return to the old take."""
        self._session.set_take(self._target, self._old)

    def id(self) -> int:
        """Return the merge id."""
        return TAKE_ID


class SetLane(_Adjustment):
    """Change solo, mute, gain or pan of a lane; the steps of one drag of a slider merge."""

    def __init__(self, session: Session, audio_id: str, state: LaneState, text: str) -> None:
        super().__init__(session, text)
        self._target = audio_id
        self._old = session.lane(audio_id)
        self._new = state

    def redo(self) -> None:
        """Apply the new state."""
        self._session.set_lane(self._target, self._new)

    def undo(self) -> None:
        """Return to the old state."""
        self._session.set_lane(self._target, self._old)

    def id(self) -> int:
        """Return the merge id: gains merge with gains and pans with pans, all else are steps of their own."""
        if self._new == dataclasses.replace(self._old, gain_db=self._new.gain_db):
            return GAIN_ID
        return PAN_ID if self._new == dataclasses.replace(self._old, pan=self._new.pan) else -1


class SetSelection(_Adjustment):
    """Select a stretch of the current source; selecting again and again is one step.

    Undo and redo look at that source again, where the selection is to be seen.
    """

    def __init__(self, session: Session, selection: Selection | None) -> None:
        super().__init__(session, "Select" if selection is not None else "Select nothing")
        source = session.current_source
        self._target = source.id if source is not None else ""
        self._old = session.selection
        self._new = selection

    def redo(self) -> None:
        """Apply the new selection."""
        self._apply(self._new)

    def undo(self) -> None:
        """Return to the old selection."""
        self._apply(self._old)

    def _apply(self, selection: Selection | None) -> None:
        self._session.set_current_source(self._target)
        self._session.set_selection(selection)

    def id(self) -> int:
        """Return the merge id."""
        return SELECTION_ID
