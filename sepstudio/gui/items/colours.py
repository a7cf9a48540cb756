"""Colour maps as tables of pixels: of levels, of two levels at once, of differences and of shares."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtGui import QColor, QImage

from sepstudio.tiles.decibels import DB_PER_CODE, TOP_CODE, code_to_db
from sepstudio.tiles.mixing import EVEN_ENTRY

# Maps of even brightness from dark to light, none of them a rainbow; the last is for paper.
COLOUR_MAPS = {
    "magma": "magma",
    "viridis": "viridis",
    "inferno": "inferno",
    "cividis": "cividis",
    "grey on white": "CET-L1",
}
_REVERSED = frozenset({"grey on white"})
# Of levels that make other colours darker.
GREY_ON_BLACK = "grey on black"
_ALL_MAPS = {**COLOUR_MAPS, GREY_ON_BLACK: "CET-L1"}

# Blue to red, which no stem is painted in; equal levels melt into the ground, dark or white.
DIFFERENCE_ON_DARK, DIFFERENCE_ON_LIGHT = "CET-D4", "CET-D1"
# An entry of a pair is 256 times the first code, plus the second.
_PAIRS = (TOP_CODE + 1) ** 2

# Pixels 0xffRRGGBB, one for each entry of a picture: 256 of them, or one for each pair of codes.
Table = npt.NDArray[np.uint32]


def gradient(name: str) -> npt.NDArray[np.uint8]:
    """Return a colour map from its quiet to its loud end, uint8 [256, 3]."""
    table = pg.colormap.get(_ALL_MAPS[name]).getLookupTable(0.0, 1.0, TOP_CODE + 1, alpha=False)
    return table[::-1] if name in _REVERSED else table


# Panes share their colours, and each asks several times before it is on show.
@functools.lru_cache(maxsize=32)
def level_table(name: str, lo_db: float, hi_db: float, gamma: float = 1.0) -> Table:
    """Return the pixel of each level code when a colour map spans ``lo_db`` to ``hi_db`` dBFS.

    ``gamma`` bends the way in between: below 1, quiet sounds are brighter. Read-only.
    """
    table = pack(gradient(name)[np.rint(brightness(lo_db, hi_db, gamma) * TOP_CODE).astype(np.intp)])
    table.setflags(write=False)
    return table


def pair_table(first: str, second: str, lo_db: float, hi_db: float, gamma: float = 1.0) -> Table:
    """Return the pixel of each pair of level codes: light of two colours ``#rrggbb`` that adds up over black."""
    light = brightness(lo_db, hi_db, gamma)[:, None]
    one, other = (light * np.array(QColor(colour).getRgb()[:3]) for colour in (first, second))
    return pack(np.minimum(one[:, None] + other[None, :], TOP_CODE).reshape(_PAIRS, 3))


def difference_table(limit_db: float, *, on_dark: bool) -> Table:
    """Return the pixel of each entry of a difference of levels between ``-limit_db`` and ``limit_db``."""
    name = DIFFERENCE_ON_DARK if on_dark else DIFFERENCE_ON_LIGHT
    colours = pg.colormap.get(name).getLookupTable(0.0, 1.0, TOP_CODE + 1, alpha=False)
    share = (np.arange(TOP_CODE + 1) - EVEN_ENTRY) * DB_PER_CODE / limit_db
    return pack(colours[np.rint((np.clip(share, -1.0, 1.0) + 1.0) / 2.0 * TOP_CODE).astype(np.intp)])


def difference_of_shares(*, on_dark: bool) -> Table:
    """Return the pixel of each entry of what lies between -1 (entry 1), nothing (128) and 1 (255)."""
    return difference_table((TOP_CODE - EVEN_ENTRY) * DB_PER_CODE, on_dark=on_dark)


def share_table(name: str, silent: str, gamma: float = 1.0) -> Table:
    """Return the pixel of each entry of a share: the whole map from 0 to 1, and ``silent`` where there is nothing."""
    share = (np.arange(TOP_CODE + 1) - 1).clip(0) / (TOP_CODE - 1)
    table = pack(gradient(name)[np.rint(share**gamma * TOP_CODE).astype(np.intp)])
    table[0] = QColor(silent).rgb()
    return table


def brightness(lo_db: float, hi_db: float, gamma: float) -> npt.NDArray[np.float64]:
    """Return how bright each level code is, 0 to 1."""
    share = (code_to_db(np.arange(TOP_CODE + 1)) - lo_db) / (hi_db - lo_db)
    bright: npt.NDArray[np.float64] = np.clip(share, 0.0, 1.0) ** gamma
    return bright


def blend_table(colours: list[str], stops: list[int]) -> Table:
    """Return 256 pixels that pass through ``#rrggbb`` colours at the given entries."""
    channels = np.array([QColor(colour).getRgb()[:3] for colour in colours], np.float64)
    entries = np.arange(TOP_CODE + 1)
    return pack(np.stack([np.interp(entries, stops, channel) for channel in channels.T], axis=1).round())


def pack(rgb: npt.NDArray[np.generic]) -> Table:
    """Return colours [entries, 3] of 0..255 as opaque pixels."""
    red, green, blue = np.rint(rgb).astype(np.uint32).T
    return np.uint32(0xFF000000) | (red << np.uint32(16)) | (green << np.uint32(8)) | blue


def image_of(entries: npt.NDArray[np.unsignedinteger], table: Table, device_pixel_ratio: float) -> QImage:
    """Return the image of contiguous entries [rows, columns] of a table, to be drawn without scaling."""
    height, width = entries.shape
    pixels = np.take(table, entries)
    # The copy frees the image from the lifetime of the array.
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
    image.setDevicePixelRatio(device_pixel_ratio)
    return image
