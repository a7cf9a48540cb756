"""How well loudspeakers play a source from each direction: its level, where it seems to be, and how wide.

By Gerzon's vectors (1992, "General metatheory of auditory localisation"): the level is the power of all feeds, the
direction that of the loudspeakers' mean, weighted by power, and the length of that mean tells how narrow a source is:
1 from a single loudspeaker, 0 from all around.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.ambisonics import Float64Array, order_of, spherical_harmonics, vectors
from sepstudio.dsp.layouts import Layout
from sepstudio.errors import ParameterError


@dataclass(frozen=True)
class DecoderQuality:
    """What sources of some directions become.

    Parameters
    ----------
    level : float64 array [directions]
        In dB; 0 is the level of a source as loud as W.
    spread : float64 array [directions]
        Length of the vector of energy, 0 to 1.
    angle : float64 array [directions]
        Between where a source should be and where it seems to be, in degrees.
    """

    level: Float64Array
    spread: Float64Array
    angle: Float64Array


def decoder_quality(
    matrix: Float64Array, layout: Layout, azimuth: npt.ArrayLike, elevation: npt.ArrayLike
) -> DecoderQuality:
    """Measure a decoder for sources in some directions; loudspeakers of low-frequency effects have no part in it.

    Parameters
    ----------
    matrix : float64 array [speakers, channels]
        As of ``decoder_matrix``.
    azimuth, elevation : array-like [directions]
        In radians.

    Raises
    ------
    ParameterError
        If the matrix has not the loudspeakers of the layout, or no full set of channels.
    """
    if len(matrix) != len(layout.speakers):
        raise ParameterError("matrix", matrix.shape, f"of {len(layout.speakers)} rows, the loudspeakers of the layout")
    az, el = np.broadcast_arrays(np.atleast_1d(azimuth), np.atleast_1d(elevation))
    feeds = matrix[layout.full_range] @ spherical_harmonics(az, el, order_of(matrix.shape[1]))
    power = feeds**2
    total = power.sum(axis=0)
    mean = layout.vectors @ power / total
    length = np.linalg.norm(mean, axis=0)
    cosine = np.clip((mean * vectors(az, el)).sum(axis=0) / length, -1.0, 1.0)
    return DecoderQuality(10 * np.log10(total), length, np.degrees(np.arccos(cosine)))
