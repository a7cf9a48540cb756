"""Sets of excerpts: those drawn and varied for each epoch, and those at fixed places, whose features are kept."""

from __future__ import annotations

import contextlib
import copy
import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from sepstudio.errors import DataSetError
from sepstudio.io.atomic import replacing
from sepstudio.io.clip import FloatArray
from sepstudio.io.failures import write_failure
from sepstudio.nn.datasets.examples import Examples
from sepstudio.nn.datasets.songs import OpenSong
from sepstudio.nn.training.features import Analysis
from sepstudio.nn.training.recordings import digest, song_identity

Stems = Mapping[str, FloatArray]


class ExcerptSet(Protocol):
    """Excerpts by epoch and number; may be read by several threads."""

    def __len__(self) -> int:
        """Excerpts of an epoch."""

    def audio(self, epoch: int, index: int) -> tuple[FloatArray, Stems]:
        """Return a mixture float32 [channels, samples] and its stems by instrument."""

    def arrays(self, epoch: int, index: int) -> Mapping[str, FloatArray]:
        """Return the features of an excerpt, see ``Analysis.arrays``."""


class DrawnExcerpts:
    """Examples at random places, varied."""

    def __init__(self, examples: Examples, analysis: Analysis, instruments: Sequence[str]) -> None:
        self._examples = examples
        self._analysis = analysis
        self._places = {name: examples.instruments.index(name) for name in instruments}
        self._count = len(examples)

    def __len__(self) -> int:
        return self._count

    def audio(self, epoch: int, index: int) -> tuple[FloatArray, Stems]:
        """Return a mixture float32 [channels, samples] and its stems by instrument."""
        example = self._examples.example(epoch, index)
        return example.mixture, {name: example.stems[place] for name, place in self._places.items()}

    def arrays(self, epoch: int, index: int) -> dict[str, FloatArray]:
        """Return the features of an excerpt, see ``Analysis.arrays``."""
        return self._analysis.arrays(*self.audio(epoch, index))


class FixedExcerpts:
    """Excerpts of songs as they are, evenly spread over each, whose features may be kept in files.

    Parameters
    ----------
    songs : sequence of OpenSong
    analysis : Analysis
    instruments : sequence of str
    per_song : int
        Excerpts of a song at most; less where they would overlap.
    """

    def __init__(
        self,
        songs: Sequence[OpenSong],
        analysis: Analysis,
        instruments: Sequence[str],
        *,
        per_song: int,
    ) -> None:
        self._analysis = analysis
        self._instruments = tuple(instruments)
        self._shuffle: int | None = None
        self._places = [(song, start) for song in songs for start in _starts(song.length, analysis, per_song)]
        self._kept: dict[str, FloatArray] = {}

    def __len__(self) -> int:
        return len(self._places)

    def audio(self, epoch: int, index: int) -> tuple[FloatArray, Stems]:
        """Return a mixture float32 [channels, samples] and its stems by instrument."""
        song, start = self._places[self._order(epoch)[index]]
        return read_song(song, start, start + self._analysis.samples, self._instruments)

    def arrays(self, epoch: int, index: int) -> Mapping[str, FloatArray]:
        """Return the features of an excerpt, see ``Analysis.arrays``."""
        if not self._kept:
            return self._analysis.arrays(*self.audio(epoch, index))
        place = self._order(epoch)[index]
        return {name: kept[place] for name, kept in self._kept.items()}

    def shuffled(self, seed: int) -> FixedExcerpts:
        """Return the same excerpts in an order that changes with each epoch."""
        other = copy.copy(self)
        other._shuffle = seed
        return other

    def size(self) -> int:
        """Return how many bytes the features of all excerpts take."""
        return sum(map(_bytes, self._shapes().values()))

    def missing_size(self, folder: Path) -> int:
        """Return how many of these bytes are not in files of a folder yet."""
        shapes = self._shapes().items()
        return sum(_bytes(shape) for name, shape in shapes if not self._file(folder, name).exists())

    def keep_steps(self, folder: Path) -> Iterator[float]:
        """Compute the features that are not in files of a folder yet, and read them from there from now on.

        Yields the fraction done; raises DataSetError if a file cannot be written.
        """
        paths = {name: self._file(folder, name) for name in self._shapes()}
        missing = {name: path for name, path in paths.items() if not path.exists()}
        try:
            yield from self._write_steps(missing)
        except OSError as error:
            raise DataSetError(*write_failure(folder, error)) from error
        self._kept = {name: np.load(path, mmap_mode="r") for name, path in paths.items()}

    def _write_steps(self, missing: Mapping[str, Path]) -> Iterator[float]:
        if not missing:
            return
        with contextlib.ExitStack() as stack:
            files = {}
            for name, path in missing.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                temp = stack.enter_context(replacing(path))
                shape = self._shapes()[name]
                files[name] = np.lib.format.open_memmap(temp, mode="w+", dtype=np.float32, shape=shape)
            for number, (song, start) in enumerate(self._places):
                found = self._analysis.arrays(
                    *read_song(song, start, start + self._analysis.samples, self._instruments)
                )
                for name, file in files.items():
                    file[number] = found[name]
                yield (number + 1) / len(self._places)
            for file in files.values():
                file.flush()

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        shapes = self._analysis.shapes(self._places[0][0].channels, self._instruments)
        return {name: (len(self), *shape) for name, shape in shapes.items()}

    def _file(self, folder: Path, name: str) -> Path:
        return folder / f"features-{digest([self._identity, name])}.npy"

    @functools.cached_property
    def _identity(self) -> Any:
        songs = {id(song): song for song, _ in self._places}
        numbers = {key: number for number, key in enumerate(songs)}
        first = self._places[0][0]
        return [
            [song_identity(song.song) for song in songs.values()],
            [[numbers[id(song)], start] for song, start in self._places],
            [first.sample_rate, first.channels],
            self._analysis.to_json(),
        ]

    def _order(self, epoch: int) -> Sequence[int]:
        return range(len(self)) if self._shuffle is None else _permutation(self._shuffle, epoch, len(self))


@functools.lru_cache(maxsize=4)
def _permutation(seed: int, epoch: int, count: int) -> tuple[int, ...]:
    return tuple(int(k) for k in np.random.default_rng([seed, epoch]).permutation(count))


def _bytes(shape: tuple[int, ...]) -> int:
    return 4 * math.prod(shape)


def _starts(length: int, analysis: Analysis, most: int) -> list[int]:
    """Return where excerpts begin whose estimated parts lie side by side in a song, or evenly apart."""
    step = analysis.frames * analysis.every * analysis.hop_size
    count = max(1, min(most, length // step))
    room = max(length - step, 0)
    return [
        round(room * (k + 0.5) / count if count == 1 else room * k / (count - 1)) - analysis.margin
        for k in range(count)
    ]


def read_song(song: OpenSong, start: int, stop: int, instruments: Sequence[str]) -> tuple[FloatArray, Stems]:
    """Return samples ``start`` to ``stop`` of the mixture and of some stems, each float32 [channels, samples]."""
    stems = {}
    total = np.zeros((song.channels, stop - start), np.float32)
    for name, sources in song.stems.items():
        if name in instruments or song.mixture is None:
            samples = np.zeros_like(total)
            for source in sources:
                samples += source.read(start, stop)
            total += samples
            stems[name] = samples
    mixture = total if song.mixture is None else song.mixture.read(start, stop)
    return mixture, {name: stems[name] for name in instruments}
