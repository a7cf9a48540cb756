"""Colour maps whose ends meet, and the pixels of angles that are as bright as their points are loud."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtGui import QColor

from sepstudio.gui.items.colours import Table, brightness, pack
from sepstudio.tiles.angles import STEPS
from sepstudio.tiles.decibels import TOP_CODE

PHASE = "phase"
GREY_CIRCLE = "grey circle"
# Beside the map of this program one that is told apart with any colour vision, and one for paper: their names, and
# by how many entries they are turned, so that no difference is blue, or light.
CYCLIC_MAPS = {PHASE: ("", 0), "blue and yellow": ("CET-CBC1", STEPS // 2), GREY_CIRCLE: ("CET-C5", STEPS // 4)}

# A circle in Oklab (Ottosson 2020), the largest that fits into sRGB at its lightness: equal steps look equal and
# none is brighter, so that brightness can stand for levels. No difference is the blue of the accents, half a turn
# is orange, a quarter turn up pink, a quarter turn down green.
_LIGHTNESS, _CHROMA, _HUE_OF_ZERO = 0.745, 0.125, np.radians(-116.0)
_LAB_TO_CONES = np.array(
    [[1.0, 0.3963377774, 0.2158037573], [1.0, -0.1055613458, -0.0638541728], [1.0, -0.0894841775, -1.2914855480]]
)
_CONES_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
_SRGB_KNEE = 0.0031308
# Levels bend this way before the user bends them: hues are hard to tell apart in the dark.
_BEND = 0.6

Colours = npt.NDArray[np.float64]


@functools.cache
def cyclic_gradient(name: str) -> Colours:
    """Return the colours of the angles from -pi on in steps of a 256th of the circle, 0 to 255, [256, 3]."""
    if name == PHASE:
        colours = _circle()
    else:
        known, turn = CYCLIC_MAPS[name]
        table = pg.colormap.get(known).getLookupTable(0.0, 1.0, STEPS, alpha=False)
        colours = np.roll(table, turn, axis=0).astype(np.float64)
    colours.setflags(write=False)
    return colours


def _circle() -> Colours:
    hues = _HUE_OF_ZERO + 2.0 * np.pi * np.arange(STEPS) / STEPS - np.pi
    lab = np.stack([np.full(STEPS, _LIGHTNESS), _CHROMA * np.cos(hues), _CHROMA * np.sin(hues)], axis=1)
    linear = (lab @ _LAB_TO_CONES.T) ** 3 @ _CONES_TO_RGB.T
    srgb = np.where(linear <= _SRGB_KNEE, 12.92 * linear, 1.055 * np.maximum(linear, 0.0) ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(np.clip(srgb, 0.0, 1.0) * TOP_CODE), np.float64)


# Panes share their colours, and each asks several times before it is on show.
@functools.lru_cache(maxsize=16)
def angle_table(name: str, ground: str, levels: tuple[float, float] | None = None, gamma: float = 1.0) -> Table:
    """Return the pixel of each cell of an angle (``tiles.angles``), uint32 [65536]. Read-only.

    Silence has the colour ``ground``. With ``levels``, from ``lo`` to ``hi`` in dBFS, quieter points are nearer to
    it, bent by ``gamma``; without, all others have their full colour.
    """
    silent = np.array(QColor(ground).getRgb()[:3], np.float64)
    light = brightness(*levels, _BEND * gamma) if levels is not None else np.ones(TOP_CODE + 1)
    light = np.where(np.arange(TOP_CODE + 1) == 0, 0.0, light)[:, None, None]
    table = pack((silent + light * (cyclic_gradient(name) - silent)).reshape(-1, 3))
    table.setflags(write=False)
    return table


def angle_row(name: str) -> Table:
    """Return the pixels of the whole circle from -pi on, uint32 [256]."""
    return pack(cyclic_gradient(name))
