"""What the ears of a rigid sphere hear: head-related transfer functions that need no measurement."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.ambisonics import Float64Array, vectors
from sepstudio.errors import ParameterError

ComplexArray = npt.NDArray[np.complex128]

# The mean head of Algazi et al. 2001 in metres, and the speed of sound in m/s at 20 °C.
HEAD_RADIUS = 0.0875
SPEED_OF_SOUND = 343.0
# Left, right. Ears in the middle of the sides: front and back sound alike until the head turns.
EAR_AZIMUTHS = (math.pi / 2, -math.pi / 2)
# Below, the series divides zero by zero; it has long come to its limit, 1.
_LEAST_KA = 1e-3


def sphere_responses(
    azimuth: npt.ArrayLike, elevation: npt.ArrayLike, frequencies: npt.ArrayLike, radius: float = HEAD_RADIUS
) -> ComplexArray:
    """Return the pressure at both ears of a rigid sphere in a plane wave, over that in its centre without the sphere.

    ``H(γ, f) = Σ b_n P_n(cos γ)`` with ``b_n = (2n + 1) i^(n-1) / ((ka)² h_n⁽²⁾'(ka))``, γ the angle between source
    and ear, for a time factor of exp(+iωt) (Duda and Martens 1998, "Range dependence of the response of a spherical
    head model", eq. 8, for a distant source). The ear that the wave meets first leads: no delay is common to all.

    Parameters
    ----------
    azimuth, elevation : array-like [directions]
        Of the sources, in radians.
    frequencies : array-like [bins]
        In Hz, not negative.
    radius : float
        Of the sphere in metres.

    Returns
    -------
    complex128 array [2, directions, bins]
        Left and right; 1 at 0 Hz.

    Raises
    ------
    ParameterError
        If the radius is not positive or a frequency negative or not finite.
    """
    f = np.asarray(frequencies, np.float64)
    if not radius > 0:
        raise ParameterError("radius", radius, "positive")
    if not (np.isfinite(f).all() and (f >= 0).all()):
        raise ParameterError("frequencies", frequencies, "finite and not negative")
    terms = _surface(np.maximum(2 * np.pi * f * radius / SPEED_OF_SOUND, _LEAST_KA))
    ears = vectors(np.array(EAR_AZIMUTHS), 0.0)
    cosines = np.clip(ears.T @ vectors(np.ravel(azimuth), np.ravel(elevation)), -1.0, 1.0)
    return np.asarray(np.polynomial.legendre.legvander(cosines, len(terms) - 1) @ terms)


def _surface(ka: Float64Array) -> ComplexArray:
    """Return b_n, complex128 [degrees, bins], up to where the next would not be seen in float32."""
    from scipy.special import spherical_jn, spherical_yn

    largest = float(ka.max())
    n = np.arange(math.ceil(largest + 7 * largest ** (1 / 3)) + 10)[:, np.newaxis]
    # High degrees of low frequencies overflow; what they stand under is zero.
    with np.errstate(all="ignore"):
        slope = spherical_jn(n, ka, derivative=True) - 1j * spherical_yn(n, ka, derivative=True)
        terms = (2 * n + 1) * np.power(1j, n - 1.0) / (ka**2 * slope)
    return np.where(np.isfinite(terms), terms, 0.0)
