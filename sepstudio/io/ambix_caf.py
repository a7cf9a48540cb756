"""The extended format of ambiX: CAF files of fewer channels, with a matrix that makes a full scene of them.

Nachbar, Zotter, Deleflie and Sontacchi 2011, "ambiX - a suggested Ambisonics format", section 4. Basic ambiX files are
plain CAF files in ACN/SN3D and have no such chunk.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from sepstudio.errors import AudioFileError
from sepstudio.io.failures import COPY_AGAIN, display_name

FloatArray = npt.NDArray[np.float32]

_IDS = frozenset({bytes.fromhex("1ad318c300e55576be2d0dca2460bc89"), b"IEM.AT/AMBIX/XML"})
_HEADER = struct.Struct(">4sq")
_SIZES = struct.Struct(">II")
_MAX_CHUNKS = 1000
# Matrices up to order 20 of as many channels.
_MAX_BYTES = 4 * 441 * 441 + 24


def ambix_matrix(path: Path, channels: int) -> FloatArray | None:
    """Return what makes a scene of the first channels of a CAF file, or None if the file has no such matrix.

    Parameters
    ----------
    channels : int
        Of the file; those beyond the columns of the matrix are no part of the scene.

    Returns
    -------
    float32 array [scene channels, coded channels] or None

    Raises
    ------
    AudioFileError
        If the matrix is damaged or does not fit the file.
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        chunk = _find(file)
    return None if chunk is None else _matrix(path, chunk, channels)


def _find(file: BinaryIO) -> bytes | None:
    """Return the content of the chunk behind its identity."""
    position = 8
    end = file.seek(0, 2)
    for _ in range(_MAX_CHUNKS):
        file.seek(position)
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return None
        kind, size = _HEADER.unpack(header)
        if kind == b"uuid" and 16 <= size <= _MAX_BYTES and file.read(16) in _IDS:
            return file.read(size - 16)
        position += _HEADER.size + size
        # A size of -1 is that of audio up to the end.
        if size < 0 or position > end:
            return None
    return None


def _matrix(path: Path, chunk: bytes, channels: int) -> FloatArray:
    rows, columns = _SIZES.unpack_from(chunk) if len(chunk) >= _SIZES.size else (0, 0)
    if not rows or not columns or math.isqrt(rows) ** 2 != rows or len(chunk) < _SIZES.size + 4 * rows * columns:
        raise _damaged(path, f"{rows} by {columns} values in {len(chunk)} bytes")
    if columns > channels:
        raise _damaged(path, f"it takes {columns} channels, the file has {channels}")
    values = np.frombuffer(chunk, ">f4", rows * columns, _SIZES.size).reshape(rows, columns)
    if not np.isfinite(values).all():
        raise _damaged(path, "it holds NaN or infinite values")
    return values.astype(np.float32)


def _damaged(path: Path, detail: str) -> AudioFileError:
    return AudioFileError(display_name(path), f"has a damaged ambiX matrix ({detail})", COPY_AGAIN)
