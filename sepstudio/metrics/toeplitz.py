"""Normal equations of filters: block Toeplitz, solved by a fast factorisation where that is exact enough."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.fourier import irfft, rfft

Doubles = npt.NDArray[np.float64]

# A channel with no more energy of its own than this, relative to all of it, is a mixture of the others.
_DEPENDENT = 1e-13
# Energy of a correction relative to that of the projection. Corrections go on until one is negligible, or as
# small as rounding lets it become, which must be small enough.
_NEGLIGIBLE = 1e-22
_ROUNDING = 1e-12
# Added to the energies of the references, which are 1, when the equations are too close to singular without:
# corrections then still lead to the projection, except for parts of the references 120 dB below the rest.
_LOADINGS = (0.0, 1e-12, 1e-10)


def best_filters(among: Doubles, onto: Doubles) -> Doubles:
    """Return the filters that bring filtered references closest to the targets.

    Solves the normal equations, block Toeplitz, with references scaled to equal energy.
    References that depend on each other (equal channels, silence, a missing band) leave the filters
    undetermined but not their output: where dropping channels does not mend that, a pivoted
    Cholesky factor picks enough delays of them.

    Parameters
    ----------
    among : float64 array [m, m, lags]
        ``Σ_t x_i(t) x_j(t + τ)`` of the references.
    onto : float64 array [m, n, lags]
        ``Σ_t x_i(t) y_j(t + τ)`` of references and targets.

    Returns
    -------
    float64 array [m, n, lags]
        Filter from reference to target.
    """
    references = among.shape[0]
    energies = among[np.arange(references), np.arange(references), 0]
    scale = 1 / np.sqrt(np.where(energies > 0, energies, 1.0))
    unit = among * scale[:, np.newaxis, np.newaxis] * scale[:, np.newaxis]
    filters = np.zeros_like(onto)
    kept = _independent(unit[..., 0])
    if kept.size:
        right = onto[kept] * scale[kept, np.newaxis, np.newaxis]
        filters[kept] = _solved(unit[np.ix_(kept, kept)], right)
    return filters * scale[:, np.newaxis, np.newaxis]


def _independent(covariance: Doubles) -> npt.NDArray[np.intp]:
    from scipy.linalg import lapack

    _, pivots, rank, _ = lapack.dpstrf(covariance, tol=_DEPENDENT, lower=1)
    chosen: npt.NDArray[np.intp] = np.sort(pivots[:rank] - 1)
    return chosen


def _solved(among: Doubles, onto: Doubles) -> Doubles:
    filters, least = np.zeros_like(onto), np.inf
    for loading in _LOADINGS:
        factor = _factor(among, loading)
        if factor is None:
            continue
        found, share = _corrected(factor, among, onto)
        if share < least:
            filters, least = found, share
        if least <= _ROUNDING:
            break
    return filters


def _corrected(factor: Doubles, among: Doubles, onto: Doubles) -> tuple[Doubles, float]:
    # The filters, and the energy that the last correction added to the projections, relative to all of it.
    spectra = _two_sided(among)
    filters, rest, before = np.zeros_like(onto), onto, np.inf
    while True:
        correction = _by_factor(factor, rest)
        filters = filters + correction
        added = np.abs(np.einsum("mnk,mnk->n", correction, rest))
        projected = np.abs(np.einsum("mnk,mnk->n", filters, onto))
        share = float((added / np.where(projected > 0, projected, 1.0)).max())
        if share <= _NEGLIGIBLE or not share < before / 4:
            return filters, share
        rest, before = onto - _product(spectra, filters), share


def _by_factor(factor: Doubles, right: Doubles) -> Doubles:
    from sepstudio.metrics.toeplitz_kernels import solve_in_place

    references, targets, lags = right.shape
    solution = right.transpose(1, 2, 0).copy().reshape(targets, -1)
    solve_in_place(factor, solution)
    found: Doubles = solution.reshape(targets, lags, references).transpose(2, 0, 1)
    return found


def _factor(among: Doubles, loading: float) -> Doubles | None:
    # Compiled loops are imported where they are needed, for they take long.
    from sepstudio.metrics.toeplitz_kernels import block_cholesky

    references, _, lags = among.shape
    first = among.transpose(1, 2, 0).copy().reshape(references, -1)
    first[:, :references] += loading * np.eye(references)
    factor = np.zeros((references * lags, references * lags))
    return factor if block_cholesky(first, factor) else None


def _two_sided(among: Doubles) -> npt.NDArray[np.complex128]:
    # Spectra [bins, m, m] of c_ij(a - b) as a filter from (j, b) to (i, a).
    lags = among.shape[2]
    length = 2 * lags
    both = np.zeros((*among.shape[:2], length))
    both[..., :lags] = among
    both[..., lags + 1 :] = among.transpose(1, 0, 2)[..., :0:-1]
    spectra: npt.NDArray[np.complex128] = np.ascontiguousarray(rfft(both, axis=2).transpose(2, 0, 1))
    return spectra


def _product(spectra: npt.NDArray[np.complex128], filters: Doubles) -> Doubles:
    lags = filters.shape[2]
    outcome = spectra @ rfft(filters, 2 * lags, axis=2).transpose(2, 0, 1)
    product: Doubles = irfft(outcome.transpose(1, 2, 0), 2 * lags, axis=2)[..., :lags]
    return product
