"""Update rules of the nonnegative autoencoder ``V̂ = W_D (H^C ⊙ relu(W_E V))``.

Encoder and transposed decoder lie stacked in one tensor [2, R, K]: their products with the spectrogram
become one product of twice the height. Nothing of the size K x N is ever formed beside the spectrogram.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import TYPE_CHECKING

from sepstudio.errors import ParameterError
from sepstudio.separation.factor_groups import EPSILON, Group, assembled, energy, flush, inner
from sepstudio.separation.factor_run import Work
from sepstudio.separation.optimizers import Optimizer

if TYPE_CHECKING:
    from torch import Tensor


class Autoencoder:
    """What all its engines share: groups, mask and weights.

    ``weights`` [2, R, K] are the encoder and the transposed decoder, ``mask`` [R, N] is 1 where a component
    may sound and 0 elsewhere.
    """

    def __init__(self, groups: list[Group], weights: Tensor, mask: Tensor) -> None:
        self._groups = groups
        self._weights = weights
        self._masks = [group.part(mask) for group in groups]
        self._energy = energy(groups)
        self._correlation = weights.new_zeros(weights.shape)
        self._activity = weights.new_zeros(weights.shape[1], weights.shape[1])

    @property
    def weights(self) -> Tensor:
        """Encoder and transposed decoder as they are now."""
        return self._weights

    def templates(self) -> Tensor:
        """Return the decoder as it is now, transposed."""
        return self._weights[1]

    def activations(self) -> Tensor:
        """Return the whole matrix of activations that the encoder gives now."""
        parts = [self._encoded(group, mask) for group, mask in zip(self._groups, self._masks, strict=True)]
        return assembled(self._groups, parts, self._weights.shape[1])

    def encoder(self) -> Tensor:
        """Return the encoder as it is now."""
        return self._weights[0]

    def _encoded(self, group: Group, mask: Tensor) -> Tensor:
        return (group.take(self._weights[0]) @ group.spectra.t()).relu_().mul_(mask)

    def _loss(self, correlation: Tensor) -> float:
        """Return ``||V||² − 2⟨W_D, V H'ᵀ⟩ + ⟨W_Dᵀ W_D, H' H'ᵀ⟩``."""
        decoder = self._weights[1]
        modelled = inner((decoder @ decoder.t()).double(), self._activity.double())
        return max(self._energy - 2 * inner(decoder, correlation) + modelled, 0.0)

    def fit(self) -> Generator[None, None, float]:
        """Return the factor by which the model comes closest to the spectrogram in least squares."""
        yield from self._correlate()
        decoder = self._weights[1]
        modelled = inner((decoder @ decoder.t()).double(), self._activity.double())
        return inner(decoder, self._correlation[1]) / modelled if modelled > 0 else 1.0

    def _correlate(self) -> Generator[None, None, None]:
        """Compute ``H'Vᵀ`` and ``H'H'ᵀ`` of the present encoder."""
        self._correlation.zero_()
        self._activity.zero_()
        for group, mask in zip(self._groups, self._masks, strict=True):
            h = self._encoded(group, mask)
            group.add(self._correlation[1], h, group.spectra)
            group.add_square(self._activity, h)
            yield

    def loss(self) -> Work:
        """Return the loss of the present weights."""
        yield from self._correlate()
        return self._loss(self._correlation[1])


