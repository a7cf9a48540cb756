"""The codec's network against descript-audio-codec: a small model of it that lies here, and itself where installed."""

import dataclasses

import dac_peer
import numpy as np
import pytest
import torch

from sepstudio import codec
from sepstudio.codec.config import PRESETS
from sepstudio.codec.rvqgan import Rvqgan

EXACT = {"atol": 1e-5, "rtol": 0}


@pytest.fixture
def kept():
    return np.load(dac_peer.FIXTURES / "reference.npz")


@pytest.fixture
def peer():
    if not dac_peer.installed():
        pytest.skip("descript-audio-codec is not installed: packaging/test.sh does it")
    with dac_peer.reference() as kind:
        yield kind


def test_a_model_of_the_reference_gives_its_codes_and_its_output(kept):
    model = codec.load(dac_peer.FIXTURES / "reference.pth", "cpu")
    codes = model.encode(kept["samples"], 8000)
    assert np.array_equal(codes.codes, kept["codes"])
    assert len(np.unique(codes.codes)) > 20
    decoded = model.decode(codes)
    assert decoded.sample_rate == 8000
    np.testing.assert_allclose(decoded.samples, kept["decoded"], **EXACT)


def test_the_first_codebooks_give_what_the_reference_makes_of_them(kept):
    model = codec.load(dac_peer.FIXTURES / "reference.pth", "cpu")
    of_two = model.encode(kept["samples"], 8000, codebooks=2)
    assert np.array_equal(of_two.codes, kept["codes"][:2])
    np.testing.assert_allclose(model.decode(of_two).samples, kept["decoded_of_two"], **EXACT)
    of_all = model.encode(kept["samples"], 8000)
    np.testing.assert_allclose(model.decode(of_all, codebooks=2).samples, kept["decoded_of_two"], **EXACT)


@pytest.mark.parametrize("write", [dac_peer.save, dac_peer.save_parametrized])
def test_a_random_model_of_the_reference_is_the_same_here(peer, write, tmp_path):
    made = dac_peer.network(peer, seed=3, **dac_peer.TINY)
    samples = dac_peer.noise(3001)
    codes, decoded = dac_peer.results(made, samples)
    model = codec.load(write(made, tmp_path / "weights.pth"), "cpu")
    found = model.encode(samples, 8000)
    assert np.array_equal(found.codes, codes)
    np.testing.assert_allclose(model.decode(found).samples, decoded, **EXACT)


def test_the_published_size_is_the_same_here(peer, tmp_path):
    made = dac_peer.network(peer, **dac_peer.FULL)
    samples = dac_peer.noise(8 * 512 - 100)
    codes, decoded = dac_peer.results(made, samples)
    model = codec.load(dac_peer.save(made, tmp_path / "weights.pth"), "cpu")
    assert model.config == dataclasses.replace(PRESETS["full"], channels=1, tanh=True)
    found = model.encode(samples, 44100)
    assert np.array_equal(found.codes, codes)
    np.testing.assert_allclose(model.decode(found).samples, decoded, **EXACT)


def test_odd_strides_lose_no_samples_and_are_the_same_but_for_the_end(peer, tmp_path):
    arguments = dac_peer.TINY | {"encoder_rates": [2, 5], "decoder_rates": [5, 2]}
    made = dac_peer.network(peer, seed=4, **arguments)
    samples = dac_peer.noise(2000)
    codes, decoded = dac_peer.results(made, samples)
    model = codec.load(dac_peer.save(made, tmp_path / "weights.pth"), "cpu")
    found = model.encode(samples, 8000)
    assert np.array_equal(found.codes, codes)
    ours = model.decode(found).samples
    assert decoded.shape[1] < ours.shape[1] == 2000
    np.testing.assert_allclose(ours[:, :1800], decoded[:, :1800], **EXACT)


def test_training_computes_what_the_reference_trains_with(peer, tmp_path):
    made = dac_peer.network(peer, seed=5, **dac_peer.TINY)
    dac_peer.save(made, tmp_path / "weights.pth")
    network = codec.load(tmp_path / "weights.pth", "cpu").trainable()
    x = torch.from_numpy(dac_peer.noise(800))[None].repeat(3, 1, 1) * torch.tensor([1.0, 0.5, 2.0])[:, None, None]
    made.quantizer.quantizer_dropout = 0.7
    made.train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        theirs = made(x, 8000)
        torch.manual_seed(11)
        some = torch.randint(1, 5, (3,))
    counts = torch.cat([some[:2], torch.tensor([4])])
    decoded, quantized = network(x, counts)
    torch.testing.assert_close(decoded, theirs["audio"], **EXACT)
    assert torch.equal(quantized.codes, theirs["codes"])
    torch.testing.assert_close(quantized.commitment, theirs["vq/commitment_loss"], atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(quantized.codebook, theirs["vq/codebook_loss"], atol=1e-6, rtol=1e-5)
    for audio, commitment, codebook, learner in (
        (theirs["audio"], theirs["vq/commitment_loss"], theirs["vq/codebook_loss"], made),
        (decoded, quantized.commitment, quantized.codebook, network),
    ):
        learner.zero_grad()
        ((audio - x).square().mean() + 0.25 * commitment + codebook).backward()
    gradients = dict(network.named_parameters())
    for name, values in made.named_parameters():
        torch.testing.assert_close(gradients[name].grad, values.grad, atol=1e-6, rtol=1e-3, msg=name)


def test_new_networks_begin_as_those_of_the_reference_do(peer):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(6)
        theirs, ours = dict(peer(**dac_peer.TINY).named_parameters()), dict(Rvqgan(_config()).named_parameters())
    assert {name: values.shape for name, values in ours.items()} == {
        name: values.shape for name, values in theirs.items()
    }
    for name, values in ours.items():
        if values.numel() > 200 or name.endswith(("alpha", "bias")):
            spread, expected = (float(each.square().mean().sqrt()) for each in (values, theirs[name]))
            # A handful of biases of transposed convolutions are drawn evenly as well.
            assert spread == pytest.approx(expected, rel=0.25 if values.numel() > 200 else 3, abs=1e-6), name


def _config():
    return codec.load(dac_peer.FIXTURES / "reference.pth", "cpu").config
