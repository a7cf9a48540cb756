"""Update rules of the nonnegative autoencoder ``V̂ = W_D (H^C ⊙ relu(W_E V))``.

Encoder and transposed decoder lie on top of each other in one matrix [2 R, K]: their products with the spectrogram
become one product of twice the height. Nothing of the size K x N is ever formed beside the spectrogram.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import TYPE_CHECKING

from sepstudio.errors import ParameterError
from sepstudio.separation.factor_groups import EPSILON, Batch, assembled, energy, flush, inner
from sepstudio.separation.factor_run import Work
from sepstudio.separation.optimizers import Optimizer

if TYPE_CHECKING:
    from torch import Tensor


class Autoencoder:
    """What all its engines share: batches, mask and weights.

    ``weights`` [2 R, K] are the encoder over the transposed decoder, and are changed in place; ``mask`` [R, N]
    is 1 where a component may sound and 0 elsewhere.
    """

    def __init__(self, batches: list[Batch], weights: Tensor, mask: Tensor) -> None:
        self._batches = batches
        self._weights = weights
        self._encoder, self._decoder = weights.chunk(2)
        self._shape = (len(mask), mask.shape[1])
        self._masks = [batch.part(mask) for batch in batches]
        self._energy = energy(batches)
        self._sums = weights.new_zeros(weights.shape)
        # The halves of the sums: first what the encoder asks for, then the correlations H'Vᵀ.
        self._wanted, self._correlation = self._sums.chunk(2)
        self._activity = weights.new_zeros(len(mask), len(mask))

    def templates(self) -> Tensor:
        """Return the decoder as it is now, transposed."""
        return self._decoder

    def activations(self) -> Tensor:
        """Return the whole matrix of activations that the encoder gives now."""
        parts = [self._encoded(batch, mask) for batch, mask in zip(self._batches, self._masks, strict=True)]
        return assembled(self._batches, parts, self._shape)

    def encoder(self) -> Tensor:
        """Return the encoder as it is now."""
        return self._encoder

    def _encoded(self, batch: Batch, mask: Tensor) -> Tensor:
        return (batch.take(self._encoder) @ batch.spectra).relu_().mul_(mask)

    def _loss(self) -> float:
        """Return ``||V||² − 2⟨W_D, V H'ᵀ⟩ + ⟨W_Dᵀ W_D, H' H'ᵀ⟩``."""
        modelled, matched = self._alignment()
        return max(self._energy - 2 * matched + modelled, 0.0)

    def _alignment(self) -> tuple[float, float]:
        """Return ``⟨V̂, V̂⟩`` and ``⟨V̂, V⟩`` of what was correlated last."""
        gram = self._decoder @ self._decoder.t()
        return inner(gram.double(), self._activity.double()), inner(self._decoder, self._correlation)

    def fit(self) -> Generator[None, None, float]:
        """Return the factor by which the model comes closest to the spectrogram in least squares."""
        yield from self._correlate()
        modelled, matched = self._alignment()
        return matched / modelled if modelled > 0 else 1.0

    def _correlate(self) -> Generator[None, None, None]:
        """Compute ``H'Vᵀ`` and ``H'H'ᵀ`` of the present encoder."""
        self._correlation.zero_()
        self._activity.zero_()
        for batch, mask in zip(self._batches, self._masks, strict=True):
            h = self._encoded(batch, mask)
            batch.add(self._correlation, h, batch.spectra.mT)
            batch.add_square(self._activity, h)
            yield

    def loss(self) -> Work:
        """Return the loss of the present weights."""
        yield from self._correlate()
        return self._loss()


