"""How loud recordings are."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from sepstudio.io.clip import AudioClip

# 16 MB at a time.
_READ_VALUES = 1 << 22
# Of the loudest sample, where recordings are brought to a level that codecs are made for.
USUAL_PEAK = 0.5


def peak_steps(clip: AudioClip) -> Generator[float, None, float]:
    """Return the largest sample of a recording, without its sign; yields the fraction done."""
    peak, size = 0.0, max(_READ_VALUES // clip.channels, 1)
    for first in range(0, clip.length, size):
        peak = max(peak, float(np.abs(clip.read(first, min(first + size, clip.length))).max(initial=0.0)))
        yield min((first + size) / clip.length, 1.0)
    return peak


def usual_gain(peak: float) -> float:
    """Return the gain that brings a peak to the usual level; silence stays as it is."""
    return USUAL_PEAK / peak if peak > 0 else 1.0
