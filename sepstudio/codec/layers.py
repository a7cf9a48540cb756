"""Layers of the codec: weight-normed convolutions and the snake activation.

Importing this module loads torch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

# Of the reference: keeps the reciprocal finite.
_SMALLEST = 1e-9


class _SnakeFunction(torch.autograd.Function):
    """The snake with its derivatives written out, so that only the input is kept and not five steps of it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, alpha: Tensor) -> Tensor:
        ctx.save_for_backward(x, alpha)
        return _snake(x, alpha)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None]:
        (gradient,) = gradients
        x, alpha = ctx.saved_tensors
        reciprocal = 1 / (alpha + _SMALLEST)
        angle = x * alpha
        # sin² has the derivative sin of the double angle.
        slope = torch.sin(2 * angle)
        to_alpha = None
        if ctx.needs_input_grad[1]:
            share = (slope * x - angle.sin().square_() * reciprocal).mul_(gradient)
            to_alpha = share.sum((0, 2), keepdim=True) * reciprocal
        return slope.mul_(alpha * reciprocal).add_(1).mul_(gradient), to_alpha


def _snake(x: Tensor, alpha: Tensor) -> Tensor:
    squares = (x * alpha).sin_().square_()
    return squares.mul_(1 / (alpha + _SMALLEST)).add_(x)


def snake(x: Tensor, alpha: Tensor) -> Tensor:
    """Return ``x + sin²(αx) / α`` (Ziyin et al., "Neural networks fail to learn periodic functions", 2020).

    Parameters
    ----------
    x : tensor [batch, channels, samples]
    alpha : tensor [1, channels, 1]
    """
    if torch.is_grad_enabled() and (x.requires_grad or alpha.requires_grad):
        return _SnakeFunction.apply(x, alpha)  # type: ignore[no-any-return, no-untyped-call]
    return _snake(x, alpha)


class Snake(nn.Module):
    """The snake with a frequency for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the shape of ``x`` [batch, channels, samples]."""
        return snake(x, self.alpha)


class NormedConvolution(nn.Module):
    """Weights as ``g v / |v|``, the norm over all axes but the first; both are parameters under the reference's names.

    Salimans and Kingma, "Weight normalization" (2016). After ``fold`` the product is kept in their place: a
    network that is folded cannot learn any more, so that the product is never out of date.
    """

    weight: Tensor | None

    def __init__(self, like: nn.Conv1d | nn.ConvTranspose1d) -> None:
        super().__init__()
        first = like.weight.detach()
        self.weight_g = nn.Parameter(first.flatten(1).norm(dim=1)[:, None, None])
        self.weight_v = nn.Parameter(first.clone())
        assert like.bias is not None
        self.bias = nn.Parameter(like.bias.detach().clone())
        self.weight = None

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
        plain = nn.Conv1d(inputs, outputs, width)
        nn.init.zeros_(plain.bias)  # type: ignore[arg-type]
        super().__init__(plain)
        self._stride, self._dilation, self._padding = stride, dilation, padding

    def forward(self, x: Tensor) -> Tensor:
        """Return float32 [batch, outputs, frames] for ``x`` [batch, inputs, samples]."""
        return functional.conv1d(x, self.kernel(), self.bias, self._stride, self._padding, self._dilation)


class Upsampling(NormedConvolution):
    """A weight-normed transposed convolution that makes every frame ``stride`` samples.

    The reference leaves out a sample where the stride is odd; here the length is always the product.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__(nn.ConvTranspose1d(inputs, outputs, 2 * stride))
        self._stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Return float32 [batch, outputs, stride * frames] for ``x`` [batch, inputs, frames]."""
        padding, odd = -(-self._stride // 2), self._stride % 2
        return functional.conv_transpose1d(x, self.kernel(), self.bias, self._stride, padding, odd)
