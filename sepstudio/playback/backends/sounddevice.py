"""Playback with a device callback in Python, for machines without rtmixer."""

from __future__ import annotations

from typing import Any

from sepstudio.io.clip import FloatArray
from sepstudio.playback.backends.base import ArrayRing, Ring
from sepstudio.playback.backends.portaudio import close_stream, open_stream

# Larger blocks than the device would choose: each one has to wait for the interpreter.
BLOCK_FRAMES = 1024


class SoundDeviceBackend:
    """Plays through PortAudio; the callback only copies out of a ring made beforehand."""

    def __init__(self) -> None:
        self.note = ""
        self.latency = 0.0
        self._stream: Any = None
        self._ring: ArrayRing | None = None
        self._underruns_before = 0

    @property
    def active(self) -> bool:
        """Whether the device still takes frames."""
        return self._stream is not None and bool(self._stream.active)

    @property
    def underruns(self) -> int:
        """How often the ring ran dry or the device reported that it did."""
        return self._underruns_before + (self._ring.underruns if self._ring else 0)

    def start(self, sample_rate: int, channels: int, frames: int) -> Ring:
        """Open the device and return an empty ring.

        Raises
        ------
        DeviceError
            If no device plays at this rate.
        """
        import sounddevice

        self.stop()
        ring = ArrayRing(channels, frames)

        def copy(out: FloatArray, count: int, time: Any, status: Any) -> None:
            del count, time
            ring.read_into(out)
            if status.output_underflow and ring.flowing:
                ring.underruns += 1

        self._stream, self.note = open_stream(
            sounddevice.OutputStream, sample_rate, channels, blocksize=BLOCK_FRAMES, dtype="float32", callback=copy
        )
        self.latency = float(self._stream.latency)
        self._ring = ring
        return ring

    def stop(self) -> None:
        """Close the device."""
        if self._stream is not None:
            close_stream(self._stream)
            self._underruns_before = self.underruns
            self._stream = self._ring = None
