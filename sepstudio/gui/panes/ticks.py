"""Where axes carry marks and numbers."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

from sepstudio.gui.texts import short_frequency_text, time_text
from sepstudio.tiles.scales import FrequencyScale

_BELOW_A_SECOND_S = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_SECONDS_S = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0)
_MINUTES_S = (60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0)
TIME_STEPS_S = (*_BELOW_A_SECOND_S, *_SECONDS_S, *_MINUTES_S)
FREQUENCY_DIGITS = ((1,), (5,), (2,), (3, 7), (4, 6, 8, 9), (1.5, 2.5))
_DECADES_HZ = (1.0, 10.0, 100.0, 1000.0, 10000.0)


@dataclass(frozen=True)
class Tick:
    """A mark at ``position`` (0..1 along the axis); minor ones have no label."""

    position: float
    label: str = ""


def time_ticks(start: float, stop: float, pixels: int, *, label_pixels: int = 88) -> tuple[Tick, ...]:
    """Return round times in view, labels at least ``label_pixels`` apart and minor marks between them."""
    wanted = (stop - start) * label_pixels / max(pixels, 1)
    step = next((step for step in TIME_STEPS_S if step >= wanted), TIME_STEPS_S[-1])
    decimals = max(0, math.ceil(-math.log10(step) - 1e-9))
    parts = _parts_of(step)
    first, last = math.ceil(start / step * parts - 1e-9), math.floor(stop / step * parts + 1e-9)
    return tuple(
        Tick(
            (number * step / parts - start) / (stop - start),
            time_text(number // parts * step, decimals) if number % parts == 0 else "",
        )
        for number in range(first, last + 1)
    )


def _parts_of(step: float) -> int:
    digit = round(step / 10 ** math.floor(math.log10(step) + 1e-9), 6)
    return {2.0: 4, 3.0: 3, 6.0: 6, 9.0: 3, 1.2: 4, 1.8: 6, 3.6: 6, 7.2: 4, 1.5: 3}.get(digit, 5)


# Panes of one tab have one axis, and each asks again whenever its height settles.
@functools.lru_cache(maxsize=64)
def frequency_ticks(
    scale: FrequencyScale, bottom: float, top: float, pixels: int, *, apart: int = 22
) -> tuple[Tick, ...]:
    """Return round frequencies between two heights of an axis (0..1), at least ``apart`` pixels from each other.

    Powers of ten come first, then the other digits in the order of their use, then the
    steps that a close view needs.
    """
    lo, hi = (float(f) for f in scale.to_hertz([bottom, top]))
    taken: list[tuple[float, float]] = []
    candidates = _candidates(scale, lo, hi, pixels / apart)
    places = (scale.to_unit(candidates) - bottom) / (top - bottom)
    margin = apart / 4 / pixels
    for place, hertz in zip(places.tolist(), candidates, strict=True):
        free = all(abs(place - other) * pixels >= apart for other, _ in taken)
        if margin <= place <= 1 - margin and free:
            taken.append((place, hertz))
    return tuple(Tick(place, short_frequency_text(round(hertz, 6))) for place, hertz in sorted(taken))


def _candidates(scale: FrequencyScale, lo: float, hi: float, room: float) -> list[float]:
    steps = list(_linear_steps(lo, hi, room))
    if scale.kind == "linear" or hi / max(lo, 1.0) < 2.0:
        return steps
    digits = [digit * decade for group in FREQUENCY_DIGITS for decade in reversed(_DECADES_HZ) for digit in group]
    return [hertz for hertz in digits if lo <= hertz <= hi]


def _linear_steps(lo: float, hi: float, room: float) -> list[float]:
    wanted = (hi - lo) / max(room, 1.0)
    decade = 10.0 ** math.floor(math.log10(wanted))
    step = next(factor * decade for factor in (1, 2, 5, 10) if factor * decade >= wanted * (1 - 1e-9))
    return [float(number * step) for number in np.arange(math.ceil(lo / step), math.floor(hi / step) + 1)]
