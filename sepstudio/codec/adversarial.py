"""Adversarial losses: least squares (Mao et al. 2017) and the distance of feature maps (Larsen et al. 2016).

Verdicts and maps hold all channels, so that their means are means over channels of the losses of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import l1_loss

AllMaps = Sequence[Sequence[Tensor]]


class GeneratorLosses(NamedTuple):
    """What a generator is told: to be taken for true, and to give layers of the networks what truth gives them."""

    adversarial: Tensor
    features: Tensor


def discriminator_loss(discriminators: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """Return ``Σ mean D(fake)² + mean (1 - D(real))²`` over networks.

    Parameters
    ----------
    discriminators : module
        Returns lists of maps, one list for each network, verdicts last.
    real, fake : tensors [batch, channels, samples]
        The decoded scene receives no gradient.

    Returns
    -------
    scalar tensor
        From 0; the number of networks where all verdicts are zero, half of it where all are one half.
    """
    truth, decoded = _verdicts(discriminators(real)), _verdicts(discriminators(fake.detach()))
    return _total(
        [verdict.square().mean() for verdict in decoded] + [(1 - verdict).square().mean() for verdict in truth]
    )


def generator_losses(discriminators: nn.Module, real: Tensor, fake: Tensor) -> GeneratorLosses:
    """Return ``Σ mean (1 - D(fake))²`` over networks, and the sum of the mean absolute differences of all other maps.

    The discriminators receive no gradient: that of their weights, a third of the way back, is not even computed.

    Parameters
    ----------
    discriminators : module
        As for ``discriminator_loss``.
    real, fake : tensors [batch, channels, samples]
    """
    frozen = {name: weights.detach() for name, weights in discriminators.named_parameters()}
    decoded: AllMaps = functional_call(discriminators, frozen, (fake,))
    with torch.no_grad():
        truth: AllMaps = discriminators(real)
    pairs = [
        (a, b) for ours, theirs in zip(decoded, truth, strict=True) for a, b in zip(ours[:-1], theirs[:-1], strict=True)
    ]
    adversarial = _total([(1 - verdict).square().mean() for verdict in _verdicts(decoded)])
    return GeneratorLosses(adversarial, _total([l1_loss(a.float(), b.float()) for a, b in pairs]))


def _verdicts(maps: AllMaps) -> list[Tensor]:
    # In half precision squares of small differences would vanish.
    return [some[-1].float() for some in maps]


def _total(terms: Sequence[Tensor]) -> Tensor:
    return torch.stack(list(terms)).sum()
