"""What is added to a clip in some stretches, from spectra; everywhere else the clip stays itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.stft import Synthesis, frame_count
from sepstudio.io.clip import AudioClip, MixClip, Part, excerpt
from sepstudio.io.scratch import StemWriter

Spectrum = npt.NDArray[np.complex64]


class Correction:
    """Transforms the frames that are to be added to a clip back, and keeps those stretches alone.

    Parameters
    ----------
    shape : AudioClip
        A clip of the channels, length and sample rate of the one that is corrected.
    open_writer : callable
        Returns where the sound of all stretches is put; called when there is something to put.
    fft_size, hop_size : int
        In samples; the hop is at most half of the FFT size.
    """

    def __init__(
        self, shape: AudioClip, open_writer: Callable[[], StemWriter], *, fft_size: int, hop_size: int
    ) -> None:
        self._shape = shape
        self._open = open_writer
        self._sizes = {"fft_size": fft_size, "hop_size": hop_size}
        self._hop = hop_size
        self._bins = fft_size // 2 + 1
        self._frames = frame_count(shape.length, **self._sizes)
        # Samples at the edge of a stretch are divided by the windows of all frames that meet there.
        self._around = -(-fft_size // hop_size)
        self._writer: StemWriter | None = None
        self._synthesis: Synthesis | None = None
        self._next = 0
        self._filled = 0
        # Where each stretch begins in what was written, how long it is, and where it begins in the clip.
        self._places: list[tuple[int, int, int]] = []

    @staticmethod
    def most_samples(frames: int, stretches: int, *, fft_size: int, hop_size: int) -> int:
        """Return how many samples some stretches of together so many frames become at most."""
        return (frames + stretches * (2 * -(-fft_size // hop_size) + 1)) * hop_size

    def push(self, first: int, image: Spectrum) -> None:
        """Add frames [channels, bins, frames] from frame ``first`` on, behind all that were added before."""
        if self._synthesis is not None and first != self._next:
            self.end()
        if self._synthesis is None:
            self._begin(first)
        self._write(image)

    def end(self) -> None:
        """End a stretch: the next one may begin anywhere, even before the sound of this one has faded."""
        if self._synthesis is None or self._writer is None:
            return
        self._write(self._silence(min(self._around, self._frames - self._next)))
        if self._next == self._frames:
            self._put(self._synthesis.finish())
        self._synthesis = None

    def applied(self, clip: AudioClip | None) -> AudioClip:
        """Return a clip with all that was added, or just that; nothing can be added any more."""
        self.end()
        length = self._shape.length
        if self._writer is None:
            return clip if clip is not None and clip.length == length else self._placed([], clip, length)
        sound = self._writer.finish()
        parts = [Part(excerpt(sound, begin, begin + count), place) for begin, count, place in self._places]
        return self._placed(parts, clip, length)

    def _placed(self, parts: list[Part], clip: AudioClip | None, length: int) -> AudioClip:
        silence = AudioClip(np.zeros((self._shape.channels, 1), np.float32), self._shape.sample_rate)
        return MixClip([Part(silence if clip is None else clip), *parts], length)

    def _begin(self, first: int) -> None:
        begin = max(first - self._around, 0)
        if self._writer is None:
            self._writer = self._open()
        left = self._shape.length - begin * self._hop
        self._synthesis = Synthesis(self._shape.channels, left, **self._sizes)
        self._places.append((self._filled, 0, begin * self._hop))
        self._next = begin
        self._write(self._silence(first - begin))

    def _silence(self, frames: int) -> Spectrum:
        return np.zeros((self._shape.channels, self._bins, frames), np.complex64)

    def _write(self, image: Spectrum) -> None:
        if self._synthesis is not None:
            self._put(self._synthesis.push(image))
            self._next += image.shape[2]

    def _put(self, samples: npt.NDArray[np.float32]) -> None:
        if self._writer is not None:
            self._writer.write(samples)
        begin, count, place = self._places[-1]
        self._places[-1] = (begin, count + samples.shape[1], place)
        self._filled += samples.shape[1]
