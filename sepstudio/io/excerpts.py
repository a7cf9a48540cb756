"""Excerpts of audio files at random positions, without holding the file or keeping it open."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from sepstudio.io import mpeg4
from sepstudio.io.audio import open_audio
from sepstudio.io.clip import AudioClip, ComputedClip, FileClip, FloatArray
from sepstudio.io.decode import Probe, blocks, probe, with_counted_length
from sepstudio.io.failures import library_message, truncated


class ExcerptSource(Protocol):
    """A recording of which parts are read; may be pickled, and shared by threads and forked processes."""

    @property
    def sample_rate(self) -> int:
        """In Hz."""

    @property
    def channels(self) -> int:
        """Number of channels."""

    @property
    def length(self) -> int:
        """Number of samples per channel."""

    def read(self, start: int, stop: int) -> FloatArray:
        """Return samples ``start`` to ``stop`` as float32 [channels, stop - start]; zeros outside the recording."""


def excerpt_source(path: Path, stream: int = 0) -> ExcerptSource:
    """Look into an audio file and return what reads excerpts of it.

    Parameters
    ----------
    path : Path
        Everything that ``sepstudio.io.audio.open_audio`` reads, and MPEG-4 files.
    stream : int
        Which audio stream of an MPEG-4 file, from 0 on; other files have one.

    Raises
    ------
    AudioFileError
        If the file is missing, a folder, unreadable, empty, truncated, no audio that can be read, or has no such
        stream.
    MissingToolError
        For an MPEG-4 file where the library ``av`` is not installed.
    """
    if path.suffix.lower() in mpeg4.SUFFIXES:
        return mpeg4.mpeg4_excerpts(path, stream)
    found = probe(path)
    length = with_counted_length(found).length
    return _InPlace(found, length) if found.stays_in_file else _FromTheStart(found, length)


class _SourceClip(ComputedClip):
    """A recording that is opened for every read: it may be pickled, and shared by threads and forked processes."""

    def __init__(self, source: ExcerptSource) -> None:
        super().__init__(source.channels, source.length, source.sample_rate)
        self._source = source

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        return self._source.read(start, stop)


def excerpt_clip(path: Path) -> AudioClip:
    """Return a recording of which excerpts are read often, in no order.

    One of which any stretch can be read stays in its file, and is opened for every read; another is decoded once.

    Raises
    ------
    AudioFileError
        If it cannot be read.
    """
    return _SourceClip(excerpt_source(path)) if probe(path).stays_in_file else open_audio(path)


@dataclass(frozen=True)
class _Found:
    found: Probe
    length: int

    @property
    def sample_rate(self) -> int:
        return self.found.info.sample_rate

    @property
    def channels(self) -> int:
        return self.found.info.channels


class _InPlace(_Found):
    """A file that seeks exactly. Opening it again takes less than a millisecond and needs no care in forks."""

    def read(self, start: int, stop: int) -> FloatArray:
        with contextlib.closing(_opened(self.found.info.path)) as clip:
            return clip.read(start, stop)


class _FromTheStart(_Found):
    """A file that is decoded up to the excerpt: seeking in OGG and MP3 is off by some samples, other for each stem."""

    def read(self, start: int, stop: int) -> FloatArray:
        last = min(stop, self.length)
        pieces: list[FloatArray] = [np.zeros((self.channels, 0), np.float32)]
        done, first = 0, max(start, 0)
        for block in blocks(self.found) if first < last else ():
            pieces.append(block[:, max(first - done, 0) : max(last - done, 0)])
            done += block.shape[1]
            if done >= last:
                break
        return AudioClip(np.concatenate(pieces, axis=1), self.sample_rate).read(start - first, stop - first)


def _opened(path: Path) -> FileClip:
    try:
        return FileClip(path)
    except soundfile.LibsndfileError as error:
        raise truncated(path, f"it cannot be opened again ({library_message(error)})") from error
