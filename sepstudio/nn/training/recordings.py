"""Recordings of any format as a training reads them thousands of times: one rate, one number of channels, decoded once.

What is compressed, of another rate or of another number of channels is decoded once into a file of the cache,
float32 npy [channels, samples], and mapped into memory from then on. Uncompressed files that fit are read in place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sepstudio.errors import DataSetError
from sepstudio.io.atomic import replacing
from sepstudio.io.clip import AudioClip, FloatArray
from sepstudio.io.decode import blocks, probe
from sepstudio.io.excerpts import ExcerptSource, excerpt_source
from sepstudio.io.failures import display_name, unreadable, write_failure
from sepstudio.io.mpeg4 import SUFFIXES as MPEG4_SUFFIXES
from sepstudio.io.resampled import at_rate
from sepstudio.nn.datasets.songs import OpenSong, Song, StemFile

_UNCOMPRESSED = (".wav", ".aif", ".aiff")
# How much the lengths of the stems of a song may differ, in seconds: encoders append silence.
_SLACK = 0.1
_STEP_SECONDS = 20


@dataclass(frozen=True)
class DecodedSource:
    """A decoded recording in the cache; may be pickled, and shared by threads."""

    path: Path
    sample_rate: int
    channels: int
    length: int

    def read(self, start: int, stop: int) -> FloatArray:
        """Return samples ``start`` to ``stop`` as float32 [channels, stop - start]; zeros outside the recording."""
        first, last = max(start, 0), min(stop, self.length)
        out = np.zeros((self.channels, stop - start), np.float32)
        if first < last:
            out[:, first - start : last - start] = np.load(self.path, mmap_mode="r")[:, first:last]
        return out


class Recordings:
    """Opens the recordings of songs at one sample rate (Hz) and number of channels.

    Parameters
    ----------
    folder : Path
        Of the cache; created where it is missing.
    sample_rate, channels : int
    """

    def __init__(self, folder: Path, *, sample_rate: int, channels: int) -> None:
        self.folder = folder
        self.sample_rate = sample_rate
        self.channels = channels

    def decode_steps(self, songs: Iterable[Song]) -> Generator[tuple[float, str], None, None]:
        """Decode what must be; yields the fraction done and the name of the file.

        Raises
        ------
        AudioFileError
            If a recording cannot be read.
        DataSetError
            If it has a number of channels that cannot be converted, or the cache cannot be written.
        """
        files = list(dict.fromkeys(file for song in songs for file in song.files))
        for number, file in enumerate(files):
            yield number / len(files), str(file)
            target = self._target(file)
            if target is not None and not target.exists():
                yield from ((number / len(files), str(file)) for _ in self._decode_steps(file, target))

    def open(self, song: Song, instruments: Sequence[str] = ()) -> OpenSong:
        """Return a song that was decoded before, instruments it lacks silent.

        Raises
        ------
        DataSetError
            If the song has no audio at all, or its recordings differ in length.
        """
        if not any(song.stems.values()):
            raise DataSetError(f"song {song.name!r}", "has no stems", "leave it out, or add a file of an instrument")
        sources = {file: self._source(file) for file in song.files}
        lengths = {file: source.length for file, source in sources.items()}
        (first, shortest), (last, longest) = (f(lengths.items(), key=lambda item: item[1]) for f in (min, max))
        if longest - shortest > _SLACK * self.sample_rate:
            why = f"its files differ in length: {first} has {shortest / self.sample_rate:.1f} s, {last} has "
            why += f"{longest / self.sample_rate:.1f} s"
            raise DataSetError(f"song {song.name!r}", why, "export all stems of the song with one length")
        stems = {name: tuple(sources[file] for file in files) for name, files in song.stems.items()}
        stems |= {name: () for name in instruments if name not in stems}
        mixture = sources[song.mixture] if song.mixture else None
        return OpenSong(song, mixture, stems, self.sample_rate, self.channels, longest)

    def _source(self, file: StemFile) -> ExcerptSource:
        target = self._target(file)
        if target is None:
            return excerpt_source(file.path, file.stream)
        length = np.load(target, mmap_mode="r").shape[1]
        return DecodedSource(target, self.sample_rate, self.channels, length)

    def _target(self, file: StemFile) -> Path | None:
        """Return the file of the cache that a recording is decoded into, None if it is read in place."""
        if file.path.suffix.lower() in _UNCOMPRESSED:
            source = excerpt_source(file.path, file.stream)
            if (source.sample_rate, source.channels) == (self.sample_rate, self.channels):
                return None
        key = [*fingerprint(file.path), file.stream, self.sample_rate, self.channels]
        return self.folder / f"audio-{digest(key)}.npy"

    def _decode_steps(self, file: StemFile, target: Path) -> Generator[None, None, None]:
        samples, rate = yield from _decoded(file)
        samples = self._with_channels(samples, file)
        if rate != self.sample_rate:
            samples = yield from _resampled(AudioClip(samples, rate), self.sample_rate)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with replacing(target) as temp, temp.open("wb") as out:
                np.save(out, samples)
        except OSError as error:
            raise DataSetError(*write_failure(target, error)) from error

    def _with_channels(self, samples: FloatArray, file: StemFile) -> FloatArray:
        if len(samples) == self.channels:
            return samples
        if len(samples) == 1:
            return np.repeat(samples, self.channels, axis=0)
        if self.channels == 1:
            return np.asarray(samples.mean(axis=0, keepdims=True), np.float32)
        why = f"has {len(samples)} channels, and the networks {self.channels}"
        raise DataSetError(display_name(file.path), why, "leave the song out, or mix the file down")


def _resampled(clip: AudioClip, sample_rate: int) -> Generator[None, None, FloatArray]:
    """Return all samples at another rate, float32 [channels, samples]."""
    source = at_rate(clip, sample_rate)
    out = np.empty((source.channels, source.length), np.float32)
    step = _STEP_SECONDS * sample_rate
    for first in range(0, source.length, step):
        stop = min(first + step, source.length)
        out[:, first:stop] = source.read(first, stop)
        yield
    return out


def fingerprint(path: Path) -> tuple[str, int, int]:
    """Return what changes when a file does: its path, size and time of change; AudioFileError if it is missing."""
    try:
        status = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    return str(path.resolve()), status.st_size, status.st_mtime_ns


def song_identity(song: Song) -> list[Any]:
    """Return, as JSON values, what changes when the recordings of a song do, or what they are recordings of."""
    mixture = [*fingerprint(song.mixture.path), song.mixture.stream] if song.mixture else None
    stems = {name: [[*fingerprint(f.path), f.stream] for f in files] for name, files in song.stems.items()}
    return [mixture, stems]


def digest(values: object) -> str:
    """Return a name for JSON values, in hexadecimal."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:24]


def _decoded(file: StemFile) -> Generator[None, None, tuple[FloatArray, int]]:
    """Return all samples float32 [channels, samples], and their rate."""
    if file.path.suffix.lower() in MPEG4_SUFFIXES:
        source = excerpt_source(file.path, file.stream)
        yield
        return source.read(0, source.length), source.sample_rate
    found = probe(file.path)
    parts = []
    for block in blocks(found):
        parts.append(block)
        yield
    return np.concatenate(parts, axis=1), found.info.sample_rate
