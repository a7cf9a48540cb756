"""Least-squares projection of signals onto filtered references, as BSS Eval needs it.

Correlations of few lags come from short transforms whose cross-spectra add up over blocks, so that
nothing is transformed at the length of a song, and single precision input is widened block by block.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.linalg import lapack

FloatArray = npt.NDArray[np.floating]
Doubles = npt.NDArray[np.float64]

_TRANSFORM = 4096
_BATCH = 16


def correlations(x: FloatArray, y: FloatArray, lags: int) -> Doubles:
    """Return ``c[i, j, τ] = Σ_t x_i(t) y_j(t + τ)`` for ``τ = 0 ... lags - 1``; zeros surround both.

    Parameters
    ----------
    x : float array [m, samples]
    y : float array [n, samples]
    lags : int
        At most half the length of the transform, 2048.

    Returns
    -------
    float64 array [m, n, lags]
    """
    block = _TRANSFORM - lags + 1
    cross = np.zeros((_TRANSFORM // 2 + 1, x.shape[0], y.shape[0]), np.complex128)
    for start in range(0, x.shape[1], block * _BATCH):
        count = _blocks_left(x.shape[1] - start, block)
        x_hat = _transformed(x, start, block, block, count)
        y_hat = _transformed(y, start, block, _TRANSFORM, count)
        # [bins, m, blocks] times [bins, blocks, n] adds up the blocks.
        cross += np.conj(x_hat).transpose(2, 0, 1) @ y_hat.transpose(2, 1, 0)
    found: Doubles = fft.irfft(cross, _TRANSFORM, axis=0)[:lags].transpose(1, 2, 0)
    return found


def _blocks_left(samples: int, block: int) -> int:
    return min(_BATCH, -(-samples // block))


def _transformed(x: FloatArray, start: int, hop: int, width: int, count: int) -> npt.NDArray[np.complex128]:
    # Spectra [rows, count, bins] of blocks of `width` samples, from `start` on; zeros surround x.
    span = (count - 1) * hop + width
    inside = x[:, max(start, 0) : start + span]
    left = max(-start, 0)
    padded = np.zeros((x.shape[0], span))
    padded[:, left : left + inside.shape[1]] = inside
    blocks = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1)[:, ::hop]
    spectra: npt.NDArray[np.complex128] = fft.rfft(blocks, _TRANSFORM, axis=2)
    return spectra


def best_filters(among: Doubles, onto: Doubles) -> Doubles:
    """Return the filters that bring filtered references closest to the targets.

    Solves the normal equations, block Toeplitz, with references scaled to equal energy.
    References that depend on each other (equal channels, silence, a missing band) leave the filters
    undetermined but not their output: a pivoted Cholesky factor then picks enough of them.

    Parameters
    ----------
    among : float64 array [m, m, lags]
        ``correlations(references, references)``.
    onto : float64 array [m, n, lags]
        ``correlations(references, targets)``.

    Returns
    -------
    float64 array [m, n, lags]
        Filter from reference to target.
    """
    references, targets, lags = onto.shape
    energies = among[np.arange(references), np.arange(references), 0]
    scale = 1 / np.sqrt(np.where(energies > 0, energies, 1.0))
    among = among * scale[:, np.newaxis, np.newaxis] * scale[:, np.newaxis]
    right = (onto * scale[:, np.newaxis, np.newaxis]).transpose(0, 2, 1).reshape(-1, targets)
    solution = _solved(among, right)
    return solution.reshape(references, lags, targets).transpose(0, 2, 1) * scale[:, np.newaxis, np.newaxis]


def _solved(among: Doubles, right: Doubles) -> Doubles:
    factor, pivots, rank, _ = lapack.dpstrf(_gram(among).T, lower=1, overwrite_a=1)
    solution = np.zeros_like(right)
    if rank:
        chosen = pivots[:rank] - 1
        solution[chosen] = lapack.dpotrs(factor[:rank, :rank], right[chosen], lower=1)[0]
    return solution


def _gram(among: Doubles) -> Doubles:
    # Row (i, a), column (j, b): Σ_t s_i(t - a) s_j(t - b) = c_ij(a - b), and c_ij(-τ) = c_ji(τ).
    references, _, lags = among.shape
    both = np.concatenate([among[..., ::-1], among.transpose(1, 0, 2)[..., 1:]], axis=2)
    rows = np.lib.stride_tricks.sliding_window_view(both, lags, axis=2)[:, :, ::-1]
    return rows.transpose(0, 2, 1, 3).reshape(references * lags, references * lags)


def filtered(x: FloatArray, filters: Doubles) -> Doubles:
    """Return ``y_j = Σ_i x_i * h_ij``, whole convolutions.

    Parameters
    ----------
    x : float array [m, samples]
    filters : float64 array [m, n, lags]

    Returns
    -------
    float64 array [n, samples + lags - 1]
    """
    lags = filters.shape[2]
    block = _TRANSFORM - lags + 1
    length = x.shape[1] + lags - 1
    h = fft.rfft(filters, _TRANSFORM, axis=2).transpose(2, 1, 0)
    y = np.empty((filters.shape[1], length))
    for start in range(0, length, block * _BATCH):
        # Each block is preceded by what its filters still remember.
        count = _blocks_left(length - start, block)
        x_hat = _transformed(x, start - lags + 1, block, _TRANSFORM, count)
        blocks = fft.irfft((h @ x_hat.transpose(2, 0, 1)).transpose(1, 2, 0), _TRANSFORM, axis=2)
        stop = min(start + block * _BATCH, length)
        y[:, start:stop] = blocks[..., lags - 1 :].reshape(y.shape[0], -1)[:, : stop - start]
    return y
