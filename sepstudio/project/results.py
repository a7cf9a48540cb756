"""Matrices and curves of a run as arrays with names, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

from sepstudio.project.fields import Fields
from sepstudio.separation.base import Curve, Matrix

Array = npt.NDArray[Any]
Arrays = dict[str, Array]


def arrays_of(matrices: Mapping[str, Matrix], curves: Mapping[str, Curve]) -> Arrays:
    """Return all arrays by the names that they are saved under; they are the arrays themselves."""
    found: Arrays = {}
    for name, matrix in matrices.items():
        found[_matrix(name)] = matrix.values
        for number, item in enumerate(matrix.coordinates):
            if not isinstance(item, tuple):
                found[_axis(name, number)] = item
    for name, curve in curves.items():
        found[_curve(name)] = curve.values
        found[_seconds(name)] = curve.seconds
    return found


def matrices_json(matrices: Mapping[str, Matrix]) -> dict[str, Any]:
    """Return what the arrays do not say of matrices: the names of axes, and of rows or columns that have names."""
    return {
        name: {
            "axes": list(matrix.axes),
            "names": [list(item) if isinstance(item, tuple) else None for item in matrix.coordinates],
        }
        for name, matrix in matrices.items()
    }


def results_of(run: Fields, arrays: Arrays) -> tuple[dict[str, Matrix], dict[str, Curve], Arrays]:
    """Return the matrices and curves that a run names, and the arrays that are neither.

    Raises
    ------
    ProjectError
        If an array is missing or does not fit.
    """
    rest = dict(arrays)
    described = run.inner("matrices")
    matrices = {name: _matrix_of(described.inner(name), name, rest) for name in described.values}
    curves = {}
    for name in run.texts("curves"):
        values, seconds = _take(run, _curve(name), rest), _take(run, _seconds(name), rest)
        curves[name] = Curve(values, seconds)
    return matrices, curves, rest


def _matrix_of(fields: Fields, name: str, arrays: Arrays) -> Matrix:
    values = _take(fields, _matrix(name), arrays)
    named = fields.objects("names")
    coordinates = tuple(
        _take(fields, _axis(name, number), arrays) if item is None else _names(fields, item)
        for number, item in enumerate(named)
    )
    try:
        return Matrix(values, fields.texts("axes"), coordinates)
    except ValueError as error:
        raise fields.damaged(str(error)) from error


def _names(fields: Fields, item: Any) -> tuple[str, ...]:
    if not isinstance(item, list) or not all(isinstance(name, str) for name in item):
        raise fields.damaged("names are not all texts")
    return tuple(item)


def _take(fields: Fields, key: str, arrays: Arrays) -> Array:
    if key not in arrays:
        raise fields.damaged(f"there is no array {key}")
    return arrays.pop(key)


def _matrix(name: str) -> str:
    return f"matrix {name}"


def _axis(name: str, number: int) -> str:
    return f"matrix {name} axis {number}"


def _curve(name: str) -> str:
    return f"curve {name}"


def _seconds(name: str) -> str:
    return f"curve {name} seconds"
