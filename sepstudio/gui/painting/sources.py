"""Sources that are painted: the next one to be added, and what is still missing."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

from PySide6.QtGui import QColor

from sepstudio.gui.texts import stretch_text
from sepstudio.gui.theme import PAINT_COLOURS, stem_colour
from sepstudio.io.strokes.editing import new_source_id, plain_name
from sepstudio.io.strokes.records import PaintedSource, Strokes
from sepstudio.separation.stroke_stretches import strokes_at
from sepstudio.session.records import Run

# Most songs have these; any name can take their place.
_USUAL_NAMES = ("vocals", "drums", "bass", "other")


def next_source(strokes: Strokes) -> PaintedSource:
    """Return the source that is added when nobody says what it is called."""
    taken = {plain_name(source.name) for source in strokes.sources}
    numbered = (f"source {n}" for n in itertools.count(len(strokes.sources) + 1))
    return new_source(strokes, next(name for name in itertools.chain(_USUAL_NAMES, numbered) if name not in taken))


def new_source(strokes: Strokes, name: str) -> PaintedSource:
    """Return a source of a name that is not there yet."""
    return PaintedSource(new_source_id(strokes), name, free_colour(strokes, name))


def free_colour(strokes: Strokes, name: str) -> str:
    """Return the colour of a stem of that name, or if some source has it the one that is least like any of theirs."""
    taken = {source.colour.upper() for source in strokes.sources}
    wanted = stem_colour(name).upper()
    if wanted not in taken:
        return wanted
    free = [colour for colour in PAINT_COLOURS.values() if colour not in taken]
    return max(free, key=lambda colour: min(_apart(colour, other) for other in taken), default=wanted)


def _apart(one: str, other: str) -> float:
    """Return how far apart two colours are."""
    return math.dist(*(QColor(colour).getRgb()[:3] for colour in (one, other)))


def renamed(strokes: Strokes, source: PaintedSource) -> PaintedSource:
    """Return a source under its new name, in the colour of stems of that name if its own was that of the old one."""
    before = next((one for one in strokes.sources if one.id == source.id), source)
    if before.name == source.name or before.colour.upper() != stem_colour(before.name).upper():
        return source
    others = replace(strokes, sources=tuple(one for one in strokes.sources if one.id != source.id))
    return replace(source, colour=free_colour(others, source.name))


def colour_of_stem(run: Run | None, name: str) -> str:
    """Return the colour of a stem of a run: the one in which it was painted, else that of all stems of its name."""
    sources = run.strokes.sources if run is not None and run.strokes is not None else ()
    return next((one.colour for one in sources if plain_name(one.name) == plain_name(name)), stem_colour(name))


def painted(strokes: Strokes) -> frozenset[str]:
    """Return the ids of the sources of which something was painted; of two, what one is not is the other."""
    ids = {source.id for source in strokes.sources}
    found = {stroke.source for stroke in strokes.strokes if stroke.source and not stroke.against}
    if len(ids) == 2:
        for stroke in strokes.strokes:
            found |= ids - {stroke.source} if stroke.against else set()
    return frozenset(found)


def missing_words(strokes: Strokes) -> str:
    """Return what has to be painted before anything can be learned from it; empty when there is enough."""
    if not strokes.sources:
        return "Add a source, choose a brush, and paint over the mixture what belongs to it."
    done = painted(strokes)
    bare = [source.name for source in strokes.sources if source.id not in done]
    if not done:
        return f"Paint over the mixture what belongs to {bare[0]}: a few strokes are enough."
    if len(strokes.sources) == 1:
        return f"Add a second source and paint it too: what sets it apart from {strokes.sources[0].name} is learned."
    return f"Paint what belongs to {bare[0]} too: what sets the sources apart is learned." if len(done) < 2 else ""


def stretch_words(strokes: Strokes, span: tuple[int, int], sample_rate: int) -> str:
    """Return why nothing can be learned from what is painted within some samples; empty where there is enough."""
    done = painted(strokes_at(strokes, *span, 1 / sample_rate))
    if len(done) >= 2:
        return ""
    name = next((source.name for source in strokes.sources if source.id in done), "")
    where = stretch_text(*span, sample_rate)
    what = f"only {name} is painted" if name else "nothing is painted"
    return f"In {where} {what}: paint two sources there, select a stretch where they are, or separate everything."


def bare_words(strokes: Strokes) -> str:
    """Return which sources will have no stem, because nothing is painted of them; empty where that is none."""
    bare = [source.name for source in strokes.sources if source.id not in painted(strokes)]
    return f"Nothing is painted of {', '.join(bare)}: no stem." if bare else ""
