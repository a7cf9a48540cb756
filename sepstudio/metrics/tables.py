"""Scores of many songs in tables: medians over songs, as evaluation campaigns print them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sepstudio.metrics.song_scores import Scores


@dataclass(frozen=True)
class Table:
    """The scores of one method: ``songs`` by name, ``names`` of the stems in order."""

    songs: Mapping[str, Scores]
    names: tuple[str, ...]

    def median(self, measure: str, name: str) -> float:
        """Return the median of a measure of a stem over the songs that have a value; ``nan`` where none has."""
        return median(scores.get((measure, name), math.nan) for scores in self.songs.values())

    def medians(self, measure: str) -> dict[str, float]:
        """Return the medians by stem."""
        return {name: self.median(measure, name) for name in self.names}

    def mean(self, measure: str, names: Sequence[str] = ()) -> float:
        """Return the mean of the medians of some stems, by default of all; ``nan`` unless all have one."""
        values = [self.median(measure, name) for name in names or self.names]
        return float(np.mean(values)) if values else math.nan

    def count(self, measure: str, name: str) -> int:
        """Return how many songs have a value."""
        return sum(not math.isnan(scores.get((measure, name), math.nan)) for scores in self.songs.values())


def median(values: Iterable[float]) -> float:
    """Return the median of the values that are there; ``nan`` where none is."""
    known = [value for value in values if not math.isnan(value)]
    return float(np.median(known)) if known else math.nan


def stem_names(songs: Iterable[Scores]) -> tuple[str, ...]:
    """Return the names of all stems of some songs, in alphabetical order."""
    return tuple(sorted({name for scores in songs for _, name in scores}))
