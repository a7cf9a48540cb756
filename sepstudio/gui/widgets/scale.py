"""How a slider's way maps to a number: linear or by octaves, on a raster, coarse and fine."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Beyond this ratio of the ends (sizes of transforms, for example) every octave gets the same room.
_LOGARITHMIC_RATIO = 500
_COARSE_STEPS = 50
_FINE_STEPS = 500


@dataclass(frozen=True)
class Scale:
    """The numbers between ``lo`` and ``hi``; integers lie on ``lo`` plus a multiple of ``step``.

    ``coarse`` and ``fine`` are the two sizes of a step on a linear scale, where they are not
    to be a fiftieth and a five-hundredth of the range (integers: a hundredth, and ``step``).
    """

    lo: float
    hi: float
    step: int = 1
    integer: bool = False
    coarse: float = 0.0
    fine: float = 0.0

    @property
    def logarithmic(self) -> bool:
        """Whether octaves are spaced evenly."""
        return self.lo > 0 and self.hi / self.lo >= _LOGARITHMIC_RATIO

    @property
    def decimals(self) -> int:
        """How many decimals tell neighbouring fine steps apart."""
        return 0 if self.integer else max(0, math.ceil(-math.log10(self._step_size(fine=True))))

    def snapped(self, value: float) -> float:
        """Return the nearest number that the scale has (an int for an integer scale)."""
        inside = min(max(value, self.lo), self.hi)
        if not self.integer:
            return inside
        return int(self.lo) + self.step * min(
            round((inside - self.lo) / self.step), math.floor((self.hi - self.lo) / self.step)
        )

    def fraction(self, value: float) -> float:
        """Return where on the way, 0 to 1, a value lies."""
        if self.hi <= self.lo:
            return 0.0
        if self.logarithmic:
            return math.log(value / self.lo) / math.log(self.hi / self.lo)
        return (value - self.lo) / (self.hi - self.lo)

    def value(self, fraction: float, *, fine: bool = False) -> float:
        """Return the value at a fraction of the way; whole octaves on a coarse logarithmic integer scale."""
        if not self.logarithmic:
            return self._rounded(self.lo + fraction * (self.hi - self.lo))
        exact = self.lo * (self.hi / self.lo) ** fraction
        return self._rounded(exact if fine or not self.integer else 2.0 ** round(math.log2(exact)))

    def stepped(self, value: float, steps: int, *, fine: bool = False) -> float:
        """Return the value some steps away: an octave or a fiftieth of the range each, or finer."""
        if self.logarithmic:
            return self._stepped_by_ratio(value, steps, fine)
        if self.integer:
            coarse = self.coarse or self.step * max(1, round((self.hi - self.lo) / self.step / _COARSE_STEPS / 2))
            return self.snapped(value + steps * (self.step if fine else coarse))
        return self._rounded(value + steps * self._step_size(fine=fine))

    def _stepped_by_ratio(self, value: float, steps: int, fine: bool) -> float:
        if self.integer and fine:
            return self.snapped(value + steps * self.step)
        if self.integer:
            return self.snapped(2.0 ** (round(math.log2(value)) + steps))
        return self._rounded(value * (self.hi / self.lo) ** (steps / (_FINE_STEPS if fine else _COARSE_STEPS)))

    def _step_size(self, *, fine: bool) -> float:
        whole = self.hi - self.lo
        return (self.fine or whole / _FINE_STEPS) if fine else (self.coarse or whole / _COARSE_STEPS)

    def _rounded(self, value: float) -> float:
        # What the hand sets is what the box shows; values from elsewhere keep all their digits.
        return self.snapped(value if self.integer else round(value, self.decimals))
