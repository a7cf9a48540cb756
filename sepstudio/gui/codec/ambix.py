"""Scenes and what was decoded of them, as the sixteen channels that all views of the codec tab show."""

from __future__ import annotations

from sepstudio.errors import AudioFileError
from sepstudio.io.clip import AudioClip
from sepstudio.io.hoa import Convention, as_ambix
from sepstudio.separation.codec_method import ORDER
from sepstudio.session.session import Session

# Views keep what they have drawn by its clip, so that a clip stays the same one for as long as it is looked at.
_MOST = 32


class AmbixClips:
    """Gives recordings and stems of a session in ACN/SN3D, the same clip for the same sound and convention."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[tuple[int, Convention], tuple[AudioClip, AudioClip]] = {}

    def of(self, audio_id: str) -> AudioClip | None:
        """Return a source, stem or residual as a scene of the third order, read as it is needed; None if it is none."""
        session = self._session
        run = session.run_of(audio_id)
        convention = session.convention(audio_id if run is None else run.source_id)
        clip = session.clip(audio_id)
        key = (id(clip), convention)
        known = self._known.pop(key, None)
        if known is None or known[0] is not clip:
            try:
                known = (clip, as_ambix(clip, convention, ORDER))
            except AudioFileError:
                return None
        self._known[key] = known
        while len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
        return known[1]

    def forget(self) -> None:
        """Let go of everything: it belongs to another document."""
        self._known.clear()
