"""Undoable edits of what is known of a scene in Ambisonics."""

from __future__ import annotations

from sepstudio.io.hoa import Convention
from sepstudio.session.commands import SessionCommand
from sepstudio.session.session import Session


class SetConvention(SessionCommand):
    """Say how the channels of a source are ordered and weighted; ``session.conventionChanged`` tells."""

    def __init__(self, session: Session, source_id: str, convention: Convention) -> None:
        super().__init__(session, f"Read {session.sources[source_id].name} as {convention}")
        self._source_id = source_id
        self._old = session.convention(source_id)
        self._new = convention

    def redo(self) -> None:
        """Read it so."""
        self._session.set_convention(self._source_id, self._new)

    def undo(self) -> None:
        """Read it as before."""
        self._session.set_convention(self._source_id, self._old)
