"""What learning from strokes came to, as a table and as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sepstudio.batch.benchmark import DRUMS
from sepstudio.batch.painting import Effort, PaintedSong, summary
from sepstudio.commands.score_tables import plain, table

_NOTHING = "–"


def painting_lines(songs: Sequence[PaintedSong], efforts: Sequence[Effort]) -> list[str]:
    """Return a table of SDR with a row for each source of each song, and one of medians with a row for each effort."""
    head = ["SDR (dB)", "mixture", "KAM", "IRM", *(word for effort in efforts for word in (effort.label, "way"))]
    rows = [_row(song, source, efforts) for song in songs for source in song.mixture]
    found = {effort: summary(songs, effort) for effort in efforts}
    medians = [
        [effort.label, f"{100 * one.way:.1f} %", f"{one.drums_above_kam:.2f}", f"{one.seconds:.1f}", str(one.sources)]
        for effort, one in found.items()
    ]
    second = ["medians", "share of the way", "drums less KAM (dB)", "seconds", "sources"]
    return [*table(head, rows), "", *table(second, medians)]


def _row(song: PaintedSong, source: str, efforts: Sequence[Effort]) -> list[str | float]:
    kam = _number(song.kam_drums) if source == DRUMS else ""
    cells: list[str | float] = [
        f"{song.name} {source}",
        _number(song.mixture[source]),
        kam,
        _number(song.ideal[source]),
    ]
    for effort in efforts:
        way = song.way(effort, source)
        cells += [_number(song.painted[effort].sdr[source]), _NOTHING if math.isnan(way) else f"{100 * way:.0f} %"]
    return cells


def _number(value: float) -> str | float:
    return _NOTHING if math.isnan(value) else value


def plain_painting(songs: Sequence[PaintedSong], efforts: Sequence[Effort]) -> dict[str, Any]:
    """Return all results as JSON values, in dB and seconds; shares are parts of 1."""
    return {
        "unit": "dB",
        "efforts": [
            {
                **asdict(effort),
                "medians": {name: plain(value) for name, value in asdict(summary(songs, effort)).items()},
            }
            for effort in efforts
        ],
        "songs": {song.name: _plain_song(song, efforts) for song in songs},
    }


def _plain_summary(songs: Sequence[PaintedSong], effort: Effort) -> dict[str, Any]:
    return {name: plain(value) for name, value in asdict(summary(songs, effort)).items()}


def _plain_song(song: PaintedSong, efforts: Sequence[Effort]) -> dict[str, Any]:
    painted = [
        {
            **asdict(effort),
            "strokes_made": song.painted[effort].strokes,
            "seconds": song.painted[effort].seconds,
            "sdr": {source: plain(value) for source, value in song.painted[effort].sdr.items()},
            "way": {source: plain(song.way(effort, source)) for source in song.mixture},
        }
        for effort in efforts
    ]
    known = {"mixture": song.mixture, "irm": song.ideal, "kam": {DRUMS: song.kam_drums}}
    scores = {name: {source: plain(value) for source, value in sdr.items()} for name, sdr in known.items()}
    return {**scores, "painted": painted}
