"""A small convolutional network that says, for every band and frame, how likely each painted source is there.

It is built of the layers of J. Bouvrie, "Notes on Convolutional Neural Networks" (2006): combinations of feature
maps that it learns (section 3.3), sub-sampling for a wide and cheap view (3.2), and convolutions (3.1).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sepstudio.nn.layers import Convolution, FeatureMapCombination, ScaledTanh, Subsample, up

# Bands and frames that the wide view joins into one, and that the network answers for at least.
BLOCK = (2, 4)
KERNEL = 3
# Bands and frames that the network sees to either side of what it answers for: a kernel over blocks.
MARGIN = (KERNEL // 2 * BLOCK[0], KERNEL // 2 * BLOCK[1])


class PaintNetwork(nn.Module):
    """Scores of ``sources`` at every point of ``maps`` input maps; ``hidden`` is the number of maps in between.

    A straight path of one weight for each map and source learns at once what single points tell. Beside it go
    three views: ``points`` of all maps at one point, and learned combinations of the shapes that each map has
    ``near`` a point and, of means over blocks, in its ``wide`` surroundings.
    """

    def __init__(self, maps: int, sources: int, *, hidden: int, generator: torch.Generator) -> None:
        super().__init__()
        shapes = max(hidden // 4, 1)
        self.straight = Convolution(maps, sources, 1, generator=generator)
        self.points = Convolution(maps, hidden, 1, activation=ScaledTanh(), generator=generator)
        self.near = FeatureMapCombination(maps, shapes, KERNEL, activation=ScaledTanh(), generator=generator)
        self.coarse = Subsample(maps, BLOCK)
        self.wide = FeatureMapCombination(maps, shapes, KERNEL, activation=ScaledTanh(), generator=generator)
        self.answer = Convolution(hidden + 2 * shapes, sources, 1, generator=generator)
        with torch.no_grad():
            self.straight.kernels.zero_()

    @property
    def combinations(self) -> dict[str, FeatureMapCombination]:
        """The learned combinations by name."""
        return {"near": self.near, "wide": self.wide}

    def forward(self, x: Tensor) -> Tensor:
        """Return scores, of which a softmax makes probabilities.

        Parameters
        ----------
        x : float32 [batch, maps, bands + 2 * MARGIN[0], frames + 2 * MARGIN[1]]
            Bands and frames are multiples of ``BLOCK``.

        Returns
        -------
        [batch, sources, bands, frames]
        """
        here = _trimmed(x, *MARGIN)
        inner = KERNEL // 2
        near = self.near(_trimmed(x, MARGIN[0] - inner, MARGIN[1] - inner))
        wide = up(self.wide(self.coarse(x)), BLOCK)
        scores: Tensor = self.straight(here) + self.answer(torch.cat([self.points(here), near, wide], dim=1))
        return scores


def _trimmed(maps: Tensor, bands: int, frames: int) -> Tensor:
    return maps[:, :, bands : maps.shape[2] - bands, frames : maps.shape[3] - frames].contiguous()


def bordered(maps: Tensor, frames: tuple[int, int]) -> Tensor:
    """Return maps [batch, maps, bands, frames] with what the network sees around them.

    The edges are repeated: above and below to ``MARGIN`` and full blocks, before and after by ``frames``.
    """
    tall = MARGIN[0]
    extra = -maps.shape[2] % BLOCK[0]
    return functional.pad(maps, (*frames, tall, tall + extra), mode="replicate")
