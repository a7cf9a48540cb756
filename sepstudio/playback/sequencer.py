"""Walks along the timeline: starts, halts, jumps, loops and ends, each behind a fade."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sepstudio.io.clip import FloatArray
from sepstudio.playback.fades import Ramp, fade_frames
from sepstudio.playback.mixer import OUTPUT_CHANNELS, Mixer
from sepstudio.playback.reader import CHUNK_FRAMES

# numpy keeps hold of the interpreter for arrays of up to 500 numbers. Two channels of this many
# frames stay below: no other thread can step in between the dozens of small sums of a block.
PIECE_FRAMES = 240


class Mark(NamedTuple):
    """From output frame ``frame`` on, timeline sample ``position`` and what follows it is heard."""

    frame: int
    position: int


class _Turn(NamedTuple):
    """At output frame ``frame`` the sound is faded out: go on at ``target``, or halt (None)."""

    frame: int
    target: int | None


class Sequencer:
    """Turns the timeline into one unbroken stream of output frames.

    Output frames count what is handed to the device; timeline positions jump. Before every
    jump, halt, loop wrap and the end, the sound fades out over 5 ms, afterwards in over 5 ms.
    The fade before a wrap or the end lies inside the loop or timeline, so that a loop
    repeats with exactly its own period. Not safe for use from several threads at once.

    Parameters
    ----------
    mixer : Mixer
        What sounds.
    sample_rate : int
        In Hz.
    length : int
        Of the timeline, in samples.
    frame : int
        The output frame to count from.
    """

    def __init__(self, mixer: Mixer, sample_rate: int, length: int, frame: int = 0) -> None:
        self.loop: tuple[int, int] | None = None
        self._mixer = mixer
        self._length = length
        self._fade = fade_frames(sample_rate)
        self._frame = frame
        self._position = 0
        self._stop: int | None = None
        # Both at work at once still make no kink, as one that turned back halfway would.
        self._rise = Ramp.hold(1.0)
        self._fall = Ramp.hold(1.0)
        self._turn: _Turn | None = None
        self._running = False

    @property
    def running(self) -> bool:
        """Whether there is more to render."""
        return self._running

    @property
    def turning(self) -> bool:
        """Whether the sound fades out before a jump, a halt, a wrap or the end."""
        return self._turn is not None

    @property
    def position(self) -> int:
        """The timeline position of the next frame."""
        return self._position

    def jump(self, position: int, stop: int | None = None) -> Mark:
        """Go on, or start, at a timeline position; return where in the output it begins.

        With a ``stop``, only what lies before it is played, without any loop.
        """
        self._stop = stop
        if self._running:
            return Mark(self._turn_to(position, self._fade), position)
        self._mixer.settle()
        self._running = True
        self._begin(position)
        return Mark(self._frame, position)

    def halt(self) -> None:
        """Fade out and stop; without effect where nothing runs."""
        if self._running:
            self._turn_to(None, self._fade)

    def render(self, frames: int) -> tuple[FloatArray, list[Mark]]:
        """Return up to ``frames`` frames, float32 [2, n], with the loop wraps among them.

        Fewer than asked for (perhaps none) means that the sequencer halted.
        """
        out = np.zeros((OUTPUT_CHANNELS, frames), np.float32)
        marks: list[Mark] = []
        done = 0
        while done < frames and self._running:
            count = min(frames - done, self._frames_to_turn(), PIECE_FRAMES)
            block = self._mixer.render(self._position, count)
            block *= self._rise.gains(self._frame, count) * self._fall.gains(self._frame, count)
            out[:, done : done + count] = block
            self._frame += count
            self._position += count
            done += count
            if self._turn is not None and self._turn.frame == self._frame:
                self._take_turn(self._turn, marks)
        return out[:, :done], marks

    def read_ahead(self) -> None:
        """Let one lane read what will be wanted within the next chunk; for when there is time to spare."""
        start, stop = self._position, self._position + CHUNK_FRAMES
        if self._stop is None and self.loop is not None and start < self.loop[1] <= stop:
            wrapped = self.loop[0] + stop - self.loop[1]
            self._mixer.read_ahead([self.loop[1] - 1, self.loop[0], min(wrapped, self.loop[1] - 1)])
        elif start < self._length:
            self._mixer.read_ahead([stop])

    def _begin(self, position: int) -> None:
        self._position = position
        self._turn = None
        self._rise = Ramp(self._frame, self._fade_before(self._boundary()[0]), 0.0, 1.0)
        self._fall = Ramp.hold(1.0)

    def _turn_to(self, target: int | None, length: int) -> int:
        """Fade out over ``length`` frames, or give the fade that runs another target; return where it ends."""
        if self._turn is None:
            self._fall = Ramp(self._frame, length, 1.0, 0.0)
            self._turn = _Turn(self._frame + length, target)
        else:
            self._turn = _Turn(self._turn.frame, target)
        return self._turn.frame

    def _take_turn(self, turn: _Turn, marks: list[Mark]) -> None:
        if turn.target is None:
            self._running = False
            self._turn = None
        else:
            marks.append(Mark(self._frame, turn.target))
            self._begin(turn.target)

    def _frames_to_turn(self) -> int:
        """Return how many frames may be rendered in one go, starting the fade before a boundary when it is due."""
        if self._turn is not None:
            return self._turn.frame - self._frame
        boundary, target = self._boundary()
        left = boundary - self._position
        fade = self._fade_before(boundary)
        if left > fade:
            return left - fade
        return self._turn_to(target, max(left, 1)) - self._frame

    def _boundary(self) -> tuple[int, int | None]:
        if self._stop is not None:
            return min(self._stop, self._length), None
        if self.loop is not None and self._position < self.loop[1]:
            return self.loop[1], self.loop[0]
        return self._length, None

    def _fade_before(self, boundary: int) -> int:
        """Return the length of the fades up to a boundary: two must fit into a very short loop or timeline."""
        start = self.loop[0] if self.loop is not None and boundary == self.loop[1] else 0
        return max(1, min(self._fade, (boundary - start) // 2))
