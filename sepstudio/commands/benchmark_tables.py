"""What a comparison of methods tells: tables, files for spreadsheets, and JSON."""

from __future__ import annotations

import csv
import json
import math
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepstudio.batch.benchmark import ACCOMPANIMENT, SongResult
from sepstudio.commands.score_tables import COLUMNS, plain, table
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import unwritable
from sepstudio.metrics.song_scores import Scores
from sepstudio.metrics.tables import Table, stem_names

MEAN = "mean"
_NOTHING = "–"
PICTURES = (".svg", ".png")


@dataclass(frozen=True)
class Results:
    """What became of every song, by the label of the method and the name of the song."""

    found: Mapping[str, Mapping[str, SongResult]]
    version: str

    @property
    def empty(self) -> bool:
        """Whether nothing was measured at all."""
        return not any(self.found.values())

    @property
    def instruments(self) -> tuple[str, ...]:
        """The names of all true stems, sorted."""
        return tuple(name for name in self._names if name != ACCOMPANIMENT)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all stems that are scored; last what is left without the drums, if that is."""
        return (*self.instruments, *(name for name in self._names if name == ACCOMPANIMENT))

    @property
    def _names(self) -> tuple[str, ...]:
        return stem_names(result.scores for songs in self.found.values() for result in songs.values())

    def table(self, label: str) -> Table:
        """Return the scores of a method."""
        return Table({song: result.scores for song, result in self.found[label].items()}, self.columns)

    def seconds(self, label: str) -> float:
        """Return the mean time of separating a song."""
        songs = self.found[label].values()
        return statistics.fmean(result.seconds for result in songs) if songs else math.nan


def result_lines(results: Results, measures: Sequence[str]) -> list[str]:
    """Return a table for each measure: rows of methods, columns of stems, and the mean over the instruments."""
    lines: list[str] = []
    for measure in measures:
        head = [f"{measure} (dB, {results.version})", *_headings(results), "seconds"]
        rows = [
            [label, *(_cell(value) for value in _values(results, label, measure)), f"{results.seconds(label):.1f}"]
            for label in results.found
        ]
        songs = [str(_most(results, name)) for name in results.instruments]
        rest = [str(_most(results, name)) for name in results.columns[len(results.instruments) :]]
        lines += [*table(head, [*rows, ["songs", *songs, "", *rest, ""]]), ""]
    return lines[:-1]


def plain_results(results: Results) -> dict[str, Any]:
    """Return all results as JSON values, in dB and seconds."""
    methods = {
        label: {
            "median": {name: _plain_row(results.table(label), name) for name in results.columns},
            "mean": {column: plain(_mean(results, label, column)) for column in COLUMNS},
            "seconds": plain(results.seconds(label)),
            "songs": {song: _plain_song(result) for song, result in songs.items()},
        }
        for label, songs in results.found.items()
    }
    return {"version": results.version, "unit": "dB", "methods": methods}


def check_places(folder: Path | None, picture: Path | None) -> None:
    """Make the folder of the results, and find out early whether it and that of the picture can be written to.

    Raises
    ------
    AudioFileError
        If one cannot: hours of separating come before anything is written.
    """
    for target, place in ((folder, folder), (picture, picture and picture.parent)):
        if target is None or place is None:
            continue
        try:
            if target is folder:
                place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                pass
        except OSError as error:
            raise unwritable(target, error) from error


def save_results(folder: Path, results: Results) -> None:
    """Write ``scores.csv`` (every song), ``medians.csv`` and ``results.json`` into a folder, made if missing.

    Raises
    ------
    AudioFileError
        If the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _save_rows(folder / "scores.csv", ["method", "song", "stem", *COLUMNS, "seconds"], _score_rows(results))
        _save_rows(folder / "medians.csv", ["method", "stem", *COLUMNS, "songs"], _median_rows(results))
        with replacing(folder / "results.json") as temp:
            temp.write_text(json.dumps(plain_results(results), indent=1), encoding="utf-8")
    except OSError as error:
        raise unwritable(folder, error) from error


def save_picture(path: Path, results: Results, measure: str) -> None:
    """Draw the medians of a measure as bars: a group for each stem, in it a bar for each method.

    Raises
    ------
    AudioFileError
        If the file cannot be written.
    """
    from sepstudio.gui.exporting.score_picture import save_score_picture
    from sepstudio.gui.panels.score_bars import RunScores, ScoreBars

    runs = []
    for number, label in enumerate(results.found, 1):
        medians = results.table(label).medians(measure.lower())
        scores = {(measure.lower(), name): value for name, value in medians.items()}
        runs.append(RunScores(number, label, scores))
    songs = max(_most(results, name) for name in results.columns)
    title = f"{measure} ({results.version}), median of {songs} songs"
    save_score_picture(path, ScoreBars(results.columns, tuple(runs)), measure.lower(), title)


def _headings(results: Results) -> list[str]:
    return [*results.instruments, MEAN, *results.columns[len(results.instruments) :]]


def _values(results: Results, label: str, measure: str) -> list[float]:
    medians = results.table(label).medians(measure.lower())
    rest = results.columns[len(results.instruments) :]
    own = [medians[name] for name in results.instruments]
    return [*own, _mean(results, label, measure), *(medians[name] for name in rest)]


def _mean(results: Results, label: str, measure: str) -> float:
    return results.table(label).mean(measure.lower(), results.instruments)


def _most(results: Results, name: str) -> int:
    """Return of how many songs a column is the median, for the method that has most."""
    return max(results.table(label).count("sdr", name) for label in results.found)


def _cell(value: float) -> str:
    return _NOTHING if math.isnan(value) else f"{value:.2f}"


def _plain_row(scores: Table, name: str) -> dict[str, Any]:
    return {column: plain(scores.median(column.lower(), name)) for column in COLUMNS}


def _plain_song(result: SongResult) -> dict[str, Any]:
    stems = {name: {column: plain(result.scores[column.lower(), name]) for column in COLUMNS} for name in _own(result)}
    return {"stems": stems, "seconds": result.seconds, "notes": list(result.notes)}


def _own(result: SongResult) -> tuple[str, ...]:
    return stem_names([result.scores])


def _score_rows(results: Results) -> Iterator[list[Any]]:
    for label, songs in results.found.items():
        for song, result in songs.items():
            for name in _own(result):
                yield [label, song, name, *_numbers(result.scores, name), f"{result.seconds:.3f}"]


def _median_rows(results: Results) -> Iterator[list[Any]]:
    for label in results.found:
        scores = results.table(label)
        for name in results.columns:
            medians = {(column.lower(), name): scores.median(column.lower(), name) for column in COLUMNS}
            yield [label, name, *_numbers(medians, name), scores.count("sdr", name)]


def _numbers(scores: Scores, name: str) -> list[str]:
    values = [scores[column.lower(), name] for column in COLUMNS]
    return ["" if math.isnan(value) else f"{value:.4f}" for value in values]


def _save_rows(path: Path, header: Sequence[str], rows: Iterator[list[Any]]) -> None:
    with replacing(path) as temp, temp.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
