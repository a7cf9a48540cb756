"""Which songs are for training, validation and testing: the same on every machine and in any order."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sepstudio.errors import DataSetError, ParameterError
from sepstudio.nn.datasets.songs import Song, Split


def assign_splits(songs: Iterable[Song], *, seed: int = 0, validation: float = 0.1, test: float = 0.0) -> list[Song]:
    """Give every song a split that depends on its title and the seed alone.

    What data sets declare comes first: songs declared for testing or validation stay there, and a part of those
    declared for training becomes validation. A title that any data set declares for testing is for testing in all of
    them: half of the training songs of MUSDB18 are songs of DSD100, some of its test songs among them. Adding or
    removing songs never moves others, save through such a declaration.

    Parameters
    ----------
    songs : iterable of Song
        Of one or more data sets.
    seed : int
    validation : float, in [0, 1]
        Share of the songs that are declared for training or not at all.
    test : float, in [0, 1 - validation]
        Share of the songs that are not declared at all.

    Raises
    ------
    ParameterError
        If a share is out of range.
    """
    known = list(songs)
    declared: dict[str, Split] = {}
    for strict in ("validation", "test"):
        declared |= {song.title: song.split for song in known if song.split == strict}
    shares = [test if song.split is None else 0.0 for song in known]
    return [
        replace(song, split=declared.get(song.title) or drawn_split(song.title, seed, validation, share))
        for song, share in zip(known, shares, strict=True)
    ]


def held_out(songs: Sequence[Song], patterns: Sequence[str]) -> list[Song]:
    """Return songs with those that fit a pattern (``*``, ``?``; case does not matter) declared for testing.

    Raises
    ------
    DataSetError
        If no song fits a pattern.
    """

    def fits(song: Song, pattern: str) -> bool:
        return any(fnmatch.fnmatchcase(text, pattern.casefold()) for text in (song.title, song.name.casefold()))

    for pattern in patterns:
        if not any(fits(song, pattern) for song in songs):
            names = ", ".join(sorted({song.name for song in songs})[:12])
            raise DataSetError(f"held-out song {pattern!r}", "is in no data set", f"choose some of {names}")
    return [replace(song, split="test") if any(fits(song, p) for p in patterns) else song for song in songs]


def songs_of(songs: Iterable[Song], split: Split) -> list[Song]:
    """Return the songs of a split."""
    return [song for song in songs if song.split == split]


def drawn_split(title: str, seed: int, validation: float, test: float) -> Split:
    """Return the split of a title by its hash: shares ``validation`` and ``test`` of all titles, else training.

    Raises
    ------
    ParameterError
        If a share is out of range.
    """
    if not 0.0 <= validation <= 1.0:
        raise ParameterError("validation", validation, "from 0 to 1")
    if not 0.0 <= test <= 1.0 - validation:
        raise ParameterError("test", test, "from 0 to 1 - validation")
    position = drawn_position(title, seed)
    if position < validation:
        return "validation"
    return "test" if position >= 1.0 - test else "train"


def drawn_position(title: str, seed: int) -> float:
    """Return the hash of a title as a number in [0, 1]: titles for validation have the least, for testing the most."""
    # Python's own hash changes with each start.
    digest = hashlib.sha256(f"{seed}\0{title}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2.0**64
