"""What is usual in the maps of a recording, so that a network sees how far each value is from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.separation.paint_grid import Floats
from sepstudio.separation.paint_maps import BY_BAND

# Spread below which a map tells nothing; of the level in a band, in nepers.
_LEAST, _LEAST_BY_BAND = 1e-3, 0.3


@dataclass(frozen=True)
class Usual:
    """Mean and spread of every map in every band, float32 [maps, bands]."""

    mean: Floats
    spread: Floats

    def normalised(self, maps: Floats) -> Floats:
        """Return maps [maps, bands, frames] less their mean, by their spread."""
        return np.asarray((maps - self.mean[:, :, None]) / self.spread[:, :, None], np.float32)

    def equals(self, other: Usual) -> bool:
        """Return whether maps are normalised alike by another."""
        return np.array_equal(self.mean, other.mean) and np.array_equal(self.spread, other.spread)


class Tally:
    """Adds up maps [maps, bands, frames] that are called ``names``, to find what is usual in them.

    Mean and spread are those of all bands together, but of ``BY_BAND``, where each band has its own.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._own = np.array([name == BY_BAND for name in names])[:, None]
        self._count = 0
        self._sums: npt.NDArray[np.float64] | float = 0.0
        self._squares: npt.NDArray[np.float64] | float = 0.0

    def add(self, maps: Floats) -> None:
        """Count the maps of some frames."""
        self._sums = self._sums + maps.sum(axis=2, dtype=np.float64)
        self._squares = self._squares + np.einsum("mbt,mbt->mb", maps, maps, dtype=np.float64)
        self._count += maps.shape[2]

    def usual(self) -> Usual:
        """Return what is usual in all that was added; at least one frame."""
        mean, power = np.asarray(self._sums / self._count), np.asarray(self._squares / self._count)
        together = mean.mean(axis=1, keepdims=True), power.mean(axis=1, keepdims=True)
        means = np.where(self._own, mean, together[0])
        powers = np.where(self._own, power, together[1])
        least = np.where(self._own, _LEAST_BY_BAND, _LEAST)
        spread = np.sqrt(np.maximum(powers - means**2, 0.0)) + least
        return Usual(means.astype(np.float32), spread.astype(np.float32))
