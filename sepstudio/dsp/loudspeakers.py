"""Decoding Ambisonics to loudspeakers.

A decoder is a matrix: ``feeds = matrix @ scene``. All are scaled so that the power of the feeds, averaged over sources
from all directions, is that of the omnidirectional channel: none is louder than another.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Literal

import numpy as np

from sepstudio.dsp.ambisonics import (
    Float64Array,
    channels_of,
    degrees,
    directions,
    max_re_weights,
    quadrature,
    spherical_harmonics,
    vectors,
)
from sepstudio.dsp.layouts import LAYOUTS, Layout, Loudspeaker
from sepstudio.dsp.vbap import panner_of
from sepstudio.errors import ParameterError
from sepstudio.paths import resource

__all__ = [
    "EBU_ORDER",
    "KINDS",
    "LAYOUTS",
    "LFE_GAIN",
    "Kind",
    "Layout",
    "Lfe",
    "Loudspeaker",
    "decoder_matrix",
    "lfe_filter",
]

Kind = Literal["allrad", "mode-matching", "epad", "ebu"]
KINDS: tuple[Kind, ...] = ("allrad", "mode-matching", "epad", "ebu")
Lfe = Literal["off", "w"]
# Calibrated rooms play the LFE channel 10 dB louder than the others: so it adds as much as W itself.
LFE_GAIN = 10 ** (-10 / 20)
_LFE_CUTOFF, _LFE_SECONDS = 120.0, 0.02

_OF_ANY_ORDER = ("allrad", "ebu")
_EBU_LAYOUT, EBU_ORDER = "7.1.4", 3
# Directions whose panning a decoder imitates: steps of 3 degrees. Panning has edges; half the step changes 1e-4.
_PANNED = 60
# Singular values of the harmonics at the loudspeakers below this share of the largest are left out: inverting them
# would answer patterns that the layout cannot play with loud feeds that cancel.
_LEAST_SINGULAR = 0.25
_LEAST_PLAYED = 0.02


def decoder_matrix(
    layout: Layout | str, order: int, *, kind: Kind = "allrad", max_re: bool | None = None, lfe: Lfe = "off"
) -> Float64Array:
    """Return the matrix that turns a scene in ACN/SN3D into feeds of loudspeakers.

    - ``"allrad"``: the harmonics are played as if on a dense sphere of loudspeakers, each panned to the real ones
      (Zotter and Frank 2012, "All-round Ambisonic panning and decoding"). Even on any layout, holes included.
    - ``"mode-matching"``: the feeds that recreate the harmonics best, by the pseudo-inverse (Daniel 2000). Levels vary
      where loudspeakers are sparse.
    - ``"epad"``: the closest matrix of equal singular values (Zotter, Pomberger and Noisternig 2012,
      "Energy-preserving Ambisonic decoding"). Levels as even as they can be; directions may be off where
      loudspeakers are sparse.
    - ``"ebu"``: for 7.1.4 up to the third order, the numbers that the EBU ADM Renderer computes (EBU Tech 3388, ITU-R
      BS.2127), which are those of IAMF; AllRAD as well. Kept in ``resources/hoa/ebu_4+7+0.csv``.

    Mode matching and EPAD need as many loudspeakers as harmonics: they leave out the orders that a layout has too few
    for (of 7.1.4 the third), which they would only smear.

    Parameters
    ----------
    layout : Layout or str
        A name of LAYOUTS stands for that layout.
    order : int
        Of the scene, 0 to HIGHEST_ORDER.
    kind : {"allrad", "mode-matching", "epad", "ebu"}
    max_re : bool, optional
        Weight the degrees so that sources are as narrow as they can be. By default with all kinds but ``"ebu"``, whose
        definition is without.
    lfe : {"off", "w"}
        What loudspeakers of low-frequency effects get: nothing, as those effects are no part of a scene; or W, 10 dB
        lower, which is to be low-passed (``sepstudio.io.rendering`` does).

    Returns
    -------
    float64 array [speakers, channels]
        In the sequence of the layout.

    Raises
    ------
    ParameterError
        For an unknown name, an order out of range, or a layout or order that ``"ebu"`` is not defined for.
    """
    if isinstance(layout, str):
        if layout not in LAYOUTS:
            raise ParameterError("layout", layout, "one of " + ", ".join(LAYOUTS))
        layout = LAYOUTS[layout]
    for name, value, known in (("kind", kind, KINDS), ("lfe", lfe, ("off", "w"))):
        if value not in known:
            raise ParameterError(name, value, "one of " + ", ".join(known))
    channels_of(order)
    full = _decoder(layout, order, kind, kind != "ebu" if max_re is None else max_re)
    matrix = np.zeros((len(layout.speakers), full.shape[1]))
    matrix[layout.full_range] = full
    if lfe == "w":
        matrix[list(layout.lfe), 0] = LFE_GAIN
    return matrix


def lfe_filter(sample_rate: int) -> Float64Array:
    """Return the low-pass of low-frequency effects: 120 Hz (ITU-R BS.775-4, annex 7), linear phase.

    Flat up to 80 Hz and 50 dB down from 160 Hz on.

    Returns
    -------
    float64 array [taps]
        Odd and symmetric: it delays by ``taps // 2`` samples.
    """
    from scipy.signal import firwin

    taps = 2 * round(_LFE_SECONDS * sample_rate) + 1
    return np.asarray(firwin(taps, min(_LFE_CUTOFF, sample_rate / 4), fs=sample_rate))


@functools.lru_cache(maxsize=32)
def _decoder(layout: Layout, order: int, kind: Kind, max_re: bool) -> Float64Array:
    used = order if kind in _OF_ANY_ORDER else min(order, _solvable_order(layout))
    matrix = _DESIGNS[kind](layout, used)
    n = degrees(used)
    if max_re:
        matrix = matrix * max_re_weights(used)[n]
    # Each harmonic of SN3D has the power 1 / (2n + 1) over the sphere, and they are orthogonal.
    scaled = matrix / np.sqrt((matrix**2 / (2 * n + 1)).sum())
    return np.pad(scaled, ((0, 0), (0, channels_of(order) - channels_of(used))))


def _solvable_order(layout: Layout) -> int:
    """Return the highest order that has no more harmonics than there are loudspeakers, 1 at least."""
    return max(math.isqrt(len(layout.full_range)) - 1, 1)


def _allrad(layout: Layout, order: int) -> Float64Array:
    azimuth, elevation, weights = quadrature(_PANNED)
    panned = panner_of(layout).gains(vectors(azimuth, elevation))
    return np.asarray((panned * weights) @ spherical_harmonics(azimuth, elevation, order).T * (2 * degrees(order) + 1))


def _mode_matching(layout: Layout, order: int) -> Float64Array:
    return np.asarray(np.linalg.pinv(_orthonormal(layout, order), rcond=_LEAST_SINGULAR) * _n3d(order))


def _epad(layout: Layout, order: int) -> Float64Array:
    left, values, right = np.linalg.svd(_orthonormal(layout, order), full_matrices=False)
    # What no loudspeaker plays, such as height on a ring, has no direction among them: any would be as close.
    played = values > _LEAST_PLAYED * values[0]
    return np.asarray((left[:, played] @ right[played]).T * _n3d(order))


def _ebu(layout: Layout, order: int) -> Float64Array:
    if layout.speakers != LAYOUTS[_EBU_LAYOUT].speakers:
        raise ParameterError("layout", layout.name, f"{_EBU_LAYOUT} for the decoder of the EBU; choose another kind")
    if order > EBU_ORDER:
        raise ParameterError("order", order, f"at most {EBU_ORDER} for the decoder of the EBU; choose another kind")
    path = resource("hoa", "ebu_4+7+0.csv")
    table: Float64Array = np.loadtxt(
        path, delimiter=",", comments="#", skiprows=2, usecols=range(1, channels_of(EBU_ORDER) + 1)
    )
    return np.asarray(table[:, : channels_of(order)])


def _orthonormal(layout: Layout, order: int) -> Float64Array:
    """Return the harmonics in the directions of the loudspeakers, N3D, float64 [channels, speakers]."""
    return np.asarray(spherical_harmonics(*directions(layout.vectors), order) * _n3d(order)[:, np.newaxis])


def _n3d(order: int) -> Float64Array:
    return np.asarray(np.sqrt(2.0 * degrees(order) + 1))


_DESIGNS: dict[Kind, Callable[[Layout, int], Float64Array]] = {
    "allrad": _allrad,
    "mode-matching": _mode_matching,
    "epad": _epad,
    "ebu": _ebu,
}
