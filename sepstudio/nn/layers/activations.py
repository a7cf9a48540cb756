"""The activation functions of the notes, section 2.1: their slope is found from what they return."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from sepstudio.errors import ParameterError

# LeCun, Bottou, Orr and Mueller, "Efficient BackProp" (1998): f(1) = 1 and the strongest bend there.
_AMPLITUDE = 1.7159
_SLOPE = 2 / 3


class ScaledTanh(nn.Module):
    """``f(u) = amplitude * tanh(slope * u)``, between ``-amplitude`` and ``amplitude``, near 0 on average.

    Its derivative is ``slope * (amplitude - f ** 2 / amplitude)``.

    Parameters
    ----------
    amplitude : float, above 0
    slope : float, above 0
        The defaults are those of LeCun: targets of -1 and 1 are reached where it bends most.

    Raises
    ------
    ParameterError
        If one is not above 0, or not finite.
    """

    def __init__(self, amplitude: float = _AMPLITUDE, slope: float = _SLOPE) -> None:
        super().__init__()
        self.amplitude, self.slope = _positive("amplitude", amplitude), _positive("slope", slope)

    def forward(self, u: Tensor) -> Tensor:
        """Return f of a tensor of any shape, float32 or float64."""
        y: Tensor = _ScaledTanh.apply(u, self.amplitude, self.slope)  # type: ignore[no-untyped-call]
        return y

    def extra_repr(self) -> str:
        """Return what ``print`` shows of it."""
        return f"amplitude={self.amplitude:g}, slope={self.slope:g}"


class Logistic(nn.Module):
    """``f(u) = 1 / (1 + exp(-slope * u))``, between 0 and 1; its derivative is ``slope * f * (1 - f)``.

    Parameters
    ----------
    slope : float, above 0
        The notes' beta.

    Raises
    ------
    ParameterError
        If it is not above 0, or not finite.
    """

    def __init__(self, slope: float = 1.0) -> None:
        super().__init__()
        self.slope = _positive("slope", slope)

    def forward(self, u: Tensor) -> Tensor:
        """Return f of a tensor of any shape, float32 or float64."""
        y: Tensor = _Logistic.apply(u, self.slope)  # type: ignore[no-untyped-call]
        return y

    def extra_repr(self) -> str:
        """Return what ``print`` shows of it."""
        return f"slope={self.slope:g}"


def _positive(name: str, value: float) -> float:
    if not (math.isfinite(value) and value > 0):
        raise ParameterError(name, value, "a number above 0")
    return float(value)


class _ScaledTanh(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, u: Tensor, amplitude: float, slope: float) -> Tensor:
        y = torch.mul(u, slope).tanh_().mul_(amplitude)
        ctx.save_for_backward(y)
        ctx.amplitude, ctx.slope = amplitude, slope
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (y,) = ctx.saved_tensors
        peak = y.new_tensor(ctx.amplitude * ctx.slope)
        return torch.addcmul(peak, y, y, value=-ctx.slope / ctx.amplitude).mul_(gradient), None, None


class _Logistic(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, u: Tensor, slope: float) -> Tensor:
        y = torch.sigmoid(u) if slope == 1 else torch.mul(u, slope).sigmoid_()
        ctx.save_for_backward(y)
        ctx.slope = slope
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (y,) = ctx.saved_tensors
        delta: Tensor = torch.ops.aten.sigmoid_backward(gradient, y)
        return delta if ctx.slope == 1 else delta.mul_(ctx.slope), None
