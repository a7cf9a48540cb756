"""Gradients of the layers of the CNN notes: torch's own check of them, and the check that the window shows."""

import dataclasses

import pytest
import torch
from torch.autograd import gradcheck
from torch.func import functional_call

from sepstudio.nn import gradient_check
from sepstudio.nn.gradient_cases import gradient_cases
from sepstudio.nn.gradient_check import GradientReport, GradientRow, central_differences, check_steps, checked
from sepstudio.nn.layers import (
    Convolution,
    FeatureMapCombination,
    FullyConnected,
    Logistic,
    ScaledTanh,
    Subsample,
    cross_entropy,
    down,
    entropy_sparsity,
    l1_sparsity,
    squared_error,
    up,
)

pytestmark = pytest.mark.usefixtures("one_thread")

SELECTION = torch.tensor([[True, False, True], [False, True, False]])


def random(*shape, seed=1):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def seeded():
    return torch.Generator().manual_seed(3)


LAYERS = {
    "convolution": (Convolution(3, 2, 3, activation=ScaledTanh(), generator=seeded()), (2, 3, 4, 5)),
    "uneven kernel": (Convolution(3, 2, (1, 4), activation=Logistic(0.7), generator=seeded()), (2, 3, 3, 5)),
    "size kept": (Convolution(3, 2, (3, 5), padding="same", generator=seeded()), (1, 3, 4, 4)),
    "selected": (Convolution(3, 2, 3, selection=SELECTION, generator=seeded()), (2, 3, 4, 4)),
    "halves": (Subsample(3, 2, activation=ScaledTanh(1.2, 0.8)), (2, 3, 4, 4)),
    "rest": (Subsample(3, (3, 2)), (2, 3, 5, 5)),
    "rows": (Subsample(2, (2, 1), activation=Logistic()), (2, 2, 4, 3)),
    "nothing": (Subsample(2, 1), (2, 2, 3, 3)),
    "combination": (FeatureMapCombination(3, 4, 3, activation=ScaledTanh(), generator=seeded()), (2, 3, 4, 5)),
    "combination, size kept": (FeatureMapCombination(3, 2, 3, padding="same", generator=seeded()), (1, 3, 3, 4)),
    "connected": (FullyConnected(5, 3, activation=ScaledTanh(), generator=seeded()), (4, 5)),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last], ids=["rows", "channels-last"])
def test_gradients_by_inputs_and_all_parameters_are_those_of_differences(name, order):
    layer, shape = LAYERS[name]
    layer = layer.double()
    x = random(*shape)
    x = x.contiguous(memory_format=order) if x.ndim == 4 else x
    names = [key for key, _ in layer.named_parameters()]
    values = [value.detach().requires_grad_() for value in layer.parameters()]

    def called(x, *values):
        return functional_call(layer, dict(zip(names, values, strict=True)), (x,))

    assert gradcheck(called, (x.requires_grad_(), *values))


def test_gradients_of_errors_penalties_and_blocks_are_those_of_differences():
    target, each = torch.softmax(random(2, 3, 2, 2, seed=2), 1), random(2, 2, 2, seed=4).abs()
    y = random(2, 3, 2, 2).requires_grad_()
    for weights in (None, each):
        broad = None if weights is None else weights[:, None]
        assert gradcheck(lambda y, broad=broad: squared_error(y, target, broad), (y,))
        assert gradcheck(lambda y, weights=weights: cross_entropy(y, target, weights), (y,))
    # Shares that do not sum to 1, as where nothing was painted.
    assert gradcheck(lambda y: cross_entropy(y, target * each[:, None]), (y,))
    c = random(3, 4).requires_grad_()
    assert gradcheck(entropy_sparsity, (c,))
    assert gradcheck(l1_sparsity, (c,))
    maps = random(2, 2, 5, 6).requires_grad_()
    assert gradcheck(lambda x: down(x, (2, 4)), (maps,))
    assert gradcheck(lambda x: up(x, (2, 3)), (maps,))


