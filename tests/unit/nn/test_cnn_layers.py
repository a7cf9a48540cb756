"""The layers of the CNN notes: known values, borders, selections, refusals, and what they are equal to in torch."""

import pickle

import numpy as np
import pytest
import torch
from scipy.signal import convolve2d
from torch.nn import functional

from sepstudio.errors import ParameterError
from sepstudio.nn.layers import (
    Convolution,
    FeatureMapCombination,
    FullyConnected,
    Logistic,
    ScaledTanh,
    Subsample,
    cross_entropy,
    down,
    squared_error,
    up,
)

pytestmark = pytest.mark.usefixtures("one_thread")


def random(*shape, seed=1):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def seeded(seed=3):
    return torch.Generator().manual_seed(seed)


def test_a_convolution_is_the_notes_conv2_with_the_stored_kernels_rotated():
    layer, x = Convolution(2, 3, (3, 4), generator=seeded()), random(1, 2, 7, 8)
    with torch.no_grad():
        layer.bias.copy_(torch.tensor([1.0, -2.0, 0.5]))
        y = layer(x)[0].numpy()
    kernels = layer.kernels.detach().numpy()
    for j, bias in enumerate((1.0, -2.0, 0.5)):
        maps = [convolve2d(x[0, i], np.rot90(kernels[j, i], 2), mode="valid") for i in range(2)]
        np.testing.assert_allclose(y[j], sum(maps) + bias, rtol=1e-4, atol=1e-5)


def test_the_gradient_by_a_kernel_is_eq_7_as_the_notes_write_it():
    layer, x, delta = Convolution(1, 1, 3, generator=seeded()), random(1, 1, 6, 7), random(1, 1, 4, 5, seed=2)
    layer(x).backward(delta)
    # The notes' line of MATLAB for a kernel that conv2 takes; ours is stored rotated.
    by_rotated = np.rot90(convolve2d(x[0, 0], np.rot90(delta[0, 0], 2), mode="valid"), 2)
    np.testing.assert_allclose(np.rot90(layer.kernels.grad[0, 0], 2), by_rotated, rtol=1e-4, atol=1e-5)


def test_maps_that_are_not_selected_are_not_seen():
    selection = torch.tensor([[True, False, True], [False, True, False]])
    layer = Convolution(3, 2, 3, selection=selection, generator=seeded())
    assert not layer.kernels[~selection].any()
    with torch.no_grad():
        layer.kernels.fill_(1)  # as weights from elsewhere may be
    x = random(1, 3, 5, 5).requires_grad_()
    first, second = layer(x)[0]
    assert torch.equal(torch.autograd.grad(first.sum(), x, retain_graph=True)[0][0, 1], torch.zeros(5, 5))
    assert torch.autograd.grad(second.sum(), x)[0][0, 1].abs().max() > 0
    changed = x.detach().clone()
    changed[0, 1] += 10
    assert torch.equal(layer(changed)[0, 0], first)
    assert not torch.equal(layer(changed)[0, 1], second)
    layer(x).square().sum().backward()
    assert not layer.kernels.grad[~selection].any()
    assert layer.kernels.grad[selection].abs().min() > 0


def test_a_selection_of_all_pairs_is_a_plain_convolution():
    everything = torch.ones(2, 3, dtype=torch.bool)
    chosen = Convolution(3, 2, 3, selection=everything, generator=seeded())
    plain = Convolution(3, 2, 3, generator=seeded())
    assert torch.equal(chosen.kernels, plain.kernels)
    assert torch.equal(chosen(random(1, 3, 4, 4)), plain(random(1, 3, 4, 4)))


@pytest.mark.parametrize("kind", [Convolution, FeatureMapCombination])
def test_valid_borders_shrink_and_same_keeps_the_size(kind):
    x = random(2, 3, 9, 8)
    assert kind(3, 4, (3, 5))(x).shape == (2, 4, 7, 4)
    kept = kind(3, 4, (3, 5), padding="same", generator=seeded())
    small = kind(3, 4, (3, 5), generator=seeded())
    assert kept(x).shape == (2, 4, 9, 8)
    torch.testing.assert_close(kept(x)[:, :, 1:-1, 2:-2], small(x))
    with pytest.raises(ParameterError, match="odd"):
        kind(3, 4, (3, 4), padding="same")


