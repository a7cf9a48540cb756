"""Layers of the codec: weight-normed convolutions and the snake activation.

Importing this module loads torch.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from sepstudio.codec.snake_kernels import FloatArray, snake_gradient_rows, snake_rows
from sepstudio.dsp.parallel import over_rows

# Of the reference: keeps the reciprocal finite.
_SMALLEST = 1e-9
_WORTH_THREADS = 1 << 20


class _SnakeFunction(torch.autograd.Function):
    """The snake with its derivatives written out, so that only the input is kept and not five steps of it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, alpha: Tensor) -> Tensor:
        ctx.save_for_backward(x, alpha)
        return _computed(x, alpha)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        x, alpha = ctx.saved_tensors
        if _compiled(x):
            return _compiled_gradient(x, alpha, gradient.contiguous())
        reciprocal = 1 / (alpha + _SMALLEST)
        angle = x * alpha
        # sin² has the derivative sin of the double angle.
        slope = torch.sin(2 * angle) * reciprocal
        to_alpha = (gradient * (slope * x - (angle.sin() * reciprocal).square())).sum((0, 2), keepdim=True)
        return slope.mul_(alpha).add_(1).mul_(gradient), to_alpha


def snake(x: Tensor, alpha: Tensor, *, in_place: bool = False) -> Tensor:
    """Return ``x + sin²(αx) / α`` (Ziyin et al., "Neural networks fail to learn periodic functions", 2020).

    Parameters
    ----------
    x : tensor [batch, channels, samples]
    alpha : tensor [1, channels, 1]
    in_place : bool
        Whether ``x`` is not needed any more; used where no gradients are.
    """
    if torch.is_grad_enabled() and (x.requires_grad or alpha.requires_grad):
        return _SnakeFunction.apply(x, alpha)  # type: ignore[no-any-return, no-untyped-call]
    return _computed(x, alpha, in_place=in_place)


def _computed(x: Tensor, alpha: Tensor, *, in_place: bool = False) -> Tensor:
    if not _compiled(x):
        return (x * alpha).sin_().square_().mul_(1 / (alpha + _SMALLEST)).add_(x)
    x = x.detach().contiguous()
    out = x if in_place else torch.empty_like(x)
    rows, results = x.numpy().reshape(-1, x.shape[-1]), out.numpy().reshape(-1, x.shape[-1])
    alphas, reciprocals = _by_row(x, alpha)

    def work(start: int, stop: int) -> None:
        part = slice(start, stop)
        snake_rows(rows[part], alphas[part], reciprocals[part], results[part])

    over_rows(work, 0, len(rows), _threads(x))
    return out


def _compiled_gradient(x: Tensor, alpha: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
    x, to_x = x.detach().contiguous(), torch.empty_like(gradient)
    rows, given, results = (values.numpy().reshape(-1, x.shape[-1]) for values in (x, gradient, to_x))
    alphas, reciprocals = _by_row(x, alpha)
    sums = np.zeros(len(rows))

    def work(start: int, stop: int) -> None:
        part = slice(start, stop)
        snake_gradient_rows(rows[part], alphas[part], reciprocals[part], given[part], results[part], sums[part])

    over_rows(work, 0, len(rows), _threads(x))
    return to_x, torch.from_numpy(sums.reshape(len(x), -1).sum(0, dtype=np.float32)).view_as(alpha)


def _compiled(x: Tensor) -> bool:
    """Return whether there is machine code for a tensor of this type."""
    return x.device.type == "cpu" and x.dtype == torch.float32


def _by_row(x: Tensor, alpha: Tensor) -> tuple[FloatArray, FloatArray]:
    """Return alpha and its reciprocal for each row of [batch * channels, samples]."""
    values: FloatArray = np.tile(alpha.detach().numpy().reshape(-1), len(x))
    return values, np.reciprocal(values + np.float32(_SMALLEST))


def _threads(x: Tensor) -> int:
    # What is done in less time than a thread needs to start is not divided.
    return torch.get_num_threads() if x.numel() > _WORTH_THREADS else 1


class Snake(nn.Module):
    """The snake with a frequency for each channel; ``in_place`` where nothing else looks at its input."""

    def __init__(self, channels: int, *, in_place: bool = False) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, channels, 1))
        self._in_place = in_place

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the shape of ``x`` [batch, channels, samples]."""
        return snake(x, self.alpha, in_place=self._in_place)


class NormedConvolution(nn.Module):
    """Weights as ``g v / |v|``, the norm over all axes but the first; both are parameters under the reference's names.

    Salimans and Kingma, "Weight normalization" (2016). After ``fold`` the product is kept in their place: a
    network that is folded cannot learn any more, so that the product is never out of date.
    """

    weight: Tensor | None

    def __init__(self, shape: tuple[int, ...], outputs: int) -> None:
        super().__init__()
        # As convolutions of torch begin.
        self.bound = 1 / math.sqrt(math.prod(shape[1:]))
        self.weight_g = nn.Parameter(torch.empty(shape[0], *(1 for _ in shape[1:])))
        self.weight_v = nn.Parameter(torch.empty(shape))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.weight = None
        # On no device there is nothing to draw; it would take torch seconds to find out the shape.
        if not self.weight_v.is_meta:
            with torch.no_grad():
                self.weight_v.uniform_(-self.bound, self.bound)
                self.weight_g.copy_(self.weight_v.flatten(1).norm(dim=1).view_as(self.weight_g))

    def kernel(self) -> Tensor:
        """Return the weights that the convolution uses."""
        if self.weight is not None:
            return self.weight
        # One kernel for the norm, the quotient and their derivatives.
        return torch._weight_norm(self.weight_v, self.weight_g, 0)

    def fold(self) -> None:
        """Keep the weights themselves instead of length and direction, for good."""
        weight = self.kernel().detach()
        del self.weight_g, self.weight_v, self.weight
        self.register_buffer("weight", weight)


class Convolution(NormedConvolution):
    """A weight-normed convolution along time."""

    def __init__(
        self, inputs: int, outputs: int, width: int, *, stride: int = 1, dilation: int = 1, padding: int = 0
    ) -> None:
        super().__init__((outputs, inputs, width), outputs)
        self._stride, self._dilation, self._padding = stride, dilation, padding

    def forward(self, x: Tensor) -> Tensor:
        """Return float32 [batch, outputs, frames] for ``x`` [batch, inputs, samples]."""
        return functional.conv1d(x, self.kernel(), self.bias, self._stride, self._padding, self._dilation)


class Upsampling(NormedConvolution):
    """A weight-normed transposed convolution that makes every frame ``stride`` samples.

    The reference leaves out a sample where the stride is odd; here the length is always the product.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__((inputs, outputs, 2 * stride), outputs)
        if not self.bias.is_meta:
            with torch.no_grad():
                self.bias.uniform_(-self.bound, self.bound)
        self._stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Return float32 [batch, outputs, stride * frames] for ``x`` [batch, inputs, frames]."""
        padding, odd = -(-self._stride // 2), self._stride % 2
        return functional.conv_transpose1d(x, self.kernel(), self.bias, self._stride, padding, odd)
