"""Matrices and curves of a separation as one file for numpy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.io.atomic import replacing
from sepstudio.io.failures import unwritable
from sepstudio.separation.base import Separation

SUFFIX = ".npz"


def matrices_path(wanted: Path) -> Path:
    """Return the name of a file of matrices, which ends in ``.npz``."""
    return wanted if wanted.suffix == SUFFIX else wanted.with_name(wanted.name + SUFFIX)


def save_matrices(path: Path, separation: Separation) -> None:
    """Write all matrices by their names, their coordinates by those of the axes, and curves with their seconds.

    Raises
    ------
    AudioFileError
        If the file cannot be written; then none is there, or the old one as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temp, temp.open("wb") as file:
            np.savez(file, allow_pickle=False, **_arrays(separation))
    except OSError as error:
        raise unwritable(path, error) from error


def _arrays(separation: Separation) -> dict[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, matrix in separation.matrices.items():
        arrays[name] = matrix.values
        for axis, coordinate in zip(matrix.axes, matrix.coordinates, strict=True):
            arrays[axis] = np.asarray(coordinate)
    for name, curve in separation.curves.items():
        arrays[name] = curve.values
        arrays[f"{name}-seconds"] = curve.seconds
    return arrays
