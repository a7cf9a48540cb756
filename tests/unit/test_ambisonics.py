"""Spherical harmonics, rotations and conventions, against quadrature, scipy and geometry."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import factorial, lpmv

from sepstudio.dsp.ambisonics import (
    CONVENTIONS,
    axes_rotation,
    channels_of,
    convert,
    degrees,
    directions,
    encode,
    layout,
    max_re_weights,
    order_of,
    quadrature,
    rotation_matrix,
    rotation_of,
    spherical_harmonics,
    vectors,
)
from sepstudio.errors import ParameterError

ANGLES = st.floats(-7.0, 7.0)
DIRECTIONS = directions(np.random.default_rng(1).standard_normal((3, 40)))


def test_the_scripting_interface_reaches_the_module():
    program = "import sepstudio; print(len(sepstudio.dsp.ambisonics.spherical_harmonics(0.0, 0.0, 3)))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "16"


@pytest.mark.parametrize("order", range(8))
def test_harmonics_are_orthogonal_and_of_power_one_over_2n_plus_1(order):
    # A quadrature of its own, twice as fine as the one in the module.
    sines, heights = np.polynomial.legendre.leggauss(2 * order + 3)
    azimuth = 2 * np.pi * np.arange(4 * order + 5) / (4 * order + 5)
    weights = np.repeat(heights / 2 / len(azimuth), len(azimuth))
    grid_azimuth, grid_elevation = np.meshgrid(azimuth, np.arcsin(sines))
    harmonics = spherical_harmonics(grid_azimuth.ravel(), grid_elevation.ravel(), order)
    gram = (harmonics * weights) @ harmonics.T
    np.testing.assert_allclose(gram, np.diag(1 / (2 * degrees(order) + 1)), atol=1e-13)


def test_harmonics_equal_the_legendre_functions_of_scipy():
    azimuth, elevation = DIRECTIONS
    harmonics = spherical_harmonics(azimuth, elevation, 7)
    for n in range(8):
        for m in range(-n, n + 1):
            k = abs(m)
            scale = math.sqrt((2 - (m == 0)) * factorial(n - k) / factorial(n + k)) * (-1) ** k
            turn = np.cos(k * azimuth) if m >= 0 else np.sin(k * azimuth)
            np.testing.assert_allclose(
                harmonics[n * n + n + m], scale * lpmv(k, n, np.sin(elevation)) * turn, atol=1e-12
            )


def test_channels_of_the_first_order_are_w_y_z_x():
    front, left, up = (spherical_harmonics(a, e, 1) for a, e in ((0, 0), (np.pi / 2, 0), (0.3, np.pi / 2)))
    np.testing.assert_allclose(front, [1, 0, 0, 1], atol=1e-15)
    np.testing.assert_allclose(left, [1, 1, 0, 0], atol=1e-15)
    np.testing.assert_allclose(up, [1, 0, 1, 0], atol=1e-15)


def test_every_degree_of_a_wave_has_the_power_of_w():
    harmonics = spherical_harmonics(*DIRECTIONS, 7)
    for n in range(8):
        np.testing.assert_allclose((harmonics[degrees(7) == n] ** 2).sum(axis=0), 1, atol=1e-12)


def test_directions_may_have_any_shape_and_lie_beyond_the_poles():
    assert spherical_harmonics(np.zeros((2, 1)), np.zeros(3), 2).shape == (9, 2, 3)
    assert spherical_harmonics(0.1, 0.2, 3).shape == (16,)
    over = spherical_harmonics(0.4, np.pi / 2 + 0.3, 5)
    np.testing.assert_allclose(over, spherical_harmonics(0.4 + np.pi, np.pi / 2 - 0.3, 5), atol=1e-13)


@given(ANGLES, ANGLES, ANGLES, st.integers(0, 7))
def test_turning_a_scene_is_encoding_the_turned_directions(yaw, pitch, roll, order):
    matrix = rotation_matrix(yaw, pitch, roll, order)
    turned = directions(axes_rotation(yaw, pitch, roll) @ vectors(*DIRECTIONS))
    np.testing.assert_allclose(
        matrix @ spherical_harmonics(*DIRECTIONS, order), spherical_harmonics(*turned, order), atol=1e-12
    )
    np.testing.assert_allclose(matrix.T @ matrix, np.eye(len(matrix)), atol=1e-12)
    n = degrees(order)
    assert not matrix[n[:, None] != n].any()


def test_a_scene_turned_there_and_back_is_the_same_in_single_precision():
    scene = np.random.default_rng(0).standard_normal((64, 500)).astype(np.float32)
    matrix = rotation_matrix(0.7, -1.2, 2.9, 7).astype(np.float32)
    assert np.abs(matrix.T @ (matrix @ scene) - scene).max() <= 1e-5
    exact = rotation_matrix(0.7, -1.2, 2.9, 7)
    assert np.abs(exact.T @ (exact @ scene.astype(np.float64)) - scene).max() <= 1e-12


@pytest.mark.parametrize(("angles", "seen"), [
    ((np.pi / 2, 0, 0), (np.pi / 2, 0)),  # the front turns to the left
    ((0, np.pi / 4, 0), (0, -np.pi / 4)),  # the front sinks
])  # fmt: skip
def test_senses_of_turns(angles, seen):
    turned = rotation_matrix(*angles, 3) @ spherical_harmonics(0, 0, 3)
    np.testing.assert_allclose(turned, spherical_harmonics(*seen, 3), atol=1e-13)


def test_a_positive_roll_lifts_the_left():
    turned = rotation_matrix(0, 0, 0.5, 3) @ spherical_harmonics(np.pi / 2, 0, 3)
    np.testing.assert_allclose(turned, spherical_harmonics(np.pi / 2, 0.5, 3), atol=1e-13)


def test_turns_follow_one_another():
    first, second = rotation_matrix(0.3, 0.9, -2, 4), rotation_matrix(1.1, -0.2, 0.5, 4)
    axes = axes_rotation(1.1, -0.2, 0.5) @ axes_rotation(0.3, 0.9, -2)
    np.testing.assert_allclose(second @ first, rotation_of(axes, 4), atol=1e-12)


def test_mirroring_left_and_right_negates_the_channels_of_negative_index():
    n = degrees(3)
    m = np.arange(16) - n * n - n
    np.testing.assert_allclose(rotation_of(np.diag([1, -1, 1]), 3), np.diag(np.where(m < 0, -1, 1)), atol=1e-13)


# Malham 2003, of which the letters are those of the B-format: what a source of level 1 is encoded with.
FUMA = {
    "W": lambda a, e: math.sqrt(0.5),
    "X": lambda a, e: math.cos(a) * math.cos(e),
    "Y": lambda a, e: math.sin(a) * math.cos(e),
    "Z": lambda a, e: math.sin(e),
    "R": lambda a, e: 1.5 * math.sin(e) ** 2 - 0.5,
    "S": lambda a, e: math.cos(a) * math.sin(2 * e),
    "T": lambda a, e: math.sin(a) * math.sin(2 * e),
    "U": lambda a, e: math.cos(2 * a) * math.cos(e) ** 2,
    "V": lambda a, e: math.sin(2 * a) * math.cos(e) ** 2,
    "K": lambda a, e: math.sin(e) * (5 * math.sin(e) ** 2 - 3) / 2,
    "L": lambda a, e: math.sqrt(135 / 256) * math.cos(a) * math.cos(e) * (5 * math.sin(e) ** 2 - 1),
    "M": lambda a, e: math.sqrt(135 / 256) * math.sin(a) * math.cos(e) * (5 * math.sin(e) ** 2 - 1),
    "N": lambda a, e: math.sqrt(27 / 4) * math.cos(2 * a) * math.sin(e) * math.cos(e) ** 2,
    "O": lambda a, e: math.sqrt(27 / 4) * math.sin(2 * a) * math.sin(e) * math.cos(e) ** 2,
    "P": lambda a, e: math.cos(3 * a) * math.cos(e) ** 3,
    "Q": lambda a, e: math.sin(3 * a) * math.cos(e) ** 3,
}


def test_fuma_has_the_published_functions():
    for azimuth, elevation in zip(*DIRECTIONS, strict=True):
        fuma = convert(spherical_harmonics(azimuth, elevation, 3), "SN3D", "FuMa")
        np.testing.assert_allclose(fuma, [make(azimuth, elevation) for make in FUMA.values()], atol=1e-12)


@pytest.mark.parametrize("source", CONVENTIONS)
@pytest.mark.parametrize("target", CONVENTIONS)
@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_conversions_come_back(source, target, order):
    scene = np.random.default_rng(0).standard_normal((channels_of(order), 3, 7)).astype(np.float32)
    converted = convert(scene, source, target)
    assert converted.dtype == np.float32
    assert converted.shape == scene.shape
    np.testing.assert_allclose(convert(converted, target, source), scene, rtol=1e-6)
    assert converted is not scene


def test_n3d_is_larger_by_the_root_of_2n_plus_1_and_the_default():
    n3d = convert(np.ones((64, 1), int), "SN3D", "N3D")
    np.testing.assert_allclose(n3d[:, 0], np.sqrt(2 * degrees(7) + 1))
    np.testing.assert_allclose(convert(n3d), 1)


def test_what_is_out_of_range_is_refused():
    for call in (
        lambda: spherical_harmonics(0, 0, 8),
        lambda: spherical_harmonics(0, 0, -1),
        lambda: rotation_matrix(math.nan, 0, 0, 1),
        lambda: convert(np.zeros((5, 2))),
        lambda: convert(np.zeros((25, 2)), "FuMa", "SN3D"),
        lambda: convert(np.zeros((4, 2)), "N2D", "SN3D"),
        lambda: convert(np.float64(1.0)),
        lambda: layout("SID", "SN3D", 1),
        lambda: layout("ACN", "MaxN", 1),
        lambda: order_of(0),
        lambda: order_of(81),
    ):
        with pytest.raises(ParameterError):
            call()


def test_the_quadrature_is_exact_for_products():
    azimuth, elevation, weights = quadrature(7)
    assert weights.sum() == pytest.approx(1)
    harmonics = spherical_harmonics(azimuth, elevation, 7)
    np.testing.assert_allclose((harmonics * weights) @ harmonics.T, np.diag(1 / (2 * degrees(7) + 1)), atol=1e-13)


def test_sources_are_encoded_by_the_harmonics_of_their_directions():
    played = np.random.default_rng(3).standard_normal((2, 50)).astype(np.float32)
    scene = encode(played, [0.3, -2.0], [0.1, 0.9], 3)
    assert scene.shape == (16, 50)
    assert scene.dtype == np.float32
    expected = sum(
        np.outer(spherical_harmonics(az, el, 3), one)
        for one, az, el in zip(played, (0.3, -2.0), (0.1, 0.9), strict=True)
    )
    np.testing.assert_allclose(scene, expected, atol=1e-6)
    np.testing.assert_allclose(encode(played[0], 0.3, 0.1, 3)[0], played[0])
    whole = encode(np.array([1, 2, 3]), 0.0, 0.0, 1)
    np.testing.assert_allclose(whole, [[1, 2, 3], [0, 0, 0], [0, 0, 0], [1, 2, 3]], atol=1e-12)


def test_as_many_directions_as_sources_are_needed():
    with pytest.raises(ParameterError, match="a row for each direction"):
        encode(np.zeros((2, 10)), [0.0, 1.0, 2.0], 0.0, 1)
    with pytest.raises(ParameterError, match="order"):
        encode(np.zeros(10), 0.0, 0.0, 9)


@pytest.mark.parametrize("order", range(1, 8))
def test_max_re_weights_make_the_vector_of_energy_longest(order):
    def length(weights):
        # Of a source decoded everywhere: the share of the first degree in the power of its beam.
        cosines, heights = np.polynomial.legendre.leggauss(2 * order + 2)
        beam = np.polynomial.legendre.legval(cosines, (2 * np.arange(order + 1) + 1) * weights)
        return (heights * beam**2 * cosines).sum() / (heights * beam**2).sum()

    weights = max_re_weights(order)
    assert weights[0] == 1
    assert (np.diff(weights) < 0).all()
    # The longest that is possible is the largest root of P_{order + 1}; the formula is an approximation.
    np.testing.assert_allclose(length(weights), np.polynomial.legendre.leggauss(order + 1)[0][-1], rtol=2e-4)
    random = np.random.default_rng(order)
    for _ in range(20):
        other = weights + 0.05 * random.standard_normal(order + 1)
        assert length(other) < length(weights) + 1e-3
