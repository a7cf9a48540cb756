"""Stems restricted to a band of frequencies: what lies outside it stays with the residual."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip, ComputedClip, FloatArray
from sepstudio.separation.base import Separation

Band = tuple[float, float]

# Kaiser's formulas: 80 dB of attenuation, reached 40 Hz beyond an edge.
ATTENUATION_DB = 80.0
TRANSITION_HZ = 40.0


def band_filter(band: Band, sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the impulse response of a band-pass of linear phase, float64 [odd number of samples].

    It is symmetric about its middle, so that filtering about the middle delays nothing. An edge
    at or beyond 0 Hz or half the rate is no edge. -6 dB lie at the edges.

    Parameters
    ----------
    band : (low, high)
        In Hz.
    sample_rate : int
        In Hz.

    Raises
    ------
    ParameterError
        If nothing audible lies between the edges.
    """
    low, high = max(band[0], 0.0), min(band[1], sample_rate / 2)
    if not low < high:
        raise ParameterError("band", band, f"two frequencies between 0 and {sample_rate / 2:g} Hz, the lower one first")
    half = int(np.ceil((ATTENUATION_DB - 7.95) / (14.36 * TRANSITION_HZ / sample_rate) / 2))
    n = np.arange(-half, half + 1)
    window = np.kaiser(2 * half + 1, 0.1102 * (ATTENUATION_DB - 8.7))
    lowpass_high = 2 * high / sample_rate * np.sinc(2 * high / sample_rate * n)
    lowpass_low = 2 * low / sample_rate * np.sinc(2 * low / sample_rate * n)
    if high >= sample_rate / 2:
        lowpass_high = np.where(n == 0, 1.0, 0.0)
    response: npt.NDArray[np.float64] = (lowpass_high - lowpass_low) * window
    return response


class BandClip(ComputedClip):
    """A clip through a band-pass of linear phase, filtered as it is read; nothing is delayed.

    Parameters
    ----------
    clip : AudioClip
        What is filtered; beyond its ends it is silent.
    band : (low, high)
        In Hz.
    """

    def __init__(self, clip: AudioClip, band: Band) -> None:
        super().__init__(clip.channels, clip.length, clip.sample_rate)
        self._clip = clip
        self._response = band_filter(band, clip.sample_rate)

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        # Scipy takes a fifth of a second to import, and most runs have no band.
        from scipy.signal import oaconvolve

        half = self._response.size // 2
        around = self._clip.read(start - half, stop + half).astype(np.float64)
        if stop <= start:
            return np.zeros((self.channels, 0), np.float32)
        return np.ascontiguousarray(oaconvolve(around, self._response[None], mode="valid", axes=1), np.float32)


def restrict(separation: Separation, band: Band) -> Separation:
    """Return a separation whose stems and takes hold nothing outside a band in Hz.

    The method has seen all frequencies, so that its kernels and models are those of the whole
    spectrum. The stems then sum to what of the mixture lies in the band.
    """
    takes = {name: tuple(BandClip(take, band) for take in kept) for name, kept in separation.takes.items()}
    stems = {}
    for name, stem in separation.stems.items():
        kept = separation.takes.get(name, ())
        same = next((n for n, take in enumerate(kept) if take is stem), None)
        stems[name] = BandClip(stem, band) if same is None else takes[name][same]
    return dataclasses.replace(separation, stems=stems, takes=takes)
