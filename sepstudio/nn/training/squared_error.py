"""The last layer of a network and its squared error at once, by excerpts, so that nothing large leaves the cache.

Of all that a step of training computes, the amplitudes of thousands of bins and their gradients are by far the
largest. Here they exist for one excerpt at a time, and everything that is wanted of them is taken right away.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def squared_error(hidden: Tensor, weight: Tensor, bias: Tensor, target: Tensor) -> Tensor:
    """Return the sum of ``(relu(weight @ hidden + bias) - target) ** 2``.

    Parameters
    ----------
    hidden : float32 [batch, units, frames]
    weight : float32 [outputs, units]
    bias : float32 [outputs]
    target : float32 [batch, outputs, frames]
        Gets no gradient.
    """
    # As an argument: within a function of autograd gradients are always off.
    total: Tensor = _SquaredError.apply(hidden, weight, bias, target, torch.is_grad_enabled())  # type: ignore[no-untyped-call]
    return total


# Products of fewer columns read the weights more often than they compute with them.
_COLUMNS = 128


def _grouped(x: Tensor) -> list[Tensor]:
    """Return excerpts [batch, values, frames] as some [values, excerpts, frames] with enough frames together."""
    count = max(1, _COLUMNS // x.shape[-1])
    return [part.transpose(0, 1) for part in torch.split(x, count)]


class _SquaredError(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor, target: Tensor, learns: bool) -> Tensor:
        total = 0.0
        slopes = torch.empty_like(hidden), torch.zeros_like(weight), torch.zeros_like(bias)
        for units, wanted, slope in zip(*(_grouped(x) for x in (hidden, target, slopes[0])), strict=True):
            columns = units.flatten(1)
            estimate = torch.addmm(bias[:, None], weight, columns).clamp_min_(0)
            error = (estimate.view(wanted.shape) - wanted).view(estimate.shape)
            total += float(torch.dot(error.view(-1), error.view(-1)))
            if learns:
                # Nothing is learnt where the ReLU is flat.
                error.mul_(estimate.sign_())
                slope.copy_((weight.T @ error).view(slope.shape))
                slopes[1].addmm_(error, columns.T)
                slopes[2].add_(error.sum(1))
        ctx.slopes = slopes
        return hidden.new_tensor(total)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        factor = 2 * gradients[0]
        return *(slope.mul_(factor) for slope in ctx.slopes), None, None
