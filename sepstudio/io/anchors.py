"""Recordings made worse in a known way, for listening tests."""

from __future__ import annotations

import numpy as np

from sepstudio.dsp.ambisonics import degrees, order_of
from sepstudio.dsp.anchors import LOW_ANCHOR_HZ, low_pass_inside, low_pass_taps
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip, ComputedClip, FloatArray


class LowPassClip(ComputedClip):
    """A clip without its treble, the same filter for all channels; computed as it is read and not delayed.

    Parameters
    ----------
    clip : AudioClip
    cutoff : float
        In Hz; see ``dsp.anchors.low_pass_taps``.
    """

    def __init__(self, clip: AudioClip, cutoff: float = LOW_ANCHOR_HZ) -> None:
        super().__init__(clip.channels, clip.length, clip.sample_rate)
        self._clip = clip
        self._cutoff = cutoff
        self._half = low_pass_taps(clip.sample_rate, cutoff).size // 2

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        if start == stop:
            return self._clip.read(start, stop)
        stretch = self._clip.read(start - self._half, stop + self._half)
        return low_pass_inside(stretch, self.sample_rate, self._cutoff)


class TruncatedClip(ComputedClip):
    """A scene in ACN with its channels beyond an order silent: blurred in space, and nothing else.

    Raises
    ------
    ParameterError
        If the channels are no full set of Ambisonics, or of no higher order than is kept.
    """

    def __init__(self, clip: AudioClip, order: int) -> None:
        super().__init__(clip.channels, clip.length, clip.sample_rate)
        given = order_of(clip.channels)
        if not 0 <= order < given:
            raise ParameterError("order", order, f"below {given}, that of the scene")
        self._clip = clip
        self._kept = (degrees(given) <= order).astype(np.float32)[:, np.newaxis]

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        return self._clip.read(start, stop) * self._kept
