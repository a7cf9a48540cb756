"""The songs of data sets as clips: the mixture and the true stems, read as they are needed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sepstudio.io import mpeg4
from sepstudio.io.audio import open_audio_steps
from sepstudio.io.clip import AudioClip, ComputedClip, FloatArray, MixClip, Part, excerpt
from sepstudio.io.excerpts import ExcerptSource, excerpt_source
from sepstudio.io.steps import drain
from sepstudio.nn.datasets.songs import OpenSong, Song, StemFile, open_song

# Of each file; longer ones are read from the disk.
_MEMORY_BYTES = 16 << 20
# Of a stem file that are decoded at a time.
_READ_AHEAD = 1 << 20


@dataclass(frozen=True)
class SongClips:
    """A song: its mixture, and the stems that it has, by name in order."""

    name: str
    mixture: AudioClip
    stems: Mapping[str, AudioClip]

    def middle(self, seconds: float) -> SongClips:
        """Return so many seconds in the middle of the song, or all of a shorter one."""
        length = min(math.ceil(seconds * self.mixture.sample_rate), self.mixture.length)
        start = (self.mixture.length - length) // 2
        stems = {name: excerpt(clip, start, start + length) for name, clip in self.stems.items()}
        return SongClips(self.name, excerpt(self.mixture, start, start + length), stems)


class _StreamClip(ComputedClip):
    """One stream of a file of several, decoded some seconds ahead."""

    def __init__(self, source: ExcerptSource) -> None:
        super().__init__(source.channels, source.length, source.sample_rate)
        self._source = source
        # In one piece: threads may read at the same time.
        self._ahead: tuple[int, FloatArray] = (0, np.zeros((source.channels, 0), np.float32))

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        first, ahead = self._ahead
        if not first <= start <= stop <= first + ahead.shape[1]:
            first = start
            ahead = self._source.read(first, min(max(stop, first + _READ_AHEAD), self.length))
            self._ahead = (first, ahead)
        return ahead[:, start - first : stop - first]


def open_song_clips(song: Song) -> SongClips:
    """Open a song; instruments of which it has no files are left out.

    Raises
    ------
    DataSetError
        If it has no stems, or its files differ in sample rate, channels or length.
    AudioFileError, MissingToolError
        If a file cannot be read.
    """
    known = open_song(song)
    stems = {name: _sum([_clip(file) for file in files], known) for name, files in song.stems.items() if files}
    mixture = _clip(song.mixture) if song.mixture else _sum(list(stems.values()), known)
    return SongClips(song.name, mixture, stems)


def _sum(clips: Sequence[AudioClip], song: OpenSong) -> AudioClip:
    return clips[0] if len(clips) == 1 else MixClip([Part(clip) for clip in clips], song.length)


def _clip(file: StemFile) -> AudioClip:
    if file.path.suffix.lower() in mpeg4.SUFFIXES:
        return _StreamClip(excerpt_source(file.path, file.stream))
    return drain(open_audio_steps(file.path, memory_bytes=_MEMORY_BYTES))
