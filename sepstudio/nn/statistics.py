"""Mean and standard deviation of amplitudes per bin, in one pass over data of any length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError

Doubles = npt.NDArray[np.float64]

FLOOR = 1e-4


@dataclass(frozen=True, eq=False)
class BinStatistics:
    """What is known of the amplitudes of each bin; parts may be merged in any order.

    Parameters
    ----------
    count : int, 1 or more
        Amplitudes per bin: frames times channels.
    mean : float64 array [bins]
    squares : float64 array [bins]
        Sum of squared differences from the mean, at least 0.

    Raises
    ------
    ParameterError
        For other shapes and types, values that are not finite, and negative squares.
    """

    count: int
    mean: Doubles
    squares: Doubles

    def __post_init__(self) -> None:
        if type(self.count) is not int or not 1 <= self.count < 1 << 63:
            raise ParameterError("count", self.count, "a whole number from 1 on")
        for name, values in (("mean", self.mean), ("squares", self.squares)):
            if values.dtype != np.float64 or values.ndim != 1 or not np.isfinite(values).all():
                raise ParameterError(name, (str(values.dtype), values.shape), "finite doubles, one for each bin")
        if self.mean.shape != self.squares.shape or not self.mean.size:
            raise ParameterError("squares", self.squares.shape, f"of the shape of mean, {self.mean.shape}, not empty")
        if (self.squares < 0).any():
            raise ParameterError("squares", float(self.squares.min()), "0 or more")

    @classmethod
    def of(cls, block: npt.ArrayLike) -> BinStatistics:
        """Return the statistics of amplitudes [..., bins, frames] of any real type.

        Raises ParameterError for an empty block or amplitudes that are not finite.
        """
        values = np.asarray(block, np.float64)
        if values.ndim < 2 or not values.size:
            raise ParameterError("block", values.shape, "amplitudes [..., bins, frames], not empty")
        others = (*range(values.ndim - 2), values.ndim - 1)
        mean = values.mean(axis=others, keepdims=True)
        squares = np.square(values - mean).sum(axis=others)
        return cls(values.size // values.shape[-2], mean.reshape(-1), squares)

    def merged(self, other: BinStatistics) -> BinStatistics:
        """Return the statistics of both parts (Chan, Golub and LeVeque, 1979); ParameterError for other bins."""
        if other.mean.shape != self.mean.shape:
            raise ParameterError("other", other.mean.shape, f"statistics of {self.bins} bins")
        count = self.count + other.count
        step = other.mean - self.mean
        mean = self.mean + step * (other.count / count)
        squares = self.squares + other.squares + np.square(step) * (self.count * (other.count / count))
        return BinStatistics(count, mean, squares)

    @property
    def bins(self) -> int:
        """The number of bins."""
        return int(self.mean.size)

    def deviation(self, floor: float = FLOOR) -> Doubles:
        """Return the standard deviation [bins], nowhere less than ``floor`` times that of the loudest bin.

        Without the floor a bin that is nearly always silent would be blown up to the level of all
        others. It is 1 everywhere if no bin varies at all.
        """
        deviation = np.sqrt(self.squares / self.count)
        top = float(deviation.max())
        return np.maximum(deviation, floor * top) if top > 0 else np.ones_like(deviation)


@dataclass(frozen=True, eq=False)
class AmplitudeStatistics:
    """The training set as a network sees it: amplitudes of the mixture, and of what it shall find."""

    mixture: BinStatistics
    target: BinStatistics

    def __post_init__(self) -> None:
        if self.mixture.bins != self.target.bins:
            raise ParameterError("target", self.target.bins, f"statistics of {self.mixture.bins} bins, as the mixture")


def collected(blocks: Iterable[npt.ArrayLike]) -> BinStatistics:
    """Return the statistics of blocks of amplitudes [..., bins, frames], each looked at once.

    Parameters
    ----------
    blocks : iterable of real arrays
        Of the same bins; any number of channels and frames, those without frames left out.

    Raises
    ------
    ParameterError
        If there is no amplitude at all, or blocks differ in bins.
    """
    total: BinStatistics | None = None
    for block in blocks:
        if np.size(block):
            part = BinStatistics.of(block)
            total = part if total is None else total.merged(part)
    if total is None:
        raise ParameterError("blocks", "no amplitude", "at least one block with a frame")
    return total
