"""Ratios of signal to distortion, in the time domain."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.metrics.stems import Doubles, Stems, stems_of

One = npt.ArrayLike | AudioClip
_BLOCK = 1 << 18


def sdr(reference: One, estimate: One) -> float:
    """Return the signal-to-distortion ratio of an estimate in dB.

    ``10 log10(Σ s² / Σ (s - ŝ)²)``, sums over all samples of all channels, as in the Music Demixing
    Challenge 2021 (Mitsufuji et al. 2022) but without its small constant. No filter, delay or
    gain is fitted: a level error counts as distortion.

    Parameters
    ----------
    reference, estimate : array or torch tensor [channels, samples] or [samples], or AudioClip
        Of equal shape; any level. Clips are read block by block.

    Returns
    -------
    float
        ``inf`` if both are identical, 0 for a silent estimate, ``nan`` for a silent reference.

    Raises
    ------
    ParameterError
        If the shapes differ, there are no samples, or a value is not finite.
    """
    pair = _pair(reference, estimate)
    energy, distortion = _sums(pair, lambda s, s_hat: (_product(s, s), _product(s - s_hat, s - s_hat)))
    return _decibels(energy, distortion, energy)


def si_sdr(reference: One, estimate: One) -> float:
    """Return the scale-invariant signal-to-distortion ratio of an estimate in dB.

    ``10 log10(|α s|² / |α s - ŝ|²)`` with ``α = <ŝ, s> / |s|²``, the gain that fits best (Le Roux et
    al., "SDR - half-baked or well done?", 2019). One gain serves all channels, so that
    the spatial image counts; means are kept.

    Parameters
    ----------
    reference, estimate : array or torch tensor [channels, samples] or [samples], or AudioClip
        Of equal shape; any level. Clips are read block by block.

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
    pair = _pair(reference, estimate)
    energy, common = _sums(pair, lambda s, s_hat: (_product(s, s), _product(s, s_hat)))
    alpha = common / energy if energy else 0.0
    target, distortion = _sums(
        pair, lambda s, s_hat: (_product(alpha * s, alpha * s), _product(alpha * s - s_hat, alpha * s - s_hat))
    )
    return _decibels(target, distortion, energy)


def _pair(reference: One, estimate: One) -> tuple[Stems, Stems]:
    if _shape(reference) != _shape(estimate):
        raise ParameterError("estimate", _shape(estimate), f"of the shape of the reference, {_shape(reference)}")
    return _stems("reference", reference), _stems("estimate", estimate)


def _shape(given: One) -> tuple[int, ...]:
    return (given.channels, given.length) if isinstance(given, AudioClip) else np.asarray(given).shape


def _stems(name: str, given: One) -> Stems:
    if isinstance(given, AudioClip):
        return stems_of(name, [given])
    array = np.asarray(given)
    if array.ndim not in (1, 2) or array.size == 0:
        raise ParameterError(name, array.shape, "an array of shape [channels, samples] or [samples]")
    return stems_of(name, array.reshape(1, -1, array.shape[-1]))


def _sums(pair: tuple[Stems, Stems], terms: Callable[[Doubles, Doubles], tuple[float, float]]) -> tuple[float, ...]:
    # Of blocks, so that files of any length are never held as a whole.
    length = pair[0].length
    bounds = ((start, min(start + _BLOCK, length)) for start in range(0, length, _BLOCK))
    found = [terms(*(stems.read(start, stop) for stems in pair)) for start, stop in bounds]
    return tuple(math.fsum(column) for column in zip(*found, strict=True))


def _product(a: Doubles, b: Doubles) -> float:
    return float(np.einsum("cn,cn->", a, b))


def _decibels(signal: float, distortion: float, reference: float) -> float:
    if reference == 0:
        return math.nan
    if signal == 0:
        return -math.inf
    return 10 * math.log10(signal / distortion) if distortion else math.inf
