"""Raised-cosine fades, so that nothing that starts, stops or switches clicks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sepstudio.io.clip import FloatArray

FADE_SECONDS = 0.005


def fade_frames(sample_rate: int) -> int:
    """Return the length of a fade in frames, at least 1."""
    return max(1, round(FADE_SECONDS * sample_rate))


@dataclass(frozen=True)
class Ramp:
    """A gain that goes from ``before`` to ``after`` along half a cosine period.

    At frame ``t`` it is ``before + (after - before) * (1 - cos(pi * x)) / 2`` with
    ``x = (t - start) / length`` limited to 0…1: value and slope are continuous everywhere.
    """

    start: int
    length: int
    before: float
    after: float

    @classmethod
    def hold(cls, gain: float) -> Ramp:
        """Return a gain that never changes."""
        return cls(0, 1, gain, gain)

    @property
    def stop(self) -> int:
        """First frame at which the gain is ``after``."""
        return self.start + self.length

    def value(self, frame: int) -> float:
        """Return the gain at a frame."""
        x = min(max((frame - self.start) / self.length, 0.0), 1.0)
        return float(self.before + (self.after - self.before) * 0.5 * (1.0 - np.cos(np.pi * x)))

    def gains(self, frame: int, count: int) -> FloatArray | np.float32:
        """Return the gains of ``count`` frames: one number where they are all the same, else float32 [count]."""
        if self.before == self.after or frame >= self.stop:
            return np.float32(self.after)
        if frame + count <= self.start:
            return np.float32(self.before)
        x = np.clip((np.arange(frame, frame + count) - self.start) / self.length, 0.0, 1.0)
        return (self.before + (self.after - self.before) * 0.5 * (1.0 - np.cos(np.pi * x))).astype(np.float32)

    def towards(self, gain: float, frame: int, length: int) -> Ramp:
        """Return a ramp that leaves this one's value at ``frame`` and reaches ``gain`` ``length`` frames later."""
        return Ramp(frame, length, self.value(frame), gain)
