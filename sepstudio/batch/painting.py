"""Learning from strokes measured on songs: how far from the mixture to the ideal ratio mask it comes."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from sepstudio.batch.benchmark import DRUMS, Contender, SongResult, contest_steps
from sepstudio.batch.song_clips import SongClips
from sepstudio.separation.annotator import STROKES, annotate
from sepstudio.separation.base import Progress, RunContext

# dB from the mixture to the ideal ratio mask below which a share of the way says nothing.
_SHORTEST_WAY = 0.5


@dataclass(frozen=True)
class Effort:
    """How much is painted: ``share`` of the bins at most, in so many strokes of each source, a part of them wrong."""

    share: float
    wrong: float
    strokes: int = STROKES

    @property
    def label(self) -> str:
        """What it is called in tables."""
        parts = [f"{100 * self.share:g} %"]
        if self.strokes != STROKES:
            parts.append(f"{self.strokes} strokes")
        if self.wrong:
            parts.append(f"{100 * self.wrong:g} % wrong")
        return ", ".join(parts)


@dataclass(frozen=True)
class Painted:
    """What learning made of a song with some effort: SDR in dB by source, wall time, strokes that were made."""

    sdr: Mapping[str, float]
    seconds: float
    strokes: int


@dataclass(frozen=True)
class PaintedSong:
    """A song: SDR in dB by source of the mixture and the ideal ratio mask, that of KAM for drums, and of learning."""

    name: str
    mixture: Mapping[str, float]
    ideal: Mapping[str, float]
    kam_drums: float
    painted: Mapping[Effort, Painted]

    def way(self, effort: Effort, source: str) -> float:
        """Return how far learning came from the mixture to the ideal ratio mask: 0 to 1, nan if that says nothing."""
        begin, end = self.mixture[source], self.ideal[source]
        return (self.painted[effort].sdr[source] - begin) / (end - begin) if end - begin > _SHORTEST_WAY else math.nan


def painting_steps(
    song: SongClips, efforts: Sequence[Effort], contenders: Mapping[str, Contender], version: str, context: RunContext
) -> Generator[Progress, None, PaintedSong]:
    """Measure a song: the mixture, the ideal ratio mask, KAM, and learning with each effort; in steps.

    ``contenders`` are "mixture", "irm", "kam" and "paint". The annotator and the networks have the seed of
    the context.

    Raises
    ------
    UserError
        If a method cannot do it.
    """
    work = len(efforts) + 3
    found: dict[str, SongResult] = {}
    for number, name in enumerate(("mixture", "irm", "kam")):
        steps = contest_steps(contenders[name], song, version, context, accompaniment=False)
        found[name] = yield from _part(steps, number, work)
    painted: dict[Effort, Painted] = {}
    for number, effort in enumerate(efforts, 3):
        strokes = annotate(song.stems, **dataclasses.asdict(effort), seed=context.seed)
        yield Progress(number / work, "strokes")
        own = dataclasses.replace(context, strokes=strokes)
        steps = contest_steps(contenders["paint"], song, version, own, accompaniment=False)
        result = yield from _part(steps, number, work)
        painted[effort] = Painted(_sdr(result, song), result.seconds, len(strokes.strokes))
    return PaintedSong(
        song.name,
        _sdr(found["mixture"], song),
        _sdr(found["irm"], song),
        found["kam"].scores.get(("sdr", DRUMS), math.nan),
        painted,
    )


def _sdr(result: SongResult, song: SongClips) -> dict[str, float]:
    return {name: result.scores.get(("sdr", name), math.nan) for name in song.stems}


def _part(
    steps: Generator[Progress, None, SongResult], number: int, count: int
) -> Generator[Progress, None, SongResult]:
    while True:
        try:
            step = next(steps)
        except StopIteration as stop:
            result: SongResult = stop.value
            return result
        yield Progress((number + step.fraction) / count, step.stage)


@dataclass(frozen=True)
class Summary:
    """All songs with one effort: medians of the share of the way, of drums less KAM's in dB, and seconds a song."""

    way: float
    drums_above_kam: float
    seconds: float
    sources: int


def summary(songs: Sequence[PaintedSong], effort: Effort) -> Summary:
    """Return the medians over all songs and sources; what says nothing is left out."""
    ways = [song.way(effort, source) for song in songs for source in song.mixture]
    above = [song.painted[effort].sdr[DRUMS] - song.kam_drums for song in songs if DRUMS in song.mixture]
    seconds = [song.painted[effort].seconds for song in songs]
    return Summary(_median(ways), _median(above), _median(seconds), sum(not math.isnan(way) for way in ways))


def _median(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return statistics.median(known) if known else math.nan
