"""Ambisonics and loudspeakers against the EBU ADM Renderer and spaudiopy: what they computed, which lies here, and
themselves where they are installed."""

import json
import subprocess
from pathlib import Path

import ambisonics_peers
import numpy as np
import pytest

from sepstudio.dsp.ambisonics import degrees, max_re_weights, rotation_matrix, rotation_of, spherical_harmonics, vectors
from sepstudio.dsp.layouts import LAYOUTS
from sepstudio.dsp.loudspeakers import decoder_matrix
from sepstudio.dsp.vbap import panner_of

# That of the digits that are kept.
EXACT = {"atol": 1e-8, "rtol": 0}
# The places of x, y and z among the channels of the first order.
XYZ = [3, 1, 2]


def kept(peer):
    return json.loads((ambisonics_peers.FOLDER / f"{peer}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ambisonics_peers.SYSTEMS)
def test_panning_is_that_of_the_ebu(name):
    gains = panner_of(LAYOUTS[name]).gains(vectors(*ambisonics_peers.directions()))
    np.testing.assert_allclose(gains.T, kept("ear")["panning"][name], **EXACT)


@pytest.mark.parametrize("order", ambisonics_peers.ORDERS)
@pytest.mark.parametrize("name", ambisonics_peers.SYSTEMS)
def test_allrad_is_that_of_the_ebu(name, order):
    matrix = decoder_matrix(name, order, max_re=False)[LAYOUTS[name].full_range]
    # Both sample panning, which has edges, in some thousand directions.
    np.testing.assert_allclose(matrix, kept("ear")["decoders"][f"{name} {order}"], atol=5e-4)


@pytest.mark.parametrize("order", ambisonics_peers.ORDERS)
def test_the_shipped_decoder_of_the_ebu_is_its_own(order):
    matrix = decoder_matrix("7.1.4", order, kind="ebu")[LAYOUTS["7.1.4"].full_range]
    # Of lower orders the peer scales by its sampled sphere, and this program by the exact one.
    np.testing.assert_allclose(matrix, kept("ear")["decoders"][f"7.1.4 {order}"], atol=1e-6)


def test_harmonics_are_those_of_spaudiopy():
    order = ambisonics_peers.HIGHEST
    harmonics = spherical_harmonics(*ambisonics_peers.directions(), order)
    n3d = harmonics * np.sqrt(2 * degrees(order) + 1)[:, np.newaxis]
    np.testing.assert_allclose(n3d.T, kept("spaudiopy")["harmonics"], **EXACT)


def test_rotations_are_those_of_spaudiopy():
    theirs = np.array(kept("spaudiopy")["rotation"])
    # Its angles turn the other way round.
    ours = rotation_matrix(*(-angle for angle in ambisonics_peers.ANGLES), 3)
    np.testing.assert_allclose(ours, theirs, **EXACT)
    np.testing.assert_allclose(rotation_of(theirs[np.ix_(XYZ, XYZ)], 3), theirs, **EXACT)


def test_max_re_weights_are_those_of_spaudiopy():
    for order, weights in enumerate(kept("spaudiopy")["max_re"]):
        np.testing.assert_allclose(max_re_weights(order), weights, **EXACT)


@pytest.mark.parametrize("peer", ambisonics_peers.PEERS)
def test_what_lies_here_is_what_the_references_compute(peer):
    python = ambisonics_peers.python_of(peer)
    if python is None:
        pytest.skip(f"no environment with {peer}: see {ambisonics_peers.__file__}")
    script = Path(ambisonics_peers.__file__)
    told = subprocess.run([python, "-W", "ignore", script, peer], capture_output=True, text=True, check=True)
    _same(json.loads(told.stdout), kept(peer))


def _same(found, expected):
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key in expected:
            _same(found[key], expected[key])
    elif expected and isinstance(expected[0], list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            _same(one, other)
    else:
        np.testing.assert_allclose(found, expected, **EXACT)
