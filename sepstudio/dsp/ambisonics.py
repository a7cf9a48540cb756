"""Ambisonics: spherical harmonics, rotation and the conventions of channels.

Everything inside the program is ACN/SN3D ("ambiX"): channel ``n² + n + m`` holds degree n and index m, and of a plane
wave each degree has the power of the omnidirectional channel. Azimuth turns anticlockwise from the front (+x) to the
left (+y), elevation rises to +z; both in radians.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError

Float64Array = npt.NDArray[np.float64]

HIGHEST_ORDER = 7
ORDERINGS = ("ACN", "FuMa")
NORMALISATIONS = ("SN3D", "N3D", "FuMa")
# By the name of a normalisation that says all: with it goes an ordering.
CONVENTIONS = {"SN3D": "ACN", "N3D": "ACN", "FuMa": "FuMa"}
FUMA_ORDER = 3
# The ACN of each channel of Furse-Malham's sequence W XYZ RSTUV KLMNOPQ.
_FUMA_ACN = np.array([0, 3, 1, 2, 6, 7, 5, 8, 4, 12, 13, 11, 14, 10, 15, 9])
# By how much a channel of that sequence is more than in SN3D (Malham 2003, "Higher order Ambisonic systems", table 1).
_FUMA_WEIGHT = np.sqrt([1 / 2, 1, 1, 1, 1, 4 / 3, 4 / 3, 4 / 3, 4 / 3, 1, 45 / 32, 45 / 32, 9 / 5, 9 / 5, 8 / 5, 8 / 5])


def channels_of(order: int) -> int:
    """Return the number of channels of an order, ``(order + 1)²``.

    Raises
    ------
    ParameterError
        If the order is outside 0 to HIGHEST_ORDER.
    """
    if not 0 <= order <= HIGHEST_ORDER:
        raise ParameterError("order", order, f"between 0 and {HIGHEST_ORDER}")
    return (order + 1) ** 2


def order_of(channels: int) -> int:
    """Return the order of which a number of channels is the full set.

    Raises
    ------
    ParameterError
        If it is not the square of 1 to HIGHEST_ORDER + 1.
    """
    order = math.isqrt(max(channels, 0)) - 1
    if not 0 <= order <= HIGHEST_ORDER or (order + 1) ** 2 != channels:
        counts = ", ".join(str((n + 1) ** 2) for n in range(HIGHEST_ORDER + 1))
        raise ParameterError("channels", channels, f"one of {counts}")
    return order


def degrees(order: int) -> npt.NDArray[np.int64]:
    """Return the degree n of each channel, int64 [channels]."""
    return np.floor(np.sqrt(np.arange(channels_of(order)))).astype(np.int64)


def spherical_harmonics(azimuth: npt.ArrayLike, elevation: npt.ArrayLike, order: int) -> Float64Array:
    """Return the real spherical harmonics in ACN/SN3D: what a source of level 1 in each direction is encoded with.

    ``Y_nm = N_n|m| P_n|m|(sin el) · (cos(m az), m >= 0; sin(|m| az), m < 0)`` with ``N_nm = √((2 - δ_m) (n - m)! /
    (n + m)!)`` and associated Legendre functions without the sign of Condon and Shortley (Nachbar et al. 2011,
    "ambiX - a suggested Ambisonics format", eq. 1-3).

    Parameters
    ----------
    azimuth, elevation : array-like [...]
        In radians, of shapes that broadcast; any angle is allowed.
    order : int
        0 to HIGHEST_ORDER.

    Returns
    -------
    float64 array [channels, ...]
        One row per channel, the shape of the directions behind it.

    Raises
    ------
    ParameterError
        If the order is outside its range.
    """
    count = channels_of(order)
    az, el = np.broadcast_arrays(np.asarray(azimuth, np.float64), np.asarray(elevation, np.float64))
    legendre = _legendre(np.sin(el), np.cos(el), order)
    result = np.empty((count, *az.shape))
    for n in range(order + 1):
        centre = n * n + n
        result[centre] = legendre[n, 0]
        for m in range(1, n + 1):
            result[centre + m] = legendre[n, m] * np.cos(m * az)
            result[centre - m] = legendre[n, m] * np.sin(m * az)
    return result


def encode(
    x: npt.NDArray[Any], azimuth: npt.ArrayLike, elevation: npt.ArrayLike, order: int
) -> npt.NDArray[np.floating[Any]]:
    """Return a scene in ACN/SN3D of sources that stand still.

    Parameters
    ----------
    x : array [samples] or [sources, samples]
        What each source plays.
    azimuth, elevation : array-like, scalars or [sources]
        Where it does, in radians.
    order : int
        0 to HIGHEST_ORDER.

    Returns
    -------
    array [channels, samples]
        Of x's type, or float64 of integers.

    Raises
    ------
    ParameterError
        If the order is outside its range, or sources and directions are not as many.
    """
    played = np.atleast_2d(x)
    gains = np.atleast_2d(spherical_harmonics(azimuth, elevation, order).T)
    if played.ndim != 2 or gains.shape[0] != played.shape[0]:
        raise ParameterError("x", np.shape(x), f"[{gains.shape[0]}, samples], a row for each direction")
    kind = played.dtype if np.issubdtype(played.dtype, np.floating) else np.dtype(np.float64)
    return np.asarray(gains.T.astype(kind) @ played.astype(kind, copy=False))


def max_re_weights(order: int) -> Float64Array:
    """Return the weight of each degree for which the energy of a decoded source is most concentrated in its direction.

    ``P_n(cos(137.9° / (order + 1.51)))`` (Zotter and Frank 2012, "All-round Ambisonic panning and decoding", eq. 10).

    Returns
    -------
    float64 array [order + 1]
        From 1 at degree 0 downwards.

    Raises
    ------
    ParameterError
        If the order is outside its range.
    """
    channels_of(order)
    x = math.cos(math.radians(137.9 / (order + 1.51)))
    return np.array([np.polynomial.legendre.legval(x, np.eye(order + 1)[n]) for n in range(order + 1)])


def _legendre(x: Float64Array, root: Float64Array, order: int) -> dict[tuple[int, int], Float64Array]:
    """Return the normalised Legendre functions by (n, m); ``root`` is √(1 - x²), negative beyond the poles.

    The recursion (DLMF 14.10.3) runs on functions that carry their factor √((n - m)! / (n + m)!): no factorial appears.
    """
    found: dict[tuple[int, int], Float64Array] = {(0, 0): np.ones_like(x)}
    for m in range(order + 1):
        if m:
            # From (m-1, m-1): the factor 2 - δ enters once, at m = 1.
            step = math.sqrt((2 * m - 1) / (2 * m)) * (math.sqrt(2) if m == 1 else 1.0)
            found[m, m] = step * root * found[m - 1, m - 1]
        for n in range(m + 1, order + 1):
            before = math.sqrt((n - 1) ** 2 - m * m) * found[n - 2, m] if n >= m + 2 else 0.0
            found[n, m] = ((2 * n - 1) * x * found[n - 1, m] - before) / math.sqrt(n * n - m * m)
    return found


def axes_rotation(yaw: float, pitch: float, roll: float) -> Float64Array:
    """Return the rotation ``Rz(yaw) Ry(pitch) Rx(roll)`` of vectors (x, y, z), float64 [3, 3].

    Right-handed turns in radians, the roll first: a positive yaw turns the front to the left, a positive pitch lowers
    the front, a positive roll lifts the left.
    """
    (ca, sa), (cb, sb), (cg, sg) = ((math.cos(angle), math.sin(angle)) for angle in (yaw, pitch, roll))
    about_z = np.array([[ca, -sa, 0], [sa, ca, 0], [0, 0, 1]])
    about_y = np.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])
    about_x = np.array([[1, 0, 0], [0, cg, -sg], [0, sg, cg]])
    return np.asarray(about_z @ about_y @ about_x)


def vectors(azimuth: npt.ArrayLike, elevation: npt.ArrayLike) -> Float64Array:
    """Return unit vectors (x, y, z) of directions in radians, float64 [3, ...]."""
    az, el = np.broadcast_arrays(np.asarray(azimuth, np.float64), np.asarray(elevation, np.float64))
    return np.stack([np.cos(az) * np.cos(el), np.sin(az) * np.cos(el), np.sin(el)])


def directions(xyz: npt.ArrayLike) -> tuple[Float64Array, Float64Array]:
    """Return azimuth in (-π, π] and elevation in [-π/2, π/2] of vectors [3, ...] of any length."""
    x, y, z = np.asarray(xyz, np.float64)
    return np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))


def rotation_matrix(yaw: float, pitch: float, roll: float, order: int) -> Float64Array:
    """Return the matrix that turns a whole scene: ``turned = matrix @ samples``.

    A source that was encoded in direction v lies at ``axes_rotation(yaw, pitch, roll) @ v`` afterwards. See
    ``rotation_of``.

    Parameters
    ----------
    yaw, pitch, roll : float
        In radians; right-handed turns about z (up), y (left) and x (front), the roll first.
    order : int
        0 to HIGHEST_ORDER.

    Returns
    -------
    float64 array [channels, channels]
        Orthogonal and zero between degrees; the same for SN3D and N3D, not for FuMa.

    Raises
    ------
    ParameterError
        If the order is outside its range or an angle is not finite.
    """
    for name, angle in (("yaw", yaw), ("pitch", pitch), ("roll", roll)):
        if not math.isfinite(angle):
            raise ParameterError(name, angle, "finite")
    from_y, from_x = _axes_from_z(order)
    # A turn about another axis is one about z between two fixed ones: a head that moves is followed at little cost.
    about_y = from_y @ _about_z(pitch, order) @ from_y.T
    return _about_z(yaw, order) @ about_y @ from_x @ _about_z(roll, order) @ from_x.T


@functools.lru_cache(maxsize=HIGHEST_ORDER + 1)
def _axes_from_z(order: int) -> tuple[Float64Array, Float64Array]:
    """Return the matrices [channels, channels] that turn up to the left, and up to the front."""
    left = rotation_of([[1, 0, 0], [0, 0, 1], [0, -1, 0]], order)
    front = rotation_of([[0, 0, 1], [0, 1, 0], [-1, 0, 0]], order)
    return left, front


def _about_z(angle: float, order: int) -> Float64Array:
    """Return the matrix [channels, channels] of a turn about z, which mixes only the two channels of an index ±m."""
    channels, n = np.arange(channels_of(order)), degrees(order)
    m = channels - n * n - n
    matrix = np.diag(np.cos(m * angle))
    matrix[channels, channels - 2 * m] -= np.sin(m * angle)
    return matrix


def rotation_of(axes: npt.ArrayLike, order: int) -> Float64Array:
    """Return the matrix [channels, channels] by which a rotation (or mirroring) of vectors [3, 3] acts on a scene.

    Each degree's block is the projection of the turned harmonics on the harmonics, ``(2n + 1)/(4π) ∫ Y_i(R v) Y_j(v)
    dv``. The integrand is a polynomial of degree 2n at most, for which the quadrature is exact.
    """
    azimuth, elevation, weights = quadrature(order)
    before = spherical_harmonics(azimuth, elevation, order)
    turned = np.asarray(axes, np.float64) @ vectors(azimuth, elevation)
    after = spherical_harmonics(*directions(turned), order)
    n = degrees(order)
    matrix = (after * weights) @ before.T * (2 * n + 1)[:, np.newaxis]
    return np.where(n[:, np.newaxis] == n, matrix, 0.0)


def quadrature(order: int) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return directions and weights (sum 1) by which products of two harmonics up to an order integrate exactly.

    Gauss and Legendre's nodes in the sine of the elevation times even steps of the azimuth: float64 [directions] each.
    """
    sines, heights = np.polynomial.legendre.leggauss(order + 1)
    steps = 2 * order + 1
    azimuth, elevation = np.meshgrid(2 * np.pi * np.arange(steps) / steps, np.arcsin(sines))
    return azimuth.ravel(), elevation.ravel(), np.repeat(heights / (2 * steps), steps)


