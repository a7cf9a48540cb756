"""Short-time spectra as level codes, in bounded pieces."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.fourier import rfft, rfft_at_once
from sepstudio.io.clip import FloatArray
from sepstudio.tiles.decibels import Codes, power_to_codes

# Frames times channels in one call of the transform: its arrays then stay within the processor's cache.
_FRAMES_AT_ONCE = 128
DEFAULT_FFT_SIZE, DEFAULT_HOP_SIZE = 2048, 512

Transform = Callable[[FloatArray, int], npt.NDArray[Any]]


@dataclass(frozen=True)
class FrameAnalysis:
    """Hann-windowed spectra of ``fft_size`` samples every ``hop_size`` samples, as codes.

    ``padding`` times as many bins are computed, from samples followed by zeros: peaks then lie
    nearer to a bin. Frame ``t`` lies around sample ``t * hop_size - lead``, so that recordings
    which begin at different places of a timeline have their frames at the same ones.

    The window is scaled so that a full-scale sine in the middle of a bin reads 0 dBFS:
    the sum of a periodic Hann window is N/2, and a sine puts half of it into its bin.
    """

    fft_size: int = DEFAULT_FFT_SIZE
    hop_size: int = DEFAULT_HOP_SIZE
    padding: int = 1
    lead: int = 0

    def at(self, start: int) -> FrameAnalysis:
        """Return this analysis for a recording that begins at a sample of the timeline."""
        return dataclasses.replace(self, lead=start % self.hop_size)

    @property
    def transform_size(self) -> int:
        """Samples of one transform, zeros included."""
        return self.fft_size * self.padding

    @property
    def bins(self) -> int:
        """Number of frequencies, from 0 Hz to half the sample rate."""
        return self.transform_size // 2 + 1

    def frame_count(self, samples: int) -> int:
        """Return how many whole frames lie in a number of samples."""
        return max((samples - self.fft_size) // self.hop_size + 1, 0)

    def window(self) -> FloatArray:
        """Return the scaled window, float32 [fft_size]."""
        phase = 2.0 * np.pi * np.arange(self.fft_size) / self.fft_size
        return ((0.5 - 0.5 * np.cos(phase)) * (4.0 / self.fft_size)).astype(np.float32)

    def codes(self, samples: FloatArray) -> Codes:
        """Return codes [bins, frames] of float32 [channels, samples]; channels join by their maximum."""
        frames = np.lib.stride_tricks.sliding_window_view(samples, self.fft_size, axis=1)[:, :: self.hop_size]
        return self.codes_of_frames(frames)

    def codes_of_frames(self, frames: FloatArray, *, at_once: bool = False) -> Codes:
        """Return codes [bins, frames] of float32 [channels, frames, fft_size]; ``at_once`` waits for no library."""
        window = self.window()
        count = frames.shape[1]
        codes = np.empty((self.bins, count), np.uint8)
        transform = rfft_at_once if at_once else rfft
        step = max(_FRAMES_AT_ONCE // frames.shape[0], 1)
        for start in range(0, count, step):
            some = frames[:, start : start + step]
            codes[:, start : start + step] = self._codes_of_some(some * window, transform)
        return codes

    def _codes_of_some(self, windowed: FloatArray, transform: Transform) -> Codes:
        spectra = transform(windowed, self.transform_size)
        parts = np.square(spectra.view(np.float32))
        power = (parts[..., 0::2] + parts[..., 1::2]).max(axis=0)
        return power_to_codes(power).T
