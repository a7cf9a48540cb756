"""The network of the codec: configurations, activation, quantizer, lengths."""

import dataclasses

import numpy as np
import pytest
import torch
from tiny_codecs import TINY

from sepstudio.codec.config import PRESETS, CodecConfig
from sepstudio.codec.layers import Convolution, Upsampling, snake
from sepstudio.codec.quantizer import drawn_codebooks
from sepstudio.codec.rvqgan import Rvqgan
from sepstudio.errors import ParameterError

EXACT = {"atol": 1e-6, "rtol": 1e-5}


@pytest.fixture
def network():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Rvqgan(TINY)


@pytest.fixture
def sound():
    return 0.1 * torch.randn(3, 16, 403, generator=torch.Generator().manual_seed(1))


def test_the_published_configuration_has_the_published_rate():
    full = PRESETS["full"]
    assert full.hop_size == 512
    assert full.frame_rate == pytest.approx(86.1328125)
    assert full.bits_per_second() == pytest.approx(15503.90625)
    assert full.bits_per_second(9) == pytest.approx(7751.953125)
    assert [full.frames(length) for length in (0, 1, 512, 513)] == [0, 1, 1, 2]


def test_a_configuration_is_kept_in_a_file():
    for config in (*PRESETS.values(), TINY):
        assert CodecConfig.from_json(config.to_json()) == config
    with pytest.raises(ParameterError, match="config"):
        CodecConfig.from_json(TINY.to_json() | {"more": 1})


@pytest.mark.parametrize(
    "changes",
    [
        {"channels": 0},
        {"channels": 16.0},
        {"encoder_rates": (2, 1)},
        {"encoder_rates": [2, 4]},
        {"decoder_rates": (4, 4)},
        {"decoder_dim": 18},
        {"quantizer_dropout": 1.5},
        {"quantizer_dropout": float("nan")},
        {"tanh": 1},
        {"encoder_rates": (64, 64, 64, 64), "decoder_rates": (64, 64, 64, 64)},
    ],
)
def test_configurations_that_fit_nothing_are_refused(changes):
    with pytest.raises(ParameterError):
        dataclasses.replace(TINY, **changes)


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_can_be_built(preset):
    with torch.device("meta"):
        count = sum(values.numel() for values in Rvqgan(PRESETS[preset]).parameters())
    # Those of guides to the published sizes, in millions.
    expected = {"full": 64.23, "medium": 10.44, "small": 2.92, "tiny": 0.96}
    assert count / 1e6 == pytest.approx(expected[preset], abs=0.01)


@pytest.mark.parametrize("shape", [(2, 3, 1), (1, 2, 5000), (3, 8, 257)])
def test_the_compiled_snake_and_its_derivatives_are_those_of_the_formula(shape):
    generator = torch.Generator().manual_seed(2)
    x, gradient = 4 * torch.randn(shape, generator=generator), torch.randn(shape, generator=generator)
    alpha = 0.2 + 2 * torch.rand(1, shape[1], 1, generator=generator)
    found = [values.clone().requires_grad_() for values in (x, alpha)]
    expected = [values.double().requires_grad_() for values in (x, alpha)]
    result = snake(*found)
    formula = expected[0] + torch.sin(expected[0] * expected[1]) ** 2 / (expected[1] + 1e-9)
    torch.testing.assert_close(result, formula.float(), atol=2e-6, rtol=1e-6)
    result.backward(gradient)
    formula.backward(gradient.double())
    torch.testing.assert_close(found[0].grad, expected[0].grad.float(), atol=5e-6, rtol=1e-5)
    torch.testing.assert_close(found[1].grad, expected[1].grad.float(), atol=2e-4, rtol=1e-4)


def test_the_snake_of_other_types_is_differentiated_as_well():
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(2, 3, 7, dtype=torch.float64, generator=generator).requires_grad_()
    alpha = (0.3 + torch.rand(1, 3, 1, dtype=torch.float64, generator=generator)).requires_grad_()
    assert torch.autograd.gradcheck(snake, (x, alpha))


def test_a_large_snake_is_divided_among_threads_without_a_difference():
    x = torch.randn(2, 4, 160_000, generator=torch.Generator().manual_seed(4))
    alpha = torch.full((1, 4, 1), 0.7)
    rows = torch.cat([snake(row, alpha) for row in x.split(1)])
    assert torch.equal(snake(x, alpha), rows)


def test_the_snake_leaves_its_input_alone_unless_told():
    x, alpha = torch.randn(1, 2, 50), torch.ones(1, 2, 1)
    before = x.clone()
    result = snake(x, alpha)
    assert torch.equal(x, before)
    assert torch.equal(snake(x, alpha, in_place=True), result)
    assert torch.equal(x, result)


@pytest.mark.parametrize("layer", [Convolution(3, 4, 5), Upsampling(3, 4, 2)])
def test_weights_are_normalised_over_all_axes_but_the_first(layer):
    directions = layer.weight_v.detach()
    with torch.no_grad():
        layer.weight_g.copy_(torch.arange(1.0, len(directions) + 1)[:, None, None])
    expected = layer.weight_g * directions / directions.flatten(1).norm(dim=1)[:, None, None]
    torch.testing.assert_close(layer.kernel(), expected, **EXACT)


