"""What all painted views of one recording share: sources, strokes, the tool, and a gesture under way."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from sepstudio.gui.gestures import GestureBoard
from sepstudio.gui.painting.shapes import ShapeShelf
from sepstudio.gui.painting.sources import next_source
from sepstudio.gui.painting.targets import PaintTarget
from sepstudio.gui.painting.tools import OPACITIES, PARTIALS, SIZES, USUAL_PARTIALS, USUAL_SIZE
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes, Tool


class PaintBoard(GestureBoard):
    """What was painted over the recording on show; views draw it and ask for edits, a controller makes them.

    ``changed`` says that sources or strokes are others, ``optionsChanged`` that tool, size, opacity, partials, the
    source that is painted or ``shown`` are. ``drawn(stroke)``, ``sourceWanted()``, ``sourceEdited(source)`` and
    ``sourceDropped(id)`` ask for one step of the history each; a stroke of a source that is not there yet brings
    ``next_source`` with it. ``refused(target)`` says what a gesture does nothing over. ``givenUp`` tells views that a
    gesture under way ends without a trace.
    """

    changed = Signal()
    optionsChanged = Signal()
    drawn = Signal(object)
    sourceWanted = Signal()
    sourceEdited = Signal(object)
    sourceDropped = Signal(str)
    refused = Signal(object)
    givenUp = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._strokes = Strokes()
        self._source = ""
        # Who knows the session says what a pane that shows an audio id is to the painter.
        self.target_of: Callable[[str], PaintTarget] = _anything
        self.shapes = ShapeShelf()
        self.tool: Tool | None = None
        self.size = USUAL_SIZE
        self.opacity = 1.0
        self.partials = USUAL_PARTIALS
        self.shown = True

    # -- what is painted ---------------------------------------------------------------------

    @property
    def strokes(self) -> Strokes:
        """Sources and strokes as they are without the gesture under way."""
        return self._strokes

    @property
    def source(self) -> PaintedSource | None:
        """The source that is painted, or None while there is none."""
        return self.known(self._source)

    @property
    def next_source(self) -> PaintedSource:
        """The source that comes next, if nobody says what it is called."""
        return next_source(self._strokes)

    def known(self, source_id: str) -> PaintedSource | None:
        """Return the source of an id, or None where it is not there."""
        return next((source for source in self._strokes.sources if source.id == source_id), None)

    def speaks_of(self, target: PaintTarget) -> PaintedSource:
        """Return the source that a stroke over a target would speak of."""
        return self.known(target.against) or self.source or self.next_source

    def show_strokes(self, strokes: Strokes, duration: float) -> None:
        """Show what is painted over a recording of some seconds."""
        before = {source.id for source in self._strokes.sources}
        self.give_up()
        self._strokes, self._duration = strokes, duration
        self.shapes.keep_only(strokes.strokes)
        new = [source.id for source in strokes.sources if source.id not in before]
        if len(new) == 1 and before:
            self._source = new[0]
        elif self.source is None:
            self._source = strokes.sources[0].id if strokes.sources else ""
        self.changed.emit()

    # -- how one paints ----------------------------------------------------------------------

    def set_tool(self, tool: Tool | None) -> None:
        """Take a tool, or lay it down: then the mouse does what it does everywhere."""
        if tool != self.tool:
            self.give_up()
            self.tool = tool
            if tool is not None:
                self.shown = True
            self.optionsChanged.emit()

    def choose(self, source_id: str) -> None:
        """Paint another source from now on."""
        if source_id != self._source:
            self.give_up()
            self._source = source_id
            self.optionsChanged.emit()

    def set_size(self, pixels: float) -> None:
        """Paint with another size of the brush, in pixels of the screen."""
        self._set("size", min(max(float(pixels), SIZES[0]), SIZES[1]))

    def set_opacity(self, opacity: float) -> None:
        """Be more or less sure of what is painted, from 0 to 1."""
        self._set("opacity", min(max(round(float(opacity), 2), OPACITIES[0]), OPACITIES[1]))

    def set_partials(self, count: int) -> None:
        """Paint so many partials with the harmonic brush, the fundamental among them."""
        self._set("partials", min(max(int(count), PARTIALS[0]), PARTIALS[1]))

    def set_shown(self, shown: bool) -> None:
        """Show what is painted, or let the pictures be seen without it."""
        self._set("shown", shown)

    def _set(self, name: str, value: object) -> None:
        if getattr(self, name) != value:
            setattr(self, name, value)
            self.optionsChanged.emit()

    # -- gestures ----------------------------------------------------------------------------

    def give_up(self) -> bool:
        """End the gesture under way without a trace; returns whether there was one."""
        was_busy, self._gesture = self.busy, None
        if was_busy:
            self.givenUp.emit()
        return was_busy

    def keep(self, stroke: Stroke | None) -> None:
        """End the gesture under way, and ask for its stroke if it has left one."""
        self._gesture = None
        if stroke is not None:
            self.drawn.emit(stroke)


def _anything(_audio_id: str) -> PaintTarget:
    return PaintTarget()
