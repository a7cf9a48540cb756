"""Playback with a device callback in Python, for machines without rtmixer."""

from __future__ import annotations

from typing import Any

from sepstudio.io.clip import FloatArray
from sepstudio.playback.backends.base import ArrayRing
from sepstudio.playback.backends.portaudio import CountingRing, PortAudioBackend, open_stream

# Larger blocks than the device would choose: each one has to wait for the interpreter.
BLOCK_FRAMES = 1024


class SoundDeviceBackend(PortAudioBackend):
    """Plays through PortAudio; the callback only copies out of a ring made beforehand."""

    def _open(self, sample_rate: int, channels: int, frames: int) -> tuple[Any, str, CountingRing]:
        import sounddevice

        ring = ArrayRing(channels, frames)

        def copy(out: FloatArray, count: int, time: Any, status: Any) -> None:
            del count, time
            ring.read_into(out)
            if status.output_underflow and ring.flowing:
                ring.underruns += 1

        stream, note = open_stream(
            sounddevice.OutputStream,
            sample_rate,
            channels,
            wanted=self._wanted,
            blocksize=BLOCK_FRAMES,
            dtype="float32",
            callback=copy,
        )
        return stream, note, ring
