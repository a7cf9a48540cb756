"""The local Gaussian model on blocks of frames: images of sources, and where each sits between the channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.parallel import over_rows
from sepstudio.dsp.wiener import REGULARIZATION, kernels_for

# Points of a spectrogram, times channels, that one step works on: some 30 ms, long against
# what it costs to divide them among threads.
STEP_POINTS = 1 << 23
# Frames of a source below this share of its loudest one tell nothing about where a source is.
SILENCE = 1e-12

Spectrum = npt.NDArray[np.complex64]
Energies = npt.NDArray[np.float32]
Covariances = npt.NDArray[np.complex128]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SpatialModel:
    """Sources in a mixture of some channels.

    ``peak`` is the largest energy ``x* x`` of the whole mixture, from which the loading of all
    covariances follows. Arrays are those of ``spatial_kernels``: the mixture ``x`` complex64 [channels, bins,
    frames], energies ``s`` float32 [sources, bins, frames], covariances ``r`` complex128 [sources, bins,
    channels, channels].
    """

    sources: int
    channels: int
    peak: float
    threads: int
    regularization: float = REGULARIZATION

    @property
    def loading(self) -> float:
        """What is added to the diagonal of every source's covariance."""
        return self.regularization * self.peak / self.sources

    @property
    def first_floors(self) -> Floats:
        """The traces up to which frames of the first estimates, ``x / sources``, count as silent."""
        return np.full(self.sources, SILENCE * self.peak / self.sources**2)

    def identity(self, bins: int) -> Covariances:
        """Return covariances that say nothing: complex128 [sources, bins, channels, channels]."""
        eye = np.eye(self.channels, dtype=np.complex128)
        return np.broadcast_to(eye, (self.sources, bins, self.channels, self.channels)).copy()

    def accumulate(
        self,
        x: Spectrum,
        s: Energies,
        r: Covariances,
        floors: Floats,
        sums: Covariances,
        counts: Floats,
        frames: tuple[int, int],
        *,
        by_energy: bool = False,
    ) -> Iterator[None]:
        """Add the covariances of some frames to those of other blocks, yielding after each bounded step.

        ``sums`` and ``counts`` [sources, bins] become covariances by ``normalise`` of ``spatial_kernels``. All frames
        weigh the same (KAM, Algorithm 1, 4b), or with ``by_energy`` as much as their energy (Uhlich et al. 2017).
        """
        kernels = kernels_for(self.channels, self.sources)
        accumulate = kernels.accumulate_energies if by_energy else kernels.accumulate_directions
        return self.over_bins(
            x.shape, lambda a, b: accumulate(x, s, r, self.loading, floors, sums, counts, *frames, a, b)
        )

    def estimates(self, x: Spectrum, s: Energies, r: Covariances, begin: int, end: int) -> Spectrum:
        """Return the images of all sources (KAM eq. 7): complex64 [sources, channels, bins, end - begin]."""
        kernels = kernels_for(self.channels, self.sources)
        out = np.empty((self.sources, *x.shape[:2], end - begin), np.complex64)
        over_rows(
            lambda a, b: kernels.estimate(x, s, r, self.loading, out, begin, end, a, b), 0, x.shape[1], self.threads
        )
        return out

    def over_bins(self, shape: tuple[int, ...], work: Callable[[int, int], object]) -> Iterator[None]:
        """Do work on all bins of a mixture [channels, bins, frames], yielding after each bounded step."""
        channels, bins, frames = shape
        for first, last in steps_over(bins, frames, channels):
            over_rows(work, first, last, self.threads)
            yield


def steps_over(bins: int, frames: int, cost: float) -> Iterator[tuple[int, int]]:
    """Divide bins into ranges that take some 30 ms each; ``cost`` is that of a point, about one for each channel."""
    height = max(int(STEP_POINTS / max(frames, 1) / cost), 2)
    for first in range(0, bins, height):
        yield first, min(first + height, bins)
