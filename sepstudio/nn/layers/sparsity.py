"""Penalties that shall make learned combinations sparse, section 3.3.1 of the notes: as written, and one that does.

Both take the free weights c [outputs, inputs] of ``FeatureMapCombination``, with ``alpha = softmax(c)`` over the
inputs of each output.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def l1_sparsity(c: Tensor) -> Tensor:
    """Return the notes' penalty, ``sum of |alpha|`` (eq. 11 without its lambda): it does not make sparse.

    Shares are at least 0 and sum to 1, so the sum of their magnitudes is the number of outputs, whatever they
    are. The notes overlook it: their gradient (eq. 14), ``|alpha_i| - alpha_i * sum of |alpha_k|``, is then
    ``alpha_i - alpha_i = 0``. It is here to be compared with; ``entropy_sparsity`` is the one that works.

    Parameters
    ----------
    c : float32 or float64 [outputs, inputs]

    Returns
    -------
    scalar tensor
        The number of outputs, up to rounding; its gradient is 0 up to rounding.
    """
    penalty: Tensor = _L1.apply(c)  # type: ignore[no-untyped-call]
    return penalty


def entropy_sparsity(c: Tensor) -> Tensor:
    """Return the entropy of the shares in nats, summed over the outputs: 0 where each looks at one input only.

    ``H_j = -sum of alpha_ij log(alpha_ij)``, at most ``log(inputs)``; its gradient by ``c_ij`` is
    ``-alpha_ij (log(alpha_ij) + H_j)``, from the notes' eq. 8. Descending it makes large shares larger and
    small ones smaller. Where all are equal the gradient is 0, though nothing is sparse there: begin elsewhere.

    Parameters
    ----------
    c : float32 or float64 [outputs, inputs]

    Returns
    -------
    scalar tensor
        Between 0 and ``outputs * log(inputs)``.
    """
    penalty: Tensor = _Entropy.apply(c)  # type: ignore[no-untyped-call]
    return penalty


class _L1(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, c: Tensor) -> Tensor:
        magnitudes = torch.softmax(c, dim=1).abs_()
        ctx.save_for_backward(magnitudes)
        return magnitudes.sum()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (magnitudes,) = ctx.saved_tensors
        result: Tensor = gradient * (magnitudes - magnitudes * magnitudes.sum(1, keepdim=True))
        return result


class _Entropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, c: Tensor) -> Tensor:
        logs = torch.log_softmax(c, dim=1)
        parts = logs.exp().mul_(logs)
        entropies = -parts.sum(1, keepdim=True)
        ctx.save_for_backward(logs, parts, entropies)
        return entropies.sum()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        logs, parts, entropies = ctx.saved_tensors
        result: Tensor = -gradient * torch.addcmul(parts, logs.exp(), entropies)
        return result
