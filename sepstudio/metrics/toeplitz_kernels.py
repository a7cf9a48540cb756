"""Compiled loops over block Toeplitz matrices; they release the interpreter lock and keep to their thread.

Not by BLAS: its threads, woken for each of many small products, wait a hundred times as long as the
work takes where another process holds a core; and LAPACK as scipy calls it holds the interpreter lock.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_STRIP = 512
# Rows of the factor that are taken at once.
_ROWS = 4

jit = njit(fastmath={"contract", "reassoc", "nsz"}, nogil=True, cache=True, error_model="numpy")


@jit
def _factor_small(a: Any, lower: Any) -> bool:
    """Write the Cholesky factor of ``a``; return whether there is one."""
    for i in range(a.shape[0]):
        for j in range(i + 1):
            total = a[i, j]
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            if i > j:
                lower[i, j] = total / lower[j, j]
            elif total > 0:
                lower[i, i] = np.sqrt(total)
            else:
                return False
    return True


@jit
def _invert_small(lower: Any, inverse: Any) -> None:
    for j in range(lower.shape[0]):
        inverse[j, j] = 1.0 / lower[j, j]
        for i in range(j + 1, lower.shape[0]):
            total = 0.0
            for k in range(j, i):
                total -= lower[i, k] * inverse[k, j]
            inverse[i, j] = total / lower[i, i]


@jit
def _multiply_small(a: Any, b: Any, sign: float, c: Any) -> None:
    """Write ``sign a b``."""
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = 0.0
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            c[i, j] = sign * total


@jit
def _reflection(plus: Any, minus: Any, rho: Any) -> None:
    """Write ``inv(P') M'`` for the leading blocks, P upper triangular."""
    m = rho.shape[0]
    for j in range(m):
        for i in range(m):
            total = minus[j, i]
            for k in range(i):
                total -= plus[k, i] * rho[k, j]
            rho[i, j] = total / plus[i, i]


@jit
def _less_from_identity(rho: Any, a: Any) -> None:
    """Write ``I - rho rho'``."""
    for i in range(rho.shape[0]):
        for j in range(rho.shape[0]):
            total = 1.0 if i == j else 0.0
            for k in range(rho.shape[0]):
                total -= rho[i, k] * rho[j, k]
            a[i, j] = total


@jit
def _combine(a: Any, x: Any, b: Any, y: Any, out: Any, rows: Any, columns: Any, n: int) -> None:
    """Write ``a x + b y`` strip by strip, ``n`` columns, innermost; ``out`` is none of both.

    ``rows`` and ``columns`` say where the blocks of x, y and out begin: compiled for whole arrays,
    the loops know that columns lie side by side.
    """
    for start in range(0, n, _STRIP):
        size = min(_STRIP, n - start)
        for i in range(a.shape[0]):
            result = out[rows[2] + i][columns[2] + start : columns[2] + start + size]
            result[:] = 0.0
            for k in range(a.shape[0]):
                left, right = a[i, k], b[i, k]
                u = x[rows[0] + k][columns[0] + start : columns[0] + start + size]
                v = y[rows[1] + k][columns[1] + start : columns[1] + start + size]
                for s in range(size):
                    result[s] += left * u[s] + right * v[s]


@jit
def block_cholesky(first: Any, factor: Any) -> bool:
    """Factor a symmetric block Toeplitz matrix ``U'U`` by the generalised Schur algorithm.

    In its mixed form, whose errors stay as small as those of the plain factorisation (Stewart and Van
    Dooren 1997); the effort grows with the square of the order.

    ``first`` [m, order] is the first row of blocks. ``factor`` [order, order] comes as zeros and becomes U.
    Returns whether the matrix is positive definite to working precision.
    """
    m, order = first.shape
    rho, gram, other = np.zeros((m, m)), np.zeros((m, m)), np.zeros((m, m))
    ahead, behind = np.zeros((m, m)), np.zeros((m, m))
    from_plus, from_behind = np.zeros((m, m)), np.zeros((m, m))
    if not _factor_small(first[:, :m], ahead):
        return False
    _invert_small(ahead, from_plus)
    _combine(from_plus, first, np.zeros((m, m)), first, factor, (0, 0, 0), (0, 0, 0), order)
    # The matrix less itself moved by one lag is plus'plus - minus'minus.
    minus, turned = factor[:m].copy(), np.zeros((m, order))
    minus[:, :m] = 0.0
    for start in range(m, order, m):
        above, rest = start - m, order - start
        _reflection(factor[above:start, above:start], minus[:, start : start + m], rho)
        _less_from_identity(rho, gram)
        _less_from_identity(rho.T, other)
        if not (_factor_small(gram, ahead) and _factor_small(other, behind)):
            return False
        _invert_small(ahead, from_plus)
        _invert_small(behind, from_behind)
        _multiply_small(from_plus, rho, -1.0, gram)
        _combine(from_plus, factor, gram, minus, factor, (above, 0, start), (above, start, start), rest)
        _multiply_small(from_behind, rho.T, -1.0, gram)
        _multiply_small(gram, ahead, 1.0, other)
        _combine(behind.T, minus, other, factor, turned, (0, start, 0), (start, start, start), rest)
        minus, turned = turned, minus
    return True


@jit
def _forward_inside(factor: Any, right: Any, first: int, last: int) -> None:
    for y in right:
        for i in range(first, last):
            for k in range(first, i):
                y[i] -= factor[k, i] * y[k]
            y[i] /= factor[i, i]


@jit
def _backward_inside(factor: Any, right: Any, first: int, last: int) -> None:
    for y in right:
        for i in range(last - 1, first - 1, -1):
            for k in range(i + 1, last):
                y[i] -= factor[i, k] * y[k]
            y[i] /= factor[i, i]


@jit
def _carry_forward(factor: Any, right: Any, first: int, start: int, stop: int) -> None:
    a, b, c, d = (
        factor[first][start:stop],
        factor[first + 1][start:stop],
        factor[first + 2][start:stop],
        factor[first + 3][start:stop],
    )
    for y in right:
        strip = y[start:stop]
        p, q, r, t = y[first], y[first + 1], y[first + 2], y[first + 3]
        for s in range(strip.size):
            strip[s] -= a[s] * p + b[s] * q + c[s] * r + d[s] * t


@jit
def _carry_back(factor: Any, right: Any, first: int, start: int, stop: int) -> None:
    a, b, c, d = (
        factor[first][start:stop],
        factor[first + 1][start:stop],
        factor[first + 2][start:stop],
        factor[first + 3][start:stop],
    )
    for y in right:
        strip = y[start:stop]
        p = q = r = t = 0.0
        for s in range(strip.size):
            p += a[s] * strip[s]
            q += b[s] * strip[s]
            r += c[s] * strip[s]
            t += d[s] * strip[s]
        y[first] -= p
        y[first + 1] -= q
        y[first + 2] -= r
        y[first + 3] -= t


@jit
def solve_in_place(factor: Any, right: Any) -> None:
    """Solve ``U'U x = r`` for every row of ``right`` [targets, order]; the order is a multiple of 4."""
    order = factor.shape[0]
    for first in range(0, order, _ROWS):
        last = first + _ROWS
        _forward_inside(factor, right, first, last)
        for start in range(last, order, _STRIP):
            _carry_forward(factor, right, first, start, min(start + _STRIP, order))
    for first in range(order - _ROWS, -1, -_ROWS):
        last = first + _ROWS
        for start in range(last, order, _STRIP):
            _carry_back(factor, right, first, start, min(start + _STRIP, order))
        _backward_inside(factor, right, first, last)
