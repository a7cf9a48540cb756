"""Painted patches as they might have been as well: a little louder, a little beside, with noise."""

from __future__ import annotations

import torch
from torch import Tensor

# Deviation of the noise that is added to maps, in spreads.
NOISE = 0.7
# Deviation of the level that is added to a patch, in dB, and chance that patches of a step are moved, both at most.
DECIBELS, MOVED = 6.0, 0.5


class Augmentation:
    """Changes patches that are learned from.

    Parameters
    ----------
    gains : float32 [maps]
        What 1 dB adds to each map.
    amount : float, in [0, 1]
        Part of ``DECIBELS`` and ``MOVED``; noise is always added.
    size : int
        Values of all maps of a step.
    generator : torch.Generator
        Draws everything.
    """

    def __init__(self, gains: Tensor, amount: float, size: int, generator: torch.Generator) -> None:
        self._gains, self._amount, self._generator = gains, amount, generator
        self._told = torch.nonzero(gains).reshape(-1)
        # Drawing new noise for each step took as long as learning from it.
        self._noise = NOISE * torch.randn(2 * size, generator=generator)

    def changed(self, maps: Tensor) -> Tensor:
        """Return patches [batch, maps, bands, frames], which may be overwritten, as they might have been."""
        if self._amount > 0:
            maps = self._louder(self._moved(maps))
        start = int(torch.randint(0, self._noise.numel() - maps.numel() + 1, (), generator=self._generator))
        return maps.add_(self._noise[start : start + maps.numel()].view_as(maps))

    def _moved(self, maps: Tensor) -> Tensor:
        """Move all by up to a band and a frame; what leaves at one edge stands in the margin at the other."""
        if float(torch.rand((), generator=self._generator)) >= self._amount * MOVED:
            return maps
        bands, frames = torch.randint(-1, 2, (2,), generator=self._generator).tolist()
        return maps if bands == frames == 0 else torch.roll(maps, (bands, frames), (2, 3))

    def _louder(self, maps: Tensor) -> Tensor:
        decibels = self._amount * DECIBELS * torch.randn(len(maps), 1, generator=self._generator)
        added = decibels * self._gains[self._told]
        return maps.index_add_(1, self._told, added[:, :, None, None].expand(-1, -1, *maps.shape[2:]).contiguous())
