"""How loud ears are in a diffuse field, in which sound comes from everywhere alike: what heads are compared by."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.ambisonics import Float64Array, degrees, order_of

ComplexArray = npt.NDArray[np.complex128]

# The octaves over which levels are compared, and as far as the sample rate goes.
_LEVEL_BAND = (200.0, 16000.0)
_OVERSAMPLING = 4
# A third of an octave, and by how many dB a diffuse field is raised at most.
_THIRD = 2 ** (1 / 3)
_MOST_BOOST = 15.0


def equalizer(responses: ComplexArray, weights: Float64Array) -> ComplexArray:
    """Return what makes a diffuse field sound as it is, complex128 [bins]: one filter of minimum phase for both ears.

    Differences between directions and between the ears stay as they are.

    Parameters
    ----------
    responses : complex128 array [2, directions, bins]
        Of the ears, at even steps from 0 Hz to half the sample rate.
    weights : float64 array [directions]
        The share of the sphere that each direction stands for.
    """
    powers = np.einsum("edk,d->k", np.abs(responses) ** 2, weights) / 2
    bins = np.arange(len(powers))
    low = np.maximum(np.round(bins * _THIRD**-0.5).astype(np.int64), 1)
    high = np.minimum(np.round(bins * _THIRD**0.5).astype(np.int64), bins[-1])
    sums = np.concatenate([[0.0], np.cumsum(powers)])
    high = np.maximum(high, low)
    smooth = (sums[high + 1] - sums[low]) / (high + 1 - low)
    # Evenly over octaves. What the measurement hardly holds, far above or below, is not made of its noise.
    mean = np.average(smooth[1:], weights=1 / bins[1:])
    logarithm = -0.5 * np.log(np.maximum(smooth, mean * 10 ** (-_MOST_BOOST / 10)))
    # The real cepstrum folded onto its causal half (Oppenheim and Schafer, "Discrete-time signal processing", 13.5).
    cepstrum = np.fft.irfft(logarithm)
    half = len(cepstrum) // 2
    cepstrum[1:half] *= 2
    cepstrum[half + 1 :] = 0
    return np.asarray(np.exp(np.fft.rfft(cepstrum)))


def level(filters: Float64Array, sample_rate: int) -> float:
    """Return the level of an ear in a diffuse field whose omnidirectional channel has level 1.

    Parameters
    ----------
    filters : float64 array [2, channels, taps]
        For scenes in SN3D.
    sample_rate : int
        In Hz; the mean is over the octaves from 200 Hz to 16 kHz, as far as it reaches.
    """
    size = _OVERSAMPLING * filters.shape[2]
    spectra = np.fft.rfft(filters, size)
    shares = 1 / (2.0 * degrees(order_of(filters.shape[1])) + 1)
    powers = np.einsum("eck,c->k", np.abs(spectra) ** 2, shares) / 2
    frequencies = np.fft.rfftfreq(size, 1 / sample_rate)
    low, high = _LEVEL_BAND
    inside = (frequencies >= low) & (frequencies <= min(high, 0.45 * sample_rate))
    # Evenly over octaves.
    return math.sqrt(np.average(powers[inside], weights=1 / frequencies[inside]))
