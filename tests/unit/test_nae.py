"""Nonnegative autoencoders: starts, constraints, continuing, progress, and odd input."""

import numpy as np
import pytest
import torch

from sepstudio.errors import ParameterError
from sepstudio.separation import nae, nmf
from sepstudio.separation.factorization import l1_error

OPTIMIZERS = ("multiplicative", "sgd", "rmsprop", "adam")
ADDITIVE = OPTIMIZERS[1:]


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def music(rng):
    """A spectrogram of five notes, some together: V, template mask, activation mask."""
    allowed, sounding = rng.random((60, 5)) < 0.5, np.zeros((5, 200), np.bool_)
    for component in range(5):
        for first in rng.integers(0, 170, 3):
            sounding[component, first : first + 30] = True
    V = (allowed * rng.random(allowed.shape)) @ (sounding * rng.uniform(0.5, 1, sounding.shape))
    return (V + 0.01 * rng.random(V.shape)).astype(np.float32), allowed, sounding


def fitted(music, **settings):
    V, allowed, sounding = music
    arguments = {"iterations": 50, "activation_mask": sounding, "template_mask": allowed, **settings}
    return nae.factorize(V, arguments.pop("encoder", None), arguments.pop("decoder", None), **arguments)


@pytest.mark.parametrize("start", ["warm", "random"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_masks_hold_and_the_encoder_gives_the_activations(music, optimizer, start):
    V, allowed, sounding = music
    result = fitted(music, optimizer=optimizer, start=start)
    assert not result.templates[~allowed].any()
    assert not result.activations[~sounding].any()
    assert result.templates.min() >= 0
    np.testing.assert_allclose(result.templates.sum(axis=0), 1, rtol=1e-5)
    encoded = np.maximum(result.encoder @ V, 0) * sounding
    np.testing.assert_allclose(result.activations, encoded, atol=1e-4 * encoded.max())
    exact = ((np.float64(V) - result.templates @ np.float64(result.activations)) ** 2).sum()
    assert result.loss.values[-1] == pytest.approx(exact, abs=1e-6 * float((V**2).sum()))
    assert len(result.loss.values) == result.iterations == 50


@pytest.mark.parametrize("optimizer", ["rmsprop", "adam"])
def test_a_naive_start_kills_components_and_a_warm_one_does_not(music, optimizer):
    naive = np.random.default_rng(0).random((5, 60)) / 6000
    dead = fitted(music, encoder=naive, decoder=1000.0 * music[1], optimizer=optimizer, start="given")
    assert dead.dead
    for seed in range(5):
        assert fitted(music, optimizer=optimizer, seed=seed, iterations=200).dead == ()


def test_multiplicative_updates_never_raise_the_loss(music):
    losses = fitted((np.float64(music[0]), *music[1:]), optimizer="multiplicative", iterations=300).loss.values
    assert np.diff(losses).max() <= 1e-12 * losses[0]


@pytest.mark.parametrize("optimizer", ["multiplicative", "rmsprop", "adam"])
def test_the_level_of_a_recording_is_of_no_matter(music, optimizer):
    V = np.float64(music[0])
    plain = fitted((V, *music[1:]), optimizer=optimizer)
    scaled = fitted((V * 1e-6, *music[1:]), optimizer=optimizer)
    np.testing.assert_allclose(scaled.templates, plain.templates, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(scaled.encoder, plain.encoder, rtol=1e-6, atol=1e-9)


def test_a_seed_decides_the_random_encoder(music):
    first, same, other = (fitted(music, seed=seed, iterations=3) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.encoder, same.encoder)
    assert not np.array_equal(first.encoder, other.encoder)


def test_a_run_continues_where_another_ended(music):
    whole = fitted(music, optimizer="multiplicative", iterations=60)
    half = fitted(music, optimizer="multiplicative", iterations=30)
    rest = fitted(
        music, encoder=half.encoder, decoder=half.templates, optimizer="multiplicative", iterations=30, start="given"
    )
    np.testing.assert_allclose(rest.templates, whole.templates, rtol=1e-2, atol=1e-5)
    np.testing.assert_allclose(rest.loss.values, whole.loss.values[30:], rtol=1e-3)


def test_an_autoencoder_takes_over_from_a_factorisation(music):
    V, allowed, sounding = music
    plain = nmf.factorize(V, allowed, sounding, iterations=100)
    encoder = nae.encoder_for(V, plain.templates, plain.activations)
    assert encoder.shape == (5, 60)
    assert encoder.min() >= 0
    activations = np.maximum(encoder @ V, 0) * sounding
    silence = np.abs(V).sum(axis=0).mean()
    first = l1_error(V, plain.templates, activations)
    assert first < 0.2 * silence
    taken = fitted(music, encoder=encoder, decoder=plain.templates, start="given", iterations=500)
    assert taken.dead == ()
    assert l1_error(V, taken.templates, taken.activations) < 0.6 * first


def test_masks_may_be_missing(rng):
    V, decoder = rng.random((20, 60)), rng.random((20, 3))
    result = nae.factorize(V, rng.random((3, 20)), decoder, iterations=20)
    assert result.templates.dtype == np.float64
    assert result.loss.values[-1] < (V**2).sum()


def test_a_rate_without_bounds_is_told(music):
    with pytest.raises(ParameterError, match="without end") as caught:
        fitted(music, optimizer="sgd", learning_rate=1e30, iterations=20)
    assert caught.value.name == "learning_rate"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_silence_gives_finite_numbers(music, optimizer):
    result = fitted((np.zeros_like(music[0]), *music[1:]), optimizer=optimizer, iterations=5)
    for values in (result.templates, result.activations, result.encoder, result.loss.values):
        assert np.isfinite(values).all()


def test_steps_carry_pictures(music):
    V, allowed, sounding = music
    steps = nae.factorize_steps(
        V, None, None, activation_mask=sounding, template_mask=allowed, iterations=2000, snapshot_seconds=0
    )
    first = next(step for step in steps if step.partial is not None)
    assert first.partial.templates.shape == allowed.shape
    assert not first.partial.activations[~sounding].any()
    assert len(first.partial.loss.values) <= first.partial.iteration
    steps.close()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"template_mask": None}, "decoder"),
        ({"template_mask": np.ones((59, 5))}, "W"),
        ({"activation_mask": np.ones((5, 199))}, "H"),
        ({"decoder": np.ones((60, 4))}, "template_mask"),
        ({"encoder": np.ones((60, 5))}, "encoder"),
        ({"encoder": -np.ones((5, 60))}, "encoder"),
        ({"optimizer": "lbfgs"}, "optimizer"),
        ({"start": "cold"}, "start"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"iterations": -1}, "iterations"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(music, change, name):
    with pytest.raises(ParameterError) as caught:
        fitted(music, **change)
    assert caught.value.name == name


@pytest.mark.cuda
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_gpu_comes_to_the_same_result(music, optimizer):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    expected, result = (fitted(music, optimizer=optimizer, device=device) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(result.templates, expected.templates, rtol=1e-2, atol=1e-4)
    np.testing.assert_allclose(result.loss.values, expected.loss.values, rtol=1e-2)
