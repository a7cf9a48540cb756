"""Panning between the loudspeakers nearest to a direction, on any layout.

The directions of the loudspeakers span a hull; a source plays from the corners of the face that it lies in (Pulkki
1997, "Virtual sound source positioning using vector base amplitude panning"). Where a layout leaves holes (no floor,
no ceiling, nothing behind), imaginary loudspeakers close the hull and real ones play what falls to them, by the rules
of ITU-R BS.2127-0, 6.1.3. So do faces of four corners pan along both of their sides (6.1.2.3): cut in two triangles,
left and right would sound unlike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sepstudio.dsp.ambisonics import Float64Array
from sepstudio.dsp.imaginary import closed_by_imaginary
from sepstudio.dsp.layouts import LAYOUTS, Layout

# How far below zero a gain may be by rounding; and above which a corner does not lie in the plane of the others.
_ROUNDING = 1e-9
_ABSENT = -1.0
# Left, right, centre, left and right surround in two loudspeakers; the first three are in front.
_FOLDED = np.array([[1, 0, math.sqrt(1 / 3), math.sqrt(1 / 2), 0], [0, 1, math.sqrt(1 / 3), 0, math.sqrt(1 / 2)]])
_IN_FRONT = 3


@dataclass(frozen=True)
class Panner:
    """Gains of loudspeakers by direction.

    Parameters
    ----------
    points : float64 array [3, corners]
        Unit vectors of the real loudspeakers, and behind them of imaginary ones.
    faces : tuple of tuples of int
        The corners of each face of the hull, three or four, going around it.
    downmix : float64 array [speakers, corners]
        By which gains real loudspeakers play what falls to each corner.
    """

    points: Float64Array
    faces: tuple[tuple[int, ...], ...]
    downmix: Float64Array

    def gains(self, directions: Float64Array) -> Float64Array:
        """Return the gains of the real loudspeakers for unit vectors [3, directions].

        Returns
        -------
        float64 array [speakers, directions]
            None below zero, of power 1 for each direction.
        """
        corners = np.zeros((self.points.shape[1], directions.shape[1]))
        least = np.full(directions.shape[1], -np.inf)
        for face in self.faces:
            found = _face_gains(self.points[:, face], directions)
            lowest = found.min(axis=0)
            # The first face that holds a direction on an edge keeps it: both would give the same.
            better = lowest > least + _ROUNDING
            least[better] = lowest[better]
            corners[:, better] = 0.0
            corners[np.ix_(face, better)] = np.maximum(found[:, better], 0.0)
        played = self.downmix @ corners
        return np.asarray(played / np.linalg.norm(played, axis=0))


@dataclass(frozen=True)
class StereoPanner:
    """Gains of two loudspeakers in front: those of 5.1, folded down (ITU-R BS.2127-0, 6.1.2.4)."""

    surround: Panner

    def gains(self, directions: Float64Array) -> Float64Array:
        """Return the gains of the left and the right loudspeaker for unit vectors [3, directions].

        Returns
        -------
        float64 array [2, directions]
            None below zero, of power 1 in front and 3 dB less behind.
        """
        five = self.surround.gains(directions)
        played = _FOLDED @ five
        front, rear = five[:_IN_FRONT].max(axis=0), five[_IN_FRONT:].max(axis=0)
        return np.asarray(played / np.linalg.norm(played, axis=0) * 0.5 ** (0.5 * rear / (front + rear)))


def panner_of(layout: Layout) -> Panner | StereoPanner:
    """Return the panner of a layout; loudspeakers of low-frequency effects have no part in it."""
    stereo = LAYOUTS["stereo"].vectors
    if layout.vectors.shape == stereo.shape and np.allclose(layout.vectors, stereo):
        return StereoPanner(_panner(LAYOUTS["5.1"]))
    return _panner(layout)


def _panner(layout: Layout) -> Panner:
    points, downmix, faces = closed_by_imaginary(layout.vectors)
    return Panner(points, faces, downmix)


def _face_gains(corners: Float64Array, directions: Float64Array) -> Float64Array:
    """Return gains [corners, directions] of power 1; one is negative outside the face."""
    if corners.shape[1] == 4:
        return _quad_gains(corners, directions)
    gains = np.linalg.solve(corners, directions)
    return np.asarray(gains / np.linalg.norm(gains, axis=0))


def _quad_gains(corners: Float64Array, directions: Float64Array) -> Float64Array:
    along, across = _along(corners, directions), _along(np.roll(corners, -1, axis=1), directions)
    gains = np.stack([(1 - along) * (1 - across), along * (1 - across), along * across, (1 - along) * across])
    # The quadratic has a solution for directions that point away from the face as well.
    inside = np.isfinite(gains).all(axis=0) & ((corners @ np.nan_to_num(gains) * directions).sum(axis=0) > 0)
    return np.where(inside, gains / np.linalg.norm(np.nan_to_num(gains, nan=1.0), axis=0), _ABSENT)


def _along(corners: Float64Array, directions: Float64Array) -> Float64Array:
    """Return how far directions lie from the side 4-1 of a face towards its side 2-3, 0 to 1, NaN where nowhere.

    The line from ``(1 - x) p1 + x p2`` to ``(1 - x) p4 + x p3`` and the centre span a plane; the x is sought for which
    the direction lies in it: a root of a quadratic.
    """
    first, second, third, fourth = corners.T
    near, far = second - first, third - fourth
    square = np.cross(near, far) @ directions
    linear = (np.cross(first, far) + np.cross(near, fourth)) @ directions
    constant = np.cross(first, fourth) @ directions
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        root = np.sqrt(linear**2 - 4 * square * constant)
        # Of the forms of the solution the one that stays exact where the square vanishes: the sides are parallel.
        half = -0.5 * (linear + np.copysign(root, linear))
        candidates = np.stack([half / square, constant / half])
    straying = np.where(np.isfinite(candidates), np.abs(candidates - 0.5), math.inf)
    nearest = np.take_along_axis(candidates, straying.argmin(axis=0)[np.newaxis], axis=0)[0]
    return np.where(np.abs(nearest - 0.5) <= 0.5 + _ROUNDING, nearest, np.nan)
