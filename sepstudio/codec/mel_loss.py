"""The multi-scale mel loss of the codec."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sepstudio.codec.mel_gradient import MelDistance, Scale, spans_of
from sepstudio.dsp.mel import MEL_SCALES, mel_filterbank
from sepstudio.errors import ParameterError


class MelLoss(nn.Module):
    """How far the mel spectra of two recordings differ: mean absolute difference of their log10, summed over scales.

    As the Descript Audio Codec is trained (Kumar et al. 2023): periodic Hann windows of 32 to 2048 samples, hops of a
    quarter, magnitudes, Slaney's filters from 0 Hz to half of the sample rate, floors of 1e-5. Every channel counts
    alike.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    scales : sequence of (int, int)
        Samples of the window, a multiple of four, and number of mel bands.
    """

    def __init__(self, sample_rate: int, scales: Sequence[tuple[int, int]] = MEL_SCALES) -> None:
        super().__init__()
        self.sample_rate = sample_rate
        self.scales = tuple(scales)
        self._spans = {}
        for size, mels in self.scales:
            filters = torch.tensor(mel_filterbank(sample_rate, size, mels)).T[1:-1].contiguous()
            self.register_buffer(f"filters_{size}", filters, persistent=False)
            self.register_buffer(f"window_{size}", torch.hann_window(size), persistent=False)
            self._spans[size] = spans_of(filters)

    def forward(self, x: Tensor, target: Tensor, channels: Sequence[int] | None = None) -> Tensor:
        """Return the loss as a scalar.

        Parameters
        ----------
        x, target : float tensors [batch, channels, samples]
            Of equal shape; at least half of the longest window and one sample. The target receives no gradient.
        channels : sequence of int, optional
            Those that count, to save time; by default all.

        Raises
        ------
        ParameterError
            If shapes differ or the recordings are too short.
        """
        if x.shape != target.shape or x.ndim != 3:
            raise ParameterError("x", (tuple(x.shape), tuple(target.shape)), "two tensors [batch, channels, samples]")
        shortest = max(size for size, _ in self.scales) // 2 + 1
        if x.shape[-1] < shortest:
            raise ParameterError("x", f"{x.shape[-1]} samples", f"at least {shortest} samples")
        if channels is not None:
            chosen = list(channels)
            x, target = x[:, chosen], target[:, chosen]
        # Half precision has too few digits for logarithms of small magnitudes.
        kind = torch.promote_types(x.dtype, torch.float32)
        rows, wanted = (given.to(kind).flatten(0, 1) for given in (x, target.detach()))
        distance: Tensor = MelDistance.apply(rows, wanted, self._scales(kind))  # type: ignore[no-untyped-call]
        return distance

    def _scales(self, kind: torch.dtype) -> list[Scale]:
        return [
            Scale(
                self.get_buffer(f"window_{size}").to(kind),
                self.get_buffer(f"filters_{size}").to(kind),
                self._spans[size],
            )
            for size, _ in self.scales
        ]
