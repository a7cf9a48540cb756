"""Block Toeplitz equations against dense ones, and equations that leave filters undetermined."""

import numpy as np
import pytest

from sepstudio.io.steps import drain
from sepstudio.metrics.projections import correlation_steps
from sepstudio.metrics.stems import stems_of
from sepstudio.metrics.toeplitz import best_filters
from sepstudio.metrics.toeplitz_kernels import block_cholesky, solve_in_place

LAGS = 32


def correlated(x, y):
    sides = (stems_of(name, signals[np.newaxis]) for name, signals in (("x", x), ("y", y)))
    found = drain(correlation_steps(*sides, LAGS))
    return found.among, found.onto


def delays(x):
    """All delays of signals [m, samples], [samples + LAGS - 1, LAGS, m]."""
    padded = np.pad(x, ((0, 0), (LAGS - 1, LAGS - 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, LAGS, axis=1)
    return windows[..., ::-1].transpose(1, 2, 0)


@pytest.mark.parametrize("samples", [20, 3500, 9000, 150_000])
def test_correlations_over_blocks_are_those_of_the_whole(rng, samples):
    x, y = rng.standard_normal((2, 2, samples))
    among, onto = correlated(x, y)
    for found, other in ((among, x), (onto, y)):
        for i, j, lag in [(0, 0, 0), (0, 1, 5), (1, 0, LAGS - 1)]:
            wanted = x[i, : max(samples - lag, 0)] @ other[j, lag:]
            assert found[i, j, lag] == pytest.approx(wanted, abs=1e-9 * samples)


@pytest.mark.parametrize("m", [1, 2, 3, 8])
def test_the_factor_and_its_solutions_are_those_of_the_dense_matrix(rng, m):
    x = rng.standard_normal((m, 4000))
    x[:, 1:] += 0.9 * x[:, :-1]
    among, _ = correlated(x, x)
    dense = delays(x).reshape(-1, LAGS * m)
    gram = dense.T @ dense
    factor = np.zeros_like(gram)
    assert block_cholesky(among.transpose(1, 2, 0).copy().reshape(m, -1), factor)
    np.testing.assert_allclose(factor.T @ factor, gram, rtol=0, atol=1e-12 * gram.max())
    right = rng.standard_normal((3, LAGS * m))
    wanted = np.linalg.solve(gram, right.T).T
    solve_in_place(factor, right)
    np.testing.assert_allclose(right, wanted, rtol=1e-8, atol=1e-12)


def test_a_matrix_that_is_not_positive_definite_has_no_factor():
    assert not block_cholesky(np.array([[1.0, 1.0, 0.5, 0.5]]), np.zeros((4, 4)))
    assert not block_cholesky(np.zeros((1, 4)), np.zeros((4, 4)))


def zero(x):
    x[1] = 0


def copy(x):
    x[2] = -3 * x[0]


def shifted(x):
    x[1, 10:] = x[0, :-10]
    x[1, :10] = 0
    x[:2, -100:] = 0


def tone(x):
    x[1] = np.sin(0.3 * np.arange(x.shape[1]))


@pytest.mark.parametrize("change", [zero, copy, shifted, tone])
def test_dependent_references_project_as_least_squares_does(rng, change):
    x, y = rng.standard_normal((3, 3000)), rng.standard_normal((2, 3000 + LAGS - 1))
    change(x)
    y[0, :3000] += x.sum(axis=0)
    filters = best_filters(*correlated(np.pad(x, ((0, 0), (0, LAGS - 1))), y))
    dense = delays(x).reshape(y.shape[1], -1)
    projected = dense @ filters.transpose(2, 0, 1).reshape(-1, 2)
    wanted = dense @ np.linalg.lstsq(dense, y.T, rcond=1e-9)[0]
    np.testing.assert_allclose(projected, wanted, rtol=0, atol=1e-6)
