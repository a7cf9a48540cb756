"""Losses of the codec."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError
from sepstudio.nn.bands import erb_edges

if TYPE_CHECKING:
    from torch import Tensor

# A channel below -160 dB of full scale, or one whose variance is the rounding error of its mean
# in single precision, carries no sound and has no correlations.
_SILENT_VARIANCE = 1e-16
_SILENT_SHARE = 1e-12
_BAND_WINDOW = 1024


def covariance_loss(x: Tensor | npt.NDArray[Any], y: Tensor | npt.NDArray[Any]) -> Any:
    """Return how far the correlations between the channels of two recordings differ.

    ``½ Σ_i Σ_j |ρ_ij(x) - ρ_ij(y)|`` with the Pearson correlations ``ρ_ij = C_ij / √(C_ii C_jj)`` of
    the channels over time (Hirvonen and Namazi, "Compression of Higher Order Ambisonics with
    Multichannel RVQGAN", eq. 3). A silent channel correlates with nothing, itself included, and
    receives no gradient. The loss is symmetric, does not depend on the levels of channels, and
    lies between 0 and the square of their number.

    Parameters
    ----------
    x, y : torch tensor or array [channels, samples] or [batch, channels, samples]
        Of equal shape, any level; of a batch the mean is taken.

    Returns
    -------
    scalar tensor, or float for arrays
        Differentiable in both arguments, with finite gradients; tensors of half precision are
        computed in single precision, arrays in double precision.

    Raises
    ------
    ParameterError
        If the shapes differ or are others than these.
    """
    import torch

    if not isinstance(x, torch.Tensor) and not isinstance(y, torch.Tensor):
        arrays = (torch.from_numpy(np.array(values, np.float64)) for values in (x, y))
        return float(covariance_loss(*arrays))
    first, second = torch.as_tensor(x), torch.as_tensor(y)
    if first.shape != second.shape:
        raise ParameterError("y", tuple(second.shape), f"of the shape of x, {tuple(first.shape)}")
    if first.ndim not in (2, 3) or first.numel() == 0:
        raise ParameterError("x", tuple(first.shape), "of shape [channels, samples] or [batch, channels, samples]")
    return (correlations(first) - correlations(second)).abs().sum(dim=(-2, -1)).mean() / 2


def banded_covariance_loss(x: Tensor, y: Tensor, sample_rate: int, bands: int = 16) -> Tensor:
    """Return the covariance loss within bands of equal width on the ERB-rate scale, the mean over bands.

    Loud bass hides from the broadband loss how the rest of a scene goes together. Correlations of a band are the real
    parts of cross-spectra, summed over its bins and all frames of 1024 samples; nothing is said of 0 Hz.

    Parameters
    ----------
    x, y : tensors [batch, channels, samples]
        Of equal shape, of more than 512 samples.
    sample_rate : int
        In Hz.
    bands : int

    Returns
    -------
    scalar tensor
        Between 0 and the square of the number of channels, differentiable in both arguments with finite gradients.

    Raises
    ------
    ParameterError
        If the shapes differ or are others than these, or there are more bands than bins.
    """
    if x.shape != y.shape or x.ndim != 3:
        raise ParameterError("y", (tuple(x.shape), tuple(y.shape)), "two tensors [batch, channels, samples]")
    if x.shape[-1] <= _BAND_WINDOW // 2:
        raise ParameterError("x", f"{x.shape[-1]} samples", f"more than {_BAND_WINDOW // 2} samples")
    edges = erb_edges(bands, _BAND_WINDOW // 2, bin_width=sample_rate / _BAND_WINDOW)
    first, second = (_banded_correlations(one, [int(edge) for edge in edges]) for one in (x, y))
    return (first - second).abs().sum(dim=(-2, -1)).mean() / 2


def _banded_correlations(x: Tensor, edges: Sequence[int]) -> Tensor:
    """Return the correlations within bands of bins, those of 0 Hz not counted, [bands, batch, channels, channels]."""
    import torch

    x = x.to(torch.promote_types(x.dtype, torch.float32))
    window = torch.hann_window(_BAND_WINDOW, dtype=x.dtype, device=x.device)
    spectra = torch.stft(x.flatten(0, 1), _BAND_WINDOW, _BAND_WINDOW // 2, window=window, return_complex=True)
    values = torch.view_as_real(spectra[:, 1:]).reshape(*x.shape[:2], _BAND_WINDOW // 2, -1)
    floor = _SILENT_SHARE * values.square().sum(dim=(-2, -1)).unsqueeze(-1)
    pieces = (values[:, :, low:high].flatten(2) for low, high in pairwise(edges))
    return torch.stack([_cosines(piece, floor / piece.shape[-1] + _SILENT_VARIANCE) for piece in pieces])


def correlations(x: Tensor) -> Tensor:
    """Return the Pearson correlations between channels.

    Parameters
    ----------
    x : tensor [..., channels, samples]

    Returns
    -------
    tensor [..., channels, channels]
        In [-1, 1] up to rounding; rows and columns of silent channels are zero.
    """
    import torch

    x = x.to(torch.promote_types(x.dtype, torch.float32))
    centred = x - x.mean(dim=-1, keepdim=True)
    return _cosines(centred, _SILENT_VARIANCE + _SILENT_SHARE * x.square().mean(dim=-1, keepdim=True))


def _cosines(x: Tensor, floor: Tensor) -> Tensor:
    """Return the cosines between rows [..., rows, values]; zeros for rows whose mean square is not above the floor."""
    import torch

    power = x.square().mean(dim=-1, keepdim=True)
    audible = power > floor
    # Replaced before the root and not after it: the gradient of a root at zero is infinite, and
    # infinity times zero would come through the other branch as NaN.
    unit = torch.where(audible, x / torch.where(audible, power, 1.0).sqrt(), 0.0)
    return unit @ unit.transpose(-2, -1) / x.shape[-1]
