"""What the factors of a run make of its spectrogram, and what they leave of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtWidgets import QWidget

from sepstudio.gui.items.matrix_view import ACTIVATIONS, TEMPLATES
from sepstudio.gui.panes.base import Sound
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.picture import PicturePane
from sepstudio.gui.texts import MINUS, level_text
from sepstudio.gui.theme import stem_colour
from sepstudio.gui.timeline import Timeline
from sepstudio.io.clip import AudioClip
from sepstudio.separation.base import Matrix
from sepstudio.tiles.decibels import code_to_db
from sepstudio.tiles.models import Model, ModelPyramids, model_pyramids
from sepstudio.tiles.pyramids import ClipPyramids

# -120 dB, where the axis of levels ends.
_LEAST_MAGNITUDE = 1e-6


class ModelPane(PicturePane):
    """The product of templates and activations as a spectrogram, computed for what is looked at."""

    remainder = False
    title = "model W H"

    def __init__(
        self, timeline: Timeline, loader: TileLoader, name: str = "model", parent: QWidget | None = None
    ) -> None:
        self._model: tuple[Model, ModelPyramids] | None = None
        self._source: AudioClip | None = None
        super().__init__(timeline, loader, name, parent)
        self.setAccessibleName("Model of the spectrogram")
        self.clear("What templates and activations make of the spectrogram: separate with a score to see it.")
        self.apply_colours()

    def panel_parts(self) -> frozenset[str]:
        """Return which controls the display has; the transform is that of the run."""
        return frozenset({"contrast", "colours", "gamma", "given"})

    @property
    def model(self) -> Model | None:
        """What is drawn, or None."""
        return None if self._model is None else self._model[0]

    def show_model(self, clip: AudioClip, start: int, stop: int, matrices: Mapping[str, Matrix], where: str) -> None:
        """Show the model of samples ``start`` to ``stop`` of a recording; ``where`` names the run in the title."""
        templates, activations = matrices[TEMPLATES].values, matrices[ACTIVATIONS].values
        known = self.model
        if (
            known is None
            or known.templates is not templates
            or known.activations is not activations
            or self._source is not clip
        ):
            part = clip if (start, stop) == (0, clip.length) else clip.section(start, stop)
            model = Model(part, templates, activations, _hop_size(matrices[ACTIVATIONS], clip.sample_rate))
            self._source = clip
            self._model = (model, model_pyramids(model, self._loader.cache, remainder=self.remainder))
        self.set_sounds(
            [Sound(self._model[0].clip, start / clip.sample_rate, f"{where}{self.title}", stem_colour("mixture"))]
        )

    def _wanted_pyramids(self) -> tuple[ClipPyramids, ...]:
        return () if self._model is None else (self._model[1],)

    def _release(self) -> None:
        self._model = self._source = None
        super()._release()

    def words(self, codes: tuple[int | None, ...]) -> str:
        """Return the level of a point."""
        return level_text(float(code_to_db(codes[0]))) if codes and codes[0] is not None else ""

    def readout(self, seconds: float, height: float) -> str:
        """Return frequency, note, level and time of a place, and both magnitudes there."""
        words = super().readout(seconds, height)
        model = self.model
        if model is None:
            return words
        frame = round((seconds - self.offset_s) * model.clip.sample_rate / model.hop_size)
        bin_index = round(float(self.scale.to_hertz(height)) / model.clip.sample_rate * model.fft_size)
        if not (0 <= frame < model.frames and 0 <= bin_index <= model.fft_size // 2):
            return words
        at = np.array([frame])
        # As on the axis of levels: 0 dB is a full-scale sine.
        made, found = (
            float(part[bin_index, 0]) * 4.0 / model.fft_size for part in (model.modelled(at), model.measured(at))
        )
        return f"{words}  V {_level(found)}  WH {_level(made)}  V {MINUS} WH {_signed(found - made)}"


class RemainderPane(ModelPane):
    """The level of what is between the spectrogram and its model, ``|V - W H|``."""

    remainder = True
    title = f"remainder |V {MINUS} W H|"

    def __init__(self, timeline: Timeline, loader: TileLoader, parent: QWidget | None = None) -> None:
        super().__init__(timeline, loader, "remainder", parent)
        self.setAccessibleName("What the model leaves of the spectrogram")


def _hop_size(activations: Matrix, sample_rate: int) -> int:
    times = np.asarray(activations.coordinates[1], np.float64)
    step = (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else 1.0
    return max(round(float(step) * sample_rate), 1)


def _level(magnitude: float) -> str:
    return level_text(20.0 * float(np.log10(max(magnitude, _LEAST_MAGNITUDE))))


def _signed(change: float) -> str:
    sign = MINUS if change < 0 else "+"
    return f"{sign}{abs(change):.2g}"
