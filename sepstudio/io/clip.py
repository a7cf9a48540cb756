"""Audio as every layer passes it around: immutable, float32, in memory or in a file."""

from __future__ import annotations

import abc
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from sepstudio.errors import ParameterError
from sepstudio.io.failures import library_message, native_name, not_finite, truncated

FloatArray = npt.NDArray[np.float32]


class AudioClip:
    """Audio held in memory.

    Parameters
    ----------
    samples : float32 array [channels, samples]
        Full scale is 1.0; values beyond are kept. Stored read-only, without a copy.
    sample_rate : int
        In Hz.

    Raises
    ------
    ParameterError
        If the shape is not two-dimensional, a value is not finite or the rate not positive.
    """

    def __init__(self, samples: npt.ArrayLike, sample_rate: int) -> None:
        array = np.asarray(samples, dtype=np.float32)
        if array.ndim != 2:
            raise ParameterError("samples", array.shape, "an array of shape [channels, samples]")
        if sample_rate <= 0:
            raise ParameterError("sample_rate", sample_rate, "positive")
        if not np.isfinite(array).all():
            raise ParameterError("samples", "NaN or infinity", "finite")
        self._samples = array.view()
        self._samples.setflags(write=False)
        self.sample_rate = int(sample_rate)

    @property
    def samples(self) -> FloatArray:
        """All samples, float32 [channels, samples], read-only."""
        return self._samples

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self._samples.shape[0])

    @property
    def length(self) -> int:
        """Number of samples per channel."""
        return int(self._samples.shape[1])

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.length / self.sample_rate

    def read(self, start: int, stop: int) -> FloatArray:
        """Return samples ``start`` to ``stop`` as float32 [channels, stop - start].

        Positions outside the clip read as zeros, so that blocks may overlap its edges.
        """
        wanted = max(stop - start, 0)
        first = min(max(start, 0), self.length)
        inside = self._read_inside(first, max(min(stop, self.length), first))
        left = min(max(-start, 0), wanted)
        right = wanted - left - inside.shape[1]
        return np.pad(inside, ((0, 0), (left, right))) if left or right else inside

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        # 0 <= start <= stop <= length, here and in the subclasses.
        return self._samples[:, start:stop]

    def section(self, start: int, stop: int) -> AudioClip:
        """Return samples ``start`` to ``stop`` as a clip of its own, in memory."""
        return AudioClip(self.read(start, stop), self.sample_rate)


class FileClip(AudioClip):
    """Audio that stays in a file whose format seeks exactly; safe to read from several threads.

    ``sepstudio.io.audio.open_audio`` checks files before it makes one; reading raises
    AudioFileError where the file ends early, does not decode, or holds NaN or infinite values.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file = soundfile.SoundFile(native_name(path))
        self.sample_rate = int(self._file.samplerate)

    @property
    def samples(self) -> FloatArray:
        """All samples, float32 [channels, samples], read from the file."""
        return self._read_inside(0, self.length)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self._file.channels)

    @property
    def length(self) -> int:
        """Number of samples per channel."""
        return int(self._file.frames)

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        with self._lock:
            block = self._read_frames(start, stop - start)
        if block.shape[0] < stop - start:
            ends_at = start + block.shape[0]
            raise truncated(self.path, f"it ends at sample {ends_at} although {self.length} are announced")
        if not np.isfinite(block).all():
            raise not_finite(self.path, start, stop)
        return np.ascontiguousarray(block.T)

    def _read_frames(self, start: int, count: int) -> FloatArray:
        try:
            if self._file.tell() != start:
                self._file.seek(start)
            block: FloatArray = self._file.read(count, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            detail = f"it cannot be decoded from sample {start} on ({library_message(error)})"
            raise truncated(self.path, detail) from error
        return block

    def close(self) -> None:
        """Close the file; later reads fail."""
        with self._lock:
            self._file.close()


class ComputedClip(AudioClip, abc.ABC):
    """Audio of a known shape that comes to be when it is read; subclasses say how in ``_read_inside``."""

    def __init__(self, channels: int, length: int, sample_rate: int) -> None:
        self._channels = channels
        self._length = length
        self.sample_rate = sample_rate

    @property
    def samples(self) -> FloatArray:
        """All samples, float32 [channels, samples]."""
        return self._read_inside(0, self.length)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self._channels

    @property
    def length(self) -> int:
        """Number of samples per channel."""
        return self._length

    @abc.abstractmethod
    def _read_inside(self, start: int, stop: int) -> FloatArray:
        """Return samples ``start`` to ``stop``, both within the clip."""


@dataclass(frozen=True)
class Part:
    """A clip in a mix: it begins at sample ``offset`` and is multiplied by ``gain`` (linear)."""

    clip: AudioClip
    offset: int = 0
    gain: float = 1.0


class MixClip(ComputedClip):
    """The sum of some clips of one sample rate and number of channels, computed as it is read.

    Parameters
    ----------
    parts : sequence of Part
        At least one.
    length : int
        In samples; what of the parts lies beyond is cut off.
    """

    def __init__(self, parts: Sequence[Part], length: int) -> None:
        first = parts[0].clip
        super().__init__(first.channels, length, first.sample_rate)
        self.parts = tuple(parts)

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        total = np.zeros((self.channels, stop - start), np.float32)
        for part in self.parts:
            # Of a thousand notes few sound at a time.
            if part.offset >= stop or part.offset + part.clip.length <= start:
                continue
            block = part.clip.read(start - part.offset, stop - part.offset)
            total += block if part.gain == 1.0 else block * np.float32(part.gain)
        return total


def only_part(clip: AudioClip) -> Part:
    """Return the one part that a clip consists of beside silence: what a mix of one part holds, else the clip."""
    parts = clip.parts if isinstance(clip, MixClip) else ()
    return parts[0] if len(parts) == 1 else Part(clip)


def excerpt(clip: AudioClip, start: int, stop: int) -> AudioClip:
    """Return samples ``start`` to ``stop`` of a clip, read as they are needed; zeros lie beyond its ends."""
    return MixClip([Part(clip, -start)], stop - start)


def difference(mixture: AudioClip, start: int, stop: int, stems: Sequence[AudioClip]) -> AudioClip:
    """Return what samples ``start`` to ``stop`` of a mixture hold beyond the sum of stems that begin at ``start``."""
    return MixClip([Part(mixture, -start), *(Part(stem, gain=-1.0) for stem in stems)], stop - start)
