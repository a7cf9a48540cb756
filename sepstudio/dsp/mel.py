"""Mel filterbanks as Slaney's Auditory Toolbox (1998) defines them, and the scales on which codecs are compared."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

# Samples of the window and number of mel bands: what the Descript Audio Codec is trained and judged with.
MEL_SCALES = ((32, 5), (64, 10), (128, 20), (256, 40), (512, 80), (1024, 160), (2048, 320))

# Slaney's scale is linear below 1 kHz, 200/3 Hz to the mel, and 27 mel to a factor of 6.4 above.
_HERTZ_PER_MEL = 200.0 / 3.0
_KNEE_HERTZ = 1000.0
_KNEE_MEL = _KNEE_HERTZ / _HERTZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0


@functools.cache
def mel_filterbank(sample_rate: int, fft_size: int, mels: int) -> Floats:
    """Return triangular filters of equal width in mel between 0 Hz and half of the sample rate, of equal area each.

    Equal to what librosa computes with its defaults. In short transforms filters between two bins are empty.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    fft_size : int
        Samples, even.
    mels : int
        Number of filters.

    Returns
    -------
    float32 array [mels, fft_size // 2 + 1], read-only
        Not negative; the area of a filter is 1 Hz × (1/Hz).

    Raises
    ------
    ParameterError
        If the FFT size is odd or any number not positive.
    """
    if fft_size < 2 or fft_size % 2:
        raise ParameterError("fft_size", fft_size, "even and at least 2")
    for name, value in (("sample_rate", sample_rate), ("mels", mels)):
        if value < 1:
            raise ParameterError(name, value, "at least 1")
    bins = np.arange(fft_size // 2 + 1) * (sample_rate / fft_size)
    corners = _hertz(np.linspace(0.0, _mel(sample_rate / 2), mels + 2))
    widths = np.diff(corners)[:, np.newaxis]
    slopes = corners[:, np.newaxis] - bins
    triangles = np.maximum(0.0, np.minimum(-slopes[:-2] / widths[:-1], slopes[2:] / widths[1:]))
    filters = (triangles * (2.0 / (corners[2:] - corners[:-2]))[:, np.newaxis]).astype(np.float32)
    filters.setflags(write=False)
    return filters


def _mel(hertz: float) -> float:
    if hertz < _KNEE_HERTZ:
        return hertz / _HERTZ_PER_MEL
    return float(_KNEE_MEL + np.log(hertz / _KNEE_HERTZ) / _LOG_STEP)


def _hertz(mel: Doubles) -> Doubles:
    above = _KNEE_HERTZ * np.exp(_LOG_STEP * (np.maximum(mel, _KNEE_MEL) - _KNEE_MEL))
    return np.asarray(np.where(mel < _KNEE_MEL, mel * _HERTZ_PER_MEL, above))
