"""Spectrogram levels as bytes: 256 codes over -120 to 0 dBFS, where 0 dBFS is a full-scale sine."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

FLOOR_DB = -120.0
CEILING_DB = 0.0
TOP_CODE = 255
DB_PER_CODE = (CEILING_DB - FLOOR_DB) / TOP_CODE

Codes = npt.NDArray[np.uint8]
# What pyramids keep: level codes, or whatever else of which the larger one is seen.
Cells = npt.NDArray[np.unsignedinteger[Any]]


def code_to_db(code: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the level in dBFS that a code stands for; code 0 stands for -120 dBFS and everything below."""
    return FLOOR_DB + DB_PER_CODE * np.asarray(code, np.float64)


def db_to_code(level: float) -> int:
    """Return the code nearest to a level in dBFS; levels outside -120 to 0 dBFS take the nearest end."""
    return int(np.clip(round((level - FLOOR_DB) / DB_PER_CODE), 0, TOP_CODE))


def power_to_codes(power: npt.NDArray[np.float32]) -> Codes:
    """Turn powers (float32, >= 0, 1.0 = full-scale sine) into codes of the same shape.

    The upper 16 bits of a float32 hold its exponent and 7 bits of its mantissa: a table of
    these gives 10·log10 within 0.02 dB, a tenth of the time of a logarithm.
    """
    upper = np.right_shift(power.view(np.uint32), np.uint32(16))
    return np.take(_codes_by_upper_bits(), upper)


@functools.cache
def _codes_by_upper_bits() -> Codes:
    positive = np.arange(1 << 15, dtype=np.uint32)
    with np.errstate(invalid="ignore"):
        middles = ((positive << np.uint32(16)) | np.uint32(0x8000)).view(np.float32).astype(np.float64)
        levels = 10.0 * np.log10(middles)
    codes = np.rint((levels - FLOOR_DB) / DB_PER_CODE)
    table: Codes = np.nan_to_num(np.clip(codes, 0, TOP_CODE), nan=TOP_CODE).astype(np.uint8)
    table.setflags(write=False)
    return table
