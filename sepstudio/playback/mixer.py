"""Adds the lanes of a timeline up to stereo, block by block."""

from __future__ import annotations

import functools
import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip, FloatArray
from sepstudio.playback.fades import Ramp, fade_frames
from sepstudio.playback.reader import ChunkReader
from sepstudio.playback.rendering import Renderer, Rendering

OUTPUT_CHANNELS = 2
# More than is mixed in one go.
_MOST_PIECES = 512


@dataclass(frozen=True)
class Lane:
    """A clip on the timeline.

    ``key`` names the lane, ``offset`` is the timeline sample at which the clip begins and
    ``gain`` is linear (a negative one turns the polarity round). ``pan`` is a balance from -1,
    only the left loudspeaker, to 1, only the right one: the other side falls along a quarter of
    a cosine, nothing ever gets louder, and at 0 nothing is changed. ``rendering`` says how the channels become two,
    None for the fold of ``to_stereo``.

    Raises
    ------
    ParameterError
        If the gain is not finite, the pan outside -1 to 1, or the rendering one of another number of channels.
    """

    key: str
    clip: AudioClip
    offset: int = 0
    gain: float = 1.0
    pan: float = 0.0
    rendering: Rendering | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.gain):
            raise ParameterError(f"gain of {self.key}", self.gain, "finite")
        if not -1.0 <= self.pan <= 1.0:
            raise ParameterError(f"pan of {self.key}", self.pan, "between -1 and 1")
        if self.rendering is not None and self.rendering.channels != self.clip.channels:
            given = self.rendering.channels
            raise ParameterError(f"rendering of {self.key}", given, f"one of {self.clip.channels} channels")

    @property
    def sound(self) -> tuple[str, int, int, Rendering | None]:
        """What makes two lanes sound the same but for their gains."""
        return self.key, id(self.clip), self.offset, self.rendering

    @property
    def gains(self) -> tuple[float, float]:
        """The linear gains of the left and the right channel."""
        # Rounded, so that the far end is silence and not a ten-thousandth of a billionth.
        other = self.gain * round(math.cos(abs(self.pan) * math.pi / 2), 12)
        return (other, self.gain) if self.pan > 0 else (self.gain, other)


def to_stereo(samples: FloatArray) -> FloatArray:
    """Fold float32 [channels, samples] to two channels, or to one that belongs in both.

    Mono and stereo stay as they are. Of more channels, the first, third, … go left and the
    second, fourth, … right, the last of an odd number to both, all with the one gain
    ``1 / ceil(channels / 2)``: the balance between channels is kept and the fold is never
    louder than the loudest channel.
    """
    channels = samples.shape[0]
    if channels <= OUTPUT_CHANNELS:
        return samples
    folded = np.stack([samples[0::2].sum(axis=0), samples[1::2].sum(axis=0)])
    if channels % 2:
        folded[1] += samples[-1]
    folded /= np.float32(math.ceil(channels / 2))
    return folded


class Piece(NamedTuple):
    """What sounded from output frame ``frame`` to ``stop`` in lanes of more than two channels.

    ``lanes`` holds, for each of them, float32 [channels, samples] before the fold and the linear gain.
    """

    frame: int
    stop: int
    lanes: tuple[tuple[FloatArray, float], ...]

    @property
    def channels(self) -> int:
        """The number of channels of the lane that has most."""
        return max(int(samples.shape[0]) for samples, _ in self.lanes)


