"""Multichannel Wiener filter of the local Gaussian model."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.parallel import over_rows
from sepstudio.errors import ParameterError

# Relative to the loudest point of the mixture: -100 dB, far below what any mask can be heard to do.
REGULARIZATION = 1e-10


def kernels_for(channels: int, sources: int) -> ModuleType:
    """Return the compiled loops for a number of channels and sources (see ``spatial_kernels``)."""
    from sepstudio.dsp import spatial_kernels, stereo_kernels

    return stereo_kernels.for_sources(sources) if channels == 2 else spatial_kernels


def power(x: npt.NDArray[np.complex64]) -> npt.NDArray[np.float32]:
    """Return the energy over all channels, ``x* x``: [channels, bins, frames] to [bins, frames]."""
    total = np.zeros(x.shape[1:], np.float32)
    for channel in x:
        total += channel.real**2
        total += channel.imag**2
    return total


def multichannel_wiener(
    x: npt.ArrayLike,
    spectrograms: npt.ArrayLike,
    covariances: npt.ArrayLike,
    *,
    regularization: float = REGULARIZATION,
    threads: int = 2,
) -> npt.NDArray[np.complex64]:
    """Return the minimum mean-squared error estimates of Gaussian sources (KAM eq. 7).

    Parameters
    ----------
    x : complex array [channels, bins, frames]
        STFT of the mixture.
    spectrograms : float array [sources, bins, frames]
        Energies of the sources, at least 0.
    covariances : complex array [sources, bins, channels, channels]
        Spatial covariances, Hermitian and positive semidefinite.
    regularization : float
        ``regularization * max(x* x) / sources`` is added to the diagonal of every source's
        covariance, so that the estimates sum to ``x`` at any value.

    Returns
    -------
    complex64 array [sources, channels, bins, frames]. Silence gives zeros.

    Raises
    ------
    ParameterError
        If the shapes do not fit together.
    """
    mixture = np.ascontiguousarray(x, np.complex64)
    s = np.ascontiguousarray(spectrograms, np.float32)
    r = np.ascontiguousarray(covariances, np.complex128)
    _check(mixture, s, r)
    out = np.zeros((s.shape[0], *mixture.shape), np.complex64)
    loading = regularization * float(power(mixture).max(initial=0.0)) / s.shape[0]
    if loading > 0.0:
        kernels = kernels_for(mixture.shape[0], s.shape[0])

        def rows(first: int, last: int) -> None:
            kernels.estimate(mixture, s, r, loading, out, 0, mixture.shape[2], first, last)

        over_rows(rows, 0, mixture.shape[1], threads)
    return out


def _check(x: npt.NDArray[Any], s: npt.NDArray[Any], r: npt.NDArray[Any]) -> None:
    if x.ndim != 3:
        raise ParameterError("x", x.shape, "an array [channels, bins, frames]")
    if s.ndim != 3 or s.shape[1:] != x.shape[1:] or not len(s):
        raise ParameterError("spectrograms", s.shape, f"an array [sources, {x.shape[1]}, {x.shape[2]}]")
    expected = (s.shape[0], x.shape[1], x.shape[0], x.shape[0])
    if r.shape != expected:
        raise ParameterError("covariances", r.shape, f"an array {list(expected)}")
