"""Maxima over columns, and columns spread over a range."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sepstudio.tiles.decibels import Cells

POOL = 4

Integers = npt.NDArray[np.intp]


def max_pool(codes: Cells) -> Cells:
    """Return the maxima of each four columns of codes [bins, columns]; the last group may be smaller."""
    rest = -codes.shape[1] % POOL
    if rest:
        codes = np.pad(codes, ((0, 0), (0, rest)))
    return np.maximum(
        np.maximum(codes[:, 0::POOL], codes[:, 1::POOL]), np.maximum(codes[:, 2::POOL], codes[:, 3::POOL])
    )


def coarse_to_fine(count: int) -> Integers:
    """Return 0..count-1 in the order of reversed binary digits: any beginning of it covers the range evenly."""
    digits = max(count - 1, 1).bit_length()
    positions = np.arange(1 << digits)
    reversed_digits = sum(((positions >> d) & 1) << (digits - 1 - d) for d in range(digits))
    order = np.asarray(reversed_digits, np.intp)
    return order[order < count]


def nearest(known: Integers, count: int) -> Integers:
    """Return for each of 0..count-1 the nearest of some sorted positions."""
    after = np.minimum(np.searchsorted(known, np.arange(count)), len(known) - 1)
    before = np.maximum(after - 1, 0)
    nearer_before = np.abs(known[before] - np.arange(count)) < np.abs(known[after] - np.arange(count))
    return np.asarray(np.where(nearer_before, known[before], known[after]), np.intp)