class _Voice:
    """A lane that sounds, with the gains, left and right, it has on the way in, out or to others."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.reader = ChunkReader(lane.clip)
        self.left = self.right = Ramp.hold(0.0)
        self.leaving = False
        self.failure = ""

    @functools.cached_property
    def renderer(self) -> Renderer | None:
        """What renders the lane; made when it is first heard, because others wait while lanes are set."""
        return None if self.lane.rendering is None else self.lane.rendering.renderer()

    def is_silent(self, frame: int) -> bool:
        return self.left.value(frame) == self.right.value(frame) == 0.0

    def is_over(self, frame: int) -> bool:
        return self.leaving and frame >= self.left.stop

    def is_bound_for(self, gains: tuple[float, float]) -> bool:
        return (self.left.after, self.right.after) == gains

    def fade(self, gains: tuple[float, float], frame: int, start: int, length: int) -> None:
        """Leave the gains of ``frame`` at ``start`` for others."""
        self.left = Ramp(start, length, self.left.value(frame), gains[0])
        self.right = Ramp(start, length, self.right.value(frame), gains[1])

    def settle(self) -> None:
        """Finish the fade."""
        self.left, self.right = map(Ramp.hold, self.lane.gains)

    def add_to(self, out: FloatArray, position: int, frame: int) -> FloatArray | None:
        """Add the samples from timeline ``position`` on to float32 [2, samples]; return those of all channels."""
        count = out.shape[1]
        left, right = self.left.gains(frame, count), self.right.gains(frame, count)
        if self.failure or not (np.any(left) or np.any(right)):
            return None
        start = position - self.lane.offset
        try:
            samples = self.reader.read(start, start + count)
            heard = self._render(samples, start)
        # Whatever a file, a network share or a computed clip raises: the other lanes play on.
        except Exception as error:  # noqa: BLE001
            self.failure = f"{self.lane.key} is silent: {error}"
            return None
        out[0] += heard[0] * left
        out[1] += heard[-1] * right
        return samples

    def _render(self, samples: FloatArray, start: int) -> FloatArray:
        if self.renderer is None:
            return to_stereo(samples)
        return self.renderer.render(self.reader.read, start, start + samples.shape[1])

    def read_ahead(self, position: int) -> bool:
        """Read what is wanted at a timeline position to come; return False if there is nothing to read."""
        if self.failure or self.is_bound_for((0.0, 0.0)):
            return False
        start = position - self.lane.offset
        try:
            history = 0 if self.renderer is None else self.renderer.history
            return self.reader.read_ahead(start) or (history > 0 and self.reader.read_ahead(start - history))
        # As above; `add_to` meets the same error and says so when the samples are really wanted.
        except Exception:  # noqa: BLE001
            return False


class Mixer:
    """Mixes lanes without ever making a step in the sound.

    Lanes that leave or whose clip or rendering is replaced fade out over 5 ms from the next rendered frame,
    then those that come in fade in over 5 ms; lanes that stay sound on untouched. A new gain or
    pan is reached over 5 ms. A lane that cannot be read is silent until it gets another clip.
    Not safe for use from several threads at once.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._fade = fade_frames(sample_rate)
        self._frame = 0
        self._voices: list[_Voice] = []
        self._master = Ramp.hold(1.0)
        self._mono = Ramp.hold(0.0)
        self._pieces: deque[Piece] = deque(maxlen=_MOST_PIECES)

    @property
    def failures(self) -> tuple[str, ...]:
        """One line for every lane that cannot be read."""
        return tuple(voice.failure for voice in self._voices if voice.failure and not voice.leaving)

    def set_lanes(self, lanes: Sequence[Lane]) -> None:
        """Change what sounds, from the next rendered frame on."""
        wanted = {lane.sound for lane in lanes}
        for voice in self._voices:
            if voice.lane.sound not in wanted and not voice.leaving:
                voice.leaving = True
                voice.fade((0.0, 0.0), self._frame, self._frame, self._fade)
        entry = max((v.left.stop for v in self._voices if v.leaving and not v.is_silent(self._frame)), default=0)
        for lane in lanes:
            self._set_lane(lane, max(entry, self._frame))

    def _set_lane(self, lane: Lane, entry: int) -> None:
        voice = next((v for v in self._voices if v.lane.sound == lane.sound), None)
        if voice is None:
            voice = _Voice(lane)
            self._voices.append(voice)
        if voice.leaving or not voice.is_bound_for(lane.gains):
            start = entry if voice.is_silent(self._frame) else self._frame
            voice.fade(lane.gains, self._frame, start, self._fade)
        voice.lane = lane
        voice.leaving = False

    def set_master(self, gain: float) -> None:
        """Change the linear gain of the sum, from the next rendered frame on."""
        if gain != self._master.after:
            self._master = self._master.towards(gain, self._frame, self._fade)

    def set_mono(self, mono: bool) -> None:
        """Give both loudspeakers the mean of left and right, or no more, from the next rendered frame on."""
        if mono != self._mono.after:
            self._mono = self._mono.towards(float(mono), self._frame, self._fade)

    def settle(self) -> None:
        """Finish all fades at once; for when nothing is heard."""
        self._voices = [voice for voice in self._voices if not voice.leaving]
        for voice in self._voices:
            voice.settle()
        self._master = Ramp.hold(self._master.after)
        self._mono = Ramp.hold(self._mono.after)

    def render(self, position: int, frames: int) -> FloatArray:
        """Return the sum of the lanes from timeline sample ``position`` on, float32 [2, frames]."""
        out = np.zeros((OUTPUT_CHANNELS, frames), np.float32)
        lanes = []
        for voice in self._voices:
            samples = voice.add_to(out, position, self._frame)
            if samples is not None and samples.shape[0] > OUTPUT_CHANNELS:
                lanes.append((samples, max(abs(voice.left.value(self._frame)), abs(voice.right.value(self._frame)))))
        if lanes:
            self._pieces.append(Piece(self._frame, self._frame + frames, tuple(lanes)))
        out *= self._master.gains(self._frame, frames)
        self._fold(out)
        self._frame += frames
        self._voices = [voice for voice in self._voices if not voice.is_over(self._frame)]
        return out

    def take_pieces(self) -> tuple[Piece, ...]:
        """Return what sounded in lanes of more than two channels since the last call, by frames rendered."""
        pieces = tuple(self._pieces)
        self._pieces.clear()
        return pieces

    def _fold(self, out: FloatArray) -> None:
        share = self._mono.gains(self._frame, out.shape[1])
        if np.any(share):
            middle = out.mean(axis=0)
            out *= 1.0 - share
            out += middle * share

    def read_ahead(self, positions: Iterable[int]) -> None:
        """Let one lane read what it needs at the first of the timeline positions where one needs anything."""
        any(voice.read_ahead(position) for position in positions for voice in self._voices)
