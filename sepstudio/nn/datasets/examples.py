"""Examples for training: excerpts of songs at random, varied, the same in every run whatever reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sepstudio.errors import DataSetError, ParameterError
from sepstudio.io.clip import FloatArray
from sepstudio.io.excerpts import ExcerptSource
from sepstudio.nn.datasets.songs import INSTRUMENTS, OpenSong, Song, open_song


@dataclass(frozen=True)
class Augmentation:
    """How examples are varied; the defaults are those that Open-Unmix trains with.

    Parameters
    ----------
    least_gain, most_gain : float
        Each stem is multiplied by a number drawn evenly between them (linear, not in dB).
    swap : float, in [0, 1]
        How likely a stem has its channels in reverse order.
    shuffle : float, in [0, 1]
        How likely the stems of an example are taken from songs, and places in them, drawn one by one.
    """

    least_gain: float = 0.25
    most_gain: float = 1.25
    swap: float = 0.5
    shuffle: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.least_gain <= self.most_gain:
            raise ParameterError("least_gain", self.least_gain, "from 0 to most_gain")
        for name, value in (("swap", self.swap), ("shuffle", self.shuffle)):
            if not 0.0 <= value <= 1.0:
                raise ParameterError(name, value, "from 0 to 1")


@dataclass(frozen=True, eq=False)
class Example:
    """What a network sees, and what it should find: full scale 1.0, unclipped.

    Parameters
    ----------
    mixture : float32 [channels, samples]
    stems : float32 [instruments, channels, samples]
        In the order of the instruments that were asked for. What was varied is the sum of these stems; otherwise the
        mixture is the file of the song, or the sum of all its stems.
    songs : tuple of str
        The song that each stem is from.
    """

    mixture: FloatArray
    stems: FloatArray
    songs: tuple[str, ...]


class Examples:
    """Excerpts of songs, ``per_song`` of each song in an epoch; may be pickled.

    Parameters
    ----------
    songs : sequence of Song
        All of one sample rate and number of channels. Their headers are read here, their audio as it is asked for.
    samples : int
        Length of an example; where a song is shorter, zeros follow.
    instruments : sequence of str
        The stems of an example.
    per_song : int
    augmentation : Augmentation or None
        None for excerpts as they are, at random places.
    seed : int, 0 or more
    opening : callable
        What looks into a song, given it and the instruments: ``open_song``, or what converts its files meanwhile.

    Raises
    ------
    DataSetError
        If there are no songs, one lacks an instrument, or songs differ in sample rate or number of channels.
    AudioFileError, MissingToolError
        If a file cannot be read.
    ParameterError
        If a number is out of range.
    """

    def __init__(
        self,
        songs: Sequence[Song],
        samples: int,
        *,
        instruments: Sequence[str] = INSTRUMENTS,
        per_song: int = 64,
        augmentation: Augmentation | None = None,
        seed: int = 0,
        opening: Callable[[Song, Sequence[str]], OpenSong] = open_song,
    ) -> None:
        for name, value, least in (("samples", samples, 1), ("per_song", per_song, 1), ("seed", seed, 0)):
            if value < least:
                raise ParameterError(name, value, f"{least} or more")
        self.songs = tuple(opening(song, instruments) for song in songs)
        _check_alike(self.songs)
        self.instruments = tuple(instruments)
        self.samples = samples
        self.sample_rate = self.songs[0].sample_rate
        self.channels = self.songs[0].channels
        self._per_song = per_song
        self._augmentation = augmentation
        self._seed = seed

    def __len__(self) -> int:
        return len(self.songs) * self._per_song

    def epoch(self, number: int) -> Epoch:
        """Return the examples of an epoch, from 0 on."""
        return Epoch(self, number)

    def example(self, epoch: int, index: int) -> Example:
        """Return an example; it depends on the songs, the settings, the seed and these two numbers alone."""
        if not 0 <= index < len(self):
            raise IndexError(f"example {index} of {len(self)}")
        rng = np.random.default_rng([self._seed, epoch, index])
        own = self.songs[index % len(self.songs)]
        start = self._start(own, rng)
        if self._augmentation is None:
            stems = np.stack([self._stem(own, name, start) for name in self.instruments])
            return Example(self._mixture(own, start, stems), stems, (own.song.name,) * len(stems))
        return self._varied(self._augmentation, own, start, rng)

    def _varied(self, how: Augmentation, own: OpenSong, start: int, rng: np.random.Generator) -> Example:
        shuffled = rng.random() < how.shuffle
        names: list[str] = []
        stems = np.empty((len(self.instruments), self.channels, self.samples), np.float32)
        for stem, instrument in zip(stems, self.instruments, strict=True):
            # Drawn even where they are not used: a stem then varies alike whether or not others are shuffled.
            other = self.songs[rng.integers(len(self.songs))]
            elsewhere = self._start(other, rng)
            gain = np.float32(rng.uniform(how.least_gain, how.most_gain))
            swapped = rng.random() < how.swap
            song, place = (other, elsewhere) if shuffled else (own, start)
            block = self._stem(song, instrument, place)
            np.multiply(block[::-1] if swapped else block, gain, out=stem)
            names.append(song.song.name)
        return Example(stems.sum(axis=0), stems, tuple(names))

    def _start(self, song: OpenSong, rng: np.random.Generator) -> int:
        return int(rng.integers(max(song.length - self.samples, 0) + 1))

    def _stem(self, song: OpenSong, instrument: str, start: int) -> FloatArray:
        return _sum(song.stems[instrument], start, start + self.samples, self.channels)

    def _mixture(self, song: OpenSong, start: int, stems: FloatArray) -> FloatArray:
        stop = start + self.samples
        if song.mixture is not None:
            return song.mixture.read(start, stop)
        # Stems that nobody asked for are part of the mixture all the same.
        rest = [source for name, files in song.stems.items() if name not in self.instruments for source in files]
        total: FloatArray = stems.sum(axis=0) + _sum(rest, start, stop, self.channels)
        return total


@dataclass(frozen=True)
class Epoch:
    """The examples of one epoch as a sequence, which ``torch.utils.data.DataLoader`` takes as it is."""

    examples: Examples
    number: int

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Example:
        return self.examples.example(self.number, index)


def _sum(sources: Sequence[ExcerptSource], start: int, stop: int, channels: int) -> FloatArray:
    total = np.zeros((channels, stop - start), np.float32)
    for source in sources:
        total += source.read(start, stop)
    return total


def _check_alike(songs: Sequence[OpenSong]) -> None:
    if not songs:
        raise DataSetError("the data set", "there are no songs in it", "choose another split or folder")
    first = songs[0]
    for song in songs:
        for name, here, there in (
            ("sample rate", f"{song.sample_rate} Hz", f"{first.sample_rate} Hz"),
            ("number of channels", song.channels, first.channels),
        ):
            if here != there:
                why = f"differs in {name} from song {first.song.name!r}: {here}, not {there}"
                raise DataSetError(f"song {song.song.name!r}", why, "convert the songs to one, or leave some out")
