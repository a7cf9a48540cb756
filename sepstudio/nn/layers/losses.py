"""The errors of the notes, sections 2.1 and 4.3, with a weight for every example."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from sepstudio.errors import ParameterError


def squared_error(y: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return ``1/2 sum of (target - y) ** 2`` (eq. 1); its gradient by y is ``y - target``.

    Parameters
    ----------
    y, target : float32 or float64 [batch, ...]
        Of one shape. The target gets no gradient.
    weights : float, optional
        At least 0, of a shape that is broadcast to that of ``y``; factors of the squares.

    Returns
    -------
    scalar tensor
        At least 0; a sum, not a mean.

    Raises
    ------
    ParameterError
        If the target is of another shape, or the weights of one that does not fit.
    """
    _check_target(y, target)
    if weights is not None and not _fits(weights.shape, y.shape):
        raise ParameterError("weights", tuple(weights.shape), f"of a shape that is broadcast to {tuple(y.shape)}")
    error: Tensor = _SquaredError.apply(y, target, weights)  # type: ignore[no-untyped-call]
    return error


def cross_entropy(u: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return ``-sum of t_k log(softmax(u)_k)`` over classes and examples; its gradient by u is ``softmax(u) - t``.

    Parameters
    ----------
    u : float32 or float64 [batch, classes, ...]
        The total inputs of the output units, before any activation.
    target : like ``u``
        The shares of the classes, at least 0 with a sum of 1: "one-of-c", or soft. Gets no gradient.
    weights : float [batch, ...], optional
        At least 0, of the shape of ``u`` without its classes; 0 leaves an example out.

    Returns
    -------
    scalar tensor
        In nats; a sum, not a mean.

    Raises
    ------
    ParameterError
        If the target or the weights are of another shape.
    """
    _check_target(u, target)
    if weights is not None and weights.shape != u.shape[:1] + u.shape[2:]:
        raise ParameterError("weights", tuple(weights.shape), f"of the shape {tuple(u.shape[:1] + u.shape[2:])}")
    error: Tensor = _CrossEntropy.apply(u, target, weights)  # type: ignore[no-untyped-call]
    return error


def _check_target(y: Tensor, target: Tensor) -> None:
    if target.shape != y.shape:
        raise ParameterError("target", tuple(target.shape), f"of the shape {tuple(y.shape)}")


def _fits(shape: torch.Size, wanted: torch.Size) -> bool:
    sizes = zip(reversed(shape), reversed(wanted), strict=False)
    return len(shape) <= len(wanted) and all(size in (1, full) for size, full in sizes)


class _SquaredError(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, y: Tensor, target: Tensor, weights: Tensor | None) -> Tensor:
        error = y - target
        weighted = error if weights is None else error * weights
        ctx.save_for_backward(weighted)
        return _product(weighted, error).mul_(0.5)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (weighted,) = ctx.saved_tensors
        return weighted * gradient, None, None


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, u: Tensor, target: Tensor, weights: Tensor | None) -> Tensor:
        logs = torch.log_softmax(u, dim=1)
        weighted = target if weights is None else target * weights[:, None]
        ctx.save_for_backward(logs, weighted)
        return _product(weighted, logs).neg_()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        logs, weighted = ctx.saved_tensors
        # Of the gradient -t by the logarithms this makes softmax(u) * sum(t) - t, in one pass.
        by_u: Tensor = torch.ops.aten._log_softmax_backward_data(weighted * -gradient, logs, 1, logs.dtype)
        return by_u, None, None


def _product(a: Tensor, b: Tensor) -> Tensor:
    """Return the sum of the products of all values, without those in memory where the order of both is plain."""
    if a.is_contiguous() and b.is_contiguous():
        return torch.dot(a.view(-1), b.view(-1))
    return (a * b).sum()
