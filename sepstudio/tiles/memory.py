"""Arrays that live long beside many that do not."""

from __future__ import annotations

import math
import mmap
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Scalar = TypeVar("Scalar", bound=np.generic)


def paged_copy(array: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """Return a copy on memory pages of its own, which go back to the system with the array.

    On the heap, tiles that are kept lie between the work arrays of their making, whose space
    then cannot be given back: 150 MB for a cache of 256 MB.
    """
    copy = _paged(array.shape, array.dtype)
    copy[...] = array
    return copy


def paged_zeros(shape: tuple[int, ...], dtype: np.dtype[Scalar]) -> npt.NDArray[Scalar]:
    """Return an array of zeros on memory pages of its own."""
    return _paged(shape, dtype)


def _paged(shape: tuple[int, ...], dtype: np.dtype[Scalar]) -> npt.NDArray[Scalar]:
    buffer: Any = mmap.mmap(-1, max(math.prod(shape) * dtype.itemsize, 1))
    return np.ndarray(shape, dtype, buffer=buffer)
