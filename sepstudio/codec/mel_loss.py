"""The multi-scale mel loss of the codec."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sepstudio.dsp.mel import MEL_SCALES, mel_filterbank
from sepstudio.errors import ParameterError

_FLOOR = 1e-5


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
        for size, mels in self.scales:
            filters = torch.tensor(mel_filterbank(sample_rate, size, mels)).T.contiguous()
            self.register_buffer(f"filters_{size}", filters, persistent=False)
            self.register_buffer(f"window_{size}", torch.hann_window(size), persistent=False)

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
        rows = x.float().flatten(0, 1)
        with torch.no_grad():
            wanted = target.float().flatten(0, 1)
        total = rows.new_zeros(())
        for size, _ in self.scales:
            with torch.no_grad():
                goal = self._log_mels(wanted, size)
            total = total + (self._log_mels(rows, size) - goal).abs().mean()
        return total

    def _log_mels(self, rows: Tensor, size: int) -> Tensor:
        spectrum = torch.stft(
            rows, size, size // 4, window=self.get_buffer(f"window_{size}"), center=True, return_complex=True
        )
        mels = spectrum.abs().transpose(1, 2) @ self.get_buffer(f"filters_{size}")
        return mels.clamp_min(_FLOOR).log10()
