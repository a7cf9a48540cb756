"""Undoable edits of what is painted on a recording. One command is one gesture.

``source_id`` is the recording everywhere, a painted source is one of the ``Strokes`` that it has. Commands refuse
what no file of strokes could hold with a ParameterError when they are made, before they are pushed.
"""

from __future__ import annotations

from dataclasses import replace

from sepstudio.io.strokes.checking import check_source, check_stroke, check_strokes
from sepstudio.io.strokes.editing import with_source, without_source
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes
from sepstudio.session.commands import SessionCommand
from sepstudio.session.session import Session


class AddStroke(SessionCommand):
    """Paint one stroke over all that is there.

    It is ``session.strokes(source_id).strokes[-1]`` then; the signal is ``session.strokesChanged(source_id)``, as
    for all commands of this module.
    """

    def __init__(self, session: Session, source_id: str, stroke: Stroke, text: str = "") -> None:
        known = {source.id: source.name for source in session.strokes(source_id).sources}
        check_stroke(stroke, known, "stroke")
        super().__init__(session, text or _painted(stroke, known))
        self._source_id = source_id
        self._stroke = stroke

    def redo(self) -> None:
        """Paint it."""
        before = self._session.strokes(self._source_id)
        self._session.set_strokes(self._source_id, replace(before, strokes=(*before.strokes, self._stroke)))

    def undo(self) -> None:
        """Take it away."""
        after = self._session.strokes(self._source_id)
        self._session.set_strokes(self._source_id, replace(after, strokes=after.strokes[:-1]))


class _SetStrokes(SessionCommand):
    """Put other strokes in the place of those that there are."""

    def __init__(self, session: Session, source_id: str, strokes: Strokes, text: str) -> None:
        super().__init__(session, text)
        self._source_id = source_id
        self._old = session.strokes(source_id)
        self._new = strokes

    def redo(self) -> None:
        """Take the new ones."""
        self._session.set_strokes(self._source_id, self._new)

    def undo(self) -> None:
        """Return to the old ones."""
        self._session.set_strokes(self._source_id, self._old)


class AddPaintedSource(_SetStrokes):
    """Name another source; ``io.strokes.editing.new_source_id`` gives an id, a name that is taken gets a number."""

    def __init__(self, session: Session, source_id: str, source: PaintedSource) -> None:
        check_source(source, "source")
        super().__init__(
            session, source_id, with_source(session.strokes(source_id), source), f"Add source {source.name}"
        )


class ChangePaintedSource(_SetStrokes):
    """Give the painted source with this id another name or colour; a name that is taken gets a number."""

    def __init__(self, session: Session, source_id: str, source: PaintedSource) -> None:
        check_source(source, "source")
        before = session.strokes(source_id)
        old = next((one.name for one in before.sources if one.id == source.id), source.name)
        text = f"Rename {old} to {source.name}" if old != source.name else f"Colour of {source.name}"
        super().__init__(session, source_id, with_source(before, source), text)


class RemovePaintedSource(_SetStrokes):
    """Take a painted source away, and all strokes that speak of it."""

    def __init__(self, session: Session, source_id: str, painted_id: str) -> None:
        before = session.strokes(source_id)
        name = next((one.name for one in before.sources if one.id == painted_id), painted_id)
        super().__init__(session, source_id, without_source(before, painted_id), f"Remove source {name}")


class ClearStrokes(_SetStrokes):
    """Take all strokes away; the sources stay."""

    def __init__(self, session: Session, source_id: str) -> None:
        before = session.strokes(source_id)
        super().__init__(session, source_id, replace(before, strokes=()), "Take all strokes away")


class ReplaceStrokes(_SetStrokes):
    """Take over other sources and strokes, for example those of a file."""

    def __init__(self, session: Session, source_id: str, strokes: Strokes, text: str = "Import strokes") -> None:
        check_strokes(strokes)
        super().__init__(session, source_id, strokes, text)


def _painted(stroke: Stroke, names: dict[str, str]) -> str:
    if stroke.tool == "eraser":
        return "Erase"
    return f"Paint {'against ' if stroke.against else ''}{names[stroke.source]}"
