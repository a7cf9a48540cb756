"""Medians over large neighbourhoods: a histogram of ranks that slides along time (after Huang, Yang and Tang 1979)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

# Ranks per coarse bin of the two-level histogram.
COARSE_BITS = 8


def runs_of(footprint: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the horizontal runs of a footprint, int64 [runs, 3]: row, first column, column after the last."""
    edges = np.diff(np.pad(footprint.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, stops = np.nonzero(edges == -1)
    return np.stack([rows, starts, stops], axis=1)


def rank_median(
    padded: npt.NDArray[np.floating[Any]], footprint: npt.NDArray[np.bool_]
) -> npt.NDArray[np.floating[Any]]:
    """Return the medians of all windows that lie inside a matrix: [rows - height + 1, columns - width + 1].

    Values become ranks first, so the result is exact. A step along time changes only the ends
    of the footprint's runs; its cost does not grow with the area. With an even number of
    points the upper of the two middle values is taken.
    """
    height, width = footprint.shape
    order = np.argsort(padded, axis=None, kind="stable")
    ranks = np.empty(padded.size, np.int32)
    ranks[order] = np.arange(padded.size, dtype=np.int32)
    chosen = np.empty((padded.shape[0] - height + 1, padded.shape[1] - width + 1), np.int32)
    _slide(ranks.reshape(padded.shape), runs_of(footprint), int(footprint.sum()) // 2, chosen)
    return padded.ravel()[order[chosen]]


@njit(nogil=True, cache=True)
def _slide(ranks: Any, runs: Any, middle: int, chosen: Any) -> None:
    size = ranks.size
    fine = np.zeros(((size >> COARSE_BITS) + 1) << COARSE_BITS, np.int32)
    coarse = np.zeros((size >> COARSE_BITS) + 1, np.int32)
    for row in range(chosen.shape[0]):
        for k in range(runs.shape[0]):
            for column in range(runs[k, 1], runs[k, 2]):
                rank = ranks[row + runs[k, 0], column]
                fine[rank] += 1
                coarse[rank >> COARSE_BITS] += 1
        # ``below`` counts the points in coarse bins before ``place``.
        place, below = 0, 0
        last = chosen.shape[1] - 1
        for column in range(last + 1):
            while below > middle:
                place -= 1
                below -= coarse[place]
            while below + coarse[place] <= middle:
                below += coarse[place]
                place += 1
            rank, count = place << COARSE_BITS, below + fine[place << COARSE_BITS]
            while count <= middle:
                rank += 1
                count += fine[rank]
            chosen[row, column] = rank
            if column == last:
                break
            for k in range(runs.shape[0]):
                source = ranks[row + runs[k, 0]]
                gone, new = source[column + runs[k, 1]], source[column + runs[k, 2]]
                fine[gone] -= 1
                coarse[gone >> COARSE_BITS] -= 1
                fine[new] += 1
                coarse[new >> COARSE_BITS] += 1
                below += (1 if new >> COARSE_BITS < place else 0) - (1 if gone >> COARSE_BITS < place else 0)
        for k in range(runs.shape[0]):
            for column in range(runs[k, 1], runs[k, 2]):
                rank = ranks[row + runs[k, 0], last + column]
                fine[rank] -= 1
                coarse[rank >> COARSE_BITS] -= 1
