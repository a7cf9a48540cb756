"""Moving and zooming along an axis whose whole is 0 to 1."""

from __future__ import annotations

LEAST_HEIGHT_IN_VIEW = 0.02

Span = tuple[float, float]


def part_of_axis(bottom: float, top: float) -> Span:
    """Return the part of the axis nearest to what is asked for: within 0 to 1, and not too small."""
    span = min(max(top - bottom, LEAST_HEIGHT_IN_VIEW), 1.0)
    bottom = min(max(bottom, 0.0), 1.0 - span)
    return bottom, bottom + span


def panned(part: Span, share: float) -> Span:
    """Return a part moved by a share of itself; it may lie beyond the axis."""
    step = share * (part[1] - part[0])
    return part[0] + step, part[1] + step


def zoomed(part: Span, factor: float, place: float) -> Span:
    """Return what shows ``factor`` times as much detail while ``place`` stays where it is."""
    span = min(max((part[1] - part[0]) / factor, LEAST_HEIGHT_IN_VIEW), 1.0)
    share = (place - part[0]) / (part[1] - part[0])
    return place - share * span, place + (1.0 - share) * span
