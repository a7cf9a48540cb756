"""Pyramids of a model ``W H`` of a spectrogram, and of what the model leaves of the recording."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.fourier import rfft
from sepstudio.io.clip import AudioClip, FloatArray
from sepstudio.tiles.build import BuildStep, TileKey
from sepstudio.tiles.cache import TileCache
from sepstudio.tiles.decibels import Codes, power_to_codes
from sepstudio.tiles.matrices import Values, model_columns
from sepstudio.tiles.pooling import Integers
from sepstudio.tiles.pyramids import ClipPyramids
from sepstudio.tiles.spectrogram import SpectrogramPyramid
from sepstudio.tiles.waveform import WaveformPyramid

# Frames of one step of a build: their product takes a few milliseconds.
_STEP_FRAMES = 256


@dataclass(frozen=True, eq=False)
class Model:
    """A factorised spectrogram ``V ≈ W H`` and the recording that it is of.

    Attributes
    ----------
    clip : AudioClip
        What was factorised; channels join by the root of their mean energy.
    templates : float [bins, R]
        ``W``, for bins from 0 Hz to half the sample rate.
    activations : float [R, frames]
        ``H``; frame ``n`` is centred on sample ``n * hop_size`` of the clip.
    hop_size : int
        In samples of the clip.
    """

    clip: AudioClip
    templates: Values
    activations: Values
    hop_size: int

    @property
    def fft_size(self) -> int:
        """Length of the window in samples."""
        return 2 * (int(self.templates.shape[0]) - 1)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return int(self.activations.shape[1])

    def modelled(self, frames: slice | Integers) -> FloatArray:
        """Return the magnitudes that the model has in some frames, float32 [bins, frames]."""
        return np.asarray(model_columns(self.templates, self.activations, frames), np.float32)

    def measured(self, frames: Integers) -> FloatArray:
        """Return the magnitudes of the recording in some ascending frames, float32 [bins, frames]."""
        hop, size = self.hop_size, self.fft_size
        # A periodic Hann window, as the methods have it.
        window = np.hanning(size + 1)[:-1].astype(np.float32)
        if len(frames) and frames[-1] - frames[0] == len(frames) - 1:
            first = int(frames[0]) * hop - size // 2
            samples = self.clip.read(first, first + (len(frames) - 1) * hop + size)
            pieces = np.lib.stride_tricks.sliding_window_view(samples, size, axis=1)[:, ::hop]
        else:
            starts = [int(frame) * hop - size // 2 for frame in frames]
            pieces = np.stack([self.clip.read(start, start + size) for start in starts], axis=1)
        spectra = rfft(pieces * window)
        energy = (spectra.real**2 + spectra.imag**2).mean(axis=0)
        return np.asarray(np.sqrt(energy).T, np.float32)


class ModelPyramid(SpectrogramPyramid):
    """The levels of a model as those of a recording, or of what is between the two.

    Parameters
    ----------
    model : Model
    cache : TileCache
    remainder : bool
        Whether to show ``|V - W H|`` instead of ``W H``.
    """

    def __init__(self, model: Model, cache: TileCache, *, remainder: bool = False) -> None:
        super().__init__(model.clip, model.fft_size, model.hop_size, cache)
        self.model = model
        self.columns = model.frames
        self._remainder = remainder
        self._done = 0

    @property
    def complete(self) -> bool:
        """Whether every level was built."""
        return self._done >= self.columns

    def build(self) -> Generator[BuildStep, None, None]:
        """Compute all levels from where the pyramid stopped, in steps of a few milliseconds."""
        while not self.complete:
            stop = min(self._done + _STEP_FRAMES, self.columns)
            codes = self._columns(self._done, stop)
            self.histogram.add(codes)
            ready: tuple[TileKey, ...] = tuple(self._append(0, codes))
            self._done = stop
            yield BuildStep(stop / self.columns, ready)

    def _columns(self, start: int, stop: int) -> Codes:
        return self._codes(np.arange(start, stop))

    def _single_frames(self, columns: Integers) -> Codes:
        order = np.argsort(columns)
        codes = np.empty((self.bins, len(columns)), np.uint8)
        codes[:, order] = self._codes(columns[order])
        return codes

    def _codes(self, frames: Integers) -> Codes:
        magnitudes = self.model.modelled(frames)
        if self._remainder:
            magnitudes -= self.model.measured(frames)
        # A full-scale sine has magnitude N/4 under a Hann window of N samples.
        scaled: npt.NDArray[np.float32] = magnitudes * np.float32(4.0 / self.model.fft_size)
        return power_to_codes(np.square(scaled))


@dataclass(frozen=True, eq=False)
class ModelPyramids(ClipPyramids):
    """What a pane needs to draw a model; no waveform belongs to it, and that of the recording stays empty."""

    @property
    def complete(self) -> bool:
        """Whether nothing is left to build."""
        return self.spectrogram.complete

    def look(self) -> Generator[BuildStep, None, None]:
        """Take the first look."""
        return self.spectrogram.look()

    def build(self) -> Generator[BuildStep, None, None]:
        """Fill the levels, from where they stopped."""
        return self.spectrogram.build()


def model_pyramids(model: Model, cache: TileCache, *, remainder: bool = False) -> ModelPyramids:
    """Return empty pyramids of a model, or of what it leaves of the recording."""
    return ModelPyramids(ModelPyramid(model, cache, remainder=remainder), WaveformPyramid(model.clip, cache))
