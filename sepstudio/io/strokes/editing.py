"""Edits of the sources that strokes speak of, and which names are the same."""

from __future__ import annotations

import itertools
from dataclasses import replace

from sepstudio.io.strokes.records import PaintedSource, Strokes


def with_source(strokes: Strokes, source: PaintedSource) -> Strokes:
    """Return a copy with a source behind the others, or in the place of the one with its id.

    Stems go by the names of their sources: one that another source has gets a number.
    """
    others = [one for one in strokes.sources if one.id != source.id]
    named = replace(source, name=_free_name(source.name, {plain_name(one.name) for one in others}))
    if len(others) == len(strokes.sources):
        return replace(strokes, sources=(*strokes.sources, named))
    return replace(strokes, sources=tuple(named if one.id == source.id else one for one in strokes.sources))


def without_source(strokes: Strokes, source_id: str) -> Strokes:
    """Return a copy that lacks a source and all that was painted of it."""
    return Strokes(
        tuple(one for one in strokes.sources if one.id != source_id),
        tuple(stroke for stroke in strokes.strokes if stroke.tool == "eraser" or stroke.source != source_id),
    )


def new_source_id(strokes: Strokes) -> str:
    """Return an id that no source has and no stroke speaks of."""
    taken = {source.id for source in strokes.sources} | {stroke.source for stroke in strokes.strokes}
    return next(key for n in itertools.count(1) if (key := f"source-{n}") not in taken)


def plain_name(name: str) -> str:
    """Return what tells names apart: neither case nor spaces around them do."""
    return name.strip().casefold()


def _free_name(name: str, taken: set[str]) -> str:
    tries = (name if n == 1 else f"{name} {n}" for n in itertools.count(1))
    return next(free for free in tries if plain_name(free) not in taken)
