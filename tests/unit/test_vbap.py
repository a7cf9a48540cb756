"""Panning over the hull of loudspeakers: geometry, holes, and layouts of any kind."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepstudio.dsp.ambisonic_conventions import even_directions
from sepstudio.dsp.ambisonics import directions, vectors
from sepstudio.dsp.layouts import LAYOUTS, Layout, Loudspeaker
from sepstudio.dsp.vbap import panner_of
from sepstudio.errors import ParameterError

EVERYWHERE = vectors(*even_directions(500))
SURROUND = [layout for name, layout in LAYOUTS.items() if name != "stereo"]


def layout(*places):
    return Layout("test", tuple(Loudspeaker(f"S{n}", *place) for n, place in enumerate(places)))


@pytest.mark.parametrize("standard", LAYOUTS.values(), ids=LAYOUTS)
def test_a_source_at_a_loudspeaker_plays_from_it_alone(standard):
    gains = panner_of(standard).gains(standard.vectors)
    np.testing.assert_allclose(gains, np.eye(gains.shape[0]), atol=1e-6)


@pytest.mark.parametrize("standard", SURROUND, ids=lambda standard: standard.name)
def test_gains_have_power_one_and_never_turn_the_phase(standard):
    gains = panner_of(standard).gains(EVERYWHERE)
    assert gains.min() >= 0
    np.testing.assert_allclose((gains**2).sum(axis=0), 1, atol=1e-12)


@pytest.mark.parametrize("standard", LAYOUTS.values(), ids=LAYOUTS)
def test_left_and_right_mirror_each_other(standard):
    az, el = directions(standard.vectors)
    mirrored = vectors(-az, el)
    other = np.argmax(mirrored.T @ standard.vectors, axis=1)
    panner = panner_of(standard)
    flipped = EVERYWHERE * np.array([[1], [-1], [1]])
    np.testing.assert_allclose(panner.gains(flipped)[other], panner.gains(EVERYWHERE), atol=1e-9)


@pytest.mark.parametrize("standard", SURROUND, ids=lambda standard: standard.name)
def test_gains_move_without_jumps(standard):
    azimuth = np.linspace(-np.pi, np.pi, 2000)
    for elevation in (-1.2, -0.3, 0.0, 0.4, 1.3):
        gains = panner_of(standard).gains(vectors(azimuth, elevation))
        # A step of 0.18 degrees; across a gap of 30 degrees a gain goes from 0 to 1.
        assert np.abs(np.diff(gains, axis=1)).max() < 0.05


def test_between_two_loudspeakers_gains_follow_the_law_of_tangents():
    gains = panner_of(LAYOUTS["5.1"]).gains(vectors(np.radians([15.0, 20.0]), 0.0))
    left, _, centre = gains[:3]
    np.testing.assert_allclose(left[0], np.sqrt(0.5), atol=1e-12)
    ratio = (left[1] - centre[1]) / (left[1] + centre[1])
    np.testing.assert_allclose(ratio, np.tan(np.radians(5)) / np.tan(np.radians(15)), atol=1e-12)
    assert np.abs(gains[3:]).max() < 1e-12


def test_without_a_ceiling_height_is_lost_and_azimuth_kept():
    panner = panner_of(LAYOUTS["5.1"])
    low, high = (panner.gains(vectors(np.radians([[0.0], [30.0]]), np.radians([[e]]))[:, :, 0]) for e in (0, 30))
    np.testing.assert_allclose(high, low, atol=1e-9)
    above = panner.gains(vectors(np.array([0.0]), np.pi / 2))[:, 0]
    np.testing.assert_allclose(above, np.sqrt(1 / 5), atol=1e-9)


def test_stereo_plays_the_side_from_its_side_and_the_back_from_both_3_db_lower():
    gains = panner_of(LAYOUTS["stereo"]).gains(vectors(np.radians([0.0, 100.0, -100.0, 180.0]), 0.0))
    level = gains[0, 1]
    assert 0.7 < level < 0.8
    half = np.sqrt(0.5)
    np.testing.assert_allclose(gains, [[half, level, 0, 0.5], [half, 0, level, 0.5]], atol=1e-6)


def test_the_level_of_stereo_falls_towards_the_back():
    gains = panner_of(LAYOUTS["stereo"]).gains(EVERYWHERE)
    assert gains.min() >= 0
    power = (gains**2).sum(axis=0)
    assert power.min() > 0.5 - 1e-9
    assert power.max() < 1 + 1e-9
    assert np.corrcoef(power, EVERYWHERE[0])[0, 1] > 0.9


def test_two_loudspeakers_elsewhere_have_power_one():
    gains = panner_of(layout((45.0,), (-45.0,))).gains(EVERYWHERE)
    np.testing.assert_allclose((gains**2).sum(axis=0), 1, atol=1e-12)


@pytest.mark.parametrize("places", [
    [(0.0,)],
    [(20.0, 45.0)],
    [(0.0, 90.0)],
    [(90.0,), (-90.0,)],
    [(0.0, 90.0), (0.0, -90.0)],
    [(10.0,), (20.0,), (30.0,)],
    [(az, el) for el in (-35.26, 35.26) for az in (45, 135, -135, -45)],
    [(az, 40.0) for az in range(0, 360, 45)],
    [(az, 0.0) for az in range(0, 360, 10)],
], ids=["mono", "mono above", "zenith", "opposite", "poles", "all on a side", "cube", "dome", "ring"])  # fmt: skip
def test_layouts_of_any_kind_pan_everywhere(places):
    gains = panner_of(layout(*places)).gains(EVERYWHERE)
    assert gains.min() >= 0
    np.testing.assert_allclose((gains**2).sum(axis=0), 1, atol=1e-12)


def test_a_cube_shares_the_middle_of_its_sides_evenly():
    cube = layout(*[(az, el) for el in (-35.26438968, 35.26438968) for az in (45, 135, -135, -45)])
    gains = panner_of(cube).gains(vectors(np.array([0.0]), 0.0))[:, 0]
    np.testing.assert_allclose(np.sort(gains), [0] * 4 + [0.5] * 4, atol=1e-6)


PLACES = st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=9)


@settings(max_examples=60)
@given(PLACES)
def test_loudspeakers_may_stand_anywhere(places):
    try:
        made = layout(*places)
    except ParameterError:
        # Two in one direction.
        return
    gains = panner_of(made).gains(EVERYWHERE)
    assert np.isfinite(gains).all()
    np.testing.assert_allclose((gains**2).sum(axis=0), 1, atol=1e-9)
    np.testing.assert_array_less(0.99, np.diagonal(panner_of(made).gains(made.vectors)))
