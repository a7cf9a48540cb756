"""Codes as bits: each takes as many as the size of its codebook asks for, and none is wasted between them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError

MOST_BITS = 16


def packed_bytes(count: int, bits: int) -> int:
    """Return how many bytes some codes take, the last one filled up."""
    return -(-count * bits // 8)


def pack(codes: npt.NDArray[np.uint16], bits: int) -> bytes:
    """Return codes one after the other, the highest bit of each first; zero bits fill the last byte.

    Parameters
    ----------
    codes : uint16 array
        In the order of its memory, whatever its shape.
    bits : int
        1 to 16.

    Raises
    ------
    ParameterError
        If a code does not fit into the bits.
    """
    flat = np.ascontiguousarray(codes, ">u2").reshape(-1)
    if flat.size and int(flat.max()) >> bits:
        raise ParameterError("codes", int(flat.max()), f"below {1 << bits}")
    table = np.unpackbits(flat.view(np.uint8)).reshape(-1, MOST_BITS)
    return np.packbits(table[:, MOST_BITS - bits :]).tobytes()


def unpack(data: bytes, count: int, bits: int) -> npt.NDArray[np.uint16]:
    """Return the first ``count`` codes of what ``pack`` made, uint16 [count].

    Raises ParameterError if there are fewer.
    """
    if packed_bytes(count, bits) > len(data):
        raise ParameterError("count", count, f"at most {8 * len(data) // bits}, which {len(data)} bytes hold")
    found = np.unpackbits(np.frombuffer(data, np.uint8), count=count * bits).reshape(count, bits)
    table = np.zeros((count, MOST_BITS), np.uint8)
    table[:, MOST_BITS - bits :] = found
    return np.packbits(table).view(">u2").astype(np.uint16)
