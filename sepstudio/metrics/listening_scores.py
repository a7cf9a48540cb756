"""What ratings of listeners say: averages with their uncertainty.

Ratings are tables [listeners, items, conditions]. Ratings of one listener are alike, and those of one item too, so the
interval of Student's t over all of them, which papers print, is too narrow; the bootstrap over listeners is not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError

FloatArray = npt.NDArray[np.float64]

_RESAMPLES = 5000


@dataclass(frozen=True)
class ScoreTable:
    """Ratings by listener, item and condition.

    Attributes
    ----------
    listeners, items, conditions : tuple of str
        Names of rows, planes and columns.
    scores : float64 array [listeners, items, conditions]
        ``nan`` where something was not rated.
    """

    listeners: tuple[str, ...]
    items: tuple[str, ...]
    conditions: tuple[str, ...]
    scores: FloatArray

    def column(self, condition: str, item: str | None = None) -> FloatArray:
        """Return the ratings of a condition, [listeners, items]; of one item [listeners, 1]."""
        found = self.scores[:, :, self.conditions.index(condition)]
        return found if item is None else found[:, self.items.index(item), None]

    def listener_means(self, conditions: Sequence[str]) -> FloatArray:
        """Return means over the items for which a listener has rated all of some conditions.

        Returns
        -------
        float64 array [listeners, conditions]
            Of the listeners who have rated such an item.
        """
        chosen = self.scores[:, :, [self.conditions.index(name) for name in conditions]]
        complete: npt.NDArray[np.bool_] = np.asarray(np.isfinite(chosen).all(axis=2))
        counts = complete.sum(axis=1)
        sums = np.where(complete[:, :, None], chosen, 0.0).sum(axis=1)
        means: FloatArray = sums[counts > 0] / counts[counts > 0, None]
        return means


def score_table(
    ratings: Iterable[tuple[str, str, str, float]], conditions: Sequence[str] = (), items: Sequence[str] = ()
) -> ScoreTable:
    """Return a table of ratings; several of the same are averaged.

    Parameters
    ----------
    ratings : iterable of (listener, item, condition, score)
    conditions, items : sequence of str
        In the order wished; others follow as they come.
    """
    rows = list(ratings)
    listeners = tuple(dict.fromkeys(row[0] for row in rows))
    planes = _ordered((row[1] for row in rows), items)
    names = _ordered((row[2] for row in rows), conditions)
    sums, counts = np.zeros((2, len(listeners), len(planes), len(names)))
    places = [{name: place for place, name in enumerate(axis)} for axis in (listeners, planes, names)]
    for listener, item, condition, score in rows:
        place = (places[0][listener], places[1][item], places[2][condition])
        sums[place] += score
        counts[place] += 1
    scores = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return ScoreTable(listeners, planes, names, scores)


def _ordered(found: Iterable[str], wished: Sequence[str]) -> tuple[str, ...]:
    there = dict.fromkeys(found)
    return tuple(dict.fromkeys([*(name for name in wished if name in there), *there]))


@dataclass(frozen=True)
class Summary:
    """Ratings of a condition in numbers.

    Attributes
    ----------
    condition : str
    item : str
        Empty for all items together.
    count, listeners : int
        Ratings, and who gave them.
    mean : float
    interval : tuple of float
        95 % interval of the mean by Student's t over all ratings; ``nan`` for a single one.
    bootstrap : tuple of float
        95 % interval of the mean by a bootstrap over listeners; ``nan`` for a single listener.
    median : float
    quartiles : tuple of float
        First and third, interpolated linearly.
    extremes : tuple of float
        Lowest and highest rating.
    """

    condition: str
    item: str
    count: int
    listeners: int
    mean: float
    interval: tuple[float, float]
    bootstrap: tuple[float, float]
    median: float
    quartiles: tuple[float, float]
    extremes: tuple[float, float]


def summaries(table: ScoreTable, *, seed: int = 0) -> tuple[Summary, ...]:
    """Return all items together, and then each, with every condition that was rated there.

    Parameters
    ----------
    table : ScoreTable
    seed : int
        Of the bootstrap.
    """
    places: list[str | None] = [None, *table.items]
    pairs = [(item, name) for item in places for name in table.conditions]
    columns = ((item, name, table.column(name, item)) for item, name in pairs)
    return tuple(
        _summary(name, item or "", column, seed) for item, name, column in columns if np.isfinite(column).any()
    )


def _summary(condition: str, item: str, column: FloatArray, seed: int) -> Summary:
    values = column[np.isfinite(column)]
    low, first, middle, third, high = (float(one) for one in np.percentile(values, [0, 25, 50, 75, 100]))
    listeners = int(np.isfinite(column).any(axis=1).sum())
    mean = float(values.mean())
    return Summary(
        condition,
        item,
        values.size,
        listeners,
        mean,
        t_interval(values),
        bootstrap_interval(column, seed=seed),
        middle,
        (first, third),
        (low, high),
    )


def t_interval(values: FloatArray, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of the mean by Student's t distribution, which takes ratings as independent.

    Parameters
    ----------
    values : float64 array [ratings]
        Finite; fewer than two give ``nan``.
    level : float
        Share of such intervals that hold the true mean.
    """
    from scipy.special import stdtrit

    count = values.size
    if count < 2:
        return math.nan, math.nan
    half = float(stdtrit(count - 1, (1 + level) / 2)) * float(values.std(ddof=1)) / math.sqrt(count)
    mean = float(values.mean())
    return mean - half, mean + half


