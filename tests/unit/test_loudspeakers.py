"""Decoders for loudspeakers: levels, directions, and what the EBU publishes."""

import math

import numpy as np
import pytest

from sepstudio.dsp.ambisonic_conventions import even_directions
from sepstudio.dsp.ambisonics import channels_of, degrees, directions, quadrature, rotation_matrix, spherical_harmonics
from sepstudio.dsp.decoder_quality import decoder_quality
from sepstudio.dsp.loudspeakers import KINDS, LAYOUTS, LFE_GAIN, Layout, Loudspeaker, decoder_matrix, lfe_filter
from sepstudio.errors import ParameterError

DECODERS = [(kind, name) for kind in KINDS for name in LAYOUTS if kind != "ebu" or name == "7.1.4"]
RING = np.radians(np.arange(0, 360, 5))
# The corners of an icosahedron: products of two harmonics of the second order sum up to their integrals.
ICOSAHEDRON = Layout(
    "icosahedron",
    tuple(
        Loudspeaker(f"S{n}", azimuth, elevation)
        for n, (azimuth, elevation) in enumerate(
            [(0.0, 90.0), (0.0, -90.0)]
            + [(72.0 * k, math.degrees(math.atan(0.5))) for k in range(5)]
            + [(72.0 * k + 36, -math.degrees(math.atan(0.5))) for k in range(5)]
        )
    ),
)


@pytest.mark.parametrize("max_re", [False, True])
@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize(("kind", "name"), DECODERS)
def test_the_power_of_all_feeds_is_that_of_w_on_average(kind, name, order, max_re):
    matrix = decoder_matrix(name, order, kind=kind, max_re=max_re)
    azimuth, elevation, weights = quadrature(order)
    powers = ((matrix @ spherical_harmonics(azimuth, elevation, order)) ** 2).sum(axis=0)
    np.testing.assert_allclose(powers @ weights, 1, atol=1e-9)


@pytest.mark.parametrize(("kind", "name"), DECODERS)
def test_left_and_right_are_alike(kind, name):
    layout, order = LAYOUTS[name], 3
    matrix = decoder_matrix(layout, order, kind=kind)
    mirror = [
        next(
            other
            for other in range(len(layout.names))
            if layout.lfe[other] == layout.lfe[channel]
            and math.cos(math.radians(layout.azimuths[other] + layout.azimuths[channel])) > 1 - 1e-12
            and layout.elevations[other] == layout.elevations[channel]
        )
        if not layout.lfe[channel]
        else channel
        for channel in range(len(layout.names))
    ]
    # Harmonics of negative index change their sign with that of the azimuth.
    signs = np.array([-1 if m < 0 else 1 for n in range(order + 1) for m in range(-n, n + 1)])
    # The directions in which the EBU samples the sphere are not quite symmetric.
    np.testing.assert_allclose(matrix[mirror] * signs, matrix, atol=1e-4 if kind == "ebu" else 1e-6)


@pytest.mark.parametrize("name", LAYOUTS)
def test_allrad_plays_loudest_from_the_loudspeaker_in_the_direction_of_a_source(name):
    layout = LAYOUTS[name]
    encoded = spherical_harmonics(*directions(layout.vectors), 3)
    feeds = decoder_matrix(layout, 3)[layout.full_range] @ encoded
    ratio = np.diagonal(feeds) / np.abs(feeds).max(axis=0)
    # Where loudspeakers are denser than the third order, neighbours may be as loud.
    assert ratio.min() > (0.6 if name == "22.2" else 0.9)


def test_allrad_of_7_1_4_is_the_decoder_of_the_ebu():
    ours, theirs = (decoder_matrix("7.1.4", 3, kind=kind, max_re=False) for kind in ("allrad", "ebu"))
    np.testing.assert_allclose(ours, theirs, atol=3e-4)


