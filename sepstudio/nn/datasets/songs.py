"""Songs whose stems are known: what a data set of multitracks consists of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from sepstudio.errors import DataSetError
from sepstudio.io.excerpts import ExcerptSource, excerpt_source
from sepstudio.io.failures import display_name

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
INSTRUMENTS = ("bass", "drums", "other", "vocals")

# DSD100 numbers its songs: "051 - AM Contra - Heart Peripheral".
_NUMBER = re.compile(r"^\d{3} - ")


@dataclass(frozen=True)
class StemFile:
    """An audio file, or one audio ``stream`` (from 0 on) of an MPEG-4 file."""

    path: Path
    stream: int = 0

    def __str__(self) -> str:
        return display_name(self.path) + (f" (stream {self.stream})" if self.stream else "")


@dataclass(frozen=True)
class Song:
    """A song of a data set.

    Parameters
    ----------
    name : str
        As the data set has it.
    split : {"train", "validation", "test"} or None
        What the data set declares; None where it declares nothing.
    mixture : StemFile or None
        None where the mixture is the sum of the stems.
    stems : mapping from instrument to tuple of StemFile
        The files of an instrument are summed; an instrument with none is silent in this song.
    """

    name: str
    split: Split | None
    mixture: StemFile | None
    stems: Mapping[str, tuple[StemFile, ...]] = field(hash=False)

    @property
    def title(self) -> str:
        """The name as it is compared with those of other data sets: without number, case and repeated spaces."""
        return " ".join(_NUMBER.sub("", self.name).split()).casefold()

    @property
    def files(self) -> tuple[StemFile, ...]:
        """All files, the mixture first."""
        stems = tuple(file for files in self.stems.values() for file in files)
        return (*([self.mixture] if self.mixture else []), *stems)


@dataclass(frozen=True)
class OpenSong:
    """A song whose files were looked into and agree: ``sample_rate`` in Hz, ``length`` in samples per channel."""

    song: Song
    mixture: ExcerptSource | None
    stems: Mapping[str, tuple[ExcerptSource, ...]] = field(hash=False)
    sample_rate: int
    channels: int
    length: int


def open_song(song: Song, instruments: Sequence[str] = ()) -> OpenSong:
    """Look into the files of a song.

    Parameters
    ----------
    song : Song
    instruments : sequence of str
        Those that the song must have, silent ones included.

    Raises
    ------
    DataSetError
        If an instrument is missing, the song has no audio at all, or its files differ in sample rate, channels or
        length.
    AudioFileError, MissingToolError
        If a file cannot be read; see ``sepstudio.io.excerpts.excerpt_source``.
    """
    missing = [name for name in instruments if name not in song.stems]
    if missing:
        raise missing_stems(song.name, missing)
    sources = {file: excerpt_source(file.path, file.stream) for file in song.files}
    if not any(song.stems.values()):
        raise DataSetError(f"song {song.name!r}", "has no stems", "name at least one file of one instrument")
    _check_agreement(song, sources)
    some = next(iter(sources.values()))
    stems = {name: tuple(sources[file] for file in files) for name, files in song.stems.items()}
    mixture = sources[song.mixture] if song.mixture else None
    return OpenSong(song, mixture, stems, some.sample_rate, some.channels, some.length)


def missing_stems(name: str, missing: Sequence[str]) -> DataSetError:
    """Say that stems of a song are missing."""
    remedy = "add the files, or list instruments that a song may lack as optional in a mapping file"
    return DataSetError(f"song {name!r}", f"lacks the stems {', '.join(missing)}", remedy)


def _check_agreement(song: Song, sources: Mapping[StemFile, ExcerptSource]) -> None:
    (first, expected), *others = sources.items()
    for file, found in others:
        for name, here, there in (
            ("sample rate", f"{found.sample_rate} Hz", f"{expected.sample_rate} Hz"),
            ("number of channels", found.channels, expected.channels),
            ("length", f"{found.length} samples", f"{expected.length} samples"),
        ):
            if here != there:
                raise DataSetError(
                    f"song {song.name!r}",
                    f"its files differ in {name}: {file} has {here}, {first} has {there}",
                    "export all stems of the song with one rate, number of channels and length",
                )
