"""Cells of small matrices as entries of tables of colours, and as images without smoothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QImage

from sepstudio.gui.items.colours import Table, difference_of_shares, image_of, share_table
from sepstudio.tiles.decibels import TOP_CODE
from sepstudio.tiles.mixing import EVEN_ENTRY

Cells = npt.NDArray[np.float32]

SHARE_COLOURS = "magma"
# The parts of many inputs are small at first: the root tells them from nothing.
SHARE_GAMMA = 0.5
_MIDDLE_LIGHTNESS = 128


def cells_of(values: npt.ArrayLike) -> Cells:
    """Return values as float32; what is no number, as a training that failed leaves it, is nothing."""
    return np.nan_to_num(np.asarray(values, np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def share_image(shares: Cells, ground: str) -> QImage:
    """Return an image of shares between the fixed limits 0 and 1 [rows, columns], the first row on top."""
    entries = np.rint(1 + np.clip(shares, 0.0, 1.0) * (TOP_CODE - 1)).astype(np.uint8)
    return image_of(np.ascontiguousarray(entries), shares_table(ground), 1.0)


def shares_table(ground: str) -> Table:
    """Return the pixel of each entry of a share: 1 is nothing, 255 all."""
    return share_table(SHARE_COLOURS, ground, SHARE_GAMMA)


def signed_image(values: Cells, limit: float, table: Table) -> QImage:
    """Return an image of values between ``-limit`` and ``limit`` [rows, columns] in the colours of ``signed_table``.

    The first row is at the bottom, as frequencies are.
    """
    part = np.clip(values / limit, -1.0, 1.0) if limit > 0 else np.zeros_like(values)
    entries = np.rint(EVEN_ENTRY + part * (TOP_CODE - EVEN_ENTRY)).astype(np.uint8)
    return image_of(np.ascontiguousarray(entries[::-1]), table, 1.0)


def signed_table(ground: str) -> Table:
    """Return the pixel of each entry of a difference; nothing is in the colour of the ground."""
    on_dark = QColor(ground).lightness() < _MIDDLE_LIGHTNESS
    return difference_of_shares(on_dark=on_dark)
