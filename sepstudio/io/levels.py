"""How loud recordings are."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from sepstudio.io.clip import AudioClip

# 16 MB at a time.
_READ_VALUES = 1 << 22
# Of the loudest sample, where recordings are brought to a level that codecs are made for.
USUAL_PEAK = 0.5
_MOST_GAIN = 1e6


def peak_steps(clip: AudioClip) -> Generator[float, None, float]:
    """Return the largest sample of a recording, without its sign; yields the fraction done."""
    peak, size = 0.0, max(_READ_VALUES // clip.channels, 1)
    for first in range(0, clip.length, size):
        peak = max(peak, float(np.abs(clip.read(first, min(first + size, clip.length))).max(initial=0.0)))
        yield min((first + size) / clip.length, 1.0)
    return peak


def usual_gain(peak: float) -> float:
    """Return the gain that brings a peak to the usual level, 120 dB at most.

    Silence gets that too: networks make a faint noise of it, which the same gain takes away after decoding.
    """
    return min(USUAL_PEAK / peak, _MOST_GAIN) if peak > 0 else _MOST_GAIN
