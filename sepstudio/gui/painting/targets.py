"""What painting over a pane says: by what the pane shows."""

from __future__ import annotations

from dataclasses import dataclass

from sepstudio.io.strokes.editing import plain_name
from sepstudio.io.strokes.records import PaintedSource, Strokes
from sepstudio.session.records import RESIDUAL_SUFFIX
from sepstudio.session.session import Session


@dataclass(frozen=True)
class PaintTarget:
    """What a pane is to the painter.

    Over the mixture (``against`` empty) one paints what a source is, over the stem of a painted source what does not
    belong to it: ``against`` is the id of that source. ``refusal`` says why nothing can be painted there, and
    ``missing`` the name of the source that has to be added first, if that is why.
    """

    against: str = ""
    refusal: str = ""
    missing: str = ""


def target_of(session: Session, audio_id: str, strokes: Strokes) -> PaintTarget:
    """Return what painting over a source, a stem or a residual of a session would say."""
    current = session.current_source
    if current is None or audio_id == current.id:
        return PaintTarget()
    run = session.run_of(audio_id)
    if run is None or run.source_id != current.id:
        return PaintTarget(refusal="This is another recording: paint over the one on show, or its stems.")
    if audio_id.endswith(RESIDUAL_SUFFIX):
        return PaintTarget(refusal="The residual is nobody's stem: paint over the mixture, or a stem that is wrong.")
    name = session.stems[audio_id].name
    source = named(strokes, name)
    if source is None:
        words = f"No painted source is called {name}: paint over the mixture, or add that source."
        return PaintTarget(refusal=words, missing=name)
    return PaintTarget(against=source.id)


def named(strokes: Strokes, name: str) -> PaintedSource | None:
    """Return the painted source of a name, or None; case does not tell names apart."""
    return next((source for source in strokes.sources if plain_name(source.name) == plain_name(name)), None)
