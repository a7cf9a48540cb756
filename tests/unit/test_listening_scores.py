"""Statistics of ratings, against scipy, against counting by hand, and against what they promise."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sepstudio.errors import ParameterError
from sepstudio.metrics.listening_scores import (
    bootstrap_interval,
    choices,
    score_table,
    summaries,
    t_interval,
)
from sepstudio.metrics.rank_tests import holm, rank_tests, signed_rank

NAN = math.nan


def table(scores):
    """Return a table of an array [listeners, items, conditions]."""
    places = itertools.product(*map(range, np.shape(scores)))
    rows = [(f"l{a}", f"i{b}", f"c{c}", scores[a][b][c]) for a, b, c in places]
    return score_table(row for row in rows if not math.isnan(row[3]))


def test_tables_average_what_was_rated_twice_and_know_what_was_not():
    found = score_table(
        [("ann", "x", "a", 10.0), ("ann", "x", "a", 20.0), ("bob", "y", "b", 5.0)], conditions=("b", "none")
    )
    assert (found.listeners, found.items, found.conditions) == (("ann", "bob"), ("x", "y"), ("b", "a"))
    assert found.scores[0, 0].tolist() == pytest.approx([NAN, 15.0], nan_ok=True)
    assert np.isfinite(found.scores).sum() == 2
    assert [(one.condition, one.item) for one in summaries(found)] == [("b", ""), ("a", ""), ("a", "x"), ("b", "y")]


def test_intervals_of_t_are_those_of_scipy():
    values = np.random.default_rng(0).normal(60, 15, 23)
    expected = stats.t.interval(0.95, 22, values.mean(), stats.sem(values))
    assert t_interval(values) == pytest.approx(expected)
    assert all(map(math.isnan, t_interval(values[:1])))


def test_the_bootstrap_over_listeners_covers_where_t_over_ratings_does_not():
    """Listeners who differ as a whole: of 200 experiments both intervals are held against the true mean."""
    rng = np.random.default_rng(1)
    hits = {"t": 0, "bootstrap": 0}
    for seed in range(200):
        scores = 50 + rng.normal(0, 10, (20, 1)) + rng.normal(0, 3, (20, 8))
        low, high = bootstrap_interval(scores, seed=seed, resamples=500)
        hits["bootstrap"] += low <= 50 <= high
        low, high = t_interval(scores.ravel())
        hits["t"] += low <= 50 <= high
    # 95 % are promised; with 20 listeners percentiles are known to be a little narrow.
    assert hits["bootstrap"] >= 0.88 * 200
    assert hits["t"] <= 0.65 * 200


def test_the_bootstrap_is_repeatable_and_needs_two_listeners():
    column = np.array([[1.0, 2.0], [4.0, NAN], [NAN, NAN]])
    low, high = bootstrap_interval(column, seed=3)
    assert (low, high) == bootstrap_interval(column, seed=3)
    assert (low, high) == (1.5, 4.0)
    assert all(map(math.isnan, bootstrap_interval(column[:1])))


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_signed_ranks_are_those_of_counting_all_signs(differences):
    values = np.array([one for one in differences if one], float)
    if not values.size:
        assert signed_rank(np.array(differences, float)) == 1.0
        return
    ranks = stats.rankdata(np.abs(values))
    smaller = min(ranks[values > 0].sum(), ranks[values < 0].sum())
    sums = [ranks[list(signs)].sum() for signs in itertools.product((False, True), repeat=len(values))]
    expected = min(1.0, 2 * np.mean([one <= smaller + 1e-9 for one in sums]))
    assert signed_rank(np.array(differences, float)) == pytest.approx(expected)


def test_signed_ranks_are_those_of_scipy_without_ties():
    rng = np.random.default_rng(2)
    for count in (5, 12, 30, 60):
        values = rng.normal(0.3, 1, count)
        assert signed_rank(values) == pytest.approx(stats.wilcoxon(values, method="exact").pvalue)


def test_friedman_is_that_of_scipy_over_means_of_listeners():
    scores = np.random.default_rng(3).integers(0, 101, (9, 4, 3)).astype(float)
    found = rank_tests(table(scores))
    expected = stats.friedmanchisquare(*scores.mean(axis=1).T)
    assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.listeners == 9
    pair = found.pairs[0]
    differences = scores.mean(axis=1)[:, 0] - scores.mean(axis=1)[:, 1]
    assert pair.difference == pytest.approx(differences.mean())
    assert pair.p == pytest.approx(signed_rank(differences))


def test_pairs_use_only_items_that_a_listener_rated_both_ways():
    scores = np.full((6, 2, 2), NAN)
    scores[:, 0] = [[50.0, 40.0]]
    # A hard item, which only one of the two conditions was tried on.
    scores[:, 1, 0] = 0.0
    found = rank_tests(table(scores))
    assert found.pairs[0].difference == 10.0
    assert found.pairs[0].p == 2 / 64
    assert "three conditions" in found.note


def test_no_difference_gives_no_p():
    found = rank_tests(table(np.full((6, 2, 3), 50.0)))
    assert math.isnan(found.p)
    assert found.note == "no listener has heard any difference"
    assert {pair.p for pair in found.pairs} == {1.0}
    with pytest.raises(ParameterError, match="conditions"):
        rank_tests(table(np.full((6, 2, 3), 50.0)), ["c0", "zebra"])


def test_holm_adjusts_in_steps_and_never_falls():
    assert holm([0.01, 0.04, 0.03, NAN]) == pytest.approx([0.03, 0.06, 0.06, NAN], nan_ok=True)
    assert holm([0.6, 0.5]) == [1.0, 1.0]


@pytest.mark.parametrize(("hits", "count", "p"), [(12, 16, 2517 / 65536), (16, 16, 1 / 65536), (0, 4, 1.0)])
def test_abx_counts_all_that_go_as_far(hits, count, p):
    found = choices(hits, count, one_sided=True)
    assert found.p == pytest.approx(p)
    low, high = found.interval
    assert low <= found.share <= high
    # Clopper and Pearson: at the ends of the interval what was seen is as unlikely as 2.5 %.
    if hits:
        assert stats.binom.sf(hits - 1, count, low) == pytest.approx(0.025, rel=1e-6)


def test_preferences_count_both_ways():
    assert choices(12, 16, one_sided=False).p == pytest.approx(2 * 2517 / 65536)
    for hits, count in ((-1, 4), (5, 4), (0, 0)):
        with pytest.raises(ParameterError):
            choices(hits, count, one_sided=False)
