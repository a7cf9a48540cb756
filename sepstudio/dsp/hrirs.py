"""Head-related impulse responses: what both ears hear of sources in many directions."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.ambisonics import Float64Array, quadrature, vectors
from sepstudio.errors import ParameterError

# Points of the sphere per direction that are given to the nearest one.
_POINTS_PER_DIRECTION = 8
_FEWEST_POINTS = 2000
_SAMPLE_RATES = (8000, 768000)
# Directions that are transformed at a time: a dense set in one piece takes half a gigabyte.
_AT_ONCE = 512
# Where the delay that all directions share is read, in Hz: below, rooms and loudspeakers; above, the pinna.
_DELAY_BAND = (200.0, 1500.0)
# What is heard of the head itself, in seconds before and after the strongest sample.
_AROUND_PEAK = (0.003, 0.006)
_TINY = np.finfo(np.float64).tiny


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
        In samples, a second at most: what comes before each impulse beside what its samples hold.
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
        low, high = _SAMPLE_RATES
        if not low <= self.sample_rate <= high:
            raise ParameterError("sample_rate", self.sample_rate, f"between {low} and {high} Hz")
        least, most = float(self.delays.min()), float(self.delays.max())
        if least < 0 or most > self.sample_rate:
            raise ParameterError("delays", least if least < 0 else most, "between 0 and a second")

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

        That is the mean group delay below the frequencies where the pinna colours. Impulses are cut where they would
        reach back to the beginning of a transform of that resolution. Beyond half the set's sample rate the last known
        magnitude is held: an edge there would ring. Below 200 Hz a head changes nothing but the time, and what is
        measured is the loudspeaker: there the magnitude is held too.

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
        apart = self.delays - np.average(self.delays.mean(axis=1), weights=self.weights) - self._arrival
        turns = -2j * np.pi * frequencies / self.sample_rate
        last = math.ceil(self._arrival + self.sample_rate / (2 * step))
        result = np.empty((2, len(self.directions), bins), np.complex128)
        for start in range(0, len(self.directions), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            values = self._spectra(self.impulses[part, :, :last], step, known)
            values = np.pad(values, ((0, 0), (0, 0), (0, bins - known)), mode="edge")
            result[:, part] = np.swapaxes(values * np.exp(turns * apart[part, :, np.newaxis]), 0, 1)
        first = math.ceil(_DELAY_BAND[0] / step)
        edge, share = result[:, :, first, np.newaxis], np.arange(first) / first
        result[:, :, :first] = np.abs(edge) * np.exp(1j * np.angle(edge) * share)
        return result

    def _spectra(self, impulses: npt.NDArray[np.floating], step: float, bins: int) -> npt.NDArray[np.complex128]:
        """Return spectra at multiples of any frequency, complex128 [..., bins]: no resampling comes before."""
        from scipy.signal import czt

        turn = np.exp(-2j * np.pi * step / self.sample_rate)
        return np.asarray(czt(np.asarray(impulses, np.float64), bins, turn), np.complex128)

    @functools.cached_property
    def _arrival(self) -> float:
        """The mean group delay of the impulses in samples, weighted with the power."""
        mean = np.tensordot(self.weights.astype(np.float32), self.impulses, 1).astype(np.float64)
        powers = np.einsum("det,det->t", self.impulses, self.impulses)
        before, after = (math.ceil(seconds * self.sample_rate) for seconds in _AROUND_PEAK)
        peak = int(powers.argmax())
        mean[:, : max(peak - before, 0)] = mean[:, peak + after :] = 0.0
        step = self.sample_rate / (4 * mean.shape[1])
        low, high = (round(edge / step) for edge in _DELAY_BAND)
        spectra = self._spectra(mean, step, high + 1)[:, low:]
        # The transform of t·h(t) over that of h(t) is the group delay.
        slopes = self._spectra(mean * np.arange(mean.shape[1]), step, high + 1)[:, low:]
        delay = np.sum(np.real(np.conj(spectra) * slopes)) / max(np.sum(np.abs(spectra) ** 2), _TINY)
        return float(np.clip(delay, peak - before, peak + after))
