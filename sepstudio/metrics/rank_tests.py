"""Whether listeners rated conditions differently: tests of ranks, in which a listener counts once."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sepstudio.errors import ParameterError
from sepstudio.metrics.listening_scores import FloatArray, ScoreTable

# Below this no rank test can tell anything: of four listeners even perfect agreement has p = 0.125.
FEWEST_LISTENERS = 5


@dataclass(frozen=True)
class Comparison:
    """Two conditions, by Wilcoxon's signed-rank test over listeners.

    Attributes
    ----------
    first, second : str
    difference : float
        Mean of first minus second, over listeners.
    listeners : int
        Who have rated both on the same item.
    p : float
        Two-sided, of this pair alone; ``nan`` for fewer than five listeners.
    holm : float
        Adjusted for the number of pairs by Holm's rule.
    """

    first: str
    second: str
    difference: float
    listeners: int
    p: float
    holm: float


@dataclass(frozen=True)
class RankTests:
    """Whether conditions differ.

    Attributes
    ----------
    listeners : int
        Who have rated all conditions on the same item: the blocks of Friedman's test.
    statistic, p : float
        Of Friedman's test that no condition differs; ``nan`` where it cannot be made.
    pairs : tuple of Comparison
    note : str
        Why there is no p-value; empty where there is.
    """

    listeners: int
    statistic: float
    p: float
    pairs: tuple[Comparison, ...]
    note: str = ""


def rank_tests(table: ScoreTable, conditions: Sequence[str] = ()) -> RankTests:
    """Test whether conditions differ (Friedman), and then which (Wilcoxon with Holm's correction).

    A listener counts once, with the mean over the items on which the conditions in question were all rated: items that
    one listener rated are no independent witnesses.

    Parameters
    ----------
    table : ScoreTable
    conditions : sequence of str
        To compare; all if empty.

    Raises
    ------
    ParameterError
        For a condition that is not in the table.
    """
    names = tuple(conditions) or table.conditions
    for name in names:
        if name not in table.conditions:
            raise ParameterError("conditions", name, "one of " + ", ".join(table.conditions))
    blocks = table.listener_means(names)
    statistic, p, note = math.nan, math.nan, ""
    if len(names) < 3:
        note = "Friedman's test needs three conditions"
    elif len(blocks) < FEWEST_LISTENERS:
        note = f"{len(blocks)} listeners have rated all conditions on the same items; p-values need {FEWEST_LISTENERS}"
    elif np.ptp(blocks, axis=1).max() == 0:
        note = "no listener has heard any difference"
    else:
        from scipy.stats import friedmanchisquare

        statistic, p = (float(one) for one in friedmanchisquare(*blocks.T))
    return RankTests(len(blocks), statistic, p, _compared(table, names), note)


def _compared(table: ScoreTable, names: Sequence[str]) -> tuple[Comparison, ...]:
    pairs = list(itertools.combinations(names, 2))
    means = [table.listener_means(pair) for pair in pairs]
    values = [_pair_p(one[:, 0] - one[:, 1]) for one in means]
    return tuple(
        Comparison(*pair, float((one[:, 0] - one[:, 1]).mean()) if len(one) else math.nan, len(one), p, adjusted)
        for pair, one, p, adjusted in zip(pairs, means, values, holm(values), strict=True)
    )


def _pair_p(differences: FloatArray) -> float:
    return signed_rank(differences) if len(differences) >= FEWEST_LISTENERS else math.nan


def signed_rank(differences: FloatArray) -> float:
    """Return the two-sided p of Wilcoxon's signed-rank test, exact with ties too.

    Differences of zero are left out, and equal ones share the mean of their ranks (Wilcoxon, Biometrics Bulletin 1,
    1945). The chance of every sum of ranks is counted, signs being independent and as likely as each other.

    Parameters
    ----------
    differences : float64 array [listeners]
    """
    # Rounded, so that differences which are equal on paper share their rank.
    differences = differences.round(9)
    differences = differences[differences != 0]
    sizes, places, counts = np.unique(np.abs(differences), return_inverse=True, return_counts=True)
    # Twice the rank is a whole number, for ties too.
    ranks = (2 * np.cumsum(counts) - counts + 1)[places] if sizes.size else np.zeros(0, np.int64)
    chances = np.ones(1)
    for rank in ranks:
        grown = np.zeros(chances.size + int(rank))
        grown[: chances.size] = chances / 2
        grown[int(rank) :] += chances / 2
        chances = grown
    reached = int(ranks[differences > 0].sum())
    smaller = min(reached, int(ranks.sum()) - reached)
    return min(1.0, 2 * float(chances[: smaller + 1].sum()))


def holm(values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for their number (Holm, Scandinavian Journal of Statistics 6, 1979); ``nan`` stays."""
    known = sorted((value, place) for place, value in enumerate(values) if not math.isnan(value))
    adjusted, highest = [math.nan] * len(values), 0.0
    for rank, (value, place) in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - rank) * value))
        adjusted[place] = highest
    return adjusted
