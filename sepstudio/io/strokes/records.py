"""Strokes of a brush as everything else sees them; times in seconds of the recording that they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

Tool = Literal["brush", "box", "lasso", "harmonic", "eraser"]
AxisKind = Literal["linear", "log", "mel"]


@dataclass(frozen=True)
class PaintedSource:
    """Somebody who is heard in the recording, and becomes a stem.

    ``id`` is unique within its ``Strokes`` and stays when the source is renamed; ``colour`` is ``#RRGGBB``.
    """

    id: str
    name: str
    colour: str


@dataclass(frozen=True)
class Stroke:
    """One gesture of painting.

    ``source`` is the id of the source that it speaks of; the eraser, which takes away what lies under it,
    speaks of none (``""``). ``against`` turns the statement: what was painted does not belong to that source.
    ``points`` are ``(seconds, hertz)``: the path of a brush, harmonic brush or eraser, two opposite corners of a
    box, the outline of a lasso. ``width`` in seconds and ``height`` are the full size of a brush; the height is in
    units of the ``axis`` on which it was painted (Hz, octaves or mel), so that the painted area is the one that
    was seen. A harmonic brush paints the first ``partials`` multiples of its path. ``opacity`` in (0, 1] is how
    sure the painter is.
    """

    tool: Tool
    source: str
    points: tuple[tuple[float, float], ...]
    width: float = 0.0
    height: float = 0.0
    axis: AxisKind = "linear"
    opacity: float = 1.0
    against: bool = False
    partials: int = 1


@dataclass(frozen=True)
class Strokes:
    """The sources that were named and what was painted of them, in the order of painting: later covers earlier."""

    sources: tuple[PaintedSource, ...] = ()
    strokes: tuple[Stroke, ...] = ()

    def moved(self, seconds: float) -> Strokes:
        """Return the strokes with all times moved, for example to the beginning of a selection."""
        return replace(self, strokes=tuple(_moved(self.strokes, seconds)))


def _moved(strokes: tuple[Stroke, ...], seconds: float) -> Iterator[Stroke]:
    for stroke in strokes:
        yield replace(stroke, points=tuple((time + seconds, hertz) for time, hertz in stroke.points))
