"""Sums over blocks of maps and their tiling, along one axis after the other.

Adding every n-th row to the next works on whole rows; torch's pooling goes through each window by itself and
takes four to seven times as long on maps in their usual order.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

_HEIGHT, _WIDTH = 2, 3


def block_sums(x: Tensor, block: tuple[int, int]) -> Tensor:
    """Return a new [batch, maps, height // n, width // m] of the sums over blocks of n x m; rests are left out."""
    sums = _summed(_summed(x, _HEIGHT, block[0]), _WIDTH, block[1])
    return sums.clone() if block == (1, 1) else sums


def tiles(x: Tensor, block: tuple[int, int], size: Sequence[int] | None = None) -> Tensor:
    """Return new maps with each value over n x m of them; what is left of maps of ``size`` is 0."""
    batch, maps, height, width = x.shape
    tall, wide = height * block[0], width * block[1]
    order = torch.contiguous_format if x.is_contiguous() else torch.channels_last
    rows = torch.empty((batch, maps, height, wide), dtype=x.dtype, device=x.device, memory_format=order)
    for column in _every(rows, _WIDTH, block[1]):
        column.copy_(x)
    shape = (batch, maps, tall, wide) if size is None else tuple(size)
    out = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=order)
    if shape[_HEIGHT:] != (tall, wide):
        out.zero_()
    covered = out[:, :, :tall, :wide]
    covered.view(batch, maps, height, block[0], wide).copy_(rows[:, :, :, None])
    return out


def _summed(x: Tensor, axis: int, length: int) -> Tensor:
    parts = _every(x, axis, length)
    if length == 1:
        return parts[0]
    total = parts[0] + parts[1]
    for part in parts[2:]:
        total += part
    return total


def _every(x: Tensor, axis: int, length: int) -> tuple[Tensor, ...]:
    """Return views of the first, second, ... value of every ``length`` along an axis."""
    whole = x.shape[axis] // length
    apart = (*x.shape[:axis], whole, length, *x.shape[axis + 1 :])
    return x.narrow(axis, 0, whole * length).view(apart).unbind(axis + 1)
