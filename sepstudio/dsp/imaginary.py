"""Imaginary loudspeakers: how a layout with holes becomes a closed hull, and who plays what falls into the holes."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.ambisonics import Float64Array, directions, vectors

Faces = tuple[tuple[int, ...], ...]

# Bounds in degrees of elevation (ITU-R BS.2127-0, 6.1.3.1).
_EAR_LEVEL = 10.0
_LAYER_END = 70.0
_LAYER = 30.0
# By how much the loudspeakers of a layer must be exceeded in azimuth for the layer to have a hole there.
_REACH = 40.0
_WIDEST_GAP = 145.0
# By how much, in degrees, loudspeakers may differ in distance and still be equally near.
_AS_NEAR = 1.0
_LEAST_DEPTH = 0.05
_PLANE = 1e-6


class _Hull:
    """Corners with their downmix, to which imaginary ones are added."""

    def __init__(self, real: Float64Array) -> None:
        self.points = real
        self.downmix = np.eye(real.shape[1])

    def add(self, point: Float64Array, played_by: Float64Array) -> None:
        """Add a corner, with the gains [speakers] by which real loudspeakers play it."""
        self.points = np.column_stack([self.points, point])
        self.downmix = np.column_stack([self.downmix, played_by])

    def shared(self, corners: npt.ArrayLike) -> Float64Array:
        """Return the gains of something that some corners play with equal parts of its power."""
        chosen = np.asarray(corners)
        return np.asarray(self.downmix[:, chosen].sum(axis=1) / math.sqrt(len(chosen)))

    def nearest(self, point: Float64Array) -> npt.NDArray[np.int64]:
        """Return the real loudspeakers nearest to a point, several where they are equally near."""
        real = self.downmix.shape[0]
        angles = np.degrees(np.arccos(np.clip(point @ self.points[:, :real], -1, 1)))
        return np.flatnonzero(angles <= angles.min() + _AS_NEAR)


def closed_by_imaginary(real: Float64Array) -> tuple[Float64Array, Float64Array, Faces]:
    """Close the hull of loudspeakers around the listener.

    Beneath and above each loudspeaker at the level of the ears where a layer is missing stands an imaginary one that
    the one at the level of the ears plays; one at each pole, which its neighbours play with equal parts of its power;
    and in gaps of more than 145 degrees others, which the nearest play.

    Parameters
    ----------
    real : float64 array [3, speakers]
        Unit vectors, no two of them alike.

    Returns
    -------
    points : float64 array [3, corners]
        The real ones first.
    downmix : float64 array [speakers, corners]
        Gains by which real loudspeakers play what falls to a corner, each column of power 1.
    faces : tuple of tuples of int
        Three or four corners each, going around the face.
    """
    hull = _Hull(real)
    azimuth, elevation = (np.degrees(angle) for angle in directions(real))
    ring = np.flatnonzero(np.abs(elevation) < _EAR_LEVEL)
    gaps = _fill_gaps(hull, azimuth[ring]) if ring.size else []
    for sign in (-1.0, 1.0):
        layer = (sign * elevation > _EAR_LEVEL) & (sign * elevation < _LAYER_END)
        reach = np.abs(azimuth[layer]).max() + _REACH if layer.any() else 0.0
        for corner in (*ring, *gaps):
            along = math.degrees(math.atan2(hull.points[1, corner], hull.points[0, corner]))
            if abs(along) >= reach:
                hull.add(vectors(math.radians(along), math.radians(sign * _LAYER)), hull.downmix[:, corner])
    poles = _add_poles(hull, elevation)
    _close(hull)
    faces = _faces(hull.points)
    for pole in poles:
        around = {corner for face in faces if pole in face for corner in face} - set(poles)
        hull.downmix[:, pole] = hull.shared(sorted(around))
    return hull.points, hull.downmix / np.linalg.norm(hull.downmix, axis=0), faces


def _fill_gaps(hull: _Hull, azimuths: Float64Array) -> list[int]:
    """Add imaginary loudspeakers at the level of the ears where real ones leave wide gaps; return which they are."""
    added = []
    ordered = np.sort(azimuths % 360.0)
    for start, stop in zip(ordered, [*ordered[1:], ordered[0] + 360.0], strict=True):
        parts = math.ceil((stop - start) / _WIDEST_GAP)
        for k in range(1, parts):
            point = vectors(math.radians(start + (stop - start) * k / parts), 0.0)
            added.append(hull.points.shape[1])
            hull.add(point, hull.shared(hull.nearest(point)))
    return added


def _add_poles(hull: _Hull, elevations: Float64Array) -> list[int]:
    """Add an imaginary loudspeaker below and above the listener where there is no real one; return which they are."""
    added = []
    for sign in (-1.0, 1.0):
        if not (sign * elevations >= _LAYER_END).any():
            pole = np.array([0.0, 0.0, sign])
            added.append(hull.points.shape[1])
            hull.add(pole, hull.shared(hull.nearest(pole)))
    return added


def _close(hull: _Hull) -> None:
    """Add imaginary loudspeakers until the listener lies well within the hull, and no face has more than four sides."""
    # Each step adds one on a side where there is none yet; as many as a cube has sides suffice for any layout.
    for _ in range(2 * hull.points.shape[1] + 6):
        normals, depths = _planes(hull.points)
        outermost = int(np.argmin(depths))
        if depths[outermost] < _LEAST_DEPTH:
            hull.add(normals[outermost], hull.shared(hull.nearest(normals[outermost])))
            continue
        wide = next((face for face in _faces(hull.points) if len(face) > 4), None)
        if wide is None:
            return
        middle = hull.points[:, wide].sum(axis=1)
        hull.add(middle / np.linalg.norm(middle), hull.shared(wide))


def _planes(points: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return the outward normals [faces, 3] of the hull and how far the listener lies behind each of its planes."""
    from scipy.spatial import ConvexHull, QhullError

    try:
        equations = ConvexHull(points.T).equations
    except QhullError:
        # All in one plane: what is needed lies on both of its sides.
        normal = np.linalg.svd(points - points.mean(axis=1, keepdims=True))[0][:, 2]
        return np.stack([normal, -normal]), np.zeros(2)
    return equations[:, :3], -equations[:, 3]


def _faces(points: Float64Array) -> Faces:
    """Return the corners of each face of the hull, going around it; triangles in one plane are one face."""
    from scipy.spatial import ConvexHull

    hull = ConvexHull(points.T)
    faces: list[tuple[Float64Array, set[int]]] = []
    for corners, plane in zip(hull.simplices, hull.equations, strict=True):
        known = next((members for other, members in faces if np.abs(other - plane).max() < _PLANE), None)
        if known is None:
            faces.append((plane, known := set()))
        known.update(corners.tolist())
    return tuple(_around(points, sorted(members), plane[:3]) for plane, members in faces)


def _around(points: Float64Array, corners: list[int], normal: Float64Array) -> tuple[int, ...]:
    """Return corners of a face in the sequence in which one goes around it."""
    inner = points[:, corners] - points[:, corners].mean(axis=1, keepdims=True)
    right = inner[:, 0] / np.linalg.norm(inner[:, 0])
    angles = np.arctan2(np.cross(normal, right) @ inner, right @ inner)
    return tuple(corners[k] for k in np.argsort(angles))
