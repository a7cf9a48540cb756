"""Errors of channels by themselves, and of how they go together: sums over a recording read in blocks."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.io.clip import AudioClip
from sepstudio.metrics.covariance_track import BANDS, CovarianceTrack, covariance_distance
from sepstudio.metrics.scenes import Scene, pair_of, spans

Doubles = npt.NDArray[np.float64]

_BLOCK = 1 << 16


@dataclass(frozen=True, eq=False)
class ChannelScores:
    """Sums over a recording, float64 [channels]: energies, their error's, and what the error has of the reference."""

    energy: Doubles
    own_energy: Doubles
    error: Doubles
    common: Doubles

    def si_sdr(self) -> Doubles:
        """Return the scale-invariant signal-to-distortion ratios in dB, float64 [channels].

        As ``metrics.si_sdr`` of each channel: ``inf`` where it is identical, ``-inf`` where it holds nothing
        of the reference, ``nan`` where that is silent.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            # α s - ŝ = e + (α - 1) s with the error e = s - ŝ, and α - 1 = -<s, e> / |s|².
            alpha = 1 - self.common / self.energy
            distortion = np.maximum(self.error - self.common**2 / self.energy, 0.0)
            ratio = 10 * np.log10(alpha**2 * self.energy / distortion)
        return np.asarray(np.where(self.energy > 0, np.where(alpha == 0, -np.inf, ratio), np.nan))

    def level(self, chosen: npt.NDArray[np.bool_]) -> float:
        """Return the energy of some channels relative to the reference in dB; ``nan`` where that is silent."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(10 * np.log10(self.own_energy[chosen].sum() / self.energy[chosen].sum()))


def channel_steps(reference: AudioClip, estimate: AudioClip) -> Generator[float, None, ChannelScores]:
    """Take the sums of two clips of equal shape; yields the fraction done."""
    sums = np.zeros((4, reference.channels))
    for start, stop in spans(reference.length, _BLOCK):
        s, own = (clip.read(start, stop).astype(np.float64) for clip in (reference, estimate))
        error = s - own
        for row, (a, b) in enumerate(((s, s), (own, own), (error, error), (s, error))):
            sums[row] += np.einsum("cn,cn->c", a, b)
        yield stop / reference.length
    return ChannelScores(*sums)


def covariance_error(reference: Scene, estimate: Scene) -> float:
    """Return how far the correlations between the channels of two recordings differ.

    ``½ Σ_ij |ρ_ij - ρ'_ij|`` with Pearson correlations over all samples (Hirvonen and Namazi 2024, eq. 3), equal to
    ``codec.covariance_loss``; computed in double precision.

    Parameters
    ----------
    reference, estimate : array [channels, samples], or AudioClip
        Of equal shape, any level. Clips are read block by block.

    Returns
    -------
    float
        From 0 to the square of the number of channels; silent channels correlate with nothing.

    Raises
    ------
    ParameterError
        If shapes or sample rates differ, there are no samples, or a value is not finite.
    """
    clips = pair_of(reference, estimate)
    first, second = (_whole(clip).correlations(0, 1) for clip in clips)
    return float(covariance_distance(first, second))


def _whole(clip: AudioClip) -> CovarianceTrack:
    """Return the track of a recording in one stretch, all frequencies together."""
    shape = (1, clip.channels, clip.channels)
    sums, products = np.zeros(shape[:2]), np.zeros(shape)
    for start, stop in spans(clip.length, _BLOCK):
        x = clip.read(start, stop).astype(np.float64)
        sums[0] += x.sum(axis=1)
        products[0] += x @ x.T
    counts = np.array([clip.length], np.int64)
    return CovarianceTrack(clip.duration, counts, sums, products, np.zeros((BANDS, *shape), np.float32))
