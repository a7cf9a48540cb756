"""The multiplicative rules of nonnegative matrix factorisation, for three losses.

Each engine updates the activations first and then the templates with the new activations, batch
by batch of groups of frames. Templates are held transposed, [R, K].
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sepstudio.separation.factor_groups import EPSILON, Batch, assembled, energy, flush, inner, upright
from sepstudio.separation.factor_run import Work

if TYPE_CHECKING:
    from torch import Tensor

# What Itakura-Saito hears as silence, relative to the maximum: its loss of an exact zero is infinite.
FLOOR = 1e-8


class Rules:
    """What the engines share: the batches, the templates, and the activations of every batch."""

    # Frames of a group at most.
    longest = 4096

    def __init__(self, batches: list[Batch], templates: Tensor, activations: Tensor) -> None:
        self._batches = batches
        self._w = templates
        self._h = [batch.part(activations) for batch in batches]
        self._shape = (len(activations), activations.shape[1])

    def templates(self) -> Tensor:
        """Return the templates, transposed."""
        return self._w

    def activations(self) -> Tensor:
        """Return the whole matrix of activations."""
        return assembled(self._batches, self._h, self._shape)

    def encoder(self) -> None:
        """There is none."""


class Euclidean(Rules):
    """``H ← H ⊙ WᵀV ⊘ (WᵀWH + ε)``, ``W ← W ⊙ VHᵀ ⊘ (W(HHᵀ) + ε)`` of Lee and Seung.

    The loss ``||V||² − 2⟨W, VHᵀ⟩ + ⟨WᵀW, HHᵀ⟩`` needs nothing that the rules have not computed,
    and is exact to some 1e-7 of ``||V||²`` in single precision.
    """

    def __init__(self, batches: list[Batch], templates: Tensor, activations: Tensor) -> None:
        import torch

        super().__init__(batches, templates, activations)
        if all(batch.whole for batch in batches):
            self._w, self._h = upright(self._w), [upright(h) for h in self._h]
        self._energy = energy(batches)
        self._gram = self._w @ self._w.t()
        self._correlation = torch.empty_like(self._w)
        self._activity = self._gram.new_empty(self._gram.shape)
        self._loss = math.nan

    def step(self) -> Work:
        """Update activations, then templates."""
        before = self._loss
        self._correlation.zero_()
        self._activity.zero_()
        for index, batch in enumerate(self._batches):
            self._update(batch, self._h[index])
            yield
        self._w.mul_(self._correlation / (self._activity @ self._w).add_(EPSILON))
        flush(self._w)
        self._gram = self._w @ self._w.t()
        modelled = inner(self._gram.double(), self._activity.double())
        self._loss = max(self._energy - 2 * inner(self._w, self._correlation) + modelled, 0.0)
        return before

    def _update(self, batch: Batch, h: Tensor) -> None:
        h.mul_(batch.project(self._w).div_(batch.mix(self._gram, h).add_(EPSILON)))
        flush(h)
        batch.add(self._correlation, h, batch.spectra.mT)
        batch.add_square(self._activity, h)

    def loss(self) -> Work:
        """Return what the last step found."""
        return self._loss
        yield


class KullbackLeibler(Rules):
    """``H ← H ⊙ Wᵀ(V ⊘ WH) ⊘ Wᵀ1``, ``W ← W ⊙ (V ⊘ WH)Hᵀ ⊘ 1Hᵀ`` of Lee and Seung."""

    # Matrices of the size of a group's spectra are passed over several times: they should stay in the cache.
    longest = 256

    def step(self) -> Work:
        """Update activations, then templates."""
        before = 0.0
        correlation = self._w.new_zeros(self._w.shape)
        sums = self._w.sum(dim=1, keepdim=True)
        activity = sums.new_zeros(sums.shape)
        for index, batch in enumerate(self._batches):
            h, w = self._h[index], batch.take(self._w)
            before += self._divergence(batch.spectra, ratio := batch.spectra / self._model(w, h), w, h)
            h.mul_((w @ ratio).div_(batch.take(sums) + EPSILON))
            flush(h)
            batch.add(correlation, h, (batch.spectra / self._model(w, h)).mT)
            batch.add(activity, h, h.new_ones(len(h), h.shape[-1], 1))
            yield
        self._w.mul_(correlation.div_(activity.add_(EPSILON)))
        flush(self._w)
        return before

    def loss(self) -> Work:
        """Return ``Σ V log(V ⊘ WH) − V + WH``."""
        total = 0.0
        for batch, h in zip(self._batches, self._h, strict=True):
            w = batch.take(self._w)
            total += self._divergence(batch.spectra, batch.spectra / self._model(w, h), w, h)
            yield
        return total

    @staticmethod
    def _model(w: Tensor, h: Tensor) -> Tensor:
        return (w.mT @ h).add_(EPSILON)

    @staticmethod
    def _divergence(spectra: Tensor, ratio: Tensor, w: Tensor, h: Tensor) -> float:
        import torch

        # Where the spectrum is zero so is the ratio, and the product with any finite logarithm.
        logarithm = ratio.clamp(min=EPSILON).log_().mul_(spectra).sub_(spectra)
        model = inner(w.sum(dim=-1, dtype=torch.float64), h.sum(dim=-1, dtype=torch.float64))
        return float(logarithm.sum(dtype=torch.float64)) + model


class ItakuraSaito(Rules):
    """The rules with the exponent ½ under which the loss never rises.

    ``H ← H ⊙ (Wᵀ(V ⊘ V̂²) ⊘ Wᵀ(1 ⊘ V̂))^½`` and likewise for W (Févotte and Idier 2011, eqs 4.10 and
    following, β = 0). Spectrum and model are not let below a floor of −160 dB, as noise would keep them.
    """

    longest = 256

    def __init__(self, batches: list[Batch], templates: Tensor, activations: Tensor) -> None:
        super().__init__(batches, templates, activations)
        for batch in batches:
            batch.spectra.clamp_(min=FLOOR)

    def step(self) -> Work:
        """Update activations, then templates."""
        before = 0.0
        upper, lower = self._w.new_zeros(self._w.shape), self._w.new_zeros(self._w.shape)
        for index, batch in enumerate(self._batches):
            h, w = self._h[index], batch.take(self._w)
            inverse, ratio = self._parts(batch.spectra, w, h)
            before += self._divergence(ratio)
            h.mul_((w @ ratio.mul_(inverse)).div_((w @ inverse).add_(EPSILON)).sqrt_())
            flush(h)
            inverse, ratio = self._parts(batch.spectra, w, h)
            batch.add(upper, h, ratio.mul_(inverse).mT)
            batch.add(lower, h, inverse.mT)
            yield
        self._w.mul_(upper.div_(lower.add_(EPSILON)).sqrt_())
        flush(self._w)
        return before

    def loss(self) -> Work:
        """Return ``Σ V ⊘ V̂ − log(V ⊘ V̂) − 1``."""
        total = 0.0
        for batch, h in zip(self._batches, self._h, strict=True):
            total += self._divergence(self._parts(batch.spectra, batch.take(self._w), h)[1])
            yield
        return total

    @staticmethod
    def _parts(spectra: Tensor, w: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``1 ⊘ V̂`` and ``V ⊘ V̂``."""
        inverse = (w.mT @ h).add_(FLOOR).reciprocal_()
        return inverse, spectra * inverse

    @staticmethod
    def _divergence(ratio: Tensor) -> float:
        import torch

        return float((ratio - ratio.log()).sub_(1).sum(dtype=torch.float64))
