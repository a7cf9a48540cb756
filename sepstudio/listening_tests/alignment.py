"""How late a recording comes that went through something."""

from __future__ import annotations

import numpy as np

from sepstudio.io.clip import AudioClip

_LONGEST_SECONDS = 0.1
# Less alike than this, they have no delay that could be told; and a better place must be clearly better, for a steady
# tone fits in many.
_LEAST_LIKENESS, _LEAST_GAIN = 0.3, 1.02


def delay_between(reference: AudioClip, changed: AudioClip) -> int:
    """Return by how many samples the first channel of a recording comes later than in the reference.

    The place of the largest correlation within 0.1 s; negative if it comes earlier, and 0 unless that place is clearly
    better than 0.

    Parameters
    ----------
    reference, changed : AudioClip
        Of one length and sample rate; both are read as a whole.
    """
    x, y = (clip.read(0, clip.length)[0].astype(np.float64) for clip in (reference, changed))
    scale = float(np.sqrt(np.square(x).sum() * np.square(y).sum()))
    if scale == 0:
        return 0
    reach = min(round(_LONGEST_SECONDS * reference.sample_rate), len(x) - 1)
    size = 1 << (len(x) + reach).bit_length()
    likeness = np.fft.irfft(np.conj(np.fft.rfft(x, size)) * np.fft.rfft(y, size), size) / scale
    places = np.arange(-reach, reach + 1)
    best = int(places[np.argmax(likeness[places])])
    found, at_zero = float(likeness[best]), float(likeness[0])
    return best if found >= _LEAST_LIKENESS and found > _LEAST_GAIN * max(at_zero, 0.0) else 0
