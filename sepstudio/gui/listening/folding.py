"""How scenes in Ambisonics become two channels: by the convention of their recording, and as the user likes to hear."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from sepstudio.playback.folds import SCENE_CHANNELS, Fold, FoldName, scene_fold
from sepstudio.session.session import Session


class Folding(QObject):
    """Gives every sound that is a scene its fold; ``changed`` says that ``of`` may answer otherwise."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._name: FoldName = "cardioids"

    @property
    def name(self) -> FoldName:
        """How scenes are folded."""
        return self._name

    def set_name(self, name: FoldName) -> None:
        """Fold scenes otherwise from now on."""
        if name != self._name:
            self._name = name
            self.changed.emit()

    def of(self, audio_id: str) -> Fold | None:
        """Return the fold of a sound, or None where it is no scene."""
        channels = self._session.clip(audio_id).channels
        return scene_fold(channels, self._name) if channels in SCENE_CHANNELS else None
