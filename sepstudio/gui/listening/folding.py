"""How scenes in Ambisonics become two channels: by the convention of their recording, and as the user likes to hear."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from sepstudio.errors import ParameterError
from sepstudio.playback.folds import Fold, FoldName, is_scene, scene_fold
from sepstudio.session.session import Session


class Folding(QObject):
    """Gives every sound that is a scene its fold; ``changed`` says that ``of`` may answer otherwise."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._name: FoldName = "cardioids"
        session.conventionChanged.connect(self._on_convention)

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
        session, channels = self._session, self._session.clip(audio_id).channels
        if not is_scene(channels):
            return None
        run = session.run_of(audio_id)
        convention = session.convention(run.source_id if run is not None else audio_id)
        try:
            return scene_fold(channels, self._name, convention)
        except ParameterError:
            # The convention ends at a lower order: the choice on the codec tab says so.
            return scene_fold(channels, self._name)

    def _on_convention(self, _source_id: str) -> None:
        self.changed.emit()
