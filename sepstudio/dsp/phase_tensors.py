"""Phase features of tensors that live on a GPU: the formulas of ``phase`` in torch's own operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from sepstudio.dsp.stft import check_sizes, frame_count, frame_span, hann
from sepstudio.errors import ParameterError

if TYPE_CHECKING:
    from sepstudio.dsp.phase import PhasePlan


def tensor_stft(x: torch.Tensor, *, fft_size: int, hop_size: int) -> torch.Tensor:
    """Return what ``stft`` returns, complex64 [..., bins, frames], on the device of the samples [..., samples]."""
    check_sizes(fft_size, hop_size)
    if x.ndim == 0:
        raise ParameterError("x", float(x), "a tensor [..., samples]")
    frames = frame_count(x.shape[-1], fft_size=fft_size, hop_size=hop_size)
    start, stop = frame_span(0, frames, fft_size=fft_size, hop_size=hop_size)
    padding = (-start, max(stop - x.shape[-1], 0))
    padded = torch.nn.functional.pad(x.to(torch.float32), padding).reshape(-1, x.shape[-1] + sum(padding))
    window = torch.as_tensor(hann(fft_size), device=x.device)
    spectrum = torch.stft(padded, fft_size, hop_size, window=window, center=False, return_complex=True)
    return spectrum.reshape(*x.shape[:-1], *spectrum.shape[-2:])


def tensor_peak(spectrum: torch.Tensor) -> float:
    """Return the largest magnitude, 0 for an empty spectrum."""
    return float(spectrum.abs().max()) if spectrum.numel() else 0.0


def tensor_features(
    spectrum: torch.Tensor, plan: PhasePlan, reference: float, before: torch.Tensor | None
) -> torch.Tensor:
    """Return the features [kinds, ..., bins, frames] of a spectrum [..., bins, frames]; ``before`` [..., bins]."""
    x = spectrum.to(torch.complex64)
    first = torch.zeros_like(x[..., 0]) if before is None else before.to(x)
    x = torch.cat([first.unsqueeze(-1), x], dim=-1)
    level = x.abs()
    heard = (level >= plan.threshold(reference)) & (level > 0)
    phase = torch.angle(x)
    return torch.stack([_feature(kind, phase, heard, plan) for kind in plan.kinds])


def _feature(kind: str, phase: torch.Tensor, heard: torch.Tensor, plan: PhasePlan) -> torch.Tensor:
    """Return a feature [..., bins, frames] of phases [..., bins, 1 + frames]."""
    now, sound = phase[..., 1:], heard[..., 1:]
    if kind == "phase":
        return _wrapped(now, sound)
    if kind == "time":
        shifts = _tensor(plan.shifts, phase).unsqueeze(-1)
        return _wrapped(now - phase[..., :-1] - shifts, sound & heard[..., :-1])
    difference = _wrapped(now[..., 1:, :] - now[..., :-1, :] - float(plan.tilt), sound[..., 1:, :] & sound[..., :-1, :])
    return torch.nn.functional.pad(difference, (0, 0, 1, 0))


def _wrapped(angles: torch.Tensor, heard: torch.Tensor) -> torch.Tensor:
    wrapped = torch.remainder(angles + np.pi, 2 * np.pi) - np.pi
    # The remainder of a tiny negative number is rounded to the divisor itself.
    wrapped = torch.where(wrapped >= np.pi, -np.pi, wrapped)
    return torch.where(heard, wrapped, 0.0)


def _tensor(values: npt.NDArray[np.float32], like: torch.Tensor) -> torch.Tensor:
    return torch.as_tensor(values, device=like.device)
