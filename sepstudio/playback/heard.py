"""What is heard, as audio that can be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sepstudio.errors import AudioFileError
from sepstudio.io.clip import ComputedClip, FloatArray
from sepstudio.playback.mixer import OUTPUT_CHANNELS, Lane, Mixer


class HeardClip(ComputedClip):
    """The sum of lanes in two channels, rendered as they are played: gains, pans and the ears of a head.

    The head stays as it is turned now. Reading from the start on costs least. For one reader at a time.

    Parameters
    ----------
    lanes : sequence of Lane
    sample_rate : int
        In Hz.
    length : int
        Of the timeline, in samples.
    """

    def __init__(self, lanes: Sequence[Lane], sample_rate: int, length: int) -> None:
        super().__init__(OUTPUT_CHANNELS, length, sample_rate)
        self._mixer = Mixer(sample_rate)
        self._mixer.set_lanes([_held(lane) for lane in lanes])
        self._mixer.settle()

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        samples = self._mixer.render(start, stop - start)
        self._mixer.take_pieces()
        # The player goes on without such a lane; a file must not.
        if self._mixer.failures:
            raise AudioFileError("What is heard", "; ".join(self._mixer.failures), "mute what cannot be read")
        return samples


def _held(lane: Lane) -> Lane:
    return lane if lane.rendering is None else replace(lane, rendering=lane.rendering.held())
