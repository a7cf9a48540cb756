"""Evaluation of the songs of a data set: scores of each, and medians over all."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sepstudio.batch.references import open_references, stem_files
from sepstudio.batch.song_clips import SongClips, open_song_clips
from sepstudio.commands.exits import complain
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.commands.score_tables import COLUMNS, plain, stem_row, table
from sepstudio.errors import AudioFileError, DataSetError
from sepstudio.io.clip import AudioClip, excerpt
from sepstudio.metrics.song_scores import SongScores, song_scores_steps
from sepstudio.metrics.tables import Table, stem_names
from sepstudio.nn.datasets.layouts import find_songs
from sepstudio.nn.datasets.songs import Song

# How folders of songs call their parts; a song may lie in one of them.
_SPLITS = ("", "test", "Test", "train", "Dev", "valid")
_MIXTURE = "mixture"


def songs_in(path: Path) -> list[Song]:
    """Return the songs of a data set; none where a folder holds recordings itself.

    Raises
    ------
    AudioFileError
        If there are neither.
    DataSetError
        If it is a data set that cannot be used.
    """
    if path.is_file():
        return find_songs(path)
    try:
        stem_files(path)
    except AudioFileError as error:
        try:
            return find_songs(path, incomplete=True)
        except DataSetError:
            if path.is_dir() and any(entry.is_dir() for entry in path.iterdir()):
                raise
            raise error from None
    return []


def evaluate_songs(songs: Sequence[Song], arguments: argparse.Namespace) -> None:
    """Print the medians over the songs of which there are estimates, and every song where that is wanted."""
    folders = {song: folder for song in songs if (folder := _estimates(arguments.estimate, song)) is not None}
    if not folders:
        why = "holds no folder of the name of a song with stems in it"
        raise AudioFileError(str(arguments.estimate), why, f"name folders as the songs, for example {songs[0].name}")
    for song in songs:
        if song not in folders:
            complain(f"note: {song.name}: has no estimates in {arguments.estimate}, so it is left out")
    found = {}
    for number, (song, folder) in enumerate(folders.items(), 1):
        found[song.name] = _song_scores(song, folder, arguments.version, f"[{number}/{len(folders)}] {song.name}")
    scores = Table({name: one.scores for name, one in found.items()}, stem_names(one.scores for one in found.values()))
    if arguments.json:
        print(json.dumps(_plain(arguments.version, scores, found)))  # noqa: T201
        return
    if arguments.songs:
        _print(_song_lines(scores))
    _print(_median_lines(scores))


def _estimates(folder: Path, song: Song) -> Path | None:
    """Return the folder with the estimates of a song: of its name, also within that of a split, or of its mixture."""
    for part in _SPLITS:
        for place in (folder / part / song.name, folder / part / song.name / _MIXTURE):
            try:
                stem_files(place)
            except AudioFileError:
                continue
            return place
    return None


def _song_scores(song: Song, folder: Path, version: str, title: str) -> SongScores:
    clips = open_song_clips(song)
    true, judged = _comparable(clips, open_references(folder, clips.mixture), folder)
    with ProgressLine(title) as line:
        work = song_scores_steps(true, judged, version)
        found = drive(work, lambda fraction: line.show(fraction, f"BSS Eval {version}"))
    for note in found.notes:
        complain(f"note: {song.name}: {note}")
    return found


def _comparable(
    song: SongClips, estimates: Mapping[str, AudioClip], folder: Path
) -> tuple[dict[str, AudioClip], dict[str, AudioClip]]:
    names = [name for name in song.stems if name in estimates]
    if not names:
        raise AudioFileError(
            str(folder), f"has no stem named {' or '.join(song.stems)}", "name files as the true stems"
        )
    # Encoders add some samples at the end.
    return dict(song.stems), {name: excerpt(estimates[name], 0, song.mixture.length) for name in names}


def _song_lines(scores: Table) -> list[str]:
    rows: list[list[str | float]] = [
        [f"{song}  {name}", *stem_row(one, name).values()]
        for song, one in scores.songs.items()
        for name in scores.names
        if (COLUMNS[0].lower(), name) in one
    ]
    return [*table(["song", *COLUMNS], rows), ""]


def _median_lines(scores: Table) -> list[str]:
    rows: list[list[Any]] = [
        [name, *(scores.median(column.lower(), name) for column in COLUMNS), scores.count("sdr", name)]
        for name in scores.names
    ]
    rows.append(["mean", *(scores.mean(column.lower()) for column in COLUMNS), ""])
    return table(["median", *COLUMNS, "songs"], rows)


def _plain(version: str, scores: Table, found: Mapping[str, SongScores]) -> dict[str, Any]:
    def stems(one: Mapping[tuple[str, str], float]) -> dict[str, dict[str, Any]]:
        names = [name for name in scores.names if (COLUMNS[0].lower(), name) in one]
        return {name: {column: plain(value) for column, value in stem_row(one, name).items()} for name in names}

    medians = {(c.lower(), name): scores.median(c.lower(), name) for c in COLUMNS for name in scores.names}
    songs = {name: {"stems": stems(one.scores), "notes": list(one.notes)} for name, one in found.items()}
    return {"version": version, "unit": "dB", "median": stems(medians), "songs": songs}


def _print(lines: Sequence[str]) -> None:
    print("\n".join(lines))  # noqa: T201
