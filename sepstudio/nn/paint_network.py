"""A small convolutional network that says, for every band and frame, how likely each painted source is there.

It is built of the layers of J. Bouvrie, "Notes on Convolutional Neural Networks" (2006): combinations of feature
maps that it learns (section 3.3), sub-sampling for a wide and cheap view (3.2), and convolutions (3.1).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sepstudio.nn.layers import Convolution, FeatureMapCombination, ScaledTanh, Subsample, up

HIDDEN = 16
# Bands and frames that the coarse view joins into one.
BLOCK = (2, 4)
KERNEL = 5
# Bands and frames that the network sees to either side of what it answers for: a kernel, and a coarse one.
MARGIN = (KERNEL // 2 * (1 + BLOCK[0]), KERNEL // 2 * (1 + BLOCK[1]))


class PaintNetwork(nn.Module):
    """Scores of ``sources`` at every point of ``maps`` input maps; ``hidden`` is the number of maps in between.

    A straight path of one weight for each map and source learns what single points tell; beside it, learned
    combinations look at the shape of the surroundings, finely and from afar.
    """

    def __init__(self, maps: int, sources: int, *, hidden: int = HIDDEN, generator: torch.Generator) -> None:
        super().__init__()
        self.straight = Convolution(maps, sources, 1, generator=generator)
        self.near = FeatureMapCombination(maps, hidden, KERNEL, activation=ScaledTanh(), generator=generator)
        self.coarse = Subsample(hidden, BLOCK)
        self.wide = FeatureMapCombination(hidden, hidden, KERNEL, activation=ScaledTanh(), generator=generator)
        self.answer = Convolution(2 * hidden, sources, 1, generator=generator)
        with torch.no_grad():
            self.straight.kernels.zero_()
            self.answer.kernels.mul_(0.1)

    @property
    def combinations(self) -> dict[str, FeatureMapCombination]:
        """The learned combinations by name, from the input on."""
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
        tall, wide = MARGIN
        near = self.near(x)
        far = up(self.wide(self.coarse(near)), BLOCK)
        inner = KERNEL // 2
        near = near[:, :, tall - inner : inner - tall, wide - inner : inner - wide]
        straight = self.straight(x[:, :, tall:-tall, wide:-wide])
        scores: Tensor = straight + self.answer(torch.cat([near, far], dim=1))
        return scores


def bordered(maps: Tensor, frames: tuple[int, int]) -> Tensor:
    """Return maps [batch, maps, bands, frames] with what the network sees around them.

    The edges are repeated: above and below to ``MARGIN`` and full blocks, before and after by ``frames``.
    """
    tall = MARGIN[0]
    extra = -maps.shape[2] % BLOCK[0]
    return functional.pad(maps, (*frames, tall, tall + extra), mode="replicate")
