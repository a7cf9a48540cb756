"""Low-pass filters of the anchors in listening tests: known degradations that place a scale (ITU-R BS.1534-3, 5.1)."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError

FloatArray = npt.NDArray[np.float32]

LOW_ANCHOR_HZ = 3500.0
MID_ANCHOR_HZ = 7000.0
# BS.1534 asks for 0.1 dB of ripple up to 3.5 kHz, 25 dB at 4 kHz and 50 dB at 4.5 kHz: all of it, and more, is met by
# a fall of 70 dB that ends at 4 kHz. The filter at 7 kHz has the same shape, twice as wide.
_STOP = 8 / 7
_ATTENUATION_DB = 70.0


@functools.lru_cache(maxsize=8)
def low_pass_taps(sample_rate: int, cutoff: float = LOW_ANCHOR_HZ) -> npt.NDArray[np.float64]:
    """Return the filter of an anchor: a sinc in Kaiser's window, of linear phase.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    cutoff : float
        In Hz: what is below stays as it is to 0.01 dB, what is above 8/7 of it is 70 dB down.

    Returns
    -------
    float64 array [taps]
        Symmetric, of an odd number; of a sum of 1. A single 1 where the rate holds nothing that would be taken away.

    Raises
    ------
    ParameterError
        If the rate or the cutoff is not positive.
    """
    for name, value in (("sample_rate", sample_rate), ("cutoff", cutoff)):
        if not 0 < value < float("inf"):
            raise ParameterError(name, value, "positive")
    stop = cutoff * _STOP
    if 2 * stop > sample_rate:
        taps = np.ones(1)
    else:
        from scipy.signal import firwin, kaiserord

        count, beta = kaiserord(_ATTENUATION_DB, (stop - cutoff) / (sample_rate / 2))
        taps = firwin(count | 1, (cutoff + stop) / 2, window=("kaiser", beta), fs=sample_rate)
    # Kept for whoever asks next.
    taps.setflags(write=False)
    return np.asarray(taps)


def low_pass(x: npt.ArrayLike, sample_rate: int, cutoff: float = LOW_ANCHOR_HZ) -> FloatArray:
    """Return an anchor of a signal: the same without what is above the cutoff, not delayed.

    Parameters
    ----------
    x : array-like [..., samples]
        Beyond its ends it is silent.
    sample_rate : int
        In Hz.
    cutoff : float
        In Hz; see ``low_pass_taps``.

    Returns
    -------
    float32 array [..., samples]
    """
    samples = np.asarray(x, np.float32)
    half = low_pass_taps(sample_rate, cutoff).size // 2
    beside = [(0, 0)] * (samples.ndim - 1) + [(half, half)]
    return low_pass_inside(np.pad(samples, beside), sample_rate, cutoff)


def low_pass_inside(x: FloatArray, sample_rate: int, cutoff: float = LOW_ANCHOR_HZ) -> FloatArray:
    """Return the filtered samples that a stretch of signal determines: half of the filter's taps fewer on either side.

    Raises
    ------
    ParameterError
        If the stretch is shorter than the filter.
    """
    taps = low_pass_taps(sample_rate, cutoff)
    if x.shape[-1] < taps.size:
        raise ParameterError("x", x.shape, f"of at least {taps.size} samples")
    if taps.size == 1:
        return x
    from scipy.signal import oaconvolve

    kernel = taps.astype(np.float32).reshape(*[1] * (x.ndim - 1), -1)
    return np.asarray(oaconvolve(x, kernel, mode="valid", axes=-1), np.float32)
