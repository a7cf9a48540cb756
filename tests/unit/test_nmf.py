"""Nonnegative matrix factorisation: constraints, losses, progress, and odd input."""

import itertools

import numpy as np
import pytest
import torch

from sepstudio.errors import DeviceError, ParameterError
from sepstudio.separation import nmf
from sepstudio.separation.factorization import StoppingRule, l1_error

LOSSES = ("euclidean", "kullback-leibler", "itakura-saito")


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def music(rng):
    """A spectrogram of six notes that overlap: V, W, H with zeros where the notes are not."""
    W = rng.random((80, 6)) * (rng.random((80, 6)) < 0.4)
    H = np.zeros((6, 400))
    for component, first in itertools.product(range(6), range(0, 400, 100)):
        start = first + int(rng.integers(0, 60))
        H[component, start : start + 40] = np.exp(-np.arange(40) / 15)
    V = W @ H + 0.01 * rng.random((80, 400))
    start_w, start_h = (W > 0) * rng.uniform(0.5, 1, W.shape), (H > 0) * rng.uniform(0.5, 1, H.shape)
    return V.astype(np.float32), start_w, start_h


@pytest.mark.parametrize("loss", LOSSES)
def test_zeros_stay_zero_and_the_loss_never_rises(music, loss):
    V, W, H = music
    result = nmf.factorize(V, W, H, iterations=200, loss=loss)
    assert not result.templates[W == 0].any()
    assert not result.activations[H == 0].any()
    losses = result.loss.values
    assert len(losses) == len(result.loss.seconds) == result.iterations == 200
    # In single precision a loss is known to 1e-6 of what it would be without a model.
    assert np.diff(losses).max() <= 1e-6 * max(losses[0], float((V**2).sum()))
    assert losses[-1] < losses[0]
    assert np.diff(result.loss.seconds).min() >= 0


@pytest.mark.parametrize("loss", LOSSES)
def test_in_double_precision_the_loss_never_rises_at_all(music, loss):
    V, W, H = music
    losses = nmf.factorize(np.float64(V), W, H, iterations=300, loss=loss).loss.values
    assert np.diff(losses).max() <= 1e-13 * losses[0]


def test_the_loss_is_that_of_the_result(music):
    V, W, H = music
    result = nmf.factorize(V, W, H, iterations=50)
    exact = ((np.float64(V) - np.float64(result.templates) @ np.float64(result.activations)) ** 2).sum()
    assert result.loss.values[-1] == pytest.approx(exact, abs=1e-6 * float((V**2).sum()))


def test_templates_sum_to_one(music):
    result = nmf.factorize(*music, iterations=5)
    np.testing.assert_allclose(result.templates.sum(axis=0), 1, rtol=1e-5)
    assert result.encoder is None
    assert result.dead == ()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("level", [1e-6, 1e-20, 1e6])
def test_the_level_of_a_recording_is_of_no_matter(music, loss, level):
    V, W, H = music
    plain = nmf.factorize(V, W, H, iterations=50, loss=loss)
    scaled = nmf.factorize(V * np.float32(level), W, H, iterations=50, loss=loss)
    np.testing.assert_allclose(scaled.templates, plain.templates, rtol=2e-3, atol=1e-6)
    model, expected = scaled.templates @ (scaled.activations / level), plain.templates @ plain.activations
    assert np.linalg.norm(model - expected) <= 1e-4 * np.linalg.norm(expected)


def test_no_number_becomes_subnormal(music):
    V, W, H = music
    parts = [step.partial for step in nmf.factorize_steps(V, W, H + 0.1, iterations=2000, snapshot_seconds=0)]
    result = nmf.factorize(V, W + 0.1, H + 0.1, iterations=2000)
    for values in [result.templates, result.activations, *(part.activations for part in parts[-2:])]:
        assert not ((values > 0) & (values < np.finfo(np.float32).tiny)).any()


def test_steps_are_short_and_carry_pictures_that_stay(music):
    V, W, H = (np.repeat(values, 4, axis=-1) for values in (music[0], music[1], music[2]))
    steps = nmf.factorize_steps(V, music[1], H, iterations=400, snapshot_seconds=0)
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as stop:
            result = stop.value
            break
    fractions = [step.fraction for step in seen]
    assert seen
    assert fractions == sorted(fractions)
    assert fractions[-1] <= 1
    for step in seen:
        picture = step.partial
        assert picture.templates.shape == W[:, :6].shape
        assert picture.activations.shape == H.shape
        assert picture.iteration - 1 <= len(picture.loss.values) <= picture.iteration
        np.testing.assert_array_equal(picture.loss.values, result.loss.values[: len(picture.loss.values)])
        assert not picture.activations[H == 0].any()
    assert not np.array_equal(seen[0].partial.templates, result.templates)
    np.testing.assert_array_equal(result.activations, nmf.factorize(V, music[1], H, iterations=400).activations)


