"""What phase differences say: the shifts that the transform gives them, and Hz and seconds once these are gone.

N is the FFT size, n0 the hop, both in samples; conventions are those of ``sepstudio.dsp.phase``.
"""

from __future__ import annotations

import numpy as np

from sepstudio.dsp.phase import DERIVATIVES, Floats, PhaseFeature, PhasePlan


def expected_shifts(feature: PhaseFeature, *, fft_size: int, hop_size: int) -> Floats:
    """Return what the transform adds to a feature of each bin, radians in [-pi, pi), float32 [fft_size // 2 + 1].

    2 pi k n0 / N along time (Muth 2018, eq. 7), pi along frequency, nothing for the phase itself.

    Raises
    ------
    ParameterError
        For a hop outside 1 to N.
    """
    bins = fft_size // 2 + 1
    plan = PhasePlan(bins, hop_size=hop_size, kinds=DERIVATIVES, corrected=True)
    if feature == "time":
        return plan.shifts
    return np.full(bins, plan.tilt if feature == "frequency" else 0.0, np.float32)


def wrapped(angle: float) -> float:
    """Return an angle in [-pi, pi)."""
    return (angle + np.pi) % (2.0 * np.pi) - np.pi


def deviation_hertz(angle: float, *, hop_size: int, sample_rate: int) -> float:
    """Return by how many Hz a steady tone lies above the middle of its bin, from its corrected difference along time.

    ``angle * sample_rate / (2 pi n0)``: tones farther than ``sample_rate / (2 n0)`` away come out on the other side.
    """
    return angle * sample_rate / (2.0 * np.pi * hop_size)


def offset_seconds(angle: float, *, fft_size: int, sample_rate: int) -> float:
    """Return when an event lies, counted from the centre of its frame, from its corrected difference along frequency.

    ``-angle N / (2 pi sample_rate)``: negative for what comes before the centre.
    """
    return -angle * fft_size / (2.0 * np.pi * sample_rate)
