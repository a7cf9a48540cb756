"""Binaural decoders by magnitude least squares: few channels give the ears the levels of every direction.

Above the cut-off the channels cannot give every direction its time and its level at once. The ear takes the time from
below and the level from above, and so do these filters.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.ambisonics import Float64Array, degrees, spherical_harmonics
from sepstudio.errors import ParameterError

ComplexArray = npt.NDArray[np.complex128]

# Of the mean power of a channel over the directions: what no direction tells of, below the head mostly, stays small.
_REGULARISATION = 1e-2
# The share of the channels that the directions must tell apart. A ring round the head tells 0.74 of order 1.
_LEAST_SHARE = 0.85


def projection(azimuth: Float64Array, elevation: Float64Array, weights: Float64Array, order: int) -> Float64Array:
    """Return the matrix that finds the channels' responses nearest to those of the directions.

    Parameters
    ----------
    azimuth, elevation : float64 array [directions]
        In radians.
    weights : float64 array [directions]
        The share of the sphere that each stands for; their sum is 1.
    order : int

    Returns
    -------
    float64 array [directions, channels]

    Raises
    ------
    ParameterError
        If the directions do not surround the head as closely as the order needs.
    """
    harmonics = spherical_harmonics(azimuth, elevation, order)
    # Each channel to the same power, or the higher degrees of SN3D count for less.
    even = np.sqrt(2.0 * degrees(order) + 1)
    weighted = harmonics * even[:, np.newaxis] * weights
    gram = weighted @ (harmonics * even[:, np.newaxis]).T
    seen = np.linalg.eigvalsh(gram)
    if np.mean(seen / (seen + _REGULARISATION)) < _LEAST_SHARE:
        expected = f"less: the {len(weights)} directions are too few for it, or leave out too much of the sphere"
        raise ParameterError("order", order, expected)
    inverse = np.linalg.inv(gram + _REGULARISATION * np.eye(len(gram)))
    return np.asarray(weighted.T @ inverse * even)


def magnitude_least_squares(
    responses: ComplexArray, harmonics: Float64Array, inverse: Float64Array, cutoff: int
) -> ComplexArray:
    """Return the responses of the channels that give both ears the levels of every direction.

    Below the cut-off, where the channels are enough for it, the waveform is met; above, only the magnitudes, with the
    phases that follow from the bin below (Schörkhuber, Zaunschirm and Höldrich 2018, "Binaural rendering of Ambisonic
    signals via magnitude least squares", eq. 9-11).

    Parameters
    ----------
    responses : complex128 array [2, directions, bins]
        Of the ears to each direction, with no delay in common: the phases could not be carried from bin to bin else.
    harmonics : float64 array [channels, directions]
        Of the same directions, in SN3D.
    inverse : float64 array [directions, channels]
        Their ``projection``.
    cutoff : int
        The first bin of which only the magnitude counts.

    Returns
    -------
    complex128 array [2, channels, bins]
    """
    found = np.swapaxes(np.swapaxes(responses, 1, 2) @ inverse, 1, 2)
    for k in range(max(cutoff, 1), responses.shape[2]):
        before = found[:, :, k - 1] @ harmonics
        phases = before / np.maximum(np.abs(before), np.finfo(np.float64).tiny)
        found[:, :, k] = np.abs(responses[:, :, k]) * phases @ inverse
    return found
