"""Where sound comes from and how diffuse it is, by intensity vectors: from covariances of first-order channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.ambisonics import Float64Array, directions
from sepstudio.errors import ParameterError

# In ACN, Y, Z and X follow W.
_AXES = (3, 1, 2)
# Below -160 dB of full scale nothing is heard.
_SILENT = 1e-16


@dataclass(frozen=True, eq=False)
class Arrival:
    """Where sound comes from, arrays of equal shape; ``nan`` where there is silence.

    Attributes
    ----------
    azimuth, elevation : float64 [...]
        In degrees; to the left and upwards are positive.
    diffuseness : float64 [...]
        From 0, a plane wave, to 1, as much from everywhere.
    level : float64 [...]
        Of the energy, in dB of full scale.
    """

    azimuth: Float64Array
    elevation: Float64Array
    diffuseness: Float64Array
    level: Float64Array

    @property
    def vectors(self) -> Float64Array:
        """Unit vectors of the directions, float64 [3, ...]."""
        az, el = np.radians(self.azimuth), np.radians(self.elevation)
        return np.stack([np.cos(az) * np.cos(el), np.sin(az) * np.cos(el), np.sin(el)])


def arrival(covariance: npt.ArrayLike) -> Arrival:
    """Return direction and diffuseness of scenes in ACN/SN3D.

    The intensity is ``I = Re{W* (X, Y, Z)}``, the energy ``E = (|W|² + |X|² + |Y|² + |Z|²) / 2`` and diffuseness
    ``1 - |I| / E`` (Pulkki 2007, "Spatial sound reproduction with directional audio coding"), where all are means over
    the time and the frequencies of the covariance.

    Parameters
    ----------
    covariance : array-like [..., channels, channels]
        Real parts of covariances, in full scale squared, of four channels at least.

    Raises
    ------
    ParameterError
        If there are fewer channels: they have no direction.
    """
    values = np.asarray(covariance, np.float64)
    if values.shape[-1] < 4:
        raise ParameterError("channels", values.shape[-1], "at least 4, which directions are made of")
    intensity = np.moveaxis(values[..., 0, _AXES], -1, 0)
    energy = np.diagonal(values[..., :4, :4], axis1=-2, axis2=-1).sum(axis=-1) / 2
    heard = energy > _SILENT
    length = np.linalg.norm(intensity, axis=0)
    share = np.clip(length / np.where(heard, energy, 1.0), 0.0, 1.0)
    azimuth, elevation = (np.degrees(angle) for angle in directions(intensity))
    level = 10 * np.log10(np.where(heard, energy, 1.0))
    return Arrival(*(np.where(heard, each, np.nan) for each in (azimuth, elevation, 1.0 - share, level)))


def angle_between(first: Arrival, second: Arrival) -> Float64Array:
    """Return the angles between the directions of two arrivals of equal shape, in degrees; ``nan`` beside silence."""
    one, other = first.vectors, second.vectors
    # By the tangent: the cosine of small angles is lost in rounding.
    sine = np.linalg.norm(np.cross(one, other, axis=0), axis=0)
    return np.asarray(np.degrees(np.arctan2(sine, (one * other).sum(axis=0))))
