"""Sub-sampling layers, section 3.2 of the notes: sums over blocks with a trainable factor and bias for each map."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from sepstudio.nn.layers.blocks import block_sums, tiles
from sepstudio.nn.layers.shapes import Size, check_maps, count, pair


class Subsample(nn.Module):
    """``x_j = f(beta_j * down(x_j) + b_j)``; as many maps go out as come in, each block of them summed to one value.

    Parameters
    ----------
    maps : int, 1 or more
    block : int or (int, int)
        Height and width of the blocks.
    activation : Module, optional
        The notes' f; none by default.

    Notes
    -----
    ``beta`` begins at 1 / (values of a block), so that a new layer returns means; ``bias`` begins at 0.

    Raises
    ------
    ParameterError
        If a size is below 1.
    """

    def __init__(self, maps: int, block: Size = 2, *, activation: nn.Module | None = None) -> None:
        super().__init__()
        self.maps, self.block, self.activation = count("maps", maps), pair("block", block), activation
        self.beta = nn.Parameter(torch.full((maps,), 1 / (self.block[0] * self.block[1])))
        self.bias = nn.Parameter(torch.zeros(maps))

    def forward(self, x: Tensor) -> Tensor:
        """Return the smaller maps.

        Parameters
        ----------
        x : float32 or float64 [batch, maps, height, width]
            At least one block large; rows and columns after the last whole block are left out.

        Returns
        -------
        [batch, maps, height // block height, width // block width]

        Raises
        ------
        ParameterError
            If ``x`` is of another shape or smaller than a block.
        """
        check_maps(x, self.maps, self.block)
        u: Tensor = _Subsample.apply(x, self.beta, self.bias, self.block)  # type: ignore[no-untyped-call]
        return u if self.activation is None else self.activation(u)

    def extra_repr(self) -> str:
        """Return what ``print`` shows of it."""
        return f"{self.maps}, block={self.block}"


def down(x: Tensor, block: Size) -> Tensor:
    """Return the sums of distinct blocks of the maps [batch, maps, height, width]: the notes' ``down``.

    Raises ParameterError for a block below 1.
    """
    sums: Tensor = _Down.apply(x, pair("block", block))  # type: ignore[no-untyped-call]
    return sums


def up(x: Tensor, block: Size) -> Tensor:
    """Return maps with each value tiled over a block: the notes' ``up``, the Kronecker product with ones.

    Raises ParameterError for a block below 1.
    """
    tiled: Tensor = _Up.apply(x, pair("block", block))  # type: ignore[no-untyped-call]
    return tiled


class _Down(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, block: tuple[int, int]) -> Tensor:
        ctx.block, ctx.size = block, x.shape
        return block_sums(x, block)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, delta: Tensor) -> tuple[Tensor, None]:
        return tiles(delta, ctx.block, ctx.size), None


class _Up(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, block: tuple[int, int]) -> Tensor:
        ctx.block = block
        return tiles(x, block)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, delta: Tensor) -> tuple[Tensor, None]:
        return block_sums(delta, ctx.block), None


class _Subsample(torch.autograd.Function):
    """Gradients of section 3.2.1; the activation's f' is already in the sensitivity that arrives."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, beta: Tensor, bias: Tensor, block: tuple[int, int]) -> Tensor:
        d = block_sums(x, block)
        ctx.save_for_backward(d, beta)
        ctx.block, ctx.size = block, x.shape
        return torch.addcmul(bias[:, None, None], d, beta[:, None, None])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, delta: Tensor) -> tuple[Tensor | None, ...]:
        d, beta = ctx.saved_tensors
        by_input = tiles(delta * beta[:, None, None], ctx.block, ctx.size) if ctx.needs_input_grad[0] else None
        by_beta = (delta * d).sum((0, 2, 3)) if ctx.needs_input_grad[1] else None
        by_bias = delta.sum((0, 2, 3)) if ctx.needs_input_grad[2] else None
        return by_input, by_beta, by_bias, None
