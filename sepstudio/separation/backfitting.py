"""Kernel backfitting of one block of frames (KAM paper, Algorithm 1), in steps of a few ten milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.medians import MedianPlan
from sepstudio.dsp.parallel import over_rows
from sepstudio.dsp.wiener import kernels_for

# Points of a spectrogram, times channels, that one step works on: some 30 ms, long against
# what it costs to divide them among threads.
STEP_POINTS = 1 << 23
# Frames of a source below this share of its loudest one tell nothing about where a source is.
SILENCE = 1e-12

Covariances = npt.NDArray[np.complex128]
Floors = npt.NDArray[np.float64]


def floors_of(peaks: Floors) -> Floors:
    """Return the floors [sources] below the largest traces [sources, bins] of all frames."""
    return np.asarray(SILENCE * peaks.max(axis=1))


@dataclass(frozen=True)
class Model:
    """What does not change during a run.

    ``peak`` is the largest energy ``x* x`` of the whole mixture, from which the loading of all
    covariances follows.
    """

    medians: tuple[MedianPlan, ...]
    channels: int
    peak: float
    regularization: float
    spatial: bool
    threads: int

    @property
    def sources(self) -> int:
        """Number of sources."""
        return len(self.medians)

    @property
    def loading(self) -> float:
        """What is added to the diagonal of every source's covariance."""
        return self.regularization * self.peak / self.sources

    @property
    def first_floors(self) -> Floors:
        """The traces up to which frames of the first estimates, ``x / sources``, count as silent."""
        return np.full(self.sources, SILENCE * self.peak / self.sources**2)

    @property
    def reach(self) -> int:
        """How many frames away the farthest neighbour of any kernel is."""
        return max(median.reach for median in self.medians)

    def identity(self, bins: int) -> Covariances:
        """Return covariances that say nothing: complex128 [sources, bins, channels, channels]."""
        eye = np.eye(self.channels, dtype=np.complex128)
        return np.broadcast_to(eye, (self.sources, bins, self.channels, self.channels)).copy()


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
        loading = self.model.loading
        yield from self._over_bins(
            lambda a, b: self._kernels.accumulate(
                self.x, self.s, self.r, loading, floors, sums, counts, begin, end, a, b
            )
        )

    def estimates(self, begin: int, end: int) -> npt.NDArray[np.complex64]:
        """Return the images of all sources (eq. 7): complex64 [sources, channels, bins, end - begin]."""
        model = self.model
        out = np.empty((model.sources, *self.x.shape[:2], end - begin), np.complex64)
        over_rows(
            lambda a, b: self._kernels.estimate(self.x, self.s, self.r, model.loading, out, begin, end, a, b),
            0,
            self.x.shape[1],
            model.threads,
        )
        return out

    def _steps(self, cost: float = 1.0) -> Iterator[tuple[int, int]]:
        bins, frames = self.x.shape[1:]
        height = max(int(STEP_POINTS / max(frames, 1) / self.model.channels / cost), 2)
        for first in range(0, bins, height):
            yield first, min(first + height, bins)

    def _over_bins(self, work: Callable[[int, int], object]) -> Iterator[None]:
        for first, last in self._steps():
            over_rows(work, first, last, self.model.threads)
            yield
