"""Frequency axes measured in their own units: Hz, octaves or mel."""

from __future__ import annotations

from collections.abc import Mapping

from sepstudio.io.strokes.records import AxisKind
from sepstudio.tiles.scales import FrequencyScale

# From 0 to 1 of these is one unit: one Hz, one octave, one mel.
UNIT_AXES: Mapping[AxisKind, FrequencyScale] = {
    "linear": FrequencyScale("linear", 0.0, 1.0),
    "log": FrequencyScale("log", 1.0, 2.0),
    "mel": FrequencyScale("mel", 0.0, 700.0 * (10.0 ** (1.0 / 2595.0) - 1.0)),
}


def length_of(scale: FrequencyScale) -> float:
    """Return how long an axis is from its bottom to its top, in Hz, octaves or mel."""
    bottom, top = UNIT_AXES[scale.kind].to_unit([scale.lo, scale.hi])
    return float(top - bottom)
