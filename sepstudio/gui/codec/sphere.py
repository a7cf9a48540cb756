"""Where directions lie in pictures of a sphere: spread out flat, or as the half that one looks at from its middle."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.ambisonics import axes_rotation, directions, vectors
from sepstudio.dsp.energy_map import COLUMNS, GRID_DEGREES, ROWS

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

STEEPEST = 90.0


@dataclass(frozen=True)
class Facing:
    """Where one looks from the middle of the sphere, in degrees."""

    azimuth: float = 0.0
    elevation: float = 0.0

    def turned(self, left: float, up: float) -> Facing:
        """Return a look further to the left and upwards; nobody looks over backwards."""
        azimuth = math.remainder(self.azimuth + left, 360.0)
        return Facing(azimuth, min(max(self.elevation + up, -STEEPEST), STEEPEST))

    @functools.cached_property
    def axes(self) -> Doubles:
        """Directions of the look, of its left and of its up as columns, float64 [3, 3]."""
        return axes_rotation(math.radians(self.azimuth), -math.radians(self.elevation), 0.0)


FRONT = Facing()


@dataclass(frozen=True, eq=False)
class Sampler:
    """Reads a map of ``dsp.energy_map`` at the pixels of a picture, between its cells by straight lines.

    Attributes
    ----------
    corners : int32 [4, height, width]
        Flat places of the four cells around each pixel.
    weights : float32 [4, height, width]
    inside : bool [height, width]
        Which pixels show the sphere.
    """

    corners: npt.NDArray[np.int32]
    weights: Floats
    inside: npt.NDArray[np.bool_]

    def __call__(self, levels: npt.NDArray[np.floating]) -> Floats:
        """Return the values of a map [ROWS, COLUMNS] at all pixels, float32 [height, width]."""
        flat = np.asarray(levels, np.float32).ravel()
        return np.asarray((flat[self.corners] * self.weights).sum(axis=0))


@functools.lru_cache(maxsize=4)
def flat_sampler(width: int, height: int) -> Sampler:
    """Return what reads a map spread out flat: behind at both ends, the left in the left half, above on top."""
    across = np.pi * (1.0 - 2.0 * (np.arange(width) + 0.5) / width)
    down = np.pi * (0.5 - (np.arange(height) + 0.5) / height)
    azimuth, elevation = np.meshgrid(across, down)
    return _sampler(azimuth, elevation, np.ones((height, width), np.bool_))


@functools.lru_cache(maxsize=4)
def globe_sampler(side: int, facing: Facing) -> Sampler:
    """Return what reads the half of a map that one looks at, a circle in a square."""
    place = (np.arange(side) + 0.5) / side * 2.0 - 1.0
    right, down = np.meshgrid(place, place)
    reach = right**2 + down**2
    depth = np.sqrt(np.maximum(1.0 - reach, 0.0))
    seen = np.einsum("ij,jyx->iyx", facing.axes, np.stack([depth, -right, -down]))
    return _sampler(*directions(seen), reach <= 1.0)


def _sampler(azimuth: Doubles, elevation: Doubles, inside: npt.NDArray[np.bool_]) -> Sampler:
    column = (180.0 - np.degrees(azimuth)) / GRID_DEGREES - 0.5
    row = np.clip((90.0 - np.degrees(elevation)) / GRID_DEGREES - 0.5, 0.0, ROWS - 1.0)
    left, above = np.floor(column).astype(np.int32), np.floor(row).astype(np.int32)
    across, down = column - left, row - above
    below = np.minimum(above + 1, ROWS - 1)
    first, second = left % COLUMNS, (left + 1) % COLUMNS
    corners = [line * COLUMNS + place for line in (above, below) for place in (first, second)]
    weights = [share * part for share in (1.0 - down, down) for part in (1.0 - across, across)]
    return Sampler(np.stack(corners).astype(np.int32), np.stack(weights).astype(np.float32), inside)


def flat_place(azimuth: float, elevation: float) -> tuple[float, float]:
    """Return where a direction in degrees lies in a flat map, as shares of its width and height from the top left."""
    return (180.0 - azimuth) / 360.0, (90.0 - elevation) / 180.0


def globe_place(azimuth: float, elevation: float, facing: Facing) -> tuple[float, float, float]:
    """Return where a direction in degrees lies in a globe of radius 1, to the right and downwards, and how near.

    What is nearer than 0 lies on the half behind.
    """
    depth, left, up = facing.axes.T @ vectors(math.radians(azimuth), math.radians(elevation))
    return float(-left), float(-up), float(depth)


def globe_direction(right: float, down: float, facing: Facing) -> tuple[float, float] | None:
    """Return azimuth and elevation in degrees of a place in a globe of radius 1, or None beside it."""
    reach = right**2 + down**2
    if reach > 1.0:
        return None
    azimuth, elevation = directions(facing.axes @ np.array([math.sqrt(1.0 - reach), -right, -down]))
    return math.degrees(azimuth), math.degrees(elevation)


def cell_of(azimuth: float, elevation: float) -> tuple[int, int]:
    """Return row and column of the cell of a map that a direction in degrees lies in."""
    row, column = int((90.0 - elevation) // GRID_DEGREES), int((180.0 - azimuth) // GRID_DEGREES)
    return min(max(row, 0), ROWS - 1), column % COLUMNS
