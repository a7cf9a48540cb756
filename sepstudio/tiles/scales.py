"""Frequency axes: what lies where between the bottom (0) and the top (1) of a spectrogram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError

ScaleKind = Literal["mel", "log", "linear"]
SCALE_KINDS: tuple[ScaleKind, ...] = get_args(ScaleKind)
LOWEST_HZ = 20.0
HIGHEST_HZ = 20_000.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FrequencyScale:
    """A frequency axis from ``lo`` to ``hi`` Hz, spaced in mel (O'Shaughnessy 1987), octaves or Hz.

    Raises
    ------
    ParameterError
        If the range is empty, or does not start above 0 Hz on a logarithmic axis.
    """

    kind: ScaleKind = "mel"
    lo: float = LOWEST_HZ
    hi: float = HIGHEST_HZ

    def __post_init__(self) -> None:
        if self.kind not in SCALE_KINDS:
            raise ParameterError("kind", self.kind, "one of " + ", ".join(SCALE_KINDS))
        lowest_is_good = self.lo > 0 if self.kind == "log" else self.lo >= 0
        if not lowest_is_good or not self.hi > self.lo:
            raise ParameterError("lo, hi", (self.lo, self.hi), "a rising range in Hz, above 0 on a logarithmic axis")

    def to_unit(self, hertz: npt.ArrayLike) -> Floats:
        """Return where frequencies in Hz lie on the axis: 0 at ``lo``, 1 at ``hi``, beyond outside."""
        lo, hi = position(self.kind, [self.lo, self.hi])
        unit: Floats = (position(self.kind, hertz) - lo) / (hi - lo)
        return unit

    def to_hertz(self, unit: npt.ArrayLike) -> Floats:
        """Return the frequencies in Hz at positions of the axis; the inverse of ``to_unit``."""
        lo, hi = position(self.kind, [self.lo, self.hi])
        return _hertz(self.kind, lo + np.asarray(unit, np.float64) * (hi - lo))


def position(kind: ScaleKind, hertz: npt.ArrayLike) -> Floats:
    """Return frequencies in the unit of an axis: Hz, octaves above 1 Hz, or mel; 0 Hz lies far below all octaves."""
    values = np.asarray(hertz, np.float64)
    if kind == "mel":
        return np.asarray(2595.0 * np.log10(1.0 + values / 700.0))
    if kind == "log":
        return np.log2(np.maximum(values, np.finfo(np.float64).tiny))
    return values


def _hertz(kind: ScaleKind, positions: Floats) -> Floats:
    if kind == "mel":
        return np.asarray(700.0 * (10.0 ** (positions / 2595.0) - 1.0))
    if kind == "log":
        return np.exp2(positions)
    return positions


def scale_for(kind: ScaleKind, sample_rate: int) -> FrequencyScale:
    """Return the axis of a recording: 20 Hz (linear: 0 Hz) to 20 kHz or half the sample rate, whichever is less."""
    return FrequencyScale(kind, 0.0 if kind == "linear" else LOWEST_HZ, min(HIGHEST_HZ, sample_rate / 2))
