"""Playback without a device: the playhead runs, nothing is heard."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from sepstudio.io.clip import FloatArray
from sepstudio.playback.backends.base import ArrayRing, Ring
from sepstudio.playback.devices import DeviceInfo


class _TimedRing(ArrayRing):
    """A ring that the clock empties at the sample rate."""

    def __init__(self, sample_rate: int, channels: int, frames: int, clock: Callable[[], float]) -> None:
        super().__init__(channels, frames)
        self._rate = sample_rate
        self._clock = clock
        self._since = clock()
        self._taken_before = 0

    @property
    def consumed(self) -> int:
        due = self._taken_before + int((self._clock() - self._since) * self._rate)
        if due > self._written:
            self.underruns += self.flowing and self._consumed < self._written
            due = self._written
        self._consumed = max(self._consumed, due)
        return self._consumed

    def write(self, block: FloatArray, *, last: bool) -> None:
        if self.consumed == self._written:
            self._since = self._clock()
            self._taken_before = self._written
        super().write(block, last=last)


class NullBackend:
    """Takes frames in real time, or when a test asks for them, and drops them.

    Parameters
    ----------
    note : str
        Why there is no sound.
    clock : callable
        Returns seconds; time passes for the ring as it says.
    manual : bool
        Frames are taken by `pull` only.
    """

    def __init__(self, note: str = "", *, clock: Callable[[], float] = time.monotonic, manual: bool = False) -> None:
        self.note = note
        self.latency = 0.0
        self.active = True
        self._clock = clock
        self._manual = manual
        self._ring: ArrayRing | None = None
        self._channels = 2
        self._underruns_before = 0

    @property
    def underruns(self) -> int:
        """How often frames were due that had not been mixed yet."""
        return self._underruns_before + (self._ring.underruns if self._ring else 0)

    def choose(self, device: str | None) -> None:
        """Do nothing: silence sounds the same everywhere."""

    def rescan(self) -> list[DeviceInfo]:
        """Return no device."""
        self.stop()
        return []

    def start(self, sample_rate: int, channels: int, frames: int) -> Ring:
        """Return an empty ring."""
        self.stop()
        self._channels = channels
        self._ring = (
            ArrayRing(channels, frames) if self._manual else _TimedRing(sample_rate, channels, frames, self._clock)
        )
        return self._ring

    def stop(self) -> None:
        """Drop the ring."""
        self._underruns_before = self.underruns
        self._ring = None

    def pull(self, frames: int) -> FloatArray:
        """Take the next frames as a device would, float32 [channels, frames]; silence while closed."""
        out = np.zeros((frames, self._channels), np.float32)
        if self._ring is not None:
            self._ring.read_into(out)
        return out.T
