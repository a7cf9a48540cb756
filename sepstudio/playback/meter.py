"""Peak levels, shown when they are heard rather than when they are mixed."""

from __future__ import annotations

from collections import deque

import numpy as np

from sepstudio.io.clip import FloatArray

# Ten seconds of blocks of 10 ms: enough for a window that was hidden, small when nobody looks.
REMEMBERED_BLOCKS = 1000


class PeakMeter:
    """Keeps the peaks of mixed blocks until they are heard and read."""

    def __init__(self) -> None:
        self._blocks: deque[tuple[int, float, float]] = deque(maxlen=REMEMBERED_BLOCKS)

    def add(self, frame: int, block: FloatArray) -> None:
        """Note a block, float32 [2, samples], that begins at output frame ``frame``."""
        if block.shape[1]:
            left, right = np.abs(block).max(axis=1)
            self._blocks.append((frame, float(left), float(right)))

    def read(self, heard: int) -> tuple[float, float]:
        """Return the linear peaks, left and right, of the blocks begun before ``heard`` and not read yet."""
        left = right = 0.0
        while self._blocks and self._blocks[0][0] < heard:
            _, block_left, block_right = self._blocks.popleft()
            left, right = max(left, block_left), max(right, block_right)
        return left, right
