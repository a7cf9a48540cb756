"""The names of layers, maps and axes of a network in words that a musician knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.gui.texts import MINUS, frequency_text

Names = npt.NDArray[np.float64] | tuple[str, ...]

# Axes of kernels, which reach to both sides.
_OFFSETS = {"frames": "frame", "bands": "band"}
KINDS = ("alpha ", "kernels ", "weights ", "mask ")


@dataclass(frozen=True, eq=False)
class MapAxis:
    """An axis of maps or kernels: its name, and a number or name for each row or column."""

    name: str
    values: Names


def layer_words(name: str) -> str:
    """Return what a matrix of a network is of: its name in the run without the kind."""
    return next((name.removeprefix(kind) for kind in KINDS if name.startswith(kind)), name)


def names_of(axis: str, names: Names | Sequence[str]) -> tuple[str, ...]:
    """Return the names of maps: their own, or the axis and a number from 1."""
    return tuple(name if isinstance(name, str) else f"{axis} {place}" for place, name in enumerate(names, 1))


def value_words(value: float) -> str:
    """Return a value of a map or kernel in two digits."""
    return f"{value:.2g}".replace("-", MINUS)


def place_words(axis: MapAxis, index: int, origin: int | None = None) -> str:
    """Return where on an axis a cell lies; times count from that of a cell of ``origin``."""
    place = axis.values[index]
    if isinstance(place, str):
        return place
    if axis.name == "frequency":
        return frequency_text(place)
    if axis.name == "time":
        start = 0.0 if origin is None else float(axis.values[origin])
        return f"{_signed(1000.0 * (place - start))} ms"
    if axis.name in _OFFSETS:
        return f"{_signed(place)} {_OFFSETS[axis.name]}{'' if abs(place) == 1 else 's'}"
    return f"{axis.name} {place:g}"


def _signed(value: float) -> str:
    rounded = round(value)
    return f"{'+' if rounded > 0 else MINUS if rounded < 0 else ''}{abs(rounded)}"
