"""Paths with no more points than it takes to tell where they went."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]


def needed_points(points: Points, tolerance: float) -> npt.NDArray[np.int64]:
    """Return which points of a path it would lie elsewhere without (Ramer 1972; Douglas and Peucker 1973).

    Parameters
    ----------
    points : float64 array [points, 2]
        The path, in units in which distances mean something, such as pixels.
    tolerance : float
        How far the path may move, in these units.

    Returns
    -------
    int64 array [kept]
        The indices of the points that are kept, the first and the last among them, in their order.
    """
    count = len(points)
    kept = np.zeros(count, np.bool_)
    kept[[0, -1]] = True
    spans = [(0, count - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        distances = _distances(points[first + 1 : last], points[first], points[last])
        farthest = int(np.argmax(distances))
        if distances[farthest] > tolerance:
            middle = first + 1 + farthest
            kept[middle] = True
            spans += [(first, middle), (middle, last)]
    return np.flatnonzero(kept)


def _distances(points: Points, start: Points, end: Points) -> Points:
    """Return how far points lie from the line between two ends."""
    along = end - start
    length = float(along @ along)
    shares = np.clip((points - start) @ along / length, 0.0, 1.0) if length > 0 else np.zeros(len(points))
    return np.hypot(*(points - start - shares[:, None] * along).T)


def enclosed_area(points: Points) -> float:
    """Return the area that a closed outline [points, 2] encloses, as a polygon."""
    x, y = points.T
    return float(abs(x @ np.roll(y, 1) - y @ np.roll(x, 1))) / 2
