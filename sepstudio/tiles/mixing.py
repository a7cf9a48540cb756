"""What a point of a picture shows of the levels of several recordings: one, two, their difference or a share."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sepstudio.tiles.decibels import DB_PER_CODE, TOP_CODE, Cells, db_to_code

Entries = npt.NDArray[Any]
EVEN_ENTRY = 128
SILENT_CODE = db_to_code(-110.0)
_PAIR_SHIFT = 8


class Mixing(Protocol):
    """Turns pictures of codes of the same shape into entries of a colour table."""

    def __call__(self, planes: Sequence[Cells]) -> Entries:
        """Return entries of the shape of the pictures, which are given in the order of the layers."""


@dataclass(frozen=True)
class Alone:
    """Shows one recording: the entries are its codes."""

    def __call__(self, planes: Sequence[Cells]) -> Entries:
        """Return the codes."""
        return planes[0]


@dataclass(frozen=True)
class Paired:
    """Shows two recordings at once: uint16 entries of 256 times the first code, plus the second."""

    def __call__(self, planes: Sequence[Cells]) -> Entries:
        """Return both codes in one number."""
        return (planes[0].astype(np.uint16) << _PAIR_SHIFT) | planes[1]


@dataclass(frozen=True)
class LevelDifference:
    """Shows by how much the first of two is louder: 128 for equal, a step of 0.47 dB for each entry.

    Levels below ``floor`` (a code) count as it: what is noise in both recordings differs by nothing.
    """

    floor: int = 0

    def __call__(self, planes: Sequence[Cells]) -> Entries:
        """Return entries 1 to 255."""
        first, second = (np.maximum(plane, self.floor).astype(np.int16) for plane in planes)
        reach = TOP_CODE - EVEN_ENTRY
        entries: Entries = (np.clip(first - second, -reach, reach) + EVEN_ENTRY).astype(np.uint8)
        return entries


@dataclass(frozen=True)
class Share:
    """Shows which share of the energy of all is that of one: 1 for none, 255 for all, 0 where all are silent.

    What is below -110 dBFS in all of them counts as silence: there codes are too coarse for shares.
    """

    index: int = 0

    def __call__(self, planes: Sequence[Cells]) -> Entries:
        """Return entries 0 to 255."""
        total, loudest = _powers()[planes[0]], planes[0]
        for plane in planes[1:]:
            total += _powers()[plane]
            loudest = np.maximum(loudest, plane)
        share = np.divide(_powers()[planes[self.index]], total, out=np.zeros_like(total), where=total > 0)
        entries = np.rint(share * (TOP_CODE - 1)) + 1
        return np.where(loudest > SILENT_CODE, entries, 0).astype(np.uint8)


def share_of(codes: Sequence[int], index: int) -> float | None:
    """Return the share 0 to 1 of one of some codes in the energy of all, or None where all are silent."""
    powers = _powers()[np.asarray(codes, np.intp)]
    return float(powers[index] / powers.sum()) if max(codes) > SILENT_CODE else None


@functools.cache
def _powers() -> npt.NDArray[np.float32]:
    powers = np.power(10.0, np.arange(TOP_CODE + 1) * DB_PER_CODE / 10.0)
    # Code 0 stands for everything down to silence.
    powers[0] = 0.0
    table: npt.NDArray[np.float32] = powers.astype(np.float32)
    table.setflags(write=False)
    return table
