"""Playback with a device callback in C: no Python thread can delay it."""

from __future__ import annotations

from typing import Any

import numpy as np

from sepstudio.io.clip import FloatArray
from sepstudio.playback.backends.portaudio import CountingRing, PortAudioBackend, open_stream

BYTES_PER_SAMPLE = 4
# Every call into C is a chance to lose the interpreter to another thread: the statistics, which
# only a display wants, are fetched every few steps of 10 ms.
STEPS_PER_STATISTICS = 25


class _CallbackRing:
    """A ring of PortAudio's own, emptied by an action of the C callback.

    The callback ends the action as soon as the ring holds less than a block, whether that is
    the end or an underrun; the writer sets up the next one.
    """

    def __init__(self, stream: Any, ring: Any) -> None:
        self._stream = stream
        self._ring = ring
        self._written = 0
        self._flowing = False
        self._action: Any = None
        self._statistics: Any = None
        self._steps = 0
        self.underruns = 0

    @property
    def written(self) -> int:
        return self._written

    @property
    def consumed(self) -> int:
        return self._written - int(self._ring.read_available)

    def write(self, block: FloatArray, *, last: bool) -> None:
        self._revive()
        self._written += int(self._ring.write(np.ascontiguousarray(block.T)))
        self._flowing = not last
        self._revive()

    def tend(self) -> None:
        self._revive()
        self._steps += 1
        if self._steps % STEPS_PER_STATISTICS == 0:
            self._count_device_underruns()

    def _revive(self) -> None:
        if self._action is not None and self._action not in self._stream.actions:
            self._action = None
            self.underruns += self._flowing
        if self._action is None and self._ring.read_available:
            self._action = self._stream.play_ringbuffer(self._ring)

    def _count_device_underruns(self) -> None:
        if self._statistics is None or self._statistics not in self._stream.actions:
            if self._statistics is not None and self._flowing:
                self.underruns += int(self._statistics.stats.output_underflows)
            self._statistics = self._stream.fetch_and_reset_stats()


class RtMixerBackend(PortAudioBackend):
    """Plays through PortAudio with the C callback of rtmixer."""

    def _open(self, sample_rate: int, channels: int, frames: int) -> tuple[Any, str, CountingRing]:
        import rtmixer

        stream, note = open_stream(rtmixer.Mixer, sample_rate, channels, wanted=self._wanted, blocksize=0)
        power_of_two = 1 << max(frames - 1, 1).bit_length()
        ring = _CallbackRing(stream, rtmixer.RingBuffer(BYTES_PER_SAMPLE * channels, power_of_two))
        return stream, note, ring