def test_the_decoder_of_the_ebu_is_the_published_one():
    matrix = decoder_matrix("7.1.4", 3, kind="ebu")
    layout = LAYOUTS["7.1.4"]
    # The first columns of a table that others have computed (IAMF: third order to 4+7+0).
    expected = {
        "M+030": [0.1248, 0.1411, -0.1807, 0.1659],
        "M+000": [0.1144, 0, -0.1337, 0.2005],
        "M+090": [0.1588, 0.2951, -0.1768, 0.0269],
        "M+135": [0.1862, 0.1501, -0.2150, -0.3033],
        "U+045": [0.1447, 0.1415, 0.2790, 0.1418],
        "U-135": [0.1450, -0.1354, 0.2796, -0.1421],
        "LFE1": [0, 0, 0, 0],
    }
    for name, row in expected.items():
        np.testing.assert_allclose(matrix[layout.names.index(name), :4], row, atol=6e-5)


def test_the_decoder_of_the_ebu_comes_from_the_shared_table(shared_data):
    table = np.loadtxt(
        shared_data / "hoa" / "fixtures" / "ebu_bs2051_4+7+0_acn_sn3d_order3.csv",
        delimiter=",",
        skiprows=2,
        usecols=range(1, 17),
    )
    matrix = decoder_matrix("7.1.4", 3, kind="ebu")
    np.testing.assert_allclose(matrix[LAYOUTS["7.1.4"].full_range], table, atol=1e-8)


@pytest.mark.parametrize(("elevation", "levels", "spreads", "mean", "most"), [
    (0, (-1.5, 0.4), (0.66, 0.94), 6.7, 18.4),
    (30, (-1.1, -0.3), (0.73, 0.95), 6.9, 13.8),
    (60, (0.9, 1.1), (0.74, 0.82), 20.6, 22.8),
])  # fmt: skip
def test_figures_of_the_decoder_of_the_ebu(elevation, levels, spreads, mean, most):
    matrix = decoder_matrix("7.1.4", 3, kind="ebu")
    quality = decoder_quality(matrix, LAYOUTS["7.1.4"], RING, math.radians(elevation))
    np.testing.assert_allclose([quality.level.min(), quality.level.max()], levels, atol=0.06)
    np.testing.assert_allclose([quality.spread.min(), quality.spread.max()], spreads, atol=0.006)
    np.testing.assert_allclose([quality.angle.mean(), quality.angle.max()], [mean, most], atol=0.1)


def test_max_re_makes_sources_narrower():
    lengths = []
    for max_re in (False, True):
        matrix = decoder_matrix(ICOSAHEDRON, 2, kind="mode-matching", max_re=max_re)
        lengths.append(decoder_quality(matrix, ICOSAHEDRON, *even_directions(200)).spread)
    # Of order 2 the vector is 0.67 long at basic weights, 0.775 at those of max-rE (Zotter and Frank 2012).
    np.testing.assert_allclose(lengths[0], 0.667, atol=0.05)
    np.testing.assert_allclose(lengths[1], 0.775, atol=0.05)
    assert lengths[1].mean() > lengths[0].mean()


def test_on_an_even_layout_mode_matching_and_epad_are_the_harmonics_themselves():
    order = 2
    expected = spherical_harmonics(
        *np.radians([ICOSAHEDRON.azimuths, ICOSAHEDRON.elevations]), order
    ).T * (2 * degrees(order) + 1)  # fmt: skip
    for kind in ("mode-matching", "epad"):
        matrix = decoder_matrix(ICOSAHEDRON, order, kind=kind, max_re=False)
        np.testing.assert_allclose(matrix / matrix[0, 0], expected / expected[0, 0], atol=1e-9)
        quality = decoder_quality(matrix, ICOSAHEDRON, *even_directions(100))
        np.testing.assert_allclose(quality.level, 0, atol=1e-9)


def test_mode_matching_gives_the_scene_back():
    # As many loudspeakers as matter: what a microphone in the middle encodes is the scene but for its level.
    matrix = decoder_matrix(ICOSAHEDRON, 2, kind="mode-matching", max_re=False)
    encoded = spherical_harmonics(*np.radians([ICOSAHEDRON.azimuths, ICOSAHEDRON.elevations]), 2) @ matrix
    np.testing.assert_allclose(encoded / encoded[0, 0], np.eye(9), atol=1e-9)


