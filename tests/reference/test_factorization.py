"""Factorisations against independent readings of their equations, other programs, and known answers."""

import csv
import warnings

import factorization_reference as reference
import librosa
import numpy as np
import pytest
import soundfile
import torch

from sepstudio.io.steps import drain
from sepstudio.separation import nae, nmf
from sepstudio.separation.factor_groups import grouped, held
from sepstudio.separation.factorization import l1_error
from sepstudio.separation.nae_rules import Additive
from sepstudio.separation.optimizers import GradientDescent

TOLERANCE = 1e-4
ITERATIONS = 100
LOSSES = ("euclidean", "kullback-leibler", "itakura-saito")
OPTIMIZERS = ("multiplicative", "sgd", "rmsprop", "adam")


pytestmark = pytest.mark.usefixtures("one_thread")


def notes(rng, rank, frames, density):
    """Activation mask [R, N] of random notes, every component in one at least."""
    mask = np.zeros((rank, frames))
    for component in range(rank):
        while mask[component].mean() < density:
            first = rng.integers(0, frames)
            mask[component, first : first + rng.integers(4, 20)] = 1
    return mask


def problem(rng, *, bins=70, frames=300, rank=6, density=0.4):
    """A noisy spectrogram at an uncommon level, start and masks: V, W, H, template mask, activation mask."""
    allowed = (rng.random((bins, rank)) < 0.6).astype(float)
    allowed[:2] = 1
    mask = notes(rng, rank, frames, density)
    W, H = allowed * rng.random((bins, rank)), mask * rng.random((rank, frames))
    V = 3 * (W @ H) * rng.uniform(0.5, 1.5, (bins, frames)) + 0.02 * rng.random((bins, frames))
    V = V.astype(np.float32).astype(np.float64)
    W, H = allowed * rng.uniform(0.2, 1, W.shape), mask * rng.uniform(0.2, 1, H.shape)
    return V, W.astype(np.float32), H.astype(np.float32), allowed, mask


def off(ours, theirs):
    return np.linalg.norm(ours - theirs) / np.linalg.norm(theirs)


