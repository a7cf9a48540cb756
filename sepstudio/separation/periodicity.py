"""The period of repeating music from its beat spectrum (Foote and Uchihashi 2001; Rafii and Pardo 2013)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

# Rows that are correlated at a time: bounds the memory of their padded transforms.
ROWS = 64
SHORTEST_SECONDS = 0.8
LONGEST_SECONDS = 10.0
# Multiples of a period that the exact lag is read from; later ones drift when it is no whole number of frames.
EXACT_MULTIPLES = 3


def beat_spectrum(energy: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return how similar a spectrogram is to itself at every lag.

    Parameters
    ----------
    energy : float32 array [bins, frames]
        Power spectrogram.

    Returns
    -------
    float64 array [frames], 1 at lag 0: the mean over bins of the unbiased autocorrelation of the power.
    """
    bins, frames = energy.shape
    size = fft.next_fast_len(2 * frames, real=True)
    spectrum = np.zeros(size // 2 + 1)
    for first in range(0, bins, ROWS):
        spectrum += (np.abs(fft.rfft(energy[first : first + ROWS].astype(np.float64), size)) ** 2).sum(axis=0)
    correlation = np.asarray(fft.irfft(spectrum, size)[:frames]) / np.arange(frames, 0, -1)
    return np.asarray(correlation / correlation[0]) if correlation[0] > 0 else np.zeros(frames)


def find_period(spectrum: npt.NDArray[np.float64], *, frame_rate: float) -> int:
    """Return the period in frames: the lag whose multiples stand highest above their surroundings.

    Lags from 0.8 to 10 seconds (at most a third of the recording) are tried; each multiple may
    lie beside the exact one by a quarter of a second, because people do not play like clocks.
    """
    shortest = max(round(SHORTEST_SECONDS * frame_rate), 1)
    longest = min(round(LONGEST_SECONDS * frame_rate), len(spectrum) // 3)
    if longest <= shortest:
        return max(min(shortest, len(spectrum) - 1), 1)
    slack = max(round(0.25 * frame_rate) // 2, 1)
    scores = [_score(spectrum, lag, slack) for lag in range(shortest, longest + 1)]
    rough = shortest + int(np.argmax(scores))
    # All lags within the slack of the best score alike, but a kernel one frame off misses every stroke.
    return max(range(max(rough - slack, 1), rough + slack + 1), key=lambda lag: _exact_score(spectrum, lag))


def _exact_score(spectrum: npt.NDArray[np.float64], lag: int) -> float:
    """Return how high the spectrum stands at the exact multiples of a lag."""
    return float(spectrum[lag::lag][:EXACT_MULTIPLES].mean())


def _score(spectrum: npt.NDArray[np.float64], lag: int, slack: int) -> float:
    """Return the mean rise of the multiples of a lag above the mean around them."""
    rises = []
    for multiple in range(lag, len(spectrum) * 3 // 4, lag):
        near = spectrum[max(multiple - slack, 0) : multiple + slack + 1]
        around = spectrum[max(multiple - lag // 2, 0) : multiple + lag // 2 + 1]
        rises.append(near.max() - around.mean())
    return float(np.mean(rises)) if rises else -np.inf
