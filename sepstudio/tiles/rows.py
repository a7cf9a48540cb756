"""From the bins of a tile to the rows of a picture: maxima where bins are dense, in between where they are sparse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.tiles.decibels import Cells
from sepstudio.tiles.scales import FrequencyScale

_WEIGHT_ONE = 256

Integers = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class RowMap:
    """Which bins make up each row; row 0 is the top one.

    ``first`` and ``last`` (inclusive) are the bins whose centres fall into a row; where none
    does, both are the bin below and ``weight`` (0..256) is the share of the bin above it.
    """

    first: Integers
    last: Integers
    weight: npt.NDArray[np.uint16]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.first)

    def apply(self, codes: Cells) -> Cells:
        """Map codes [bins, columns] to a picture [columns, rows], time first, so that columns are contiguous."""
        counts = self.last - self.first + 1
        most = int(counts.max(initial=1))
        picture = np.empty((self.rows, codes.shape[1]), codes.dtype)
        # Maxima of 1, 2, 4, ... bins from each bin on: two of them make up any row. A pass for each further bin would
        # hand over the interpreter as often, and wait for it each time while tiles are built.
        together, maxima = 1, codes
        while together <= most:
            rows = np.flatnonzero((counts >= together) & (counts < 2 * together))
            picture[rows] = np.maximum(maxima[self.first[rows]], maxima[self.last[rows] + 1 - together])
            maxima = np.maximum(maxima[:-together], maxima[together:]) if 2 * together <= most else maxima
            together *= 2
        sparse = np.flatnonzero(self.weight)
        if sparse.size:
            picture[sparse] = self._between(codes, sparse)
        return np.ascontiguousarray(picture.T)

    def _between(self, codes: Cells, rows: Integers) -> Cells:
        above = np.minimum(self.first[rows] + 1, codes.shape[0] - 1)
        weight = self.weight[rows, None]
        low, high = codes[self.first[rows]].astype(np.uint16), codes[above].astype(np.uint16)
        mixed: Cells = ((low * (_WEIGHT_ONE - weight) + high * weight) >> 8).astype(np.uint8)
        return mixed


def row_map(
    scale: FrequencyScale, lo: float, hi: float, rows: int, *, bin_hz: float, bins: int, blends: bool = True
) -> RowMap:
    """Return the map of the part ``lo`` to ``hi`` (0..1) of an axis onto ``rows`` rows of pixels.

    ``bin_hz`` is the distance of bins in Hz. No bin between two rows is ever left out, so a
    thin harmonic stays visible however small the picture is. Where bins are sparse their values blend into
    each other, or, for what has nothing in between, rows take the nearest bin.
    """
    edges = scale.to_hertz(np.linspace(hi, lo, rows + 1)) / bin_hz
    top = np.clip(edges[:-1], 0, bins - 1)
    bottom = np.clip(edges[1:], 0, bins - 1)
    first = np.ceil(bottom).astype(np.intp)
    last = np.where(top >= bins - 1, bins - 1, np.ceil(top).astype(np.intp) - 1)
    dense = last >= first
    middle = (top + bottom) / 2
    below = (np.floor(middle) if blends else np.rint(middle)).astype(np.intp)
    weight = np.rint((middle - below) * (_WEIGHT_ONE * blends)).astype(np.int64)
    return RowMap(
        np.where(dense, first, below), np.where(dense, last, below), np.where(dense, 0, weight).astype(np.uint16)
    )
