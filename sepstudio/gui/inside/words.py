"""The names of layers, maps and axes of a network in words that a musician knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.gui.texts import MINUS, frequency_text

Names = npt.NDArray[np.float64] | tuple[str, ...]

# Axes of kernels, which reach to both sides.
_OFFSETS = {"frames": "frame", "bands": "band"}
KINDS = ("alpha ", "kernels ", "weights ", "mask ")


_LAYERS = {
    "inputs": "what it sees",
    "straight": "by point",
    "points": "points",
    "near": "close look",
    "coarse": "joined",
    "wide": "wide look",
    "answer": "by shape",
    "labels": "sources",
}
_MAPS = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"rise", "difference in time"),
        (r"step up", "difference to the band below"),
        (r"above (\d+) frames", r"level above its \1 frames"),
        (r"above (\d+) bands", r"level above its \1 bands"),
        (r"lasting or broad (\d+)", r"tone or beat, over \1"),
        (r"lasting (\d+)", r"how lasting, over \1"),
        (r"broad (\d+)", r"how broad, over \1"),
        (r"side 1:2 over 1", "left or right"),
        (r"side 1:2 over (\d+)", r"left or right, over \1 frames"),
        (r"side (\d+):(\d+) over (\d+)", r"channel \1 or \2, over \3"),
        (r"in phase (\d+):(\d+) over (\d+)", r"channels \1, \2 alike, over \3"),
        (r"out of phase (\d+):(\d+) over (\d+)", r"channels \1, \2 apart, over \3"),
        (r"onsets (\d+)", r"onsets in part \1 of the bands"),
        (r"level (\d+)", r"level in part \1 of the bands"),
        (r"phase in (\w+), (\w+)", r"phase along \1, \2"),
        (r"height (sine|cosine) (\d+)", r"height, wave \2 (\1)"),
        (r"height", "height in the spectrum"),
    )
)


@dataclass(frozen=True, eq=False)
class MapAxis:
    """An axis of maps or kernels: its name, and a number or name for each row or column."""

    name: str
    values: Names


def layer_words(name: str) -> str:
    """Return what a matrix of a network is of: its layer, without the kind of the matrix."""
    layer = next((name.removeprefix(kind) for kind in KINDS if name.startswith(kind)), name)
    return _LAYERS.get(layer, layer)


def map_words(name: str) -> str:
    """Return what a map of the recording shows, in plain words; a name that is not known is its own."""
    for pattern, words in _MAPS:
        found = pattern.fullmatch(name)
        if found:
            return found.expand(words)
    return name


def names_of(axis: str, names: Names | Sequence[str]) -> tuple[str, ...]:
    """Return the names of maps in words, or the axis and a number from 1 where they have none."""
    return tuple(map_words(name) if isinstance(name, str) else f"{axis} {place}" for place, name in enumerate(names, 1))


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
