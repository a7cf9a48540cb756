"""What a network that learned from strokes makes of a point: the same as it made of it in the run."""

import numpy as np
import pytest

from sepstudio.errors import MissingInputError
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes
from sepstudio.separation.base import RunContext
from sepstudio.separation.paint_cnn import separate
from sepstudio.separation.paint_params import PaintParams
from sepstudio.separation.paint_probe import INPUTS, LABELS, PROBABILITIES, VIEW, feature_map_steps

pytestmark = pytest.mark.usefixtures("one_thread")

RATE = 8000
PARAMS = PaintParams(steps=12, networks=2, hidden=8, refinement=0, fft_size=512, hop_size=128)


def box(source, begin, end, low, high):
    return Stroke("box", source, ((begin, low), (end, high)))


@pytest.fixture(scope="module")
def mixture():
    """A tone, and noise that begins in the middle."""
    time = np.arange(2 * RATE) / RATE
    noise = 0.1 * np.random.default_rng(1).standard_normal(time.size) * (time > 1.0)
    return AudioClip((0.2 * np.sin(2 * np.pi * 440 * time) + noise)[None].astype(np.float32), RATE)


@pytest.fixture(scope="module")
def run(mixture):
    sources = (PaintedSource("a", "tone", "#0072B2"), PaintedSource("b", "noise", "#E69F00"))
    strokes = Strokes(sources, (box("a", 0.1, 0.9, 380, 500), box("b", 1.2, 1.8, 1500, 3500)))
    return drain(separate(mixture, PARAMS, context=RunContext(strokes=strokes, threads=1)))


def asked(mixture, run, seconds, hertz, params=PARAMS):
    return drain(feature_map_steps(mixture, params, run.matrices, seconds, hertz))


@pytest.mark.parametrize(
    ("seconds", "hertz"), [(0.5, 440.0), (1.5, 2500.0), (0.0, 0.0), (2.0, 4000.0), (1.0, 3900.0), (1.003, 17.0)]
)
def test_probabilities_are_those_of_the_masks_of_the_run(mixture, run, seconds, hertz):
    found = asked(mixture, run, seconds, hertz)[PROBABILITIES]
    assert found.coordinates == (("tone", "noise"),)
    for name, probability in zip(("tone", "noise"), found.values, strict=True):
        mask = run.matrices[f"mask {name}"]
        row = np.abs(mask.coordinates[0] - hertz).argmin()
        column = np.abs(mask.coordinates[1] - seconds).argmin()
        assert probability == pytest.approx(mask.values[row, column], abs=2e-3)


def test_a_network_that_has_learned_says_so_at_a_painted_point(mixture, run):
    assert asked(mixture, run, 0.5, 440.0)[PROBABILITIES].values[0] > 0.6
    assert asked(mixture, run, 1.5, 2500.0)[PROBABILITIES].values[1] > 0.6


def test_layers_come_in_the_order_of_the_network_and_lie_around_the_point(mixture, run):
    found = asked(mixture, run, 1.0, 1000.0)
    layers = list(found)
    assert layers[0] == INPUTS
    assert layers[-2:] == [LABELS, PROBABILITIES]
    assert {"near", "coarse", "wide"} <= set(layers)
    inputs = found[INPUTS]
    assert inputs.coordinates[0] == run.matrices["weights mean"].coordinates[0]
    for name in layers[:-1]:
        matrix = found[name]
        assert matrix.axes == ("map", "frequency", "time")
        assert max(matrix.values.shape[1:]) <= VIEW
        _, hertz, seconds = matrix.coordinates
        assert hertz[0] <= 1000.0 <= hertz[-1]
        assert seconds[0] <= 1.0 <= seconds[-1]
        assert (np.diff(hertz) > 0).all()
        assert (np.diff(seconds) > 0).all()
    assert inputs.values.shape[1:] == (VIEW, VIEW)
    assert np.allclose(found[LABELS].values.sum(axis=0), 1.0, atol=1e-5)
    # Joined cells are fewer, and lie in the middle of what they join.
    joined = found["coarse"].coordinates[2]
    inner = inputs.coordinates[2]
    step = np.diff(joined)[0] / np.diff(inner)[0]
    assert step == pytest.approx(round(step))
    assert step >= 2
    assert joined[0] == pytest.approx(inner[: round(step)].mean())


def test_the_first_map_is_the_level_of_the_recording(mixture, run):
    found = asked(mixture, run, 0.5, 440.0)[INPUTS]
    level = found.values[found.coordinates[0].index("level")]
    loudest = np.unravel_index(level.argmax(), level.shape)
    assert found.coordinates[1][loudest[0]] == pytest.approx(440.0, abs=RATE / 512)


def test_a_run_without_networks_says_what_to_do(mixture, run):
    with pytest.raises(MissingInputError, match="separate with Paint again"):
        drain(feature_map_steps(mixture, PARAMS, {}, 0.5, 440.0))
    with pytest.raises(MissingInputError, match="kept no network"):
        drain(feature_map_steps(mixture, {"steps": 12}, run.matrices, 0.5, 440.0))


def test_a_network_of_another_version_or_of_other_maps_says_so(mixture, run):
    fewer = {name: matrix for name, matrix in run.matrices.items() if not name.endswith("near.bias")}
    with pytest.raises(MissingInputError, match="another version"):
        drain(feature_map_steps(mixture, PARAMS, fewer, 0.5, 440.0))
    stereo = AudioClip(np.repeat(mixture.read(0, mixture.length), 2, axis=0), RATE)
    with pytest.raises(MissingInputError, match="other maps"):
        drain(feature_map_steps(stereo, PARAMS, run.matrices, 0.5, 440.0))
