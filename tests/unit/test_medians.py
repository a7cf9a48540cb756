"""Properties, borders by hand, parts of a matrix, and refusals of the running medians.

That their values are right is shown against a plain sort in tests/reference/test_medians.py.
"""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepstudio.dsp import footprint_median, running_median
from sepstudio.dsp.medians import MedianPlan
from sepstudio.dsp.networks import selection_network, sorting_network
from sepstudio.errors import ParameterError

RAMP = np.array([[9.0, 1.0, 5.0, 7.0]], np.float32)
PLUS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)


def noise(bins, frames, seed=0):
    return np.random.default_rng(seed).random((bins, frames)).astype(np.float32)


@pytest.mark.parametrize(
    ("border", "expected"),
    [
        ("reflect", [5.0, 7.0, 7.0, 5.0]),  # 1 9 | 9 1 5 7 | 7 5
        ("mirror", [5.0, 5.0, 5.0, 5.0]),  # 5 1 | 9 1 5 7 | 5 1
        ("nearest", [9.0, 7.0, 7.0, 7.0]),  # 9 9 | 9 1 5 7 | 7 7
    ],
)
def test_borders_by_hand(border, expected):
    assert running_median(RAMP, length=5, axis=1, border=border).tolist() == [expected]
    assert running_median(RAMP.T, length=5, axis=0, border=border).T.tolist() == [expected]
    assert footprint_median(RAMP, np.ones((1, 5), bool), border=border).tolist() == [expected]


def test_edges_are_replicated_unless_told_otherwise():
    assert np.array_equal(
        running_median(RAMP, length=5, axis=1), running_median(RAMP, length=5, axis=1, border="nearest")
    )
    assert np.array_equal(footprint_median(RAMP, PLUS), footprint_median(RAMP, PLUS, border="nearest"))


def test_length_one_is_a_copy():
    x = noise(5, 6)
    for axis in (0, 1):
        y = running_median(x, length=1, axis=axis)
        assert np.array_equal(y, x)
        assert not np.shares_memory(y, x)


@pytest.mark.parametrize("length", [3, 17, 33])
def test_negative_axes_count_from_the_end(length):
    x = noise(40, 50)
    assert np.array_equal(running_median(x, length=length, axis=-1), running_median(x, length=length, axis=1))
    assert np.array_equal(running_median(x, length=length, axis=-2), running_median(x, length=length, axis=0))


def test_a_footprint_is_not_turned_over():
    x = np.zeros((5, 5), np.float32)
    x[1, 3] = 1.0
    # One point a bin higher and a frame later: the value appears one bin lower and a frame earlier.
    one = np.zeros((3, 3), bool)
    one[2, 2] = True
    y = footprint_median(x, one)
    assert y[0, 2] == 1.0
    assert y.sum() == 1.0


def test_an_even_count_takes_the_upper_middle():
    pair = np.array([[1, 0, 1]], bool)
    x = np.array([[1.0, 0.0, 3.0]], np.float32)
    assert footprint_median(x, pair)[0, 1] == 3.0


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 40), st.integers(1, 40), st.sampled_from([3, 17, 33]), st.sampled_from([0, 1]), st.integers(0, 99)
)
def test_a_median_commutes_with_whatever_keeps_the_order(bins, frames, length, axis, seed):
    x = noise(bins, frames, seed)
    y = running_median(x, length=length, axis=axis, border="reflect")
    assert np.array_equal(running_median(np.sqrt(x), length=length, axis=axis, border="reflect"), np.sqrt(y))
    assert np.isin(y, x).all()
    constant = np.full_like(x, 0.25)
    assert np.array_equal(running_median(constant, length=length, axis=axis), constant)


@pytest.mark.parametrize("length", [3, 17, 33])
def test_lines_remove_what_crosses_them(length):
    x = np.zeros((80, 90), np.float32)
    x[40] = 1.0
    x[:, 45] = 2.0
    along_time = running_median(x, length=length, axis=1)
    along_frequency = running_median(x, length=length, axis=0)
    assert np.array_equal(np.nonzero(along_time.any(axis=1))[0], [40])
    assert np.array_equal(np.nonzero(along_frequency.any(axis=0))[0], [45])


PLANS = {
    "frequency": np.ones((17, 1), bool),
    "time": np.ones((1, 17), bool),
    "long frequency": np.ones((41, 1), bool),
    "long time": np.ones((1, 41), bool),
    "taps": PLUS,
    "many taps": np.ones((9, 9), bool),
}