def test_sub_sampling_of_ones_is_the_block_size_times_beta_plus_bias():
    layer = Subsample(2, (2, 3))
    x = torch.ones(1, 2, 4, 6)
    torch.testing.assert_close(layer(x), torch.ones(1, 2, 2, 2))
    with torch.no_grad():
        layer.beta.copy_(torch.tensor([1.0, -0.5]))
        layer.bias.copy_(torch.tensor([0.25, 4.0]))
    assert torch.equal(layer(x)[0, :, 0, 0], torch.tensor([6.25, 1.0]))


@pytest.mark.parametrize("block", [1, 2, (3, 2), (1, 4), (5, 1)])
@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last], ids=["rows", "channels-last"])
def test_down_sums_blocks_and_up_is_the_kronecker_product(block, order):
    x = random(2, 3, 11, 9).contiguous(memory_format=order)
    tall, wide = (block, block) if isinstance(block, int) else block
    pooled = functional.avg_pool2d(x, (tall, wide), divisor_override=1)
    torch.testing.assert_close(down(x, block), pooled)
    assert down(x, block).is_contiguous(memory_format=order)
    assert torch.equal(up(x, block), torch.kron(x.contiguous(), torch.ones(tall, wide)))
    assert up(x, block).is_contiguous(memory_format=order)


def test_combinations_are_dense_convolutions_with_shared_kernels():
    layer, x = FeatureMapCombination(3, 4, 3, generator=seeded()), random(2, 3, 6, 7)
    alpha = layer.alpha
    assert alpha.shape == (4, 3)
    assert not alpha.requires_grad
    assert alpha.min() >= 0
    torch.testing.assert_close(alpha.sum(1), torch.ones(4))
    dense = functional.conv2d(x, alpha[:, :, None, None] * layer.kernels, layer.bias)
    torch.testing.assert_close(layer(x), dense)


def test_the_activations_are_those_of_the_notes():
    u = torch.linspace(-6, 6, 101, dtype=torch.float64)
    torch.testing.assert_close(ScaledTanh()(u), 1.7159 * torch.tanh(2 / 3 * u))
    torch.testing.assert_close(ScaledTanh()(torch.tensor([-1.0, 1.0])), torch.tensor([-1.0, 1.0]), atol=1e-4, rtol=0)
    torch.testing.assert_close(ScaledTanh(2, 0.5)(u), 2 * torch.tanh(u / 2))
    torch.testing.assert_close(Logistic(3)(u), torch.sigmoid(3 * u))
    extreme = torch.tensor([-1e4, 1e4], requires_grad=True)
    for f, ends in ((ScaledTanh(), [-1.7159, 1.7159]), (Logistic(), [0.0, 1.0])):
        y = f(extreme)
        torch.testing.assert_close(y, torch.tensor(ends))
        assert torch.equal(torch.autograd.grad(y.sum(), extreme)[0].abs() < 1e-6, torch.tensor([True, True]))


def test_errors_are_sums_with_a_weight_for_every_example():
    y, target = random(4, 3, 5), random(4, 3, 5, seed=2)
    torch.testing.assert_close(squared_error(y, target), functional.mse_loss(y, target, reduction="sum") / 2)
    labels = torch.tensor([[0, 1, 2, 1, 0]]).repeat(4, 1)
    one_of_c = functional.one_hot(labels, 3).movedim(-1, 1).to(y.dtype)
    each = functional.cross_entropy(y, labels, reduction="none")
    torch.testing.assert_close(cross_entropy(y, one_of_c), each.sum())
    weights = random(4, 5, seed=6).abs()
    torch.testing.assert_close(cross_entropy(y, one_of_c, weights), (weights * each).sum())
    half = torch.tensor([1.0, 0, 0, 0])[:, None, None]
    torch.testing.assert_close(squared_error(y, target, half), squared_error(y[:1], target[:1]))
    assert torch.isfinite(cross_entropy(y * 1e4, one_of_c))


def test_errors_do_not_depend_on_the_order_of_maps_in_memory():
    y, target = random(2, 3, 4, 5), torch.softmax(random(2, 3, 4, 5, seed=2), 1)
    last = y.contiguous(memory_format=torch.channels_last)
    for error in (squared_error, cross_entropy):
        torch.testing.assert_close(error(last, target), error(y, target))


def test_equal_seeds_give_equal_layers_and_leave_the_global_generator_alone():
    before = torch.random.get_rng_state()
    for kind in (lambda g: Convolution(3, 4, 3, generator=g), lambda g: FeatureMapCombination(3, 4, 3, generator=g)):
        one, two, other = (kind(seeded(seed)).state_dict() for seed in (1, 1, 2))
        assert all(torch.equal(one[name], two[name]) for name in one)
        assert not torch.equal(one["kernels"], other["kernels"])
    assert torch.equal(torch.random.get_rng_state(), before)


