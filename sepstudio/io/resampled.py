"""A clip at another sample rate."""

from __future__ import annotations

from sepstudio.dsp.resampling import Resampling
from sepstudio.io.clip import AudioClip, ComputedClip, FloatArray


class ResampledClip(ComputedClip):
    """A clip at another sample rate, computed as it is read; where a read begins and ends changes nothing.

    Raises
    ------
    ParameterError
        If the rate is not positive.
    """

    def __init__(self, clip: AudioClip, sample_rate: int) -> None:
        self._rule = Resampling(clip.sample_rate, sample_rate)
        super().__init__(clip.channels, self._rule.length(clip.length), sample_rate)
        self._clip = clip

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        if stop == start:
            return self._clip.read(0, 0)
        return self._rule.convert(self._clip.read(*self._rule.support(start, stop)), start, stop)


def at_rate(clip: AudioClip, sample_rate: int) -> AudioClip:
    """Return a clip at a sample rate: the clip itself where that is its own."""
    return clip if clip.sample_rate == sample_rate else ResampledClip(clip, sample_rate)
