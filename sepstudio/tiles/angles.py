"""Angles and the levels of their points in one number, so that of several points the loudest one is seen.

A cell is a uint16: 256 times the level code, plus the angle in 256 steps of the circle from -pi. The larger of two
cells is that of the louder point, so pooling by maxima, which shows levels as they are, shows of angles the one at
the loudest point. A mean of angles would show what is at no point: half of a group at -3 and half at 3 would come
out near 0, and noise would come out as whatever is quiet. A cell of 0 is a silent point, which has no angle.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sepstudio.tiles.decibels import Codes

STEPS = 256
STEP = 2.0 * np.pi / STEPS
_LEVEL_SHIFT = 8
_ANGLE_MASK = STEPS - 1
# Whatever has an angle is told from silence, however quiet it is.
_QUIETEST = 1

AngleCells = npt.NDArray[np.uint16]
Angles = npt.NDArray[np.float64]


def angle_cells(angles: npt.NDArray[np.float32], levels: Codes, heard: npt.NDArray[np.bool_]) -> AngleCells:
    """Return the cells of angles in radians, of the level codes of their points, and of whether these are heard.

    Angles lie in [-pi, pi]; both ends are the same one. All arrays are of one shape.
    """
    steps = np.rint((angles + np.float32(np.pi)) * np.float32(1.0 / STEP)).astype(np.uint16) & np.uint16(_ANGLE_MASK)
    cells: AngleCells = (np.maximum(levels, _QUIETEST).astype(np.uint16) << np.uint16(_LEVEL_SHIFT)) | steps
    cells[~heard] = 0
    return cells


def angles_of(cells: npt.ArrayLike) -> Angles:
    """Return the angles in [-pi, pi) of cells, within half a step of 0.0245; that of a silent point means nothing."""
    return np.asarray((np.asarray(cells, np.int64) & _ANGLE_MASK) * STEP - np.pi, np.float64)


def levels_of(cells: npt.ArrayLike) -> Codes:
    """Return the level codes of cells; 0 is silence."""
    return (np.asarray(cells, np.uint16) >> np.uint16(_LEVEL_SHIFT)).astype(np.uint8)
