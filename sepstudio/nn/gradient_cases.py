"""What the check of gradients compares: each layer on small maps, and the same once more in plain operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sepstudio.nn import plain_layers as plain
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

Values = dict[str, Tensor]


@dataclass(frozen=True)
class Case:
    """A layer with what it is given: float64 tensors by name, and its error as a scalar of them, written twice."""

    layer: str
    values: Values
    error: Callable[[Values], Tensor]
    reference: Callable[[Values], Tensor]


def gradient_cases(generator: torch.Generator) -> list[Case]:
    """Return all layers, with their options, on small maps drawn by ``generator``."""
    return [*_map_layers(generator), *_vector_layers(generator), *_errors(generator), *_penalties(generator)]


def _map_layers(generator: torch.Generator) -> list[Case]:
    maps, few = _drawn(generator, 2, 3, 4, 5), _drawn(generator, 2, 1, 2, 3)
    selection = torch.tensor([[True, False, True], [False, True, False]])
    dense = Convolution(3, 2, 3, activation=ScaledTanh(), generator=generator)
    same = Convolution(3, 2, (3, 5), padding="same", activation=Logistic(1.5), generator=generator)
    chosen = Convolution(3, 2, 3, selection=selection, activation=ScaledTanh(), generator=generator)
    combined = FeatureMapCombination(3, 4, 3, activation=ScaledTanh(), generator=generator)
    halved, thirds = Subsample(3, 2, activation=ScaledTanh()), Subsample(3, (3, 2))
    ones = torch.ones(2, 3, dtype=torch.float64)
    return [
        _layer("Convolution", dense, maps, lambda v: plain.tanh(plain.convolved(v))),
        _layer("Convolution, size kept", same, maps, lambda v: plain.logistic(plain.convolved(v, (1, 2)), 1.5)),
        _layer("Convolution, selected maps", chosen, maps, lambda v: plain.tanh(plain.convolved(v, chosen=selection))),
        _layer("Sub-sampling", halved, maps, lambda v: plain.tanh(plain.subsampled(v, (2, 2)))),
        _layer("Sub-sampling, 3 x 2", thirds, maps, lambda v: plain.subsampled(v, (3, 2))),
        _layer("Learned combinations", combined, maps, lambda v: plain.tanh(plain.combined(v))),
        _sloped("Sums of blocks", {"x": maps}, lambda v: down(v["x"], (2, 3)), lambda v: plain.blocks(v["x"], (2, 3))),
        _sloped("Tiling of blocks", {"x": few}, lambda v: up(v["x"], (2, 3)), lambda v: torch.kron(v["x"], ones)),
    ]


def _vector_layers(generator: torch.Generator) -> list[Case]:
    vectors, numbers = _drawn(generator, 3, 6), _drawn(generator, 4, 5)
    connected = FullyConnected(6, 4, activation=ScaledTanh(), generator=generator)
    return [
        _layer("Fully connected", connected, vectors, lambda v: plain.tanh(plain.connected(v))),
        _layer("Scaled tanh", ScaledTanh(), numbers, lambda v: plain.tanh(v["x"])),
        _layer("Logistic", Logistic(1.5), numbers, lambda v: plain.logistic(v["x"], 1.5)),
    ]


def _errors(generator: torch.Generator) -> list[Case]:
    y, target = _drawn(generator, 2, 4, 3), _drawn(generator, 2, 4, 3)
    shares, weights = plain.shares(target), _drawn(generator, 2, 3).abs()
    each = weights[:, None]
    return [
        Case(
            "Squared error",
            {"y": y},
            lambda v: squared_error(v["y"], target, each),
            lambda v: 0.5 * (each * (target - v["y"]) ** 2).sum(),
        ),
        Case(
            "Cross-entropy",
            {"u": y},
            lambda v: cross_entropy(v["u"], shares, weights),
            lambda v: -(each * shares * plain.shares(v["u"]).log()).sum(),
        ),
    ]


def _penalties(generator: torch.Generator) -> list[Case]:
    c = {"c": _drawn(generator, 4, 3)}
    return [
        Case("Sparsity as written", c, lambda v: l1_sparsity(v["c"]), lambda v: plain.shares(v["c"]).abs().sum()),
        Case(
            "Sparsity by entropy",
            c,
            lambda v: entropy_sparsity(v["c"]),
            lambda v: -(plain.shares(v["c"]) * plain.shares(v["c"]).log()).sum(),
        ),
    ]


def _layer(name: str, layer: nn.Module, x: Tensor, reference: Callable[[Values], Tensor]) -> Case:
    """Return a case of a layer, by its input and all its weights."""
    layer = layer.double()

    def called(v: Values) -> Tensor:
        given = {key: value for key, value in v.items() if key != "x"}
        y: Tensor = torch.func.functional_call(layer, given, (v["x"],))
        return y

    own = {key: value.detach() + _spread(value) for key, value in layer.named_parameters()}
    return _sloped(name, {"x": x, **own}, called, reference)


def _sloped(
    name: str, values: Values, called: Callable[[Values], Tensor], reference: Callable[[Values], Tensor]
) -> Case:
    """Return a case under a weighted sum of squares, so that every output has a slope of its own."""
    size = called(values).shape
    weights = torch.linspace(0.25, 0.75, size.numel(), dtype=torch.float64).view(size)
    return Case(name, values, lambda v: (weights * called(v) ** 2).sum(), lambda v: (weights * reference(v) ** 2).sum())


def _spread(value: Tensor) -> Tensor:
    """Return what moves weights off the values that all maps begin with, and off 0 where they are not looked at."""
    return torch.linspace(-0.3, 0.4, value.numel(), dtype=value.dtype).view(value.shape)


def _drawn(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64)
