"""What the layers ask of sizes and tensors, and how their weights begin."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from sepstudio.errors import ParameterError

Padding = Literal["valid", "same"]
Size = int | tuple[int, int]


def pair(name: str, size: Size) -> tuple[int, int]:
    """Return ``(height, width)`` of a size that may be one number for both; ParameterError below 1."""
    height, width = (size, size) if isinstance(size, int) else size
    if height < 1 or width < 1:
        raise ParameterError(name, size, "1 or more in height and in width")
    return height, width


def count(name: str, value: int) -> int:
    """Return a number of maps or units; ParameterError below 1."""
    if value < 1:
        raise ParameterError(name, value, "1 or more")
    return value


def borders(padding: Padding, kernel: tuple[int, int]) -> tuple[int, int]:
    """Return the zeros put around maps, above and left of them; ParameterError for "same" with an even kernel."""
    if padding == "valid":
        return 0, 0
    if padding != "same":
        raise ParameterError("padding", padding, '"valid" or "same"')
    if kernel[0] % 2 == 0 or kernel[1] % 2 == 0:
        raise ParameterError("kernel", kernel, 'odd in height and width with padding "same"')
    return kernel[0] // 2, kernel[1] // 2


def check_maps(x: Tensor, maps: int, least: tuple[int, int]) -> None:
    """Raise ParameterError unless ``x`` is [batch, maps, height, width] of at least that height and width."""
    shape = tuple(x.shape)
    if len(shape) != 4 or shape[1] != maps or shape[2] < least[0] or shape[3] < least[1]:
        raise ParameterError("x", shape, f"[batch, {maps}, {least[0]} or more, {least[1]} or more]")


def drawn(shape: tuple[int, ...], inputs: int, generator: torch.Generator | None) -> nn.Parameter:
    """Return weights drawn evenly with the variance 1 / ``inputs`` of a unit, as LeCun does before a scaled tanh."""
    bound = math.sqrt(3 / inputs)
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound, generator=generator))
