"""What moves from stem to stem under strokes: the algebra of opacities, for any stems and any masks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepstudio.separation.stroke_claims import Claims
from sepstudio.separation.stroke_shares import changes

BINS = 40


def claims(allowed, opacity, n=BINS):
    """One statement about all bins; the last part is what stems leave of the mixture."""
    places = np.arange(n)
    statement = np.zeros(n, np.intp)
    return Claims(places, places, np.array([allowed]), statement, np.full(n, opacity, np.float32))


def masked(rng, stems, *, silent=(), channels=2):
    """A mixture, masks that sum to one at every bin, and the stems that they make of it."""
    x = rng.standard_normal((channels, BINS)) + 1j * rng.standard_normal((channels, BINS))
    masks = rng.uniform(0.05, 1.0, (stems, BINS))
    masks[list(silent)] = 0.0
    masks /= np.maximum(masks.sum(axis=0), 1e-30)
    return x.astype(np.complex64), masks, [(mask * x).astype(np.complex64) for mask in masks]


def after(stems, x, statement):
    return [
        stem + (0 if change is None else change)
        for stem, change in zip(stems, changes(stems, x, statement), strict=True)
    ]


@given(st.integers(2, 5), st.floats(0.01, 1.0), st.integers(0, 1 << 30), st.integers(1, 4))
def test_a_stroke_for_a_stem_raises_its_mask_and_scales_the_others(count, opacity, seed, channels):
    x, masks, stems = masked(np.random.default_rng(seed), count, channels=channels)
    target = seed % count
    found = after(stems, x, claims([place == target for place in range(count + 1)], opacity))
    for place, stem in enumerate(found):
        mask = masks[place] + opacity * (1 - masks[place]) if place == target else (1 - opacity) * masks[place]
        np.testing.assert_allclose(stem, mask * x, atol=3e-6 * count)


@given(st.integers(2, 5), st.floats(0.01, 1.0), st.integers(0, 1 << 30))
def test_a_stroke_against_a_stem_gives_what_it_takes_to_the_others_by_their_masks(count, opacity, seed):
    x, masks, stems = masked(np.random.default_rng(seed), count)
    target = seed % count
    found = after(stems, x, claims([place != target for place in range(count + 1)], opacity))
    energies = masks**2
    shares = energies / (energies.sum(axis=0) - energies[target])
    for place, stem in enumerate(found):
        given_away = opacity * masks[target]
        mask = masks[place] - given_away if place == target else masks[place] + given_away * shares[place]
        np.testing.assert_allclose(stem, mask * x, atol=1e-4)


@given(st.data())
def test_the_sum_of_all_parts_stays_the_mixture(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 1 << 30)))
    count = data.draw(st.integers(1, 4))
    # Stems with phases of their own, some silent, that leave something of the mixture.
    stems = [
        None if data.draw(st.booleans()) else (rng.standard_normal((2, BINS)) * [[1], [1j]]).astype(np.complex64)
        for _ in range(count)
    ]
    x = (rng.standard_normal((2, BINS)) + 1j).astype(np.complex64)
    allowed = data.draw(st.lists(st.booleans(), min_size=count, max_size=count).filter(any))
    opacity = data.draw(st.floats(0.01, 1.0))
    moved = [change for change in changes(stems, x, claims([*allowed, False], opacity)) if change is not None]
    rest = x - sum((stem for stem in stems if stem is not None), np.zeros_like(x))
    # What stems leave of the mixture is not allowed here: as much of it as the stroke is opaque goes to stems.
    np.testing.assert_allclose(sum(moved), opacity * rest, atol=1e-5)


def test_stems_against_which_nothing_speaks_do_not_change(rng):
    x, _, stems = masked(rng, 3)
    for change in changes(stems, x, claims([True] * 4, 1.0)):
        assert not change.any()


def test_what_nobody_else_holds_is_shared_equally(rng):
    x, _, stems = masked(rng, 4, silent=(1, 2, 3))
    found = after(stems, x, claims([False, True, True, False, True], 1.0))
    np.testing.assert_allclose(found[1], x / 2, atol=1e-5)
    np.testing.assert_allclose(found[2], x / 2, atol=1e-5)
    assert np.abs(found[0]).max() < 1e-6
    assert not found[3].any()


def test_a_stem_that_is_made_gets_what_is_painted_and_nothing_else(rng):
    x, _, stems = masked(rng, 2)
    gained, lost, made = changes([*stems, None], x, claims([False, False, True, False], 0.25))
    np.testing.assert_allclose(made, 0.25 * x, atol=1e-6)
    np.testing.assert_allclose(gained + lost, -0.25 * x, atol=1e-6)
    assert changes([*stems, None], x, claims([True, False, False, False], 1.0))[2] is None


def test_only_the_rest_is_left_where_no_stem_may_have_a_bin(rng):
    x, _, stems = masked(rng, 2)
    found = after(stems, x, claims([False, False, True], 0.5))
    np.testing.assert_allclose(sum(found), 0.5 * x, atol=1e-6)


@pytest.mark.parametrize("allowed", [[True, False, False], [False, True, False], [False, False, True]])
def test_silence_stays_silence(allowed):
    silence = np.zeros((2, BINS), np.complex64)
    for stems in ([silence, silence], [None, None]):
        assert not any(change is not None and change.any() for change in changes(stems, silence, claims(allowed, 1.0)))


def test_estimates_with_phases_of_their_own_leave_nothing_behind(rng):
    x, _, stems = masked(rng, 2)
    turned = [stems[0] * 1j, x - stems[0] * 1j]
    found = after(turned, x, claims([True, False, False], 1.0))
    np.testing.assert_allclose(found[0], x, atol=1e-5)
    assert np.abs(found[1]).max() < 1e-6
