"""The method with networks against a reading of the paper that shares no code with it."""

import numpy as np
import pytest
from phase_dnn_reference import separate as reference
from tiny_models import tiny_model

import sepstudio
from sepstudio.nn.phase_models import load_model

pytestmark = pytest.mark.usefixtures("one_thread")

RATE = 44100


def mixture(channels, seed=0):
    """Two steady tones and a click in noise: phases, levels and places of channels that differ."""
    generator = np.random.default_rng(seed)
    t = np.arange(900) / RATE
    tones = [0.2 * np.sin(2 * np.pi * f * t) for f in (1033.0, 5017.0)]
    x = 0.02 * generator.standard_normal((channels, t.size))
    x += np.stack([gain * tones[0] + (1 - gain) * tones[1] for gain in (0.9, 0.3)[:channels]])
    x[:, 400] += 0.5
    return x.astype(np.float32)


@pytest.mark.parametrize("iterations", [0, 1, 2])
def test_stems_are_those_of_the_paper(tmp_path, iterations):
    path = tiny_model(tmp_path / "band.safetensors")
    x = mixture(2)
    result = sepstudio.separate("dnn", x, RATE, model=path, iterations=iterations)
    expected = reference(x, list(load_model(path).networks.values()), iterations)
    for stem, wanted in zip(result.stems.values(), expected, strict=True):
        assert np.abs(wanted).max() > 0.01
        np.testing.assert_allclose(stem.samples, wanted, atol=1e-4)


@pytest.mark.parametrize(
    "changes",
    [
        {"inputs": "amplitude", "phase_kinds": ()},
        {"inputs": "phase", "phase_kinds": ("frequency",)},
        {"phase_kinds": ("phase", "time"), "bands": None, "output_scale": False, "highest_bin": 90},
    ],
)
def test_every_kind_of_network_is_that_of_the_paper(tmp_path, changes):
    path = tiny_model(tmp_path / "band.safetensors", ("drums", "other"), **changes)
    x = mixture(2)
    result = sepstudio.separate("dnn", x, RATE, model=path)
    expected = reference(x, list(load_model(path).networks.values()), 1)
    for stem, wanted in zip(result.stems.values(), expected, strict=True):
        np.testing.assert_allclose(stem.samples, wanted, atol=1e-4)


def test_mono_is_that_of_the_paper(tmp_path):
    path = tiny_model(tmp_path / "band.safetensors", ("drums", "other"), channels=1)
    x = mixture(1)
    result = sepstudio.separate("dnn", x, RATE, model=path)
    expected = reference(x, list(load_model(path).networks.values()), 1)
    for stem, wanted in zip(result.stems.values(), expected, strict=True):
        np.testing.assert_allclose(stem.samples, wanted, atol=1e-4)
