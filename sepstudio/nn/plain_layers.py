"""The layers of the notes written a second time from their formulas, to compare gradients with.

With windows, sums and exponentials alone: no convolution, pooling or activation of torch, and nothing of
``sepstudio.nn.layers``. Weights come by the names that the layers give them, maps as ``x``.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

Values = Mapping[str, Tensor]


def tanh(u: Tensor) -> Tensor:
    """Return the scaled tanh with the notes' numbers, by exponentials."""
    return 1.7159 * (1 - 2 / (torch.exp(4 / 3 * u) + 1))


def shares(c: Tensor) -> Tensor:
    """Return the softmax over the second axis."""
    powers = torch.exp(c)
    return powers / powers.sum(1, keepdim=True)


def logistic(u: Tensor, slope: float) -> Tensor:
    """Return the logistic function."""
    return 1 / (1 + torch.exp(-slope * u))


def _windows(x: Tensor, kernel: Tensor, border: tuple[int, int] = (0, 0)) -> Tensor:
    """Return all patches of maps [batch, maps, height, width, kernel height, kernel width]."""
    batch, maps, height, width = x.shape
    wide = torch.zeros(batch, maps, height + 2 * border[0], width + 2 * border[1], dtype=x.dtype)
    wide[:, :, border[0] : border[0] + height, border[1] : border[1] + width] = x
    return wide.unfold(2, kernel.shape[-2], 1).unfold(3, kernel.shape[-1], 1)


def convolved(v: Values, border: tuple[int, int] = (0, 0), chosen: Tensor | None = None) -> Tensor:
    """Return sums of convolutions over the inputs that ``chosen`` [outputs, inputs] selects, and biases."""
    patches, outputs = _windows(v["x"], v["kernels"], border), len(v["kernels"])
    rows = torch.ones(v["kernels"].shape[:2], dtype=torch.bool) if chosen is None else chosen
    maps = [
        (patches[:, rows[j]] * v["kernels"][j, rows[j]][:, None, None]).sum((1, 4, 5)) + v["bias"][j]
        for j in range(outputs)
    ]
    return torch.stack(maps, 1)


def subsampled(v: Values, block: tuple[int, int]) -> Tensor:
    """Return sums over blocks times beta, and biases."""
    return v["beta"][:, None, None] * blocks(v["x"], block) + v["bias"][:, None, None]


def blocks(x: Tensor, block: tuple[int, int]) -> Tensor:
    """Return the sums over distinct blocks."""
    return x.unfold(2, block[0], block[0]).unfold(3, block[1], block[1]).sum((4, 5))


def combined(v: Values) -> Tensor:
    """Return convolutions of single maps summed in shares, and biases."""
    each = (_windows(v["x"], v["kernels"]) * v["kernels"][:, None, None]).sum((4, 5))
    return torch.einsum("ji,bihw->bjhw", shares(v["c"]), each) + v["bias"][:, None, None]


def connected(v: Values) -> Tensor:
    """Return products with the weights [outputs, inputs], and biases."""
    return (v["x"][:, None] * v["weights"]).sum(2) + v["bias"]