@pytest.mark.parametrize("name", ["5.1", "5.1.4", "7.1.4", "22.2"])
def test_epad_plays_all_directions_of_one_height_at_one_level(name):
    matrix = decoder_matrix(name, 3, kind="epad")
    for elevation in (-0.4, 0.0, 0.6):
        level = decoder_quality(matrix, LAYOUTS[name], RING, elevation).level
        assert np.ptp(level) < 1e-9
        # Only 22.2 has a floor and a ceiling, so that no harmonic is lost.
        assert abs(level[0]) < (1e-9 if name == "22.2" else 1.5)


def test_mode_matching_leaves_out_orders_that_a_layout_has_too_few_loudspeakers_for():
    matrix = decoder_matrix("7.1.4", 5, kind="mode-matching")
    assert matrix.shape == (12, 36)
    assert matrix[:, :9].any()
    assert not matrix[:, 9:].any()


def test_w_alone_is_played_by_all():
    matrix = decoder_matrix("7.1.4", 0)
    assert matrix.shape == (12, 1)
    assert (matrix[LAYOUTS["7.1.4"].full_range] > 0).all()


def test_a_turned_scene_is_heard_from_where_it_was_turned_to():
    layout = LAYOUTS["7.1.4"]
    turned = decoder_matrix(layout, 3) @ rotation_matrix(math.pi / 2, 0, 0, 3)
    quality = decoder_quality(turned, layout, 0.0, 0.0)
    power = (turned @ spherical_harmonics(0.0, 0.0, 3)) ** 2
    assert layout.names[int(power.argmax())] == "M+090"
    np.testing.assert_allclose(quality.angle, 90, atol=3)


def test_the_channel_of_effects_gets_nothing_or_w():
    assert not decoder_matrix("22.2", 3)[list(LAYOUTS["22.2"].lfe)].any()
    rows = decoder_matrix("22.2", 3, lfe="w")[list(LAYOUTS["22.2"].lfe)]
    np.testing.assert_allclose(rows, np.tile(LFE_GAIN * np.eye(16)[0], (2, 1)))


@pytest.mark.parametrize("rate", [16000, 44100, 96000])
def test_the_low_pass_of_effects(rate):
    taps = lfe_filter(rate)
    frequencies = np.array([0, 80, 120, 160, 1000, 0.45 * rate])
    lag = np.arange(len(taps)) - len(taps) // 2
    response = np.abs(np.exp(-2j * np.pi * np.outer(frequencies / rate, lag)) @ taps)
    np.testing.assert_allclose(20 * np.log10(response[:3]), [0, 0, -6], atol=0.3)
    assert 20 * np.log10(response[3:]).max() < -45
    np.testing.assert_allclose(taps, taps[::-1])


def test_matrices_may_be_changed_by_who_asked_for_them():
    decoder_matrix("5.1", 1)[:] = 0
    assert decoder_matrix("5.1", 1).any()


@pytest.mark.parametrize(("arguments", "options", "complaint"), [
    (("9.1", 3), {}, "layout"),
    (("5.1", 8), {}, "order"),
    (("5.1", 3), {"kind": "magic"}, "kind"),
    (("5.1", 3), {"lfe": "on"}, "lfe"),
    (("5.1", 3), {"kind": "ebu"}, "7.1.4"),
    (("7.1.4", 4), {"kind": "ebu"}, "at most 3"),
])  # fmt: skip
def test_what_cannot_be_decoded_is_refused(arguments, options, complaint):
    with pytest.raises(ParameterError, match=complaint):
        decoder_matrix(*arguments, **options)


def test_figures_need_a_matrix_of_the_layout():
    with pytest.raises(ParameterError, match="rows"):
        decoder_quality(np.zeros((3, channels_of(1))), LAYOUTS["5.1"], 0.0, 0.0)


def test_a_single_loudspeaker_in_the_direction_of_a_source_is_its_vector():
    layout = LAYOUTS["5.1"]
    matrix = np.zeros((6, 4))
    matrix[layout.names.index("M+030"), 0] = 0.5
    quality = decoder_quality(matrix, layout, np.radians([30, -60]), 0.0)
    np.testing.assert_allclose(quality.level, 20 * math.log10(0.5))
    np.testing.assert_allclose(quality.spread, 1)
    np.testing.assert_allclose(quality.angle, [0, 90], atol=1e-5)
