"""What every way to a sound device offers."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from sepstudio.io.clip import FloatArray
from sepstudio.playback.devices import DeviceInfo


class Ring(Protocol):
    """The queue between the thread that mixes and the device; one writer, one reader."""

    @property
    def written(self) -> int:
        """Frames put in since the start."""

    @property
    def consumed(self) -> int:
        """Frames that the device has taken since the start."""

    def write(self, block: FloatArray, *, last: bool) -> None:
        """Append float32 [channels, frames].

        ``last`` says that nothing follows for now: running dry afterwards is no underrun.
        The writer never puts in more than fits.
        """

    def tend(self) -> None:
        """Do what the device needs now and then; called about every 10 ms by the writer."""


class Backend(Protocol):
    """A way to a sound device. All methods are called from one thread, the properties from any."""

    @property
    def note(self) -> str:
        """Why there is no sound, or what is unusual about it; empty where all is well."""

    @property
    def latency(self) -> float:
        """Seconds from the moment the device takes a frame until it is heard; known once started."""

    @property
    def active(self) -> bool:
        """Whether the device still takes frames; False once it was unplugged or failed."""

    @property
    def underruns(self) -> int:
        """How often the sound broke off because frames came too late, since the backend was made."""

    def choose(self, device: str | None) -> None:
        """Open the device of this name or key (`DeviceInfo.key`) from the next start on, or the default one."""

    def rescan(self) -> list[DeviceInfo]:
        """Close the device, look for those that were plugged in or out, and return all outputs."""

    def start(self, sample_rate: int, channels: int, frames: int) -> Ring:
        """Open the device and return an empty ring that holds at least ``frames`` frames.

        Raises
        ------
        DeviceError
            If no device plays at this rate.
        """

    def stop(self) -> None:
        """Close the device; without effect where it is closed. What waits in the ring is dropped."""


class ArrayRing:
    """A ring in a numpy array, read by Python: allocates nothing, takes no lock.

    Reader and writer each change a counter of their own, and only after the samples are in
    place, so one of each may run at the same time.

    Parameters
    ----------
    channels, frames : int
        Size of the ring.
    """

    def __init__(self, channels: int, frames: int) -> None:
        self._memory = np.zeros((frames, channels), np.float32)
        self._size = frames
        self._written = 0
        self._consumed = 0
        self.flowing = False
        self.underruns = 0

    @property
    def written(self) -> int:
        """Frames put in since the start."""
        return self._written

    @property
    def consumed(self) -> int:
        """Frames taken since the start."""
        return self._consumed

    def write(self, block: FloatArray, *, last: bool) -> None:
        """Append float32 [channels, frames]."""
        count = block.shape[1]
        start = self._written % self._size
        first = min(count, self._size - start)
        self._memory[start : start + first] = block[:, :first].T
        self._memory[: count - first] = block[:, first:].T
        self._written += count
        self.flowing = not last

    def tend(self) -> None:
        """Do nothing: the reader needs no care."""

    def read_into(self, out: FloatArray) -> None:
        """Fill float32 [frames, channels] with what comes next, then with silence where too little is there."""
        wanted = out.shape[0]
        count = min(wanted, self._written - self._consumed)
        start = self._consumed % self._size
        first = min(count, self._size - start)
        out[:first] = self._memory[start : start + first]
        out[first:count] = self._memory[: count - first]
        out[count:] = 0.0
        self._consumed += count
        if count < wanted and self.flowing:
            self.underruns += 1
