"""Kernel backfitting of one block of frames (KAM paper, Algorithm 1), in steps of a few ten milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.medians import MedianPlan
from sepstudio.dsp.wiener import kernels_for
from sepstudio.separation.spatial import SILENCE, Covariances, SpatialModel, steps_over

Floors = npt.NDArray[np.float64]


def floors_of(peaks: Floors) -> Floors:
    """Return the floors [sources] below the largest traces [sources, bins] of all frames."""
    return np.asarray(SILENCE * peaks.max(axis=1))


@dataclass(frozen=True, kw_only=True)
class Model(SpatialModel):
    """What does not change during a run; without ``spatial`` covariances stay as they began."""

    medians: tuple[MedianPlan, ...]
    spatial: bool

    @property
    def reach(self) -> int:
        """How many frames away the farthest neighbour of any kernel is."""
        return max(median.reach for median in self.medians)


class Block:
    """The state of the algorithm on some consecutive frames: spectrograms ``s`` and covariances ``r``.

    ``x`` is the mixture, complex64 [channels, bins, frames], ``energy`` its ``x* x``, float32 [bins, frames].
    """

    def __init__(self, model: Model, x: npt.NDArray[np.complex64], energy: npt.NDArray[np.float32]) -> None:
        self.model = model
        self.x = x
        self.r = model.identity(x.shape[1])
        self.s = np.empty((model.sources, *x.shape[1:]), np.float32)
        np.multiply(energy, np.float32(1.0 / (model.channels * model.sources)), out=self.s[0])
        self.s[1:] = self.s[0]
        self._z = np.empty_like(self.s)
        self._kernels = kernels_for(model.channels, model.sources)
        self._floors: Floors | None = model.first_floors

    @property
    def observations(self) -> npt.NDArray[np.float32]:
        """What the medians of the last update were taken of, float32 [sources, bins, frames]."""
        return self._z

    @property
    def steps(self) -> int:
        """How many times ``loudest`` and ``accumulate`` yield."""
        return sum(1 for _ in self._steps())

    @property
    def update_steps(self) -> int:
        """How many times ``update`` yields at most."""
        return 2 * self.steps + sum(1 for median in self.model.medians for _ in self._steps(median.cost))

    def update(self, covariances: Covariances | None = None) -> Iterator[None]:
        """Run one iteration: steps 3 and 4 of the algorithm, yielding after each bounded step.

        ``covariances`` are those of this iteration over the whole file, when the block is a
        part of it; otherwise they are estimated from the block.
        """
        model = self.model
        new = model.identity(self.x.shape[1]) if covariances is None else covariances
        if covariances is None and model.spatial:
            yield from self._update_all(new)
        else:
            yield from self._over_bins(
                lambda a, b: self._kernels.observe(self.x, self.s, self.r, new, model.loading, self._z, a, b)
            )
        for j, median in enumerate(model.medians):
            for first, last in self._steps(median.cost):
                median.apply(self._z[j], self.s[j], first, last, model.threads)
                yield
        self.r = new

    def _update_all(self, new: Covariances) -> Iterator[None]:
        loading, floors = self.model.loading, self._floors
        if floors is None:
            peaks = np.zeros(self.s.shape[:2])
            yield from self.loudest(peaks, 0, self.x.shape[2])
            floors = floors_of(peaks)
        self._floors = None
        yield from self._over_bins(
            lambda a, b: self._kernels.update(self.x, self.s, self.r, loading, floors, new, self._z, a, b)
        )

    def loudest(self, peaks: Floors, begin: int, end: int) -> Iterator[None]:
        """Raise ``peaks`` [sources, bins] to the largest traces of the frames ``begin`` to ``end``."""
        loading = self.model.loading
        yield from self._over_bins(
            lambda a, b: self._kernels.loudest(self.x, self.s, self.r, loading, peaks, begin, end, a, b)
        )

    def accumulate(
        self, sums: Covariances, counts: npt.NDArray[np.float64], floors: Floors, begin: int, end: int
    ) -> Iterator[None]:
        """Add the normalised covariances of the frames ``begin`` to ``end`` to those of other blocks."""
        yield from self.model.accumulate(self.x, self.s, self.r, floors, sums, counts, (begin, end))

    def estimates(self, begin: int, end: int) -> npt.NDArray[np.complex64]:
        """Return the images of all sources (eq. 7): complex64 [sources, channels, bins, end - begin]."""
        return self.model.estimates(self.x, self.s, self.r, begin, end)

    def _steps(self, cost: float = 1.0) -> Iterator[tuple[int, int]]:
        bins, frames = self.x.shape[1:]
        return steps_over(bins, frames, cost * self.model.channels)

    def _over_bins(self, work: Callable[[int, int], object]) -> Iterator[None]:
        return self.model.over_bins(self.x.shape, work)
