"""What the panes of a tab show together: the visible stretch, the playhead and the selection."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal

SHORTEST_VIEW_S = 0.001
EMPTY_VIEW_S = 10.0

Span = tuple[float, float]


class Timeline(QObject):
    """The view state of one tab, all in seconds.

    ``seekRequested``, ``scrubbed`` (until ``scrubEnded``) and ``selectionEdited`` carry what the
    user asks for; whoever owns the document and the transport answers by ``set_playhead`` and
    ``set_selection``.
    ``pointed`` carries a time and a frequency in Hz that the user asks about: by Ctrl+click, and
    by every click while ``pointing``.
    ``selectionEdited`` carries ``(start_s, stop_s, band)`` with ``band`` in Hz or None, or None.
    """

    durationChanged = Signal(float)
    visibleChanged = Signal(float, float)
    playheadChanged = Signal(float)
    selectionChanged = Signal(object)
    seekRequested = Signal(float)
    selectionEdited = Signal(object)
    scrubbed = Signal(float)
    scrubEnded = Signal()
    pointed = Signal(float, float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.follows_playhead = True
        # Otherwise the wheel scrolls, and zooms while Ctrl is held.
        self.wheel_zooms = True
        self.pointing = False
        self._duration = 0.0
        self._visible: Span = (0.0, EMPTY_VIEW_S)
        self._playhead = 0.0
        self._selection: Span | None = None
        self._band: Span | None = None
        self._held: tuple[Span | None, Span | None] | None = None

    @property
    def duration(self) -> float:
        """Length of the timeline; 0 while there is nothing to show."""
        return self._duration

    def set_duration(self, seconds: float) -> None:
        """Set the length. A view of everything stays one; another view keeps its place."""
        seconds = max(seconds, 0.0)
        if seconds == self._duration:
            return
        showed_all = self._visible == self._whole()
        self._duration = seconds
        self.durationChanged.emit(seconds)
        self.set_visible(*(self._whole() if showed_all else self._visible))

    @property
    def visible(self) -> Span:
        """The stretch that the panes show."""
        return self._visible

    def set_visible(self, start: float, stop: float) -> None:
        """Show a stretch, moved and shortened as far as it must to lie within the duration."""
        first, last = self._whole()
        span = min(max(stop - start, SHORTEST_VIEW_S), last - first)
        start = min(max(start, first), last - span)
        visible = (start, start + span)
        if visible != self._visible:
            self._visible = visible
            self.visibleChanged.emit(*visible)

    def zoom(self, factor: float, centre: float) -> None:
        """Show ``factor`` times as much detail; what is at ``centre`` stays where it is."""
        start, stop = self._visible
        first, last = self._whole()
        span = min(max((stop - start) / factor, SHORTEST_VIEW_S), last - first)
        share = (centre - start) / (stop - start)
        self.set_visible(centre - share * span, centre + (1.0 - share) * span)

    def scroll(self, seconds: float) -> None:
        """Move the view, later for positive values."""
        start, stop = self._visible
        self.set_visible(start + seconds, stop + seconds)

    def fit(self) -> None:
        """Show everything."""
        self.set_visible(*self._whole())

    def wheel_scrolls(self, modifiers: Qt.KeyboardModifier) -> bool:
        """Whether the wheel scrolls in time while these keys are held; otherwise it zooms."""
        return bool(modifiers & Qt.KeyboardModifier.ControlModifier) == self.wheel_zooms

    @property
    def playhead(self) -> float:
        """Where the sound is."""
        return self._playhead

    def set_playhead(self, seconds: float) -> None:
        """Move the playhead; when it runs out of the view to the right, the view turns a page after it.

        A playhead that was out of sight before does not pull the view to itself: the user
        looks at another place on purpose.
        """
        seconds = max(seconds, 0.0)
        if seconds == self._playhead:
            return
        before, self._playhead = self._playhead, seconds
        start, stop = self._visible
        if self.follows_playhead and start <= before <= stop < seconds:
            self.set_visible(seconds, seconds + stop - start)
        self.playheadChanged.emit(seconds)

    @property
    def selection(self) -> Span | None:
        """The selected stretch, or None."""
        return self._selection

    @property
    def band(self) -> Span | None:
        """The selected frequencies in Hz, or None for all."""
        return self._band

    def set_selection(self, selection: Span | None, band: Span | None = None) -> None:
        """Select a stretch, in either order of its ends, and optionally a band in Hz; None selects nothing."""
        if selection is not None:
            first, last = self._whole()
            start, stop = (min(max(end, first), last) for end in sorted(selection))
            selection = (start, stop) if stop > start else None
        band = (min(band), max(band)) if band is not None and selection is not None else None
        if (selection, band) != (self._selection, self._band):
            self._selection, self._band = selection, band
            self.selectionChanged.emit(selection)

    # -- a selection that is being dragged ---------------------------------------------------

    def hold(self) -> None:
        """Remember the selection, because a drag begins that may be given up."""
        self._held = (self._selection, self._band)

    @property
    def held(self) -> bool:
        """Whether the drag goes on: it ends with ``release``, or when it is given up."""
        return self._held is not None

    def release(self) -> None:
        """End a drag; the selection stays as it was dragged."""
        self._held = None

    def give_up(self) -> bool:
        """Undo a drag that goes on; returns whether there was one."""
        before, self._held = self._held, None
        if before is not None:
            self.set_selection(*before)
        return before is not None

    def _whole(self) -> Span:
        return (0.0, max(self._duration, SHORTEST_VIEW_S) if self._duration else EMPTY_VIEW_S)
