"""Beams over scenes, and directions and diffuseness of intensity vectors, on plane waves and diffuse fields."""

import numpy as np
import pytest

from sepstudio.dsp.ambisonics import degrees, spherical_harmonics
from sepstudio.dsp.energy_map import COLUMNS, FLOOR_DB, GRID_DEGREES, ROWS, beams, energy_map, grid, loudest
from sepstudio.dsp.intensity import angle_between, arrival
from sepstudio.errors import ParameterError

ACROSS, DOWN = grid()


def plane_wave(azimuth, elevation, order, level=1.0):
    """The covariance of a wave from a direction in degrees."""
    wave = spherical_harmonics(np.radians(azimuth), np.radians(elevation), order)
    return level**2 * np.outer(wave, wave)


def diffuse(order, level=1.0):
    """The covariance of waves of equal power and no relation from everywhere."""
    return level**2 * np.diag(1.0 / (2 * degrees(order) + 1))


@pytest.mark.parametrize("order", [0, 1, 3, 7])
@pytest.mark.parametrize(("row", "column"), [(17, 20), (3, 60), (30, 0), (0, 71)])
def test_a_plane_wave_has_its_level_where_it_comes_from(order, row, column):
    levels = energy_map(plane_wave(ACROSS[column], DOWN[row], order, level=0.1))
    assert levels.shape == (ROWS, COLUMNS)
    assert levels[row, column] == pytest.approx(-20.0, abs=1e-9)
    if order:
        assert loudest(levels) == pytest.approx((ACROSS[column], DOWN[row], -20.0))
        opposite = levels[ROWS - 1 - row, (column + COLUMNS // 2) % COLUMNS]
        assert opposite < -30.0


def test_beams_fall_by_six_decibels_at_the_width_of_the_order():
    """A max-rE beam of the third order is half as high at some 35 degrees."""
    angles = np.radians(np.arange(0, 181, 1.0))
    played = beams(angles, 0.0, 3) @ spherical_harmonics(0.0, 0.0, 3)
    assert played[0] == pytest.approx(1.0)
    half = np.degrees(angles[np.argmax(played < 0.5)])
    assert 30 < half < 40
    assert np.abs(played[90:]).max() < 0.1


def test_a_diffuse_field_is_the_same_from_everywhere_and_silence_is_the_floor():
    levels = energy_map(diffuse(3))
    assert np.ptp(levels) < 1e-9
    # Less than of one wave: a beam hears its own width of it.
    assert -12.0 < levels[0, 0] < -8.0
    assert (energy_map(np.zeros((16, 16))) == FLOOR_DB).all()
    with pytest.raises(ParameterError):
        energy_map(np.eye(5))


def test_the_grid_is_seen_from_the_middle():
    assert ACROSS[0] == 180 - GRID_DEGREES / 2
    assert (np.diff(ACROSS) < 0).all()
    assert (np.diff(DOWN) < 0).all()


@pytest.mark.parametrize(("azimuth", "elevation"), [(0, 0), (90, 0), (-30, 45), (179, -60)])
def test_direction_and_diffuseness_of_a_plane_wave(azimuth, elevation):
    found = arrival(plane_wave(azimuth, elevation, 3, level=0.5))
    assert float(found.azimuth) == pytest.approx(azimuth, abs=1e-9)
    assert float(found.elevation) == pytest.approx(elevation, abs=1e-9)
    assert float(found.diffuseness) == pytest.approx(0.0, abs=1e-12)
    assert float(found.level) == pytest.approx(20 * np.log10(0.5))


def test_diffuseness_grows_with_what_comes_from_everywhere_and_silence_has_none():
    mixed = np.stack([share * diffuse(3) + (1 - share) * plane_wave(60, 10, 3) for share in (0.0, 0.3, 0.7, 1.0)])
    found = arrival(np.concatenate([mixed, np.zeros((1, 16, 16))]))
    np.testing.assert_allclose(found.diffuseness[:4], [0.0, 0.3, 0.7, 1.0], atol=1e-9)
    np.testing.assert_allclose(found.azimuth[:3], 60.0)
    assert np.isnan([found.azimuth[4], found.diffuseness[4], found.level[4]]).all()
    with pytest.raises(ParameterError):
        arrival(np.eye(3))


def test_angles_between_directions():
    first = arrival(np.stack([plane_wave(0, 0, 1), plane_wave(10, 0, 1), plane_wave(0, 90, 1), np.zeros((4, 4))]))
    second = arrival(np.stack([plane_wave(0, 0, 1), plane_wave(-20, 0, 1), plane_wave(0, -90, 1), plane_wave(0, 0, 1)]))
    np.testing.assert_allclose(angle_between(first, second), [0.0, 30.0, 180.0, np.nan], atol=1e-6)
