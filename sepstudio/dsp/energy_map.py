"""How much sound comes from each direction: the power of narrow beams over a scene, from its covariances.

A beam is real, so that its power ``b' C b`` needs the real part of a covariance alone, of any band.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.ambisonics import Float64Array, degrees, max_re_weights, order_of, spherical_harmonics

# Beams of the third order are 60° wide, of the seventh 30°.
GRID_DEGREES = 5
ROWS, COLUMNS = 180 // GRID_DEGREES, 360 // GRID_DEGREES
# What stands for nothing at all, in dB.
FLOOR_DB = -160.0


def grid() -> tuple[Float64Array, Float64Array]:
    """Return azimuths [COLUMNS] and elevations [ROWS] of the middles of a map's cells, in degrees.

    As one sees them from the middle: from behind over the left, the front and the right to behind; from above to below.
    """
    across = 180.0 - GRID_DEGREES * (np.arange(COLUMNS, dtype=np.float64) + 0.5)
    down = 90.0 - GRID_DEGREES * (np.arange(ROWS, dtype=np.float64) + 0.5)
    return np.asarray(across, np.float64), np.asarray(down, np.float64)


def beams(azimuth: npt.ArrayLike, elevation: npt.ArrayLike, order: int) -> Float64Array:
    """Return beams with max-rE weights: the scene of a plane wave from a beam's direction gives the wave itself.

    ``b_nm = w_n (2n + 1) Y_nm / Σ w_n (2n + 1)`` for a scene in SN3D (Zotter and Frank 2019, "Ambisonics", eq. 4.33 for
    the weights; the divisor makes the response to the own direction 1).

    Parameters
    ----------
    azimuth, elevation : array-like [directions]
        In radians.
    order : int
        0 to HIGHEST_ORDER.

    Returns
    -------
    float64 array [directions, channels]

    Raises
    ------
    ParameterError
        If the order is outside its range.
    """
    n = degrees(order)
    weights = max_re_weights(order)[n] * (2 * n + 1)
    # Over a degree Σ Y² is 1 in every direction.
    own = (max_re_weights(order) * (2 * np.arange(order + 1) + 1)).sum()
    return np.asarray(spherical_harmonics(azimuth, elevation, order).T * (weights / own))


@functools.lru_cache(maxsize=8)
def _grid_beams(order: int) -> Float64Array:
    across, down = (np.radians(angles) for angles in grid())
    azimuth, elevation = np.meshgrid(across, down)
    found = beams(azimuth.ravel(), elevation.ravel(), order)
    found.setflags(write=False)
    return found


def energy_map(covariance: npt.ArrayLike) -> Float64Array:
    """Return the level that comes from each direction of ``grid``, in dB.

    Parameters
    ----------
    covariance : array-like [channels, channels]
        Real part of the covariance of a scene in ACN/SN3D, in full scale squared: a full set of channels of 1 to 64.

    Returns
    -------
    float64 array [ROWS, COLUMNS]
        In dB of full scale: of a plane wave its RMS level, in its direction. FLOOR_DB at least.

    Raises
    ------
    ParameterError
        If the channels are no full set.
    """
    values = np.asarray(covariance, np.float64)
    directed = _grid_beams(order_of(values.shape[0]))
    power = ((directed @ values) * directed).sum(axis=1)
    floor = 10 ** (FLOOR_DB / 10)
    return np.asarray(10 * np.log10(np.maximum(power, floor)).reshape(ROWS, COLUMNS))


def loudest(levels: Float64Array) -> tuple[float, float, float]:
    """Return azimuth and elevation in degrees and the level in dB of the loudest cell of a map."""
    across, down = grid()
    row, column = np.unravel_index(int(np.argmax(levels)), levels.shape)
    return float(across[column]), float(down[row]), float(levels[row, column])
