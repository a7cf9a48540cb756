"""Some channels of a recording as a recording of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip, ComputedClip, FloatArray


class PickedClip(ComputedClip):
    """Channels of a clip, read as they are needed.

    Parameters
    ----------
    clip : AudioClip
    channels : sequence of int
        Counted from 0, at least one, in the order in which they are wanted.

    Raises
    ------
    ParameterError
        If none is named, or one that the clip does not have.
    """

    def __init__(self, clip: AudioClip, channels: Sequence[int]) -> None:
        if not channels or not all(0 <= channel < clip.channels for channel in channels):
            raise ParameterError("channels", tuple(channels), f"at least one, each from 0 to {clip.channels - 1}")
        super().__init__(len(channels), clip.length, clip.sample_rate)
        self.clip = clip
        self.picked = tuple(channels)

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        return np.ascontiguousarray(self.clip.read(start, stop)[list(self.picked)])


def first_channels(clip: AudioClip, count: int) -> AudioClip:
    """Return the first channels of a clip: itself where it has no more."""
    return clip if clip.channels <= count else PickedClip(clip, range(count))