def bootstrap_interval(
    column: FloatArray, level: float = 0.95, *, seed: int = 0, resamples: int = _RESAMPLES
) -> tuple[float, float]:
    """Return the interval of the mean by drawing listeners, with all their ratings, again and again.

    Percentiles of the means (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3), with
    listeners as clusters.

    Parameters
    ----------
    column : float64 array [listeners, items]
        ``nan`` where something was not rated; fewer than two listeners give ``nan``.
    level : float
        Share of the means within the interval.
    seed, resamples : int
        Of what is drawn, and how often.
    """
    sums, counts = np.nansum(column, axis=1), np.isfinite(column).sum(axis=1)
    sums, counts = sums[counts > 0], counts[counts > 0]
    if len(counts) < 2:
        return math.nan, math.nan
    drawn = np.random.default_rng(seed).integers(len(counts), size=(resamples, len(counts)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.percentile(means, [50 * (1 - level), 50 * (1 + level)])
    return float(low), float(high)


@dataclass(frozen=True)
class Choices:
    """How often one of two was chosen.

    Attributes
    ----------
    hits, count : int
        Answers for the first (AB) or that were right (ABX), and all answers.
    share : float
        ``hits / count``.
    interval : tuple of float
        95 % interval of the share by Clopper and Pearson.
    p : float
        That chance alone goes at least so far: two-sided for preferences, one-sided for being right.
    """

    hits: int
    count: int
    share: float
    interval: tuple[float, float]
    p: float


def choices(hits: int, count: int, *, one_sided: bool) -> Choices:
    """Return the exact binomial test against a chance of one half, and the interval.

    Parameters
    ----------
    hits, count : int
        Of ``count`` answers, at least one.
    one_sided : bool
        Whether only more hits than by chance are of interest, as in ABX.

    Raises
    ------
    ParameterError
        If there are no answers or more hits than these.
    """
    if not 0 <= hits <= count or count == 0:
        raise ParameterError("hits", hits, f"from 0 to the number of answers, which is {count}, and not 0")
    from scipy.stats import binomtest

    found = binomtest(hits, count, 0.5, alternative="greater" if one_sided else "two-sided")
    both = binomtest(hits, count, 0.5).proportion_ci(0.95, method="exact")
    return Choices(hits, count, hits / count, (float(both.low), float(both.high)), float(found.pvalue))
