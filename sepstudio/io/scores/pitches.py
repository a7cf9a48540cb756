"""Names of pitches: C4 is the MIDI number 60."""

from __future__ import annotations

import math
import re

from sepstudio.io.scores.records import LEAST_PITCH, MOST_PITCH

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ALTERATIONS = {"": 0, "#": 1, "♯": 1, "##": 2, "x": 2, "b": -1, "♭": -1, "bb": -2, "-": -1}
_NAME = re.compile(r"([A-Ga-g])(##|#|♯|x|bb|b|♭|-(?=-?\d))?(-?\d{1,2})")


def pitch_of_name(name: str) -> int | None:
    """Return the MIDI number of a name such as ``C4``, ``f#3`` or ``Bb-1``; None if it is none."""
    match = _NAME.fullmatch(name.strip())
    if match is None:
        return None
    step, alteration, octave = match.groups()
    pitch = _STEPS[step.upper()] + _ALTERATIONS[alteration or ""] + 12 * (int(octave) + 1)
    return pitch if LEAST_PITCH <= pitch <= MOST_PITCH else None


def pitch_of_frequency(frequency: float) -> int | None:
    """Return the MIDI number nearest to a frequency in Hz (A4 = 440 Hz); None if there is none."""
    if frequency <= 0.0:
        return None
    pitch = round(69.0 + 12.0 * math.log2(frequency / 440.0))
    return pitch if LEAST_PITCH <= pitch <= MOST_PITCH else None
