"""How scenes in Ambisonics become two channels: by the convention of their recording, and as the user likes to hear."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from sepstudio.errors import ParameterError
from sepstudio.gui.listening.ears import Ears
from sepstudio.io.hoa import AMBIX, Convention, order_of
from sepstudio.playback.folds import HearingName, is_scene, scene_fold
from sepstudio.playback.head import Head, Orientation
from sepstudio.playback.rendering import Rendering
from sepstudio.playback.spatial import binaural
from sepstudio.session.session import Session


class Folding(QObject):
    """Says how every sound that is a scene is heard; ``changed`` says that ``of`` may answer otherwise.

    ``headTurned`` carries the Orientation of the head from now on.
    """

    changed = Signal()
    headTurned = Signal(object)

    def __init__(self, session: Session, ears: Ears, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._ears = ears
        self._name: HearingName = "binaural"
        self._head = Head()
        session.conventionChanged.connect(self._on_convention)
        ears.changed.connect(self.changed)

    @property
    def name(self) -> HearingName:
        """How scenes are heard."""
        return self._name

    def set_name(self, name: HearingName) -> None:
        """Hear scenes otherwise from now on."""
        if name != self._name:
            self._name = name
            self.changed.emit()

    @property
    def orientation(self) -> Orientation:
        """How the head is turned."""
        return self._head.orientation

    def turn(self, orientation: Orientation) -> None:
        """Turn the head: the sound follows without a fade."""
        if orientation != self._head.orientation:
            self._head.turn_to(orientation)
            self.headTurned.emit(orientation)

    def of(self, audio_id: str) -> Rendering | None:
        """Return how a sound is heard, or None where it is no scene."""
        session, clip = self._session, self._session.clip(audio_id)
        if not is_scene(clip.channels):
            return None
        run = session.run_of(audio_id)
        convention = session.convention(run.source_id if run is not None else audio_id)
        try:
            return self._rendering(clip.channels, clip.sample_rate, convention)
        except ParameterError:
            # The convention ends at a lower order: the choice on the codec tab says so.
            return self._rendering(clip.channels, clip.sample_rate, AMBIX)

    def _rendering(self, channels: int, sample_rate: int, convention: Convention) -> Rendering:
        if self._name != "binaural":
            return scene_fold(channels, self._name, convention)
        decoder = self._ears.decoder(sample_rate, order_of(channels))
        # Until the ears are there, which takes a moment, something must be heard.
        stand_in = scene_fold(channels, "cardioids", convention)
        return stand_in if decoder is None else binaural(channels, decoder, self._head, convention)

    def _on_convention(self, _source_id: str) -> None:
        self.changed.emit()
