"""The songs of a training: found in all data sets, divided the same way on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sepstudio.errors import DataSetError
from sepstudio.io.failures import display_name
from sepstudio.nn.datasets.layouts import find_songs
from sepstudio.nn.datasets.songs import Song
from sepstudio.nn.datasets.splits import assign_splits, drawn_position, held_out, songs_of


@dataclass(frozen=True)
class Corpus:
    """Songs for training and validation, those held out, and all instruments that any song has."""

    training: tuple[Song, ...]
    validation: tuple[Song, ...]
    test: tuple[Song, ...]
    instruments: tuple[str, ...]


def find_corpus(
    data: Sequence[Path], wanted: Sequence[str], *, validation: float, hold_out: Sequence[str] = (), seed: int = 0
) -> Corpus:
    """Find the songs of data sets and divide them.

    Songs of one title are in the same split whatever data set they are from, so that an excerpt of a song for
    training never becomes a test. Where the share gives no song to validation, one of those for training, chosen
    by its title and the seed, goes there. A song that lacks an instrument is silent in it.

    Parameters
    ----------
    data : sequence of Path
        As for ``layouts.find_songs``.
    wanted : sequence of str
        Instruments of the training.
    validation : float, in [0, 1]
        Share of the songs.
    hold_out : sequence of str
        Names of songs, or patterns (``*``, ``?``), that are for testing.
    seed : int

    Raises
    ------
    DataSetError
        If a data set holds no songs, there are less than two titles to learn from, no song has a wanted
        instrument, or what shall be held out is not there.
    """
    found = [song for path in data for song in find_songs(path, incomplete=True)]
    instruments = tuple(sorted({name for song in found for name in song.stems}))
    for name in wanted:
        if not any(song.stems.get(name) for song in found):
            why = f"have no stem {name!r} ({', '.join(instruments)} were found)"
            raise DataSetError("the songs", why, "choose other instruments or data sets")
    filled = [replace(song, stems={name: song.stems.get(name, ()) for name in instruments}) for song in found]
    songs = assign_splits(held_out(filled, hold_out), seed=seed, validation=validation)
    songs = _with_validation(songs, seed)
    parts = (tuple(songs_of(songs, "train")), tuple(songs_of(songs, "validation")), tuple(songs_of(songs, "test")))
    if not parts[0]:
        where = ", ".join(display_name(path) for path in data)
        why = "leaves no song for training beside those for validation and testing"
        raise DataSetError(where, why, "add songs, or hold out less")
    return Corpus(*parts, instruments)


def _with_validation(songs: list[Song], seed: int) -> list[Song]:
    titles = {song.title for song in songs if song.split == "train"}
    if len(titles) < 2 or songs_of(songs, "validation"):
        return songs
    chosen = min(titles, key=lambda title: drawn_position(title, seed))
    return [replace(song, split="validation") if song.title == chosen else song for song in songs]
