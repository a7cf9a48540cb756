"""Strokes as JSON values: strokes by their place among the others, so that another one is a small change."""

from __future__ import annotations

from typing import Any, cast

from sepstudio.io.json_values import a_list, an_object, flag, number, text, whole
from sepstudio.io.strokes.checking import check_strokes
from sepstudio.io.strokes.records import AxisKind, PaintedSource, Stroke, Strokes, Tool

Json = dict[str, Any]


def strokes_to_json(strokes: Strokes, known: tuple[Strokes, Json] | None = None) -> Json:
    """Return strokes as JSON values; ``known``, an earlier state and what was returned of it, spares work.

    A source is {id, name, colour}, a stroke has the fields of ``Stroke`` and goes by its place, counted from 0.
    """
    # The same stroke gives the same object: whoever compares documents need not look into it.
    old = known[0].strokes if known is not None else ()
    rows = known[1]["strokes"] if known is not None else {}
    return {
        "sources": [{"id": one.id, "name": one.name, "colour": one.colour} for one in strokes.sources],
        "strokes": {
            (key := str(n)): rows[key] if n < len(old) and old[n] is stroke else _stroke_to_json(stroke)
            for n, stroke in enumerate(strokes.strokes)
        },
    }


def _stroke_to_json(stroke: Stroke) -> Json:
    # Whoever makes strokes may compute with numpy, of whose numbers JSON knows nothing.
    return {
        "tool": stroke.tool,
        "source": stroke.source,
        "points": [[float(seconds), float(hertz)] for seconds, hertz in stroke.points],
        "width": float(stroke.width),
        "height": float(stroke.height),
        "axis": stroke.axis,
        "opacity": float(stroke.opacity),
        "against": bool(stroke.against),
        "partials": int(stroke.partials),
    }


def strokes_from_json(values: Any) -> Strokes:
    """Return the strokes of which ``strokes_to_json`` gave these values.

    Fields of a stroke that are left out are as ``Stroke`` has them.

    Raises
    ------
    ValueError
        If something is missing, of another kind or out of range; it says what and where.
    """
    fields = an_object(values, "the document")
    sources, rows = a_list(fields.get("sources"), "sources"), an_object(fields.get("strokes"), "strokes")
    if list(rows) != [str(n) for n in range(len(rows))]:
        raise ValueError("strokes are not counted from 0")
    strokes = Strokes(
        tuple(_source(source, f"sources[{n}]") for n, source in enumerate(sources)),
        tuple(_stroke(row, f"strokes[{n}]") for n, row in enumerate(rows.values())),
    )
    check_strokes(strokes)
    return strokes


def _source(value: Any, place: str) -> PaintedSource:
    fields = an_object(value, place)
    return PaintedSource(*(text(fields.get(key), f"{place}.{key}") for key in ("id", "name", "colour")))


def _stroke(value: Any, place: str) -> Stroke:
    fields = an_object(value, place)
    return Stroke(
        tool=cast(Tool, text(fields.get("tool"), f"{place}.tool")),
        source=text(fields.get("source", ""), f"{place}.source"),
        points=_points(fields.get("points"), f"{place}.points"),
        width=number(fields.get("width", 0.0), f"{place}.width"),
        height=number(fields.get("height", 0.0), f"{place}.height"),
        axis=cast(AxisKind, text(fields.get("axis", "linear"), f"{place}.axis")),
        opacity=number(fields.get("opacity", 1.0), f"{place}.opacity"),
        against=flag(fields.get("against", False), f"{place}.against"),
        partials=whole(fields.get("partials", 1), f"{place}.partials"),
    )


def _points(value: Any, place: str) -> tuple[tuple[float, float], ...]:
    points = a_list(value, place)
    # As they are written here, there may be hundreds of thousands of them.
    if all(type(point) is list and list(map(type, point)) == [float, float] for point in points):
        return tuple(map(tuple, points))
    return tuple(_point(point, f"{place}[{n}]") for n, point in enumerate(points))


def _point(value: Any, place: str) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"{place}: {value!r} is no pair of seconds and hertz")
    return number(value[0], place), number(value[1], place)
