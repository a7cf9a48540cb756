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
        If the target is of another shape.
    """
    _check_target(y, target)
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


class _SquaredError(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, y: Tensor, target: Tensor, weights: Tensor | None) -> Tensor:
        error = y - target
        weighted = error if weights is None else error * weights
        ctx.save_for_backward(weighted)
        return torch.dot(weighted.flatten(), error.flatten()).mul_(0.5)

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
        return torch.dot(weighted.flatten(), logs.flatten()).neg_()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        logs, weighted = ctx.saved_tensors
        by_u = logs.exp().mul_(weighted.sum(1, keepdim=True)).sub_(weighted)
        return by_u.mul_(gradient), None, None