@pytest.mark.parametrize("frozen", ["x", "kernels", "c", "bias"])
def test_what_needs_no_gradient_gets_none_and_the_others_keep_theirs(frozen):
    layer = FeatureMapCombination(3, 4, 3, generator=seeded()).double()
    leaves = {"x": random(2, 3, 5, 5).requires_grad_(), **dict(layer.named_parameters())}
    layer(leaves["x"]).square().sum().backward()
    full = {name: leaf.grad for name, leaf in leaves.items()}
    for leaf in leaves.values():
        leaf.grad = None
    leaves[frozen].requires_grad_(False)
    layer(leaves["x"]).square().sum().backward()
    assert leaves[frozen].grad is None
    for name in leaves.keys() - {frozen}:
        torch.testing.assert_close(leaves[name].grad, full[name])


def report():
    steps, shares = check_steps(), []
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as end:
            return shares, end.value


def test_the_report_compares_every_gradient_of_every_layer_and_all_agree():
    before = torch.random.get_rng_state()
    shares, found = report()
    assert torch.equal(torch.random.get_rng_state(), before)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert found.passed
    assert len({row.layer for row in found.rows}) == len(shares)
    assert {(row.layer, row.parameter) for row in found.rows} >= {
        ("Convolution", "kernels"),
        ("Convolution, selected maps", "bias"),
        ("Sub-sampling", "beta"),
        ("Learned combinations", "c"),
        ("Fully connected", "weights"),
        ("Cross-entropy", "u"),
    }
    assert all(row.error < 1e-7 for row in found.rows)
    assert found.lines()[-1] == f"{len(found.rows)} of {len(found.rows)} gradients agree"
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.rows = ()


class _WrongBeta(torch.autograd.Function):
    """Sub-sampling whose gradient by beta forgets the last row of blocks."""

    @staticmethod
    def forward(ctx, x, beta):
        ctx.save_for_backward(x, beta)
        return x * beta[:, None, None]

    @staticmethod
    def backward(ctx, delta):
        x, beta = ctx.saved_tensors
        return delta * beta[:, None, None], (delta * x)[:, :, :-1].sum((0, 2, 3))


def test_a_wrong_gradient_is_found_by_differences_and_by_automatic_differentiation():
    case = next(case for case in gradient_cases(seeded()) if case.layer == "Sub-sampling, 3 x 2")
    x, beta = random(2, 3, 4, 4), random(3, seed=5)
    wrong = dataclasses.replace(
        case,
        values={"x": x, "beta": beta},
        error=lambda v: _WrongBeta.apply(v["x"], v["beta"]).square().sum(),
        reference=lambda v: (v["x"] * v["beta"][:, None, None]).square().sum(),
    )
    by_x, by_beta = checked(wrong)
    assert by_x.passed
    assert not by_beta.passed
    assert min(by_beta.by_differences, by_beta.by_automatic) > 1e-3
    assert not GradientReport((by_x, by_beta)).passed
    assert "NO" in GradientReport((by_x, by_beta)).lines()[2]


def test_a_gradient_that_is_not_a_number_does_not_pass():
    assert GradientRow("Convolution", "bias", 2, 1e-10, 1e-15).passed
    assert not GradientRow("Convolution", "bias", 2, 1e-10, float("nan")).passed


def test_the_step_of_the_notes_is_too_small_in_double_precision():
    """Errors of size 10 are known to 1e-15: at 1e-8 that is 1e-7 of a gradient, and ours is far below."""
    at = random(60)
    exact = at * torch.exp(at / 2) * (2 + at / 2)

    def error(w):
        return (w**2 * torch.exp(w / 2)).sum()

    def worst(step):
        return float((central_differences(error, at, step) - exact).abs().max())

    assert worst(gradient_check.STEP) < worst(1e-8) / 20
    assert worst(gradient_check.STEP) < worst(1e-3) / 20