def convert(x: npt.NDArray[Any], source: str = "N3D", target: str = "SN3D") -> npt.NDArray[Any]:
    """Convert a scene from one convention to another.

    ``"SN3D"`` and ``"N3D"`` are in ACN sequence, ``"FuMa"`` is Furse and Malham's sequence and weights (order 3 at
    most).

    Parameters
    ----------
    x : array [channels, ...]
        A full set of channels, for example [16, samples].

    Returns
    -------
    array [channels, ...]
        Of x's type, or float64 of integers; a copy.

    Raises
    ------
    ParameterError
        For an unknown convention, an incomplete set of channels, or FuMa beyond its third order.
    """
    values = np.asarray(x)
    if not np.issubdtype(values.dtype, np.floating):
        values = values.astype(np.float64)
    for name, convention in (("source", source), ("target", target)):
        if convention not in CONVENTIONS:
            raise ParameterError(name, convention, "one of " + ", ".join(CONVENTIONS))
    if values.ndim == 0:
        raise ParameterError("x", values.shape, "an array of shape [channels, ...]")
    order = order_of(values.shape[0])
    sources, divisors = layout(CONVENTIONS[source], source, order)
    targets, factors = layout(CONVENTIONS[target], target, order)
    # Indexed by ACN: where a channel lies in the source, what it weighs there and what it shall weigh.
    gains = (factors / divisors).astype(values.dtype).reshape(-1, *[1] * (values.ndim - 1))
    result = np.empty_like(values)
    result[targets] = values[sources] * gains
    return result


