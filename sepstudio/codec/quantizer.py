"""Residual vector quantisation: each codebook codes what the ones before it left.

Van den Oord et al. (2017) for one codebook, Zeghidour et al., "SoundStream" (2021) for many; factorised
and normalised codes of Yu et al. (2021), as in Kumar et al., "High-fidelity audio compression with
improved RVQGAN" (2023), section 3.2. Importing this module loads torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from sepstudio.codec.config import CodecConfig
from sepstudio.codec.layers import Convolution
from sepstudio.errors import ParameterError

# Frames whose distances to all entries are held at a time: half a megabyte stays in the cache.
_BLOCK = 128


@dataclass(frozen=True)
class Quantized:
    """What a quantizer makes of latents.

    Parameters
    ----------
    latent : float32 tensor [batch, latent_dim, frames]
        Quantised; its gradient goes straight through to the encoder.
    codes : int64 tensor [batch, codebooks, frames]
        Of the codebooks that were asked for.
    commitment, codebook : float32 scalar tensor
        Losses, summed over codebooks: how far the encoder is from the entries (with a gradient to
        the encoder), and the entries from the encoder (to the entries).
    """

    latent: Tensor
    codes: Tensor
    commitment: Tensor
    codebook: Tensor


class VectorQuantizer(nn.Module):
    """One codebook between two projections."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.in_proj = Convolution(config.latent_dim, config.codebook_dim, 1)
        self.out_proj = Convolution(config.codebook_dim, config.latent_dim, 1)
        # Drawn as it would itself, but not where only shapes are wanted: that would import torch's compiler, 1.3 s.
        entries = torch.empty(config.codebook_size, config.codebook_dim)
        if not entries.is_meta:
            entries.normal_()
        self.codebook = nn.Embedding(config.codebook_size, config.codebook_dim, _weight=entries)

    def nearest(self, projected: Tensor) -> Tensor:
        """Return int64 [batch, frames]: the entry of the nearest direction to ``projected`` [batch, dim, frames]."""
        with torch.no_grad():
            entries = functional.normalize(self.codebook.weight)
            rows = functional.normalize(projected.transpose(1, 2).flatten(0, 1))
            norms = entries.square().sum(1)
            codes = torch.cat([_nearest(block, entries, norms) for block in torch.split(rows, _BLOCK)])
        return codes.view(len(projected), -1)

    def entries_of(self, codes: Tensor) -> Tensor:
        """Return the entries of codes [batch, frames] as float32 [batch, dim, frames]."""
        return self.codebook(codes).transpose(1, 2)  # type: ignore[no-any-return]

    def latent_of(self, codes: Tensor) -> Tensor:
        """Return what codes [batch, frames] add to the latent, float32 [batch, latent_dim, frames]."""
        return self.out_proj(self.entries_of(codes))  # type: ignore[no-any-return]


def _nearest(rows: Tensor, entries: Tensor, norms: Tensor) -> Tensor:
    # In the reference's order of operations, so that near ties fall as they do there.
    distances = rows @ entries.T
    distances.mul_(-2).add_(rows.square().sum(1, keepdim=True)).add_(norms)
    return distances.argmin(1)


class ResidualQuantizer(nn.Module):
    """Codebooks one behind the other."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.quantizers = nn.ModuleList(VectorQuantizer(config) for _ in range(config.codebooks))

    def forward(self, latent: Tensor, codebooks: int | Tensor | None = None) -> Quantized:
        """Quantise latents.

        Parameters
        ----------
        latent : float32 [batch, latent_dim, frames]
        codebooks : int, int64 tensor [batch] or None
            How many of the first codebooks are used, for all items or for each; None for all. With
            a tensor all codes are computed, and those beyond are left out of latent and losses.

        Raises
        ------
        ParameterError
            If there are not so many codebooks.
        """
        used = self._used(codebooks)
        counts = codebooks if isinstance(codebooks, Tensor) else None
        total, rest = torch.zeros_like(latent), latent
        commitment = codebook = latent.new_zeros(())
        codes = []
        for index, quantizer in enumerate(self._first(used)):
            projected = quantizer.in_proj(rest)
            codes.append(quantizer.nearest(projected))
            entries = quantizer.entries_of(codes[-1])
            # Straight through: the value is that of the entries, the gradient that of the projection.
            part = quantizer.out_proj(projected + (entries - projected).detach())
            mask = None if counts is None else (counts > index).to(latent)
            total = total + (part if mask is None else part * mask[:, None, None])
            rest = rest - part
            commitment = commitment + _loss(projected, entries.detach(), mask)
            codebook = codebook + _loss(entries, projected.detach(), mask)
        return Quantized(total, torch.stack(codes, 1), commitment, codebook)

    def encode(self, latent: Tensor, codebooks: int | None = None) -> Tensor:
        """Return the codes alone, int64 [batch, codebooks, frames]; see ``forward``."""
        codes, rest = [], latent
        for quantizer in self._first(self._used(codebooks)):
            codes.append(quantizer.nearest(quantizer.in_proj(rest)))
            rest = rest - quantizer.latent_of(codes[-1])
        return torch.stack(codes, 1)

    def latent_of(self, codes: Tensor, left_out: int | None = None) -> Tensor:
        """Return the latent of codes, float32 [batch, latent_dim, frames].

        Parameters
        ----------
        codes : int64 [batch, codebooks, frames]
            Of the first codebooks, as many as there are.
        left_out : int or None
            The index of a codebook that adds nothing.

        Raises
        ------
        ParameterError
            If there are not so many codebooks, or none is left.
        """
        used = self._used(codes.shape[1])
        parts = [
            quantizer.latent_of(codes[:, index])
            for index, quantizer in enumerate(self._first(used))
            if index != left_out
        ]
        if not parts:
            raise ParameterError("left_out", left_out, "another codebook than the only one")
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total

    def _first(self, count: int) -> list[VectorQuantizer]:
        return [cast("VectorQuantizer", quantizer) for quantizer in self.quantizers[:count]]

    def _used(self, codebooks: int | Tensor | None) -> int:
        available = len(self.quantizers)
        if codebooks is None or isinstance(codebooks, Tensor):
            return available
        if not 1 <= codebooks <= available:
            raise ParameterError("codebooks", codebooks, f"from 1 to {available}, or nothing for all")
        return codebooks


def _loss(values: Tensor, target: Tensor, mask: Tensor | None) -> Tensor:
    """Return the mean squared error of each item, averaged over the batch after items were masked."""
    errors = functional.mse_loss(values, target, reduction="none").mean((1, 2))
    return (errors if mask is None else errors * mask).mean()


def drawn_codebooks(config: CodecConfig, batch: int, generator: torch.Generator | None = None) -> Tensor:
    """Return how many codebooks each item of a batch is trained with, int64 [batch].

    As in the reference, the first ``int(batch * quantizer_dropout)`` items get a number that is
    drawn evenly from 1 to all of them, the others all.
    """
    counts = torch.full((batch,), config.codebooks)
    some = int(batch * config.quantizer_dropout)
    counts[:some] = torch.randint(1, config.codebooks + 1, (batch,), generator=generator)[:some]
    return counts