@pytest.mark.parametrize("name", PLANS)
def test_rows_by_parts_and_by_threads_are_those_of_the_whole(name):
    x = noise(300, 130)
    plan = MedianPlan(PLANS[name], "reflect")
    whole = np.empty_like(x)
    plan.apply(x, whole, 0, 300)
    for cuts, threads in (((0, 1, 130, 131, 300), 1), ((0, 7, 300), 2), ((0, 300), 3)):
        parts = np.full_like(x, -1.0)
        for first, last in itertools.pairwise(cuts):
            plan.apply(x, parts, first, last, threads)
        assert np.array_equal(parts, whole)


def test_rows_outside_the_range_stay_as_they_are():
    x = noise(50, 20)
    for footprint in PLANS.values():
        out = np.full_like(x, -1.0)
        MedianPlan(footprint).apply(x, out, 10, 21)
        assert (out[:10] == -1.0).all()
        assert (out[21:] == -1.0).all()
        assert (out[10:21] >= 0.0).all()


def test_views_are_filtered_like_copies_and_not_changed():
    base = noise(120, 140)
    kept = base.copy()
    view = base[::2, 5:100:3]
    for footprint in PLANS.values():
        assert np.array_equal(footprint_median(view, footprint), footprint_median(view.copy(), footprint))
        assert np.array_equal(footprint_median(base.T, footprint), footprint_median(base.T.copy(), footprint))
    assert np.array_equal(base, kept)


def test_reach_is_the_farthest_frame():
    assert MedianPlan(np.ones((1, 17), bool)).reach == 8
    assert MedianPlan(np.ones((17, 1), bool)).reach == 0
    assert MedianPlan(np.array([[1, 0, 0, 0, 1, 0, 0]], bool)).reach == 3


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0)])
@pytest.mark.parametrize("name", PLANS)
def test_nothing_gives_nothing(shape, name):
    assert footprint_median(np.empty(shape, np.float32), PLANS[name], border="reflect").shape == shape


@pytest.mark.parametrize("size", range(1, 64))
def test_a_network_selects_the_median_at_every_size(size):
    """By the 0-1 principle a network that orders all patterns of zeros and ones orders everything; tried on many."""
    rng = np.random.default_rng(size)
    ones = rng.integers(0, size + 1, 400)
    wires = list((rng.permuted(np.arange(size)[:, np.newaxis].repeat(400, 1), axis=0) < ones).astype(np.int8))
    for low, high, keep_low, keep_high in selection_network(size, (size // 2,)):
        small, large = np.minimum(wires[low], wires[high]), np.maximum(wires[low], wires[high])
        wires[low] = small if keep_low else np.full_like(small, -9)
        wires[high] = large if keep_high else np.full_like(large, 9)
    assert np.array_equal(wires[size // 2], (size - ones <= size // 2).astype(np.int8))


@pytest.mark.parametrize("size", [2, 5, 9, 12])
def test_the_sorting_network_sorts_every_pattern(size):
    """All patterns of zeros and ones: by the 0-1 principle a proof."""
    patterns = (np.arange(2**size) >> np.arange(size)[:, np.newaxis]) & 1
    for low, high in sorting_network(size):
        patterns[[low, high]] = np.sort(patterns[[low, high]], axis=0)
    assert (np.diff(patterns, axis=0) >= 0).all()


def test_the_selection_of_a_median_of_17_needs_61_comparators():
    assert len(selection_network(17, (8,))) == 61


@pytest.mark.parametrize("length", [0, -3, 2, 16])
def test_lengths_without_a_middle_are_refused(length):
    with pytest.raises(ParameterError, match="length"):
        running_median(noise(5, 5), length=length, axis=0)


@pytest.mark.parametrize("axis", [2, -3])
def test_axes_that_a_matrix_does_not_have_are_refused(axis):
    with pytest.raises(ParameterError, match="axis"):
        running_median(noise(5, 5), length=3, axis=axis)


def test_unknown_borders_are_refused():
    with pytest.raises(ParameterError, match="border"):
        running_median(noise(5, 5), length=3, axis=0, border="wrap")
    with pytest.raises(ParameterError, match="border"):
        footprint_median(noise(5, 5), PLUS, border="constant")


@pytest.mark.parametrize("shape", [(5,), (2, 5, 5)])
def test_only_matrices_are_filtered(shape):
    with pytest.raises(ParameterError, match="matrix"):
        running_median(np.zeros(shape, np.float32), length=3, axis=0)
    with pytest.raises(ParameterError, match="matrix"):
        footprint_median(np.zeros(shape, np.float32), PLUS)


@pytest.mark.parametrize("footprint", [np.zeros((3, 3), bool), np.ones(3, bool), np.zeros((0, 3), bool)])
def test_footprints_without_points_are_refused(footprint):
    with pytest.raises(ParameterError, match="footprint"):
        footprint_median(noise(5, 5), footprint)
