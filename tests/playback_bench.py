"""A transport with a device that a test pulls frames from, and a clock that the test turns."""

import numpy as np

from sepstudio.io.clip import AudioClip
from sepstudio.playback.backends.null import NullBackend
from sepstudio.playback.transport import Transport

RATE = 48000
FADE = 240
BLOCK = 480
AHEAD = 5760  # 120 ms


class FakeClock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Device(NullBackend):
    """A device that takes frames only when asked, and knows whether it is open."""

    def __init__(self):
        super().__init__(manual=True)
        self.open = False

    def start(self, sample_rate, channels, frames):
        ring = super().start(sample_rate, channels, frames)
        self.open = True
        return ring

    def stop(self):
        self.open = False
        super().stop()


class Bench:
    """A transport whose device takes blocks of 10 ms, each of them 10 ms after the last."""

    def __init__(self, length=RATE, latency=0.0):
        self.clock = FakeClock()
        self.device = Device()
        self.device.latency = latency
        self.transport = Transport(self.device, clock=self.clock, threaded=False)
        self.transport.open(RATE, length)

    @property
    def written(self):
        """How many frames have been mixed since the device was opened: a change begins there."""
        return self.device._ring.written

    def run(self, frames):
        """Play on and return what the device took, float32 [2, frames]."""
        blocks = []
        for _ in range(frames // BLOCK):
            self.transport.fill()
            self.clock.now += BLOCK / RATE
            blocks.append(self.device.pull(BLOCK))
        self.transport.fill()
        return np.concatenate(blocks, axis=1)


def half_cosine(count):
    """The rise of an ideal fade."""
    return 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)


def ramp_clip(length=RATE):
    """Every sample tells its own position."""
    return AudioClip(np.tile(np.arange(length) / length, (2, 1)), RATE)


def positions(sound, length=RATE):
    return np.round(sound[0] * length).astype(int)