class Multiplicative(Autoencoder):
    """``W_E ← W_E ⊙ [((W_Dᵀ V) ⊙ H^C) Vᵀ] ⊘ [((W_Dᵀ W_D H') ⊙ H^C) Vᵀ + ε]``, then the decoder as in NMF.

    Weights must start positive where they are not to stay zero. The activations after the encoder's
    update are those of the next iteration.
    """

    def __init__(self, batches: list[Batch], weights: Tensor, mask: Tensor) -> None:
        super().__init__(batches, weights, mask)
        self._h: list[Tensor] = []
        self._last = math.nan

    def step(self) -> Work:
        """Update the encoder, then the decoder."""
        before = self._last
        if not self._h:
            self._h = [self._encoded(*pair) for pair in zip(self._batches, self._masks, strict=True)]
        yield from self._update_encoder()
        yield from self._update_decoder()
        self._last = self._loss()
        return before

    def _update_encoder(self) -> Generator[None, None, None]:
        import torch

        gram = self._decoder @ self._decoder.t()
        self._sums.zero_()
        for batch, mask, h in zip(self._batches, self._masks, self._h, strict=True):
            target = (batch.take(self._decoder) @ batch.spectra).mul_(mask)
            model = (batch.take_square(gram) @ h).mul_(mask)
            batch.add(self._sums, torch.cat((target, model), dim=1), batch.spectra.mT, stacked=2)
            yield
        numerator, denominator = self._sums.chunk(2)
        flush(self._encoder.mul_(numerator / denominator.add_(EPSILON)))

    def _update_decoder(self) -> Generator[None, None, None]:
        self._correlation.zero_()
        self._activity.zero_()
        for index, (batch, mask) in enumerate(zip(self._batches, self._masks, strict=True)):
            h = self._h[index] = flush(self._encoded(batch, mask))
            batch.add(self._correlation, h, batch.spectra.mT)
            batch.add_square(self._activity, h)
            yield
        flush(self._decoder.mul_(self._correlation / (self._activity @ self._decoder).add_(EPSILON)))

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
        self, batches: list[Batch], weights: Tensor, mask: Tensor, template_mask: Tensor, optimizer: Optimizer
    ) -> None:
        super().__init__(batches, weights, mask)
        self._allowed = template_mask
        self._optimizer = optimizer
        self._before = math.nan

    def step(self) -> Work:
        """Follow the gradient once."""
        self._optimizer.move(self._weights, (yield from self.gradient()))
        self._decoder.relu_().mul_(self._allowed)
        return self._before

    def gradient(self) -> Generator[None, None, Tensor]:
        """Return the gradients of the squared error by encoder and transposed decoder, [2 R, K]."""
        gram = self._decoder @ self._decoder.t()
        self._sums.zero_()
        self._activity.zero_()
        for batch, mask in zip(self._batches, self._masks, strict=True):
            self._gather(batch, mask, gram)
            yield
        self._before = self._loss()
        if not math.isfinite(self._before):
            rate = self._optimizer.rate
            raise ParameterError("learning_rate", rate, "smaller: with this one the loss grew without end")
        self._correlation.neg_().addmm_(self._activity, self._decoder)
        return self._sums.mul_(2)

    def _gather(self, batch: Batch, mask: Tensor, gram: Tensor) -> None:
        response = batch.take(self._weights, stacked=2) @ batch.spectra
        encoded, matched = response.chunk(2, dim=1)
        h = encoded.relu_().mul_(mask)
        slope = (batch.take_square(gram) @ h).sub_(matched).mul_(h > 0)
        batch.add_square(self._activity, h)
        matched.copy_(h)
        encoded.copy_(slope)
        batch.add(self._sums, response, batch.spectra.mT, stacked=2)


class EncoderFit(Autoencoder):
    """Looks for the encoder whose activations come closest to given ones: ``||H − H^C ⊙ (W_E V)||²``.

    ``W_E ← W_E ⊙ HVᵀ ⊘ [(H^C ⊙ (W_E V)) Vᵀ + ε]``, from ``W_E = HVᵀ``.
    """

    def __init__(self, batches: list[Batch], decoder: Tensor, activations: Tensor) -> None:
        super().__init__(batches, decoder.repeat(2, 1), (activations > 0).to(decoder.dtype))
        self._aim = decoder.new_zeros(decoder.shape)
        for batch in batches:
            batch.add(self._aim, batch.part(activations), batch.spectra.mT)
        self._encoder.copy_(self._aim)

    def step(self) -> Work:
        """Update the encoder; the loss is not looked at."""
        response = self._wanted.zero_()
        for batch, mask in zip(self._batches, self._masks, strict=True):
            batch.add(response, self._encoded(batch, mask), batch.spectra.mT)
            yield
        flush(self._encoder.mul_(self._aim / response.add_(EPSILON)))
        return math.nan
