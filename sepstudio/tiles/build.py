"""One pass over a recording that feeds all of its pyramids, so that a file is decoded once."""

from __future__ import annotations

import abc
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from sepstudio.io.clip import AudioClip, FloatArray

_BLOCK_SAMPLES = 1 << 18
_CHANNELS_AT_FULL_BLOCK = 2
_SMALLEST_BLOCK = 1 << 13

TileKey = tuple[int, int]


@dataclass(frozen=True)
class BuildStep:
    """One bounded step of a build is done.

    ``fraction`` is in [0, 1]; ``ready`` names the spectrogram tiles (level, index) that became complete.
    """

    fraction: float
    ready: tuple[TileKey, ...] = ()


class Consumer(Protocol):
    """Takes the samples of a clip in order."""

    @property
    def clip(self) -> AudioClip:
        """The recording."""

    @property
    def position(self) -> int:
        """The next sample that it waits for; the length of the clip when it is complete."""

    def feed(self, samples: FloatArray) -> tuple[TileKey, ...]:
        """Take the next samples, float32 [channels, samples]; return the tiles that became complete."""


class GrowingPyramid(abc.ABC):
    """What is built from the samples of a clip in order, and goes on where it stopped."""

    def __init__(self, clip: AudioClip) -> None:
        self.clip = clip
        self._position = 0

    @property
    def position(self) -> int:
        """The next sample that ``feed`` waits for; the length of the clip when the pyramid is complete."""
        return self._position

    @property
    def complete(self) -> bool:
        """Whether every level was built."""
        return self._position >= self.clip.length and self.clip.length > 0

    def build(self) -> Generator[BuildStep, None, None]:
        """Compute all levels from where the pyramid stopped, in steps of a few tens of milliseconds."""
        return build_pyramids([self])

    @abc.abstractmethod
    def feed(self, samples: FloatArray) -> tuple[TileKey, ...]:
        """Take the next samples, float32 [channels, samples]; return the tiles that became complete."""


def build_pyramids(consumers: Sequence[Consumer]) -> Generator[BuildStep, None, None]:
    """Feed a whole recording to its consumers, from where they stopped, in steps of a few tens of milliseconds.

    A closed generator may be replaced by a new one, which goes on. Consumers of different
    positions are fed one after the other.
    """
    together = len({consumer.position for consumer in consumers}) <= 1
    groups = [tuple(consumers)] if together else [(consumer,) for consumer in consumers]
    for number, group in enumerate(groups):
        for step in _build_group(group):
            yield BuildStep((number + step.fraction) / len(groups), step.ready)


def _build_group(consumers: Sequence[Consumer]) -> Generator[BuildStep, None, None]:
    clip = consumers[0].clip
    while (start := consumers[0].position) < clip.length:
        stop = min(start + block_length(clip), clip.length)
        samples = clip.read(start, stop)
        ready = tuple(key for consumer in consumers for key in consumer.feed(samples))
        yield BuildStep(stop / clip.length, ready)


def block_length(clip: AudioClip) -> int:
    """Return how many samples of each channel make one step: fewer for more channels."""
    samples = _BLOCK_SAMPLES * _CHANNELS_AT_FULL_BLOCK // max(clip.channels, _CHANNELS_AT_FULL_BLOCK)
    return max(samples, _SMALLEST_BLOCK)