def test_new_layers_keep_the_spread_of_their_inputs():
    x = random(4, 16, 30, 30)
    selection = torch.rand(8, 16, generator=seeded()) < 0.3
    selection[:, 0] = True
    for chosen in (None, selection):
        y = Convolution(16, 8, 5, selection=chosen, generator=seeded())(x).detach()
        assert 0.8 < float(y.std()) < 1.25
    assert 0.8 < float(FullyConnected(500, 200, generator=seeded())(random(200, 500)).detach().std()) < 1.25
    assert 0.3 < float(Subsample(16, 2)(x).detach().std()) < 0.7


def test_a_small_network_of_all_layers_learns_to_tell_stripes_apart():
    generator = seeded()
    stripes = torch.arange(16) // 2 % 2 * 2.0 - 1
    lying, standing = stripes[:, None].expand(16, 16), stripes[None, :].expand(16, 16)
    x = torch.stack([lying, standing] * 8)[:, None] + 0.5 * random(16, 1, 16, 16)
    target = torch.eye(2).repeat(8, 1)
    network = torch.nn.Sequential(
        Convolution(1, 4, 5, activation=ScaledTanh(), generator=generator),
        Subsample(4, 2, activation=ScaledTanh()),
        FeatureMapCombination(4, 3, 3, activation=ScaledTanh(), generator=generator),
        torch.nn.Flatten(),
        FullyConnected(48, 2, generator=generator),
    )
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    errors = []
    for _ in range(40):
        optimiser.zero_grad()
        error = cross_entropy(network(x), target)
        error.backward()
        optimiser.step()
        errors.append(error.item())
    assert errors[-1] < errors[0] / 20


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Convolution(0, 1, 3), "inputs"),
        (lambda: Convolution(1, 1, (3, 0)), "kernel"),
        (lambda: Convolution(1, 1, 3, padding="full"), "padding"),
        (lambda: Convolution(2, 1, 3, selection=torch.ones(2, 1, dtype=torch.bool)), "selection"),
        (lambda: Convolution(2, 1, 3, selection=torch.ones(1, 2)), "selection"),
        (lambda: Convolution(2, 2, 3, selection=torch.tensor([[True, True], [False, False]])), "selection"),
        (lambda: Subsample(1, 0), "block"),
        (lambda: FeatureMapCombination(1, 0, 3), "outputs"),
        (lambda: FeatureMapCombination(2, 2, 3).sparsity("l2"), "kind"),
        (lambda: ScaledTanh(slope=0), "slope"),
        (lambda: Logistic(float("nan")), "slope"),
        (lambda: Convolution(2, 2, 3)(torch.zeros(1, 3, 5, 5)), "x"),
        (lambda: Convolution(2, 2, 3)(torch.zeros(1, 2, 5, 2)), "x"),
        (lambda: FeatureMapCombination(2, 2, 3)(torch.zeros(2, 5, 5)), "x"),
        (lambda: Subsample(2, 3)(torch.zeros(1, 2, 2, 5)), "x"),
        (lambda: FullyConnected(3, 2)(torch.zeros(2, 4)), "x"),
        (lambda: squared_error(torch.zeros(2, 3), torch.zeros(3)), "target"),
        (lambda: squared_error(torch.zeros(2, 3), torch.zeros(2, 3), torch.ones(4, 2, 3)), "weights"),
        (lambda: squared_error(torch.zeros(2, 3), torch.zeros(2, 3), torch.ones(2)), "weights"),
        (lambda: cross_entropy(torch.zeros(2, 3, 4), torch.zeros(2, 3, 4), torch.ones(2, 3)), "weights"),
    ],
)
def test_sizes_that_do_not_fit_are_refused_by_name(make, name):
    with pytest.raises(ParameterError) as refused:
        make()
    assert refused.value.name == name


def test_layers_say_what_they_are_and_are_saved_like_others():
    selection = torch.tensor([[True, False]])
    layer = Convolution(2, 1, 3, selection=selection, activation=ScaledTanh(), generator=seeded())
    assert "pairs=1" in repr(layer)
    assert "amplitude=1.7159" in repr(layer)
    again = pickle.loads(pickle.dumps(layer))
    assert torch.equal(again(random(1, 2, 4, 4)), layer(random(1, 2, 4, 4)))
    assert set(layer.state_dict()) == {"kernels", "bias"}
