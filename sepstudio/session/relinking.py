"""Undoable choice of the file that a source is."""

from __future__ import annotations

from sepstudio.io.clip import AudioClip
from sepstudio.session.commands import SessionCommand
from sepstudio.session.records import Source
from sepstudio.session.session import Session


class RelinkSource(SessionCommand):
    """Let a source be another file, which must be of the same rate, channels and length."""

    def __init__(self, session: Session, source: Source, clip: AudioClip) -> None:
        super().__init__(session, f"Locate {source.name}")
        self._old = session.sources[source.id]
        self._new = source
        self._old_audio = session.new_id("recording")
        session.store_audio(self._old_audio, [session.clip(source.id)])
        self._new_audio = session.new_id("recording")
        session.store_audio(self._new_audio, [clip])

    def redo(self) -> None:
        """Turn to the new file."""
        self._session.relink_source(self._new, self._new_audio)

    def undo(self) -> None:
        """Return to the old one."""
        self._session.relink_source(self._old, self._old_audio)
