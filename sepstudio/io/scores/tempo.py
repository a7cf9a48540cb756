"""Positions in a score as seconds."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.float64]


class TempoMap:
    """Seconds of positions under tempi that change in steps.

    Parameters
    ----------
    changes : pairs (position, seconds a unit of position)
        In any order; of several at one position the last one counts. Before the first one ``default`` holds.
    default : float
        Seconds a unit of position.
    """

    def __init__(self, changes: Iterable[tuple[float, float]], default: float) -> None:
        by_position = {0.0: default}
        # A stable sort keeps the order of the file among changes at one position.
        for position, seconds in sorted(changes, key=lambda change: change[0]):
            by_position[float(position)] = seconds
        self._positions = np.array(sorted(by_position))
        self._rates = np.array([by_position[position] for position in self._positions])
        spans = np.diff(self._positions) * self._rates[:-1]
        self._seconds = np.concatenate([[0.0], np.cumsum(spans)])

    def seconds(self, positions: npt.ArrayLike) -> Positions:
        """Return the seconds of positions; float64 of the same shape, 0 at position 0."""
        wanted = np.asarray(positions, dtype=np.float64)
        index = np.clip(np.searchsorted(self._positions, wanted, side="right") - 1, 0, None)
        result: Positions = self._seconds[index] + (wanted - self._positions[index]) * self._rates[index]
        return result
