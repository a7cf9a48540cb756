"""Colour maps of level codes, as tables of 256 pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtGui import QColor, QImage

from sepstudio.tiles.decibels import TOP_CODE, Codes, code_to_db

# Maps of even brightness from dark to light, none of them a rainbow; the last is for paper.
COLOUR_MAPS = {
    "magma": "magma",
    "viridis": "viridis",
    "inferno": "inferno",
    "cividis": "cividis",
    "grey on white": "CET-L1",
}
_REVERSED = frozenset({"grey on white"})

# 256 pixels 0xffRRGGBB, as QImage takes them.
Table = list[int]


def gradient(name: str) -> npt.NDArray[np.uint8]:
    """Return a colour map from its quiet to its loud end, uint8 [256, 3]."""
    table = pg.colormap.get(COLOUR_MAPS[name]).getLookupTable(0.0, 1.0, TOP_CODE + 1, alpha=False)
    return table[::-1] if name in _REVERSED else table


def level_table(name: str, lo_db: float, hi_db: float) -> Table:
    """Return the pixel 0xffRRGGBB of each level code when a colour map spans ``lo_db`` to ``hi_db`` dBFS."""
    share = (code_to_db(np.arange(TOP_CODE + 1)) - lo_db) / (hi_db - lo_db)
    entries = np.rint(np.clip(share, 0.0, 1.0) * TOP_CODE).astype(np.intp)
    return pack(gradient(name)[entries])


def blend_table(colours: list[str], stops: list[int]) -> Table:
    """Return 256 pixels that pass through ``#rrggbb`` colours at the given entries."""
    channels = np.array([QColor(colour).getRgb()[:3] for colour in colours], np.float64)
    entries = np.arange(TOP_CODE + 1)
    return pack(np.stack([np.interp(entries, stops, channel) for channel in channels.T], axis=1).round())


def pack(rgb: npt.NDArray[np.generic]) -> Table:
    """Return colours [entries, 3] of 0..255 as opaque pixels."""
    return [0xFF000000 | int(red) << 16 | int(green) << 8 | int(blue) for red, green, blue in rgb]


def image_of(entries: Codes, table: Table, device_pixel_ratio: float) -> QImage:
    """Return the image of contiguous entries [rows, columns] of a table, to be drawn without scaling."""
    height, width = entries.shape
    indexed = QImage(entries.data, width, height, width, QImage.Format.Format_Indexed8)
    indexed.setColorTable(table)
    # The conversion copies, which frees the image from the lifetime of the array.
    image = indexed.convertToFormat(QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(device_pixel_ratio)
    return image
