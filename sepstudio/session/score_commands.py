"""Undoable edits of scores. One command is one gesture."""

from __future__ import annotations

from PySide6.QtGui import QUndoCommand

from sepstudio.io.scores.records import Score
from sepstudio.session.commands import SCORE_ID, SessionCommand
from sepstudio.session.score_changes import ScoreChange
from sepstudio.session.session import Session


class SetScore(SessionCommand):
    """Attach a score to a source in the place of the one it has, or take it away (None)."""

    def __init__(self, session: Session, source_id: str, score: Score | None, text: str) -> None:
        super().__init__(session, text)
        self._source_id = source_id
        self._old = session.score(source_id)
        self._new = score

    def redo(self) -> None:
        """Attach the new score."""
        self._session.set_score(self._source_id, self._new)

    def undo(self) -> None:
        """Return to the old one."""
        self._session.set_score(self._source_id, self._old)


class EditScore(SessionCommand):
    """Change notes or painted constraints of the score that a source has.

    ``before`` is that score, ``after`` what becomes of it; only what differs is kept. Edits that follow one
    another with one ``merge_key`` are one step of the history, with the text of the last: give the steps of one
    drag a key that no other drag has. A drag that ends where it began leaves no step.
    """

    def __init__(
        self, session: Session, source_id: str, before: Score, after: Score, text: str, merge_key: str | None = None
    ) -> None:
        super().__init__(session, text)
        self._source_id = source_id
        self._change = ScoreChange.between(before, after)
        self._merge_key = merge_key

    def redo(self) -> None:
        """Make the change."""
        self._session.set_score(self._source_id, self._change.made(self._present))

    def undo(self) -> None:
        """Take it back."""
        self._session.set_score(self._source_id, self._change.unmade(self._present))

    @property
    def _present(self) -> Score:
        score = self._session.score(self._source_id)
        if score is None:
            raise RuntimeError(f"{self._source_id} has no score that could be edited")
        return score

    def id(self) -> int:
        """Return the merge id."""
        return -1 if self._merge_key is None else SCORE_ID

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over the next step of the same gesture."""
        if not isinstance(other, EditScore):
            return False
        if (other._source_id, other._merge_key) != (self._source_id, self._merge_key):
            return False
        self._change = self._change.then(other._change, self._present)
        self.setText(other.text())
        self.setObsolete(not self._change)
        return True
