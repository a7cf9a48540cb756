"""Matrices as pictures: cells pooled to pixels, runs of a binary mask, and two matrices on the same cells."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating[Any]]
Cells = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

# Cells of one step of a difference: a few milliseconds.
_STEP_CELLS = 1 << 19


def pooled(values: Cells, edges: Floats, *, signed: bool = False) -> tuple[Cells, slice]:
    """Return what pixels show of the columns of a matrix, and which pixels lie on it.

    Parameters
    ----------
    values : [rows, columns]
        Of any real type.
    edges : float [pixels + 1]
        Ascending; where pixels begin and end, in columns: column ``n`` reaches from ``n`` to ``n + 1``.
    signed : bool
        Whether values below zero count as much as those above.

    Returns
    -------
    values : [rows, inside pixels]
        Of the columns that begin in a pixel that which is farthest from zero, so that no thin column is ever
        left out; where none begins, the column that the pixel lies in.
    inside : slice
        The pixels whose middles lie on the matrix.
    """
    middles = (edges[:-1] + edges[1:]) / 2
    first, last = (int(place) for place in np.searchsorted(middles, [0.0, values.shape[1]]))
    inside = slice(first, last)
    if first == last:
        return values[:, :0], inside
    if np.diff(edges).max() <= 1.0:
        return values[:, middles[inside].astype(np.intp)], inside
    starts = np.clip(np.floor(edges[first:last]), 0, values.shape[1] - 1).astype(np.intp)
    stop = int(np.clip(np.ceil(edges[last]), starts[-1] + 1, values.shape[1]))
    touched, starts = values[:, starts[0] : stop], starts - starts[0]
    highest = np.maximum.reduceat(touched, starts, axis=1)
    if not signed:
        return highest, inside
    lowest = np.minimum.reduceat(touched, starts, axis=1)
    return np.where(-lowest > highest, lowest, highest), inside


def brightness(values: Values, top: Values | float, gamma: float) -> Values:
    """Return how bright values are: -1 to 1, where ``top`` (one, or one per row [rows, 1]) and above are 1.

    ``gamma`` below 1 makes small values brighter. Where ``top`` is 0 everything is dark.
    """
    share = np.divide(values, top, out=np.zeros_like(values), where=np.asarray(top) > 0)
    np.clip(share, -1.0, 1.0, out=share)
    return np.asarray(np.copysign(np.abs(share) ** gamma, share))


def runs(mask: npt.NDArray[Any]) -> Integers:
    """Return where the ones of a binary matrix stand together in its rows, intp [runs, 3]: row, first, stop."""
    width = mask.shape[1] + 1
    padded = np.zeros(mask.shape[0] * width + 1, bool)
    # A cell of zeros behind each row keeps runs of neighbouring rows apart.
    padded[1:].reshape(mask.shape[0], width)[:, :-1] = mask != 0
    changes = np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)
    rows, firsts = np.divmod(changes[:, 0], width)
    return np.stack([rows, firsts, changes[:, 1] - rows * width], axis=1)


def nearest_places(wanted: Floats, known: Floats) -> Integers:
    """Return the index of the nearest of ascending ``known`` places, -1 where none is within half their distance.

    Parameters
    ----------
    wanted, known : float64 [n], [m]
        Evenly spaced places in one unit, for example seconds.
    """
    if len(known) < 2:
        return np.where(np.isclose(wanted, known[0]), 0, -1) if len(known) else np.full(len(wanted), -1)
    step = (known[-1] - known[0]) / (len(known) - 1)
    index = np.rint((wanted - known[0]) / step).astype(np.intp)
    return np.where((index >= 0) & (index < len(known)), index, -1)


def difference_steps(
    first: Values, second: Values, rows: Integers, columns: Integers
) -> Generator[float, None, npt.NDArray[np.float32]]:
    """Subtract a matrix from another, cell by cell of the first; yields the fraction done.

    Parameters
    ----------
    first, second : float [rows, columns], each of its own shape
    rows, columns : intp
        Which row and column of ``second`` belongs to each of ``first``; -1 where none does.

    Returns
    -------
    float32, of the shape of ``first``
        0 where ``second`` has no cell: what cannot be compared shows no difference.
    """
    difference = np.zeros(first.shape, np.float32)
    known = np.flatnonzero(rows >= 0)
    step = max(_STEP_CELLS // max(len(known), 1), 1)
    for start in range(0, first.shape[1], step):
        there = start + np.flatnonzero(columns[start : start + step] >= 0)
        own, other = np.ix_(known, there), np.ix_(rows[known], columns[there])
        difference[own] = first[own] - second[other]
        yield min((start + step) / first.shape[1], 1.0)
    return difference


def model_columns(templates: Values, activations: Values, columns: slice | Integers) -> Values:
    """Return some columns of the product of templates [bins, R] and activations [R, frames]."""
    return np.asarray(templates @ np.ascontiguousarray(activations[:, columns]))