def test_a_long_recording_can_be_cancelled_within_an_iteration(rng):
    V, W, H = (rng.random(shape, dtype=np.float32) for shape in ((513, 30000), (513, 40), (40, 30000)))
    steps = nmf.factorize_steps(V, W, H, iterations=1000)
    first = next(steps)
    assert first.fraction < 0.02
    steps.close()


def test_it_stops_when_the_loss_hardly_falls(music):
    result = nmf.factorize(*music, iterations=StoppingRule(5000, improvement=1e-3, window=10))
    assert result.stopped == "converged"
    assert result.iterations == len(result.loss.values) < 5000
    assert nmf.factorize(*music, iterations=StoppingRule(3, improvement=1e-3)).stopped == "iterations"


@pytest.mark.parametrize("loss", LOSSES)
def test_silence_gives_finite_numbers(loss):
    result = nmf.factorize(np.zeros((4, 9)), np.ones((4, 2)), np.ones((2, 9)), iterations=5, loss=loss)
    for values in (result.templates, result.activations, result.loss.values):
        assert np.isfinite(values).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_silent_frames_and_bins_that_nothing_explains_do_no_harm(music, loss):
    V, W, H = (values.copy() for values in music)
    V[:, 50:70] = 0
    V[3] = 0
    W[10] = 0
    H[:, 200:210] = 0
    result = nmf.factorize(V, W, H, iterations=100, loss=loss)
    assert np.isfinite(result.loss.values).all()
    assert np.isfinite(result.templates).all()
    assert not result.activations[:, 200:210].any()
    assert not result.templates[10].any()


def test_a_component_that_may_never_sound_is_told_dead(music):
    V, W, H = music
    H = H.copy()
    H[4] = 0
    assert nmf.factorize(V, W, H, iterations=5).dead == (4,)


def test_the_arguments_stay_what_they_were(music):
    copies = [values.copy() for values in music]
    for values in music:
        values.flags.writeable = False
    nmf.factorize(*music, iterations=3, loss="itakura-saito")
    for values, copy in zip(music, copies, strict=True):
        np.testing.assert_array_equal(values, copy)


def test_tensors_are_as_good_as_arrays(music):
    tensors = [torch.from_numpy(values).requires_grad_() for values in music]
    result = nmf.factorize(*tensors, iterations=3)
    np.testing.assert_array_equal(result.templates, nmf.factorize(*music, iterations=3).templates)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"V": -np.ones((80, 400))}, "V"),
        ({"W": np.ones((79, 6))}, "W"),
        ({"H": np.ones((5, 400))}, "H"),
        ({"H": -np.ones((6, 400))}, "H"),
        ({"iterations": 0}, "iterations"),
        ({"loss": "huber"}, "loss"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(music, change, name):
    arguments = {"V": music[0], "W": music[1], "H": music[2], "iterations": 2, **change}
    with pytest.raises(ParameterError) as caught:
        nmf.factorize(**arguments)
    assert caught.value.name == name


def test_an_unknown_device_is_refused(music):
    with pytest.raises(DeviceError):
        nmf.factorize(*music, iterations=1, device="abacus")


def test_a_random_start_is_repeatable_and_of_the_right_size(music):
    V = music[0]
    W, H = nmf.random_start(V, 5, seed=3)
    assert W.shape == (80, 5)
    assert H.shape == (5, 400)
    assert W.dtype == H.dtype == np.float32
    assert (W @ H).mean() == pytest.approx(V.mean(), rel=0.1)
    for same, other in zip(nmf.random_start(V, 5, seed=3), nmf.random_start(V, 5, seed=4), strict=True):
        assert any(np.array_equal(same, first) for first in (W, H))
        assert not any(np.array_equal(other, first) for first in (W, H))
    result = nmf.factorize(V, W, H, iterations=100)
    assert l1_error(V, result.templates, result.activations) < 0.5 * np.abs(V).sum(axis=0).mean()
    with pytest.raises(ParameterError):
        nmf.random_start(V, 0)


@pytest.mark.cuda
@pytest.mark.parametrize("loss", LOSSES)
def test_a_gpu_comes_to_the_same_result(music, loss):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    expected = nmf.factorize(*music, iterations=100, loss=loss)
    result = nmf.factorize(*music, iterations=100, loss=loss, device="cuda")
    np.testing.assert_allclose(result.templates, expected.templates, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(result.loss.values, expected.loss.values, rtol=1e-3)