# Many components of which few sound at a time are left out of the products; few are all taken along.
SIZES = {"dense": {}, "sparse": {"rank": 40, "density": 0.06, "frames": 600}}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("loss", LOSSES)
def test_nmf_does_what_its_equations_say(rng, loss, size, dtype):
    V, W, H, _, _ = problem(rng, **SIZES[size])
    result = nmf.factorize(V.astype(dtype), W, H, iterations=ITERATIONS, loss=loss)
    templates, activations, losses = reference.nmf(V, W, H, ITERATIONS, loss)
    tolerance = TOLERANCE if dtype == np.float32 else 1e-9
    assert off(result.templates, templates) <= tolerance
    assert off(result.activations, activations) <= tolerance
    assert off(result.loss.values, losses) <= tolerance
    assert result.templates.dtype == result.activations.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("start", ["given", "warm", "random"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_autoencoders_do_what_their_equations_say(rng, optimizer, start, size, dtype):
    V, W, _, allowed, mask = problem(rng, **SIZES[size])
    V /= V.max()  # of which the rate 0.1 is neither too low to move nor too high to stay finite
    encoder = np.random.default_rng(5).random(W.T.shape).astype(dtype) * (1.0 if start == "random" else 0.02)
    result = nae.factorize(
        V.astype(dtype),
        encoder,
        W,
        activation_mask=mask,
        template_mask=allowed,
        optimizer=optimizer,
        iterations=ITERATIONS,
        start=start,
        seed=5,
    )
    E, D, H, losses = reference.nae(
        V.astype(dtype).astype(float),
        np.float64(encoder),
        np.float64(W),
        mask,
        allowed,
        iterations=ITERATIONS,
        optimizer=optimizer,
        start=start,
    )
    tolerance = TOLERANCE if dtype == np.float32 else 1e-7
    for ours, theirs in ((result.templates, D), (result.activations, H), (result.encoder, E)):
        assert off(ours, theirs) <= tolerance
    assert off(result.loss.values, losses) <= tolerance


@pytest.mark.parametrize("size", SIZES)
def test_gradients_are_those_of_automatic_differentiation(rng, size):
    V, W, _, allowed, mask = problem(rng, **SIZES[size])
    scale = V.max()
    encoder = rng.normal(0.002, 0.02, W.T.shape)
    engine = Additive(
        grouped(V, mask > 0, scale, "cpu"),
        torch.cat((held(encoder, V.dtype, "cpu"), held(W.T, V.dtype, "cpu"))),
        held(mask, V.dtype, "cpu"),
        held(allowed.T, V.dtype, "cpu"),
        GradientDescent(0.1),
    )
    ours = drain(engine.gradient()).numpy()
    E, D = (torch.tensor(np.float64(values), requires_grad=True) for values in (encoder, W))
    spectrogram = torch.tensor(V / scale)
    hidden = torch.relu(E @ spectrogram) * torch.tensor(mask)
    assert 0.2 < float((E @ spectrogram > 0).double().mean()) < 0.9
    (spectrogram - D @ hidden).square().sum().backward()
    theirs = np.concatenate((E.grad.numpy(), D.grad.numpy().T))
    assert np.abs(ours - theirs).max() <= 1e-10 * np.abs(theirs).max()


@pytest.mark.parametrize("loss", ["euclidean", "kullback-leibler", "itakura-saito"])
def test_nmf_agrees_with_scikit_learn(rng, loss):
    """There W is updated before H, so that it gets the problem transposed."""
    from sklearn.decomposition import non_negative_factorization

    V, W, H = rng.uniform(0.1, 1, (60, 130)), rng.uniform(0.1, 1, (60, 5)), rng.uniform(0.1, 1, (5, 130))
    ours = nmf.factorize(V, W, H, iterations=60, loss=loss)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it did not converge
        theirs = non_negative_factorization(
            np.ascontiguousarray(V.T),
            W=np.ascontiguousarray(H.T),
            H=np.ascontiguousarray(W.T),
            n_components=5,
            init="custom",
            solver="mu",
            beta_loss="frobenius" if loss == "euclidean" else loss,
            max_iter=60,
            tol=0,
        )
    templates, activations, _ = reference.normalised(theirs[1].T, theirs[0].T)
    assert off(ours.templates, templates) <= 1e-5
    assert off(ours.activations, activations) <= 1e-5


@pytest.fixture(scope="module")
def chopin(shared_data):
    """The beginning of Chopin's Op. 28 No. 4: V, and the templates and activations that its notes allow."""
    recording = shared_data / "piano" / "chopin_op28_04_beginning.wav"
    if not recording.is_file():
        pytest.skip(f"no {recording}")
    samples, rate = soundfile.read(recording, dtype="float64")
    assert rate == 22050
    V = np.abs(librosa.stft(samples, n_fft=2048, hop_length=1024, pad_mode="constant"))
    with recording.with_suffix(".csv").open() as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    pitches = sorted({int(row["Pitch"]) for row in rows})
    W, H = np.zeros((len(V), len(pitches))), np.zeros((len(pitches), V.shape[1]))
    width = rate / 2048
    for component, pitch in enumerate(pitches):
        frequency = 440 * 2 ** ((pitch - 69) / 12)
        for partial in range(1, int(rate / 2 / frequency) + 1):
            centre = partial * frequency / width
            W[int(0.95 * centre) : int(1.05 * centre) + 1, component] = 1 / partial
    for row in rows:
        onset, duration = float(row["Start"]), float(row["Duration"])
        first, last = int((onset - 0.2) * rate / 1024), int((onset + duration + 0.5) * rate / 1024)
        H[pitches.index(int(row["Pitch"])), max(first, 0) : last + 1] = 1
    return V, W, H


def test_nmf_of_a_recording_comes_where_others_came(chopin):
    V, W, H = chopin
    result = nmf.factorize(V.astype(np.float32), W, H, iterations=200)
    assert l1_error(V, result.templates, result.activations) == pytest.approx(90.96, abs=0.05)


def test_warm_rmsprop_comes_near_nmf_and_keeps_all_components_alive(chopin):
    V, W, H = chopin
    V = V.astype(np.float32)
    plain = nmf.factorize(V, W, H, iterations=1000)
    bar = 1.02 * l1_error(V, plain.templates, plain.activations)
    for seed in range(5):
        result = nae.factorize(V, None, W > 0, activation_mask=H, template_mask=W, iterations=1000, seed=seed)
        assert l1_error(V, result.templates, result.activations) <= bar
        assert result.dead == ()


def test_the_order_of_the_autoencoders_is_that_of_the_paper(chopin):
    """After 100 iterations: NMF, multiplicative, and among the additive ones SGD is the worst."""
    V, W, H = chopin
    V = V.astype(np.float32)
    errors = {}
    for optimizer in OPTIMIZERS:
        result = nae.factorize(V, None, W > 0, activation_mask=H, template_mask=W, optimizer=optimizer, iterations=100)
        errors[optimizer] = l1_error(V, result.templates, result.activations)
    plain = nmf.factorize(V, W, H, iterations=100)
    best = l1_error(V, plain.templates, plain.activations)
    assert best < errors["multiplicative"] < min(errors["rmsprop"], errors["adam"])
    assert max(errors["rmsprop"], errors["adam"]) < errors["sgd"]