@pytest.mark.parametrize("rates", [(2, 4), (3, 5), (5, 2), (7,), (2, 3, 4)])
@pytest.mark.parametrize("length", [1, 59, 60, 420])
def test_what_is_decoded_is_as_long_as_what_was_encoded(rates, length):
    config = dataclasses.replace(TINY, encoder_rates=rates, decoder_rates=rates[::-1], channels=2)
    decoded, quantized = Rvqgan(config)(torch.randn(1, 2, length))
    assert decoded.shape == (1, 2, length)
    assert quantized.codes.shape == (1, 3, config.frames(length))


def test_codes_alone_are_those_of_training(network, sound):
    quantized = network.encode(sound)
    assert torch.equal(network.codes_of(sound), quantized.codes)
    torch.testing.assert_close(network.latent_of(quantized.codes), quantized.latent, **EXACT)


def test_fewer_codebooks_are_the_first_ones(network, sound):
    every, two = network.encode(sound), network.encode(sound, 2)
    assert torch.equal(two.codes, every.codes[:, :2])
    torch.testing.assert_close(network.latent_of(every.codes[:, :2]), two.latent, **EXACT)
    assert 0 < two.commitment < every.commitment


def test_each_item_of_a_batch_may_have_its_own_number_of_codebooks(network, sound):
    counts = torch.tensor([1, 3, 2])
    together = network.encode(sound, counts)
    alone = [network.encode(sound[i : i + 1], int(count)) for i, count in enumerate(counts)]
    for index, item in enumerate(alone):
        torch.testing.assert_close(together.latent[index], item.latent[0], **EXACT)
    mean = sum(item.commitment for item in alone) / 3
    torch.testing.assert_close(together.commitment, mean, **EXACT)


def test_a_codebook_that_is_left_out_adds_nothing(network, sound):
    codes = network.codes_of(sound)
    whole = network.latent_of(codes)
    parts = [whole - network.latent_of(codes, left_out=index) for index in range(3)]
    torch.testing.assert_close(sum(parts), whole, **EXACT)
    assert all(float(part.detach().abs().max()) > 0 for part in parts)
    with pytest.raises(ParameterError, match="left_out"):
        network.latent_of(codes[:, :1], left_out=0)


def test_gradients_go_straight_through_the_codes(network, sound):
    x = sound.clone().requires_grad_()
    decoded, quantized = network(x)
    decoded.square().mean().backward()
    assert float(x.grad.abs().max()) > 0
    for quantizer in network.quantizer.quantizers:
        assert quantizer.codebook.weight.grad is None
    assert quantized.codes.dtype == torch.int64


def test_losses_teach_the_side_that_they_are_named_after(network, sound):
    network.encode(sound).commitment.backward()
    assert network.quantizer.quantizers[0].codebook.weight.grad is None
    assert float(network.encoder.block[0].weight_v.grad.abs().max()) > 0
    network.zero_grad()
    network.encode(sound).codebook.backward()
    assert float(network.quantizer.quantizers[0].codebook.weight.grad.abs().max()) > 0


def test_wrong_inputs_are_refused(network, sound):
    for x in (sound[:, :15], sound[0], sound[..., :0]):
        with pytest.raises(ParameterError, match="channels"):
            network.encode(x)
    for count in (0, 4):
        with pytest.raises(ParameterError, match="codebooks"):
            network.encode(sound, count)


def test_dropout_draws_numbers_for_the_first_items_of_a_batch():
    config = dataclasses.replace(TINY, quantizer_dropout=0.5)
    generator = torch.Generator().manual_seed(0)
    drawn = torch.stack([drawn_codebooks(config, 5, generator) for _ in range(200)])
    assert torch.equal(drawn[:, 2:], torch.full((200, 3), 3))
    assert drawn[:, :2].unique().tolist() == [1, 2, 3]
    assert drawn_codebooks(config, 1, generator).tolist() == [3]


def test_a_folded_network_is_the_same_and_shares_nothing(network, sound):
    folded = network.folded()
    with torch.no_grad():
        before = network(sound)[0]
        assert not any("weight_g" in name for name in folded.state_dict())
        torch.testing.assert_close(folded(sound)[0], before, **EXACT)
        for values in network.parameters():
            values.mul_(1.5)
        torch.testing.assert_close(folded(sound)[0], before, **EXACT)
    assert not any(values.requires_grad for values in folded.parameters())


def test_training_mode_changes_nothing(network, sound):
    with torch.no_grad():
        learning, using = network.train()(sound)[0], network.eval()(sound)[0]
    assert torch.equal(learning, using)


def test_the_full_size_computes_forward_and_backward():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = Rvqgan(PRESETS["full"])
        decoded, quantized = network(0.1 * torch.randn(1, 16, 500))
    assert decoded.shape == (1, 16, 500)
    assert quantized.codes.shape == (1, 18, 1)
    (decoded.square().mean() + quantized.commitment + quantized.codebook).backward()
    assert all(np.isfinite(float(values.grad.sum())) for values in network.parameters())