def layout(ordering: str, normalisation: str, order: int) -> tuple[npt.NDArray[np.int64], Float64Array]:
    """Return by ACN at which place a channel lies and what it weighs against SN3D.

    Parameters
    ----------
    ordering : {"ACN", "FuMa"}
    normalisation : {"SN3D", "N3D", "FuMa"}
    order : int
        For FuMa FUMA_ORDER at most: its sequence ends there.

    Returns
    -------
    int64 array [channels], float64 array [channels]

    Raises
    ------
    ParameterError
        For an unknown name or an order out of range.
    """
    count = channels_of(order)
    if ordering not in ORDERINGS:
        raise ParameterError("ordering", ordering, "one of " + ", ".join(ORDERINGS))
    if normalisation not in NORMALISATIONS:
        raise ParameterError("normalisation", normalisation, "one of " + ", ".join(NORMALISATIONS))
    if "FuMa" in (ordering, normalisation) and order > FUMA_ORDER:
        raise ParameterError("order", order, f"at most {FUMA_ORDER} for FuMa, which names no further channels")
    by_acn = np.argsort(_FUMA_ACN[:count])
    weights = {"SN3D": np.ones(count), "N3D": np.sqrt(2.0 * degrees(order) + 1), "FuMa": _FUMA_WEIGHT[:count]}
    weight = weights[normalisation][by_acn] if normalisation == "FuMa" else weights[normalisation]
    return (by_acn if ordering == "FuMa" else np.arange(count)), weight
