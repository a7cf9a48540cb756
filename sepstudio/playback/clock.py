"""Tells what is being heard from what the device has taken."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from sepstudio.playback.sequencer import Mark

# Devices take frames in blocks: each look at the counter is off by up to a block. A tenth of the
# difference per look smooths that; more than the tolerance means that the device stood still.
CORRECTION = 0.1
TOLERANCE_SECONDS = 0.05


class PlayClock:
    """Estimates the output frame that leaves the loudspeaker now.

    It is what was handed to the device, minus what waits in the ring, minus the latency of
    the device; between the device's blocks the clock carries it on. It never goes back and
    never passes what was handed over.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    latency : float
        Of the device, in seconds.
    frame : int
        The output frame to count from.
    """

    def __init__(self, sample_rate: int, latency: float, frame: int) -> None:
        self._rate = sample_rate
        self._latency = latency * sample_rate
        self._idle_at = frame
        self._heard = frame
        self._anchor: tuple[float, float] | None = None

    def rest(self, consumed: int) -> None:
        """Stand still until the device takes more than ``consumed`` frames."""
        self._idle_at = consumed
        self._anchor = None

    def heard(self, consumed: int, written: int, now: float) -> int:
        """Return the frame heard at ``now`` seconds, given what was taken of what was handed over."""
        if self._anchor is None:
            if consumed <= self._idle_at:
                return self._heard
            self._anchor = (consumed, now)
        expected = self._anchor[0] + (now - self._anchor[1]) * self._rate
        if consumed < written:
            error = consumed - expected
            stood_still = abs(error) > TOLERANCE_SECONDS * self._rate
            expected += error if stood_still else CORRECTION * error
            self._anchor = (expected, now)
        self._heard = max(self._heard, min(round(expected - self._latency), written))
        return self._heard


class TimelineMap:
    """Which timeline position belongs to which output frame."""

    def __init__(self) -> None:
        self._marks: deque[Mark] = deque([Mark(0, 0)])
        self._jump = Mark(0, 0)

    def jump(self, mark: Mark) -> None:
        """Note a jump that the user asked for: until it is heard, its target is shown."""
        while self._marks and self._marks[-1].frame >= mark.frame:
            self._marks.pop()
        self._marks.append(mark)
        self._jump = mark

    def extend(self, marks: Iterable[Mark]) -> None:
        """Note loop wraps, in order."""
        self._marks.extend(mark for mark in marks if mark.frame > self._marks[-1].frame)

    def position(self, frame: int) -> int:
        """Return the timeline position of an output frame, or of the last jump where that is still to come."""
        frame = max(frame, self._jump.frame)
        while len(self._marks) > 1 and self._marks[1].frame <= frame:
            self._marks.popleft()
        first = self._marks[0]
        return first.position + frame - first.frame
