"""Where measures of several sources get their samples from: arrays, or recordings that are read as they are needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip

FloatArray = npt.NDArray[np.floating]
Doubles = npt.NDArray[np.float64]
Given = npt.ArrayLike | Sequence[AudioClip]


@dataclass(frozen=True)
class Stems:
    """Sources of equal shape, or a section of them; zeros surround it.

    ``fetch(start, stop)`` returns all channels of all sources, one after the other, for positions
    that lie inside the whole.
    """

    sources: int
    channels: int
    start: int
    stop: int
    fetch: Callable[[int, int], FloatArray]

    @property
    def rows(self) -> int:
        """Number of channels of all sources."""
        return self.sources * self.channels

    @property
    def length(self) -> int:
        """Number of samples per channel."""
        return self.stop - self.start

    @property
    def shape(self) -> tuple[int, int, int]:
        """Sources, channels, samples."""
        return self.sources, self.channels, self.length

    def section(self, frame: slice) -> Stems:
        """Return the samples of a frame, with zeros around."""
        return replace(self, start=self.start + frame.start, stop=self.start + frame.stop)

    def read(self, start: int, stop: int) -> Doubles:
        """Return samples ``start`` to ``stop`` of all channels of all sources, float64 [rows, stop - start]."""
        found = np.zeros((self.rows, stop - start))
        first, last = max(start, 0), min(stop, self.length)
        if first < last:
            found[:, first - start : last - start] = self.fetch(self.start + first, self.start + last)
        return found


def stems_of(name: str, given: Given) -> Stems:
    """Take an array or tensor [sources, channels, samples] or [sources, samples], or a clip per source.

    Raises
    ------
    ParameterError
        If the shape is none of these, clips differ in shape, or a value of an array is not finite.
    """
    if isinstance(given, Sequence):
        clips = [one for one in given if isinstance(one, AudioClip)]
        if clips and len(clips) == len(given):
            return _of_clips(name, clips)
    return _of_array(name, given)


def _of_clips(name: str, clips: Sequence[AudioClip]) -> Stems:
    shapes = {(clip.channels, clip.length) for clip in clips}
    if len(shapes) > 1 or 0 in min(shapes):
        raise ParameterError(name, sorted(shapes), "clips with samples, of as many channels and samples each")
    channels, length = shapes.pop()
    return Stems(
        len(clips), channels, 0, length, lambda start, stop: np.concatenate([clip.read(start, stop) for clip in clips])
    )


def _of_array(name: str, given: Given) -> Stems:
    array = np.asarray(given)
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    if array.ndim == 2:
        array = array[:, np.newaxis]
    if array.ndim != 3 or array.size == 0:
        raise ParameterError(name, array.shape, "an array of shape [sources, channels, samples] or [sources, samples]")
    if not np.isfinite(array).all():
        raise ParameterError(name, "NaN or infinity", "finite")
    sources, channels, samples = array.shape
    rows = array.reshape(-1, samples)
    return Stems(sources, channels, 0, samples, lambda start, stop: rows[:, start:stop])
