"""Losses of the codec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError

if TYPE_CHECKING:
    from torch import Tensor

# A channel below -160 dB of full scale, or one whose variance is the rounding error of its mean
# in single precision, carries no sound and has no correlations.
_SILENT_VARIANCE = 1e-16
_SILENT_SHARE = 1e-12


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
    variance = centred.square().mean(dim=-1, keepdim=True)
    audible = variance > _SILENT_VARIANCE + _SILENT_SHARE * x.square().mean(dim=-1, keepdim=True)
    # Replaced before the root and not after it: the gradient of a root at zero is infinite, and
    # infinity times zero would come through the other branch as NaN.
    deviation = torch.where(audible, variance, 1.0).sqrt()
    unit = torch.where(audible, centred / deviation, 0.0)
    return unit @ unit.transpose(-2, -1) / x.shape[-1]
