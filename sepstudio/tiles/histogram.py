"""How often each level occurs in a spectrogram, counted while it is built, and the contrast that follows."""

from __future__ import annotations

import numpy as np

from sepstudio.tiles.decibels import TOP_CODE, Codes, code_to_db

# Every so-many-th column is counted: of music, no percentile moves by a code.
COUNTED_COLUMN = 4
# Below its share lies noise, above the other single clicks.
FLOOR_SHARE, CEILING_SHARE = 0.35, 0.9995
LEAST_AUTO_RANGE_DB = 40.0

Levels = tuple[float, float]


class LevelHistogram:
    """Counts level codes. One thread adds while others read."""

    def __init__(self) -> None:
        self._counts = np.zeros(TOP_CODE + 1, np.int64)

    def add(self, codes: Codes) -> None:
        """Count some columns, codes [bins, columns]."""
        some = np.ascontiguousarray(codes[:, ::COUNTED_COLUMN])
        # A new array, so that a reader never meets one that is half changed.
        self._counts = self._counts + np.bincount(some.ravel(), minlength=TOP_CODE + 1)

    @property
    def counts(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """How many points have each code, int64 [256]."""
        return self._counts

    def levels(self) -> Levels | None:
        """Return a floor in the noise and a ceiling above nearly everything, in dBFS; None for silence.

        Points at or below -120 dBFS count as silence, whatever their share.
        """
        counts = self._counts.copy()
        counts[0] = 0
        total = int(counts.sum())
        if not total:
            return None
        reached = np.cumsum(counts) / total
        floor, ceiling = (int(np.searchsorted(reached, share)) for share in (FLOOR_SHARE, CEILING_SHARE))
        lo, hi = float(code_to_db(floor)), float(code_to_db(min(ceiling, TOP_CODE)))
        return min(lo, hi - LEAST_AUTO_RANGE_DB), hi