class Multiplicative(Autoencoder):
    """``W_E ← W_E ⊙ [((W_Dᵀ V) ⊙ H^C) Vᵀ] ⊘ [((W_Dᵀ W_D H') ⊙ H^C) Vᵀ + ε]``, then the decoder as in NMF.

    Weights must start positive where they are not to stay zero. The activations after the encoder's
    update are those of the next iteration.
    """

    def __init__(self, groups: list[Group], weights: Tensor, mask: Tensor) -> None:
        super().__init__(groups, weights, mask)
        self._h: list[Tensor] = []
        self._last = math.nan

    def step(self) -> Work:
        """Update the encoder, then the decoder."""
        before = self._last
        if not self._h:
            self._h = [self._encoded(*pair) for pair in zip(self._groups, self._masks, strict=True)]
        yield from self._update_encoder()
        yield from self._update_decoder()
        self._last = self._loss(self._correlation[1])
        return before

    def _update_encoder(self) -> Generator[None, None, None]:
        import torch

        encoder, decoder = self._weights
        gram = decoder @ decoder.t()
        self._correlation.zero_()
        for group, mask, h in zip(self._groups, self._masks, self._h, strict=True):
            target = (group.take(decoder) @ group.spectra.t()).mul_(mask)
            model = (group.take_square(gram) @ h).mul_(mask)
            group.add(self._correlation, torch.cat((target, model)), group.spectra)
            yield
        flush(encoder.mul_(self._correlation[0] / self._correlation[1].add_(EPSILON)))

    def _update_decoder(self) -> Generator[None, None, None]:
        decoder = self._weights[1]
        self._correlation.zero_()
        self._activity.zero_()
        for index, (group, mask) in enumerate(zip(self._groups, self._masks, strict=True)):
            h = self._h[index] = flush(self._encoded(group, mask))
            group.add(self._correlation[1], h, group.spectra)
            group.add_square(self._activity, h)
            yield
        flush(decoder.mul_(self._correlation[1] / (self._activity @ decoder).add_(EPSILON)))

    def loss(self) -> Work:
        """Return what the last step found."""
        return self._last
        yield


class Additive(Autoencoder):
    """Gradient descent with an optimiser, after each step of which ``W_D ← max(W_D, 0) ⊙ W^C``.

    With ``G = W_Dᵀ W_D H' − W_Dᵀ V`` and ``M = H^C`` where the pre-activation is positive, 0 elsewhere, the
    gradients of the squared error are ``2 (G ⊙ M) Vᵀ`` and ``2 (W_D H' H'ᵀ − V H'ᵀ)``.
    """

    def __init__(
        self, groups: list[Group], weights: Tensor, mask: Tensor, template_mask: Tensor, optimizer: Optimizer
    ) -> None:
        super().__init__(groups, weights, mask)
        self._allowed = template_mask
        self._optimizer = optimizer
        self._before = math.nan

    def step(self) -> Work:
        """Follow the gradient once."""
        yield from self.gradient()
        self._optimizer.move(self._weights, self._correlation)
        self._weights[1].relu_().mul_(self._allowed)
        return self._before

    def gradient(self) -> Generator[None, None, Tensor]:
        """Return the gradients of the squared error by encoder and transposed decoder, [2, R, K]."""
        decoder = self._weights[1]
        gram = decoder @ decoder.t()
        self._correlation.zero_()
        self._activity.zero_()
        for group, mask in zip(self._groups, self._masks, strict=True):
            self._gather(group, mask, gram)
            yield
        self._before = self._loss(self._correlation[1])
        if not math.isfinite(self._before):
            raise ParameterError(
                "learning_rate", self._optimizer.rate, "smaller: with this one the loss grew without end"
            )
        self._correlation[1].neg_().addmm_(self._activity, decoder)
        return self._correlation.mul_(2)

    def _gather(self, group: Group, mask: Tensor, gram: Tensor) -> None:
        count = len(mask)
        both = group.take(self._weights).reshape(2 * count, -1) @ group.spectra.t()
        h = both[:count].relu_().mul_(mask)
        slope = (group.take_square(gram) @ h).sub_(both[count:]).mul_(h > 0)
        both[count:] = h
        both[:count] = slope
        group.add(self._correlation, both, group.spectra)
        group.add_square(self._activity, both[count:])


class EncoderFit(Autoencoder):
    """Looks for the encoder whose activations come closest to given ones: ``||H − H^C ⊙ (W_E V)||²``.

    ``W_E ← W_E ⊙ HVᵀ ⊘ [(H^C ⊙ (W_E V)) Vᵀ + ε]``, from ``W_E = HVᵀ``.
    """

    def __init__(self, groups: list[Group], decoder: Tensor, activations: Tensor) -> None:
        super().__init__(groups, decoder.expand(2, *decoder.shape).clone(), (activations > 0).to(decoder.dtype))
        self._aim = decoder.new_zeros(decoder.shape)
        for group in groups:
            group.add(self._aim, group.part(activations), group.spectra)
        self._weights[0] = self._aim

    def step(self) -> Work:
        """Update the encoder; the loss is not looked at."""
        response = self._correlation[0].zero_()
        for group, mask in zip(self._groups, self._masks, strict=True):
            group.add(response, self._encoded(group, mask), group.spectra)
            yield
        flush(self._weights[0].mul_(self._aim / response.add_(EPSILON)))
        return math.nan
