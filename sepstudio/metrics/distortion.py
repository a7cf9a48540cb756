"""Ratios of signal to distortion, in the time domain."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError

_Doubles = npt.NDArray[np.float64]


def sdr(reference: npt.ArrayLike, estimate: npt.ArrayLike) -> float:
    """Return the signal-to-distortion ratio of an estimate in dB.

    ``10 log10(Σ s² / Σ (s - ŝ)²)``, sums over all samples of all channels, as in the Music Demixing
    Challenge 2021 (Mitsufuji et al. 2022) but without its small constant. No filter, delay or
    gain is fitted: a level error counts as distortion.

    Parameters
    ----------
    reference, estimate : array or torch tensor [channels, samples] or [samples]
        Of equal shape; any level.

    Returns
    -------
    float
        ``inf`` if both are identical, 0 for a silent estimate, ``nan`` for a silent reference.

    Raises
    ------
    ParameterError
        If the shapes differ, there are no samples, or a value is not finite.
    """
    s, s_hat = _pair(reference, estimate)
    return _decibels(_energy(s), _energy(s - s_hat), _energy(s))


def si_sdr(reference: npt.ArrayLike, estimate: npt.ArrayLike) -> float:
    """Return the scale-invariant signal-to-distortion ratio of an estimate in dB.

    ``10 log10(|α s|² / |α s - ŝ|²)`` with ``α = <ŝ, s> / |s|²``, the gain that fits best (Le Roux et
    al., "SDR - half-baked or well done?", 2019). One gain serves all channels, so that
    the spatial image counts; means are kept.

    Parameters
    ----------
    reference, estimate : array or torch tensor [channels, samples] or [samples]
        Of equal shape; any level.

    Returns
    -------
    float
        ``inf`` if both are identical, about 300 for a multiple (rounding), ``-inf`` if the estimate
        holds nothing of the reference (also if it is silent), ``nan`` for a silent reference.

    Raises
    ------
    ParameterError
        If the shapes differ, there are no samples, or a value is not finite.
    """
    s, s_hat = _pair(reference, estimate)
    energy = _energy(s)
    alpha = float(np.vdot(s_hat, s)) / energy if energy else 0.0
    target = alpha * s
    return _decibels(_energy(target), _energy(target - s_hat), energy)


def _pair(reference: npt.ArrayLike, estimate: npt.ArrayLike) -> tuple[_Doubles, _Doubles]:
    s, s_hat = np.asarray(reference, np.float64), np.asarray(estimate, np.float64)
    if s.shape != s_hat.shape:
        raise ParameterError("estimate", s_hat.shape, f"of the shape of the reference, {s.shape}")
    if s.size == 0 or s.ndim not in (1, 2):
        raise ParameterError("reference", s.shape, "an array of shape [channels, samples] or [samples]")
    for name, values in (("reference", s), ("estimate", s_hat)):
        if not np.isfinite(values).all():
            raise ParameterError(name, "NaN or infinity", "finite")
    return s, s_hat


def _energy(values: _Doubles) -> float:
    return float(np.vdot(values, values))


def _decibels(signal: float, distortion: float, reference: float) -> float:
    if reference == 0:
        return math.nan
    if signal == 0:
        return -math.inf
    return 10 * math.log10(signal / distortion) if distortion else math.inf
