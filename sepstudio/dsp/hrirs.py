"""Head-related impulse responses: what both ears hear of sources in many directions."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.ambisonics import Float64Array, quadrature, vectors
from sepstudio.errors import ParameterError

# Points of the sphere per direction that are given to the nearest one.
_POINTS_PER_DIRECTION = 8
_FEWEST_POINTS = 2000
# Directions that are transformed at a time: a dense set in one piece takes half a gigabyte.
_AT_ONCE = 512
# Where the delay that all directions share is read, in Hz: below, rooms and loudspeakers; above, the pinna.
_DELAY_BAND = (200.0, 1500.0)


@dataclass(frozen=True, eq=False)
class Hrirs:
    """A set of head-related impulse responses, as measured.

    Parameters
    ----------
    directions : float64 array [directions, 2]
        Azimuth (anticlockwise from the front) and elevation of each source, in radians.
    impulses : float32 array [directions, 2, taps]
        Of the left and the right ear.
    sample_rate : int
        Of the impulses, in Hz.
    delays : float64 array [directions, 2]
        In samples, not negative: what comes before each impulse beside what its samples hold.
    name, licence : str
        As the file says; empty where it does not.

    Raises
    ------
    ParameterError
        If shapes do not match, a value is not finite, all is silent, or the rate is not positive.
    """

    directions: Float64Array
    impulses: npt.NDArray[np.float32]
    sample_rate: int
    delays: Float64Array
    name: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        count = len(self.directions)
        if self.impulses.ndim != 3 or self.impulses.shape[1] != 2 or not self.impulses.size:
            raise ParameterError("impulses", self.impulses.shape, "an array of shape [directions, 2, taps]")
        for name, shape in (("directions", self.directions.shape), ("delays", self.delays.shape)):
            if shape != (len(self.impulses), 2):
                raise ParameterError(name, shape, f"an array of shape ({len(self.impulses)}, 2)")
        if not all(np.isfinite(values).all() for values in (self.directions, self.impulses, self.delays)):
            raise ParameterError("impulses", "NaN or infinity", f"finite, with all {count} directions and delays")
        if not self.impulses.any():
            raise ParameterError("impulses", "silence", "what ears hear")
        if self.sample_rate <= 0:
            raise ParameterError("sample_rate", self.sample_rate, "positive")
        if (self.delays < 0).any():
            raise ParameterError("delays", float(self.delays.min()), "0 or more")

    @property
    def duration(self) -> float:
        """Length in seconds, delays included."""
        return float(self.impulses.shape[2] + np.ptp(self.delays)) / self.sample_rate

    @functools.cached_property
    def weights(self) -> Float64Array:
        """The share of the sphere that is nearest to each direction, float64 [directions] with sum 1."""
        from scipy.spatial import cKDTree

        points = max(_POINTS_PER_DIRECTION * len(self.directions), _FEWEST_POINTS)
        azimuth, elevation, areas = quadrature(int(np.sqrt(points / 2)))
        _, nearest = cKDTree(vectors(*self.directions.T).T).query(vectors(azimuth, elevation).T)
        return np.asarray(np.bincount(nearest, areas, len(self.directions)), np.float64)

    def responses(self, step: float, bins: int) -> npt.NDArray[np.complex128]:
        """Return the transfer functions at multiples of a frequency, without the delay that they share.

        That is the mean group delay below the frequencies where the pinna colours. Beyond half the set's sample rate
        the last known magnitude is held: an edge there would ring.

        Parameters
        ----------
        step : float
            Distance of the frequencies in Hz; the first is 0.
        bins : int

        Returns
        -------
        complex128 array [2, directions, bins]
        """
        frequencies = step * np.arange(bins)
        known = int(np.count_nonzero(frequencies < self.sample_rate / 2))
        apart = self.delays - self._common_delay()
        result = np.empty((2, len(self.directions), bins), np.complex128)
        turns = -2j * np.pi * frequencies / self.sample_rate
        for start in range(0, len(self.directions), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            values = self._chirp(self.impulses[part], step, known)
            values = np.pad(values, ((0, 0), (0, 0), (0, bins - known)), mode="edge")
            result[:, part] = np.swapaxes(values * np.exp(turns * apart[part, :, np.newaxis]), 0, 1)
        return result

    def _chirp(self, impulses: npt.NDArray[np.floating], step: float, bins: int) -> npt.NDArray[np.complex128]:
        """Return spectra at multiples of any frequency, complex128 [..., bins]: no resampling comes before."""
        from scipy.signal import czt

        turn = np.exp(-2j * np.pi * step / self.sample_rate)
        return np.asarray(czt(np.asarray(impulses, np.float64), bins, turn), np.complex128)

    def _common_delay(self) -> float:
        """Return the mean of all group delays in samples, weighted with the power."""
        weighted = self.weights
        mean = np.einsum("d,det->et", weighted, self.impulses.astype(np.float64))
        step = self.sample_rate / (4 * mean.shape[1])
        low, high = (round(edge / step) for edge in _DELAY_BAND)
        spectra = self._chirp(mean, step, high + 1)[:, low:]
        # The transform of t·h(t) over that of h(t) is the group delay.
        slopes = self._chirp(mean * np.arange(mean.shape[1]), step, high + 1)[:, low:]
        inside = np.sum(np.real(np.conj(spectra) * slopes)) / np.sum(np.abs(spectra) ** 2)
        return float(inside + np.sum(weighted[:, np.newaxis] * self.delays) / 2)
