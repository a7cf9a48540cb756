"""Excerpts of the audio streams of MPEG-4 files, such as the stem files of MUSDB18, through the library av."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from sepstudio.errors import AudioFileError
from sepstudio.io.clip import FloatArray
from sepstudio.io.failures import COPY_AGAIN, display_name, not_finite, truncated, unreadable

SUFFIXES = (".mp4", ".m4a")

# A frame of AAC overlaps the one before it, so that the first one after a jump is wrong; in samples.
_RUN_UP = 4096


@dataclass(frozen=True)
class Mpeg4Excerpts:
    """One audio stream of an MPEG-4 file: ``sample_rate`` in Hz, ``length`` in samples per channel."""

    path: Path
    stream: int
    sample_rate: int
    channels: int
    length: int

    def read(self, start: int, stop: int) -> FloatArray:
        """Return samples ``start`` to ``stop`` as float32 [channels, stop - start]; zeros outside the recording.

        Raises
        ------
        AudioFileError
            If the stream cannot be decoded or holds NaN or infinite values.
        """
        out = np.zeros((self.channels, max(stop - start, 0)), np.float32)
        first, last = max(start, 0), min(stop, self.length)
        if first < last:
            for position, block in self._blocks(first, last):
                low, high = max(position, first), min(position + block.shape[1], last)
                if low < high:
                    out[:, low - start : high - start] = block[:, low - position : high - position]
        if not np.isfinite(out).all():
            raise not_finite(self.path, start, stop)
        return out

    def _blocks(self, start: int, stop: int) -> Iterator[tuple[int, FloatArray]]:
        """Yield positions in samples, and what was decoded from there on."""
        with _container(self.path) as (container, av):
            stream = container.streams.audio[self.stream]
            tick = self.sample_rate * Fraction(stream.time_base)
            container.seek(int(max(start - _RUN_UP, 0) / tick), stream=stream)
            # Interleaved or planar, of whatever depth the codec gives: planar floats.
            planar = av.AudioResampler(format="fltp", layout=stream.codec_context.layout)
            for decoded in container.decode(stream):
                for frame in planar.resample(decoded):
                    position = round(frame.pts * Fraction(frame.time_base) * self.sample_rate)
                    yield position, frame.to_ndarray()
                    if position + frame.samples >= stop:
                        return


def mpeg4_excerpts(path: Path, stream: int = 0) -> Mpeg4Excerpts:
    """Look into an MPEG-4 file and return what reads excerpts of one of its audio streams.

    Raises
    ------
    AudioFileError
        If the file is missing, unreadable, no MPEG-4 file, or has no such audio stream.
    """
    with _container(path) as (container, _):
        streams = container.streams.audio
        if stream >= len(streams):
            why = f"has {len(streams)} audio streams, and stream {stream} (counted from 0) is asked for"
            raise AudioFileError(display_name(path), why, "choose a file of stems with all its streams")
        found = streams[stream]
        rate, channels = int(found.codec_context.sample_rate), len(found.codec_context.layout.channels)
        seconds = ((found.start_time or 0) + (found.duration or 0)) * Fraction(found.time_base)
    if seconds <= 0:
        raise AudioFileError(display_name(path), f"announces no length of stream {stream}", COPY_AGAIN)
    return Mpeg4Excerpts(path, stream, rate, channels, round(seconds * rate))


@contextmanager
def _container(path: Path) -> Iterator[tuple[Any, Any]]:
    """Open a file; whatever goes wrong while it is open is said of it."""
    import av  # 35 MB of codecs, which few files need

    try:
        with av.open(str(path)) as container:
            yield container, av
    except av.FFmpegError as error:
        # Those that the system reports are both.
        if isinstance(error, OSError) and not isinstance(error, ValueError):
            raise unreadable(path, error) from error
        raise truncated(path, f"it cannot be decoded ({error.strerror})") from error
