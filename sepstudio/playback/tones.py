"""Short tones to hear a pitch by."""

from __future__ import annotations

import numpy as np

from sepstudio.io.clip import AudioClip

# Like a plucked string: higher partials are weaker, and die away faster.
_PARTIALS = 8
_LEVEL = 0.25
_ATTACK_S, _RELEASE_S = 0.004, 0.03
_DECAY_S = 0.6


def tone(hertz: float, seconds: float, sample_rate: int, channels: int = 1) -> AudioClip:
    """Return a tone that fades away.

    Parameters
    ----------
    hertz : float
        Its fundamental; partials above half the rate are left out.
    seconds : float
        Its length.
    sample_rate : int
        In Hz.
    channels : int
        All of them sound the same.

    Returns
    -------
    AudioClip
        Peaks at most at a quarter of full scale.
    """
    length = max(round(seconds * sample_rate), 1)
    time = np.arange(length) / sample_rate
    numbers = np.arange(1, _PARTIALS + 1)
    audible = numbers[numbers * hertz < sample_rate / 2]
    wave = np.zeros(length)
    for number in audible:
        wave += np.sin(2 * np.pi * hertz * number * time) * np.exp(-time * number**0.5 / _DECAY_S) / number**1.5
    ends = np.minimum(time / _ATTACK_S, (length - 1 - np.arange(length)) / sample_rate / _RELEASE_S)
    wave *= np.clip(ends, 0.0, 1.0) * _LEVEL / np.sum(1.0 / numbers**1.5)
    return AudioClip(np.tile(wave.astype(np.float32), (channels, 1)), sample_rate)
