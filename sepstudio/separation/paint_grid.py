"""The coarse frequency grid on which a painted recording is looked at: fine where the bass is, wide above."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.stft import frame_span, transform_frames
from sepstudio.io.clip import AudioClip

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Spectrum = npt.NDArray[np.complex64]

BANDS = 192
# Up to here, in Hz, each bin is a band of its own: the partials of basses and voices lie bins apart.
LINEAR_HERTZ = 1034.0


@dataclass(frozen=True)
class PaintGrid:
    """Bands over the bins of an STFT; ``fft_size`` and ``hop_size`` are in samples.

    Bins up to 1 kHz are bands of their own; above, band edges go up by equal ratios.
    """

    sample_rate: int
    fft_size: int
    hop_size: int

    @property
    def bins(self) -> int:
        """The number of bins of the STFT."""
        return self.fft_size // 2 + 1

    @cached_property
    def edges(self) -> Ints:
        """The first bin of every band, and at last the number of bins; int64 [bands + 1], rising."""
        linear = min(int(LINEAR_HERTZ * self.fft_size / self.sample_rate), BANDS // 2, self.bins - 1)
        ratios = np.linspace(0.0, 1.0, BANDS - linear + 1)[1:]
        upper = np.round(linear * (self.bins / max(linear, 1)) ** ratios)
        return np.unique(np.concatenate([np.arange(linear + 1), upper, [self.bins]]).astype(np.int64))

    @property
    def bands(self) -> int:
        """The number of bands."""
        return self.edges.size - 1

    @cached_property
    def widths(self) -> Ints:
        """The number of bins of every band."""
        return np.diff(self.edges)

    @cached_property
    def band_of_bin(self) -> Ints:
        """The band of every bin; int64 [bins]."""
        return np.repeat(np.arange(self.bands), self.widths)

    @cached_property
    def hertz(self) -> npt.NDArray[np.float64]:
        """The centre of every band in Hz."""
        return (self.edges[:-1] + self.edges[1:] - 1) / 2 * (self.sample_rate / self.fft_size)

    def means(self, values: npt.NDArray[np.float32]) -> Floats:
        """Return means over the bins of each band: [bins, frames] to [bands, frames]."""
        return np.asarray(np.add.reduceat(values, self.edges[:-1], axis=0) / self.widths[:, None], np.float32)

    def expanded(self, values: Floats) -> Floats:
        """Interpolate values of bands between their centres: [..., bands, frames] to [..., bins, frames]."""
        below, part = self._neighbours
        lower, upper = values[..., below, :], values[..., below + 1, :]
        upper -= lower
        upper *= part[:, None]
        lower += upper
        return np.asarray(lower, np.float32)

    def spectrum(self, clip: AudioClip, first: int, stop: int, threads: int) -> Spectrum:
        """Return the frames ``first`` to ``stop`` of a recording: [channels, bins, frames]."""
        sizes = {"fft_size": self.fft_size, "hop_size": self.hop_size}
        return transform_frames(clip.read(*frame_span(first, stop, **sizes)), **sizes, threads=threads)

    @cached_property
    def _neighbours(self) -> tuple[Ints, Floats]:
        centres = (self.edges[:-1] + self.edges[1:] - 1) / 2
        bins = np.arange(self.bins)
        below = np.clip(np.searchsorted(centres, bins, side="right") - 1, 0, max(self.bands - 2, 0))
        part = (bins - centres[below]) / (centres[below + 1] - centres[below])
        return below, np.clip(part, 0.0, 1.0).astype(np.float32)
