"""Which stem of a run each painted source is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from sepstudio.errors import ParameterError
from sepstudio.io.strokes.editing import plain_name
from sepstudio.io.strokes.records import PaintedSource, Strokes


def proposed(strokes: Strokes, stems: Iterable[str]) -> dict[str, str]:
    """Return the stem of each painted source, by the source's id: the one of its name, else a new one of that name.

    Case and spaces around a name do not tell names apart.
    """
    known = {plain_name(name): name for name in stems}
    chosen: dict[str, str] = {}
    for source in strokes.sources:
        name = source.name.strip() or source.id
        chosen[source.id] = known.setdefault(plain_name(name), name)
    return chosen


def named(text: str, strokes: Strokes) -> dict[str, str]:
    """Return the stems that a text such as ``singer=vocals, hiss=residual`` gives painted sources, by their ids.

    Raises
    ------
    ParameterError
        For a name that no painted source has, and for what has no equals sign.
    """
    ids = {plain_name(source.name): source.id for source in strokes.sources}
    chosen: dict[str, str] = {}
    for item in filter(None, map(str.strip, text.split(","))):
        name, sign, stem = item.partition("=")
        if not sign:
            raise ParameterError("sources", item, "painted sources and their stems, such as singer=vocals")
        if plain_name(name) not in ids:
            known = ", ".join(source.name for source in strokes.sources)
            raise ParameterError("sources", name.strip(), f"among the painted sources: {known}")
        chosen[ids[plain_name(name)]] = stem.strip()
    return chosen


def assigned(strokes: Strokes, stems: Mapping[str, str]) -> Strokes:
    """Return strokes that speak of stems: their sources go by the names of these, each name once.

    Parameters
    ----------
    stems : mapping
        From the id of a painted source to the name of a stem; sources that are not in it, or have an empty name, are
        left out with their strokes. Several sources may be one stem.
    """
    owners: dict[str, PaintedSource] = {}
    ids = {"": ""}
    for source in strokes.sources:
        name = stems.get(source.id, "")
        if name:
            owner = owners.setdefault(name, dataclasses.replace(source, name=name))
            ids[source.id] = owner.id
    kept = (dataclasses.replace(one, source=ids[one.source]) for one in strokes.strokes if one.source in ids)
    return Strokes(tuple(owners.values()), tuple(kept))


def with_others(strokes: Strokes) -> Strokes:
    """Return strokes with one more source behind the others, which nobody has painted and stands for all else.

    With it a stroke against the only painted source leaves something that its bins may belong to.
    """
    return dataclasses.replace(strokes, sources=(*strokes.sources, PaintedSource("", "", "")))


def described(strokes: Strokes) -> tuple[str, ...]:
    """Return for each source how many strokes speak for and against it, for example ``3 strokes for vocals``."""
    lines = []
    for source in strokes.sources:
        for word, against in (("for", False), ("against", True)):
            own = (one.source == source.id and one.against == against for one in strokes.strokes)
            count = sum(own)
            if count:
                lines.append(f"{count} stroke{'' if count == 1 else 's'} {word} {source.name}")
    return tuple(lines)
