"""Fully connected layers, section 2 of the notes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from sepstudio.errors import ParameterError
from sepstudio.nn.layers.shapes import count, drawn


class FullyConnected(nn.Module):
    """``x = f(W x + b)`` for each vector of a batch; maps are concatenated into one with ``maps.flatten(1)``.

    Parameters
    ----------
    inputs, outputs : int, 1 or more
        Units.
    activation : Module, optional
        The notes' f; none by default.
    generator : torch.Generator, optional
        Draws the first weights, evenly and with the variance 1 / inputs; biases begin at 0.

    Raises
    ------
    ParameterError
        If a size is below 1.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        activation: nn.Module | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.inputs, self.outputs, self.activation = count("inputs", inputs), count("outputs", outputs), activation
        self.weights = drawn((outputs, inputs), inputs, generator)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return [batch, outputs] for float32 or float64 [batch, inputs]; ParameterError for another shape."""
        if x.ndim != 2 or x.shape[1] != self.inputs:
            raise ParameterError("x", tuple(x.shape), f"[batch, {self.inputs}]")
        u: Tensor = _FullyConnected.apply(x, self.weights, self.bias)  # type: ignore[no-untyped-call]
        return u if self.activation is None else self.activation(u)

    def extra_repr(self) -> str:
        """Return what ``print`` shows of it."""
        return f"{self.inputs}, {self.outputs}"


class _FullyConnected(torch.autograd.Function):
    """Eqs. 3 to 5; the activation's f' is already in the sensitivity that arrives."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weights)
        return torch.addmm(bias, x, weights.t())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, delta: Tensor) -> tuple[Tensor | None, ...]:
        x, weights = ctx.saved_tensors
        by_input, by_weights, by_bias = ctx.needs_input_grad
        return (
            delta @ weights if by_input else None,
            delta.t() @ x if by_weights else None,
            delta.sum(0) if by_bias else None,
        )
