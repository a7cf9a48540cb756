"""What strokes must be, wherever they come from: a file, a script or a gesture."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Collection
from typing import get_args

from sepstudio.errors import ParameterError
from sepstudio.io.strokes.records import AxisKind, PaintedSource, Stroke, Strokes, Tool

TOOLS: tuple[Tool, ...] = get_args(Tool)
AXES: tuple[AxisKind, ...] = get_args(AxisKind)
MOST_PARTIALS = 1000

_LEAST_POINTS = {"box": 2, "lasso": 3}
_COLOUR = re.compile("#[0-9A-Fa-f]{6}")


def check_strokes(strokes: Strokes) -> None:
    """Check sources and strokes.

    Raises
    ------
    ParameterError
        For what ``check_source`` and ``check_stroke`` refuse, and for ids or names of sources that occur twice.
        Its name says where, for example ``strokes[3].opacity``.
    """
    for number, source in enumerate(strokes.sources):
        check_source(source, f"sources[{number}]")
    for key in ("id", "name"):
        (value, count), *_ = Counter(getattr(source, key) for source in strokes.sources).most_common(1) or [("", 0)]
        if count > 1:
            raise ParameterError(f"{key} of a source", value, "that of one source alone")
    ids = {source.id for source in strokes.sources}
    for number, stroke in enumerate(strokes.strokes):
        check_stroke(stroke, ids, f"strokes[{number}]")


def check_source(source: PaintedSource, place: str) -> None:
    """Check a source on its own; raises ParameterError for an empty id or name, and for what is no colour."""
    if not source.id:
        raise ParameterError(f"{place}.id", source.id, "a text that is not empty")
    if not source.name.strip():
        raise ParameterError(f"{place}.name", source.name, "a text that is not empty")
    if not _COLOUR.fullmatch(source.colour):
        raise ParameterError(f"{place}.colour", source.colour, "a colour as #RRGGBB")


def check_stroke(stroke: Stroke, source_ids: Collection[str], place: str) -> None:
    """Check a stroke.

    Raises
    ------
    ParameterError
        For an unknown tool, source or axis, too few points, and numbers that are not finite or out of range.
    """
    if stroke.tool not in TOOLS:
        raise ParameterError(f"{place}.tool", stroke.tool, "one of " + ", ".join(TOOLS))
    if stroke.axis not in AXES:
        raise ParameterError(f"{place}.axis", stroke.axis, "one of " + ", ".join(AXES))
    if stroke.tool != "eraser" and stroke.source not in source_ids:
        known = ", ".join(sorted(source_ids)) or "none: there are no sources"
        raise ParameterError(f"{place}.source", stroke.source, f"the id of a source ({known})")
    if not 0 < stroke.opacity <= 1:
        raise ParameterError(f"{place}.opacity", stroke.opacity, "above 0 and at most 1")
    for name in ("width", "height"):
        size = getattr(stroke, name)
        if not (math.isfinite(size) and size >= 0):
            raise ParameterError(f"{place}.{name}", size, "a number from 0 on")
    if not 1 <= stroke.partials <= MOST_PARTIALS:
        raise ParameterError(f"{place}.partials", stroke.partials, f"a whole number from 1 to {MOST_PARTIALS}")
    _check_points(stroke, f"{place}.points")


def _check_points(stroke: Stroke, place: str) -> None:
    least = _LEAST_POINTS.get(stroke.tool, 1)
    count = len(stroke.points)
    if count < least or (stroke.tool == "box" and count != least):
        expected = "two corners" if stroke.tool == "box" else f"at least {least} point{'s' if least > 1 else ''}"
        raise ParameterError(place, count, expected)
    # One pass in C over what may be thousands of numbers; which one it is matters only when one is wrong.
    if not all(map(math.isfinite, itertools.chain.from_iterable(stroke.points))):
        wrong = next(point for point in stroke.points if not all(map(math.isfinite, point)))
        raise ParameterError(place, wrong, "finite seconds and hertz")
    if min(hertz for _, hertz in stroke.points) < 0:
        wrong = next(point for point in stroke.points if point[1] < 0)
        raise ParameterError(place, wrong, "at 0 Hz or above")
