"""What all panes have in common: header, axis strip, plot, playhead, selection and empty state."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from sepstudio.gui.items.markers import PlayheadItem, SelectionItem
from sepstudio.gui.panes.axis import AxisStrip
from sepstudio.gui.panes.header import PaneHeader
from sepstudio.gui.panes.loader import TileLoader, TileNews, Wish
from sepstudio.gui.panes.plot import PlotView, TimeViewBox
from sepstudio.gui.panes.readout import time_text
from sepstudio.gui.theme import current_palette
from sepstudio.gui.timeline import Timeline
from sepstudio.io.clip import AudioClip
from sepstudio.tiles.pyramids import ClipPyramids

LEAST_HEIGHT = 72
_PLOT, _EMPTY = 0, 1

Span = tuple[float, float]


class Pane(QWidget):
    """One time-aligned view of a recording that lies somewhere on a Timeline.

    Subclasses add items to ``box`` and override ``show_pyramids``, ``refresh``,
    ``apply_colours``, ``readout`` and, when their height means something, ``band_between``
    and ``heights_of``.
    """

    cursorMoved = Signal(str)

    def __init__(self, timeline: Timeline, loader: TileLoader, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.timeline = timeline
        self._loader = loader
        self._client = loader.new_client()
        self._pyramids: ClipPyramids | None = None
        self._offset_s = 0.0
        self.header = PaneHeader()
        self.axis = AxisStrip()
        self.box = TimeViewBox(timeline)
        self.view = PlotView(self.box)
        self._playhead = PlayheadItem()
        self._selection = SelectionItem()
        self._empty = QLabel()
        self._pages = QStackedWidget()
        self._lay_out(name)
        self._connect()

    def _lay_out(self, name: str) -> None:
        self.setObjectName(name)
        self.setAccessibleName(name)
        self.setMinimumHeight(LEAST_HEIGHT)
        self.view.setObjectName(f"{name}.view")
        self.view.setToolTip("Drag to select, Alt+drag with a band; wheel zooms, Ctrl+wheel scrolls")
        self.view.setAccessibleName(name)
        self.view.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setProperty("role", "caption")
        self._empty.setObjectName(f"{name}.empty")
        plot = QWidget()
        row = QHBoxLayout(plot)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.axis)
        row.addWidget(self.view, 1)
        self._pages.addWidget(plot)
        self._pages.addWidget(self._empty)
        self._pages.setCurrentIndex(_EMPTY)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self._pages, 1)
        for item in (self._selection, self._playhead):
            self.box.addItem(item, ignoreBounds=True)

    def _connect(self) -> None:
        self._on_playhead(self.timeline.playhead)
        self._on_selection()
        self.timeline.playheadChanged.connect(self._on_playhead)
        self.timeline.selectionChanged.connect(self._on_selection)
        self.box.selectionDragged.connect(self._on_selection_dragged)
        self.box.selectionResized.connect(self._on_selection_resized)
        self.box.panned.connect(self.pan)
        self.box.zoomed.connect(self.zoom)
        self.view.mouseAt.connect(self._on_mouse)
        self.view.mouseLeft.connect(self._on_mouse_left)
        self._loader.tilesReady.connect(self._on_news)

    # -- what is shown -----------------------------------------------------------------------

    @property
    def pyramids(self) -> ClipPyramids | None:
        """What the pane draws from, or None when it is empty."""
        return self._pyramids

    @property
    def offset_s(self) -> float:
        """Where on the timeline the recording begins."""
        return self._offset_s

    def set_audio(
        self, clip: AudioClip, offset_s: float, title: str, colour: str, pyramids: ClipPyramids | None = None
    ) -> None:
        """Show a recording that begins ``offset_s`` seconds into the timeline.

        ``pyramids`` may be kept by the caller and handed in again, so that nothing is computed twice.
        """
        pyramids = pyramids or self._loader.pyramids(clip)
        if pyramids is not self._pyramids:
            self._release()
        self._pyramids, self._offset_s = pyramids, offset_s
        self.header.title.set_text(title)
        self.header.swatch.set_colour(colour)
        self.show_pyramids(pyramids, offset_s)
        self.apply_colours()
        self.header.bar.set_fraction(None if pyramids.complete else 0.0)
        self._turn_to(_PLOT)
        self._loader.attach(self._client, pyramids)

    def clear(self, message: str) -> None:
        """Show nothing but one line that says what belongs here and how it gets here."""
        self._release()
        self.show_pyramids(None, 0.0)
        self.header.title.set_text("")
        self.header.swatch.set_colour("")
        self.header.bar.set_fraction(None)
        self._empty.setText(message)
        self._turn_to(_EMPTY)

    def _turn_to(self, page: int) -> None:
        self._pages.setCurrentIndex(page)
        self.header.show_controls(page == _PLOT)

    def _release(self) -> None:
        if self._pyramids is not None:
            self._loader.detach(self._client, self._pyramids)
            self._pyramids = None

    # -- for subclasses ----------------------------------------------------------------------

    def show_pyramids(self, pyramids: ClipPyramids | None, offset_s: float) -> None:
        """Draw from these pyramids from now on."""

    def refresh(self) -> None:
        """Paint again, because more is ready."""

    def apply_colours(self) -> None:
        """Take the colours from the palette in force."""
        colours = current_palette()
        self.view.setBackground(colours.panel)
        self._playhead.set_colours(colours.text, colours.window)
        self._selection.set_colour(colours.accent)

    def readout(self, seconds: float, height: float) -> str:
        """Return what to say about a place: a time of the timeline and a height of the view (0 to 1)."""
        return time_text(seconds)

    def band_between(self, bottom: float, top: float) -> Span | None:
        """Return the frequencies in Hz between two heights, or None when heights are no frequencies."""
        return None

    def heights_of(self, band: Span | None) -> Span:
        """Return the heights between which a band in Hz is drawn."""
        return (0.0, 1.0)

    def pan(self, share: float) -> None:
        """Move upwards by a share of the height of the view."""

    def zoom(self, factor: float, height: float) -> None:
        """Show ``factor`` times as much detail upright; what is at ``height`` stays where it is."""

    def want(self, wishes: tuple[Wish, ...]) -> None:
        """Ask the loader for pieces that were not there to be painted."""
        if self._pyramids is not None:
            self._loader.want(self._client, self._pyramids, wishes)

    # -- answers -----------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self.apply_colours()

    def _on_news(self, news: TileNews) -> None:
        if news.pyramids is not self._pyramids:
            return
        self.header.bar.set_fraction(news.fraction if news.busy else None)
        if news.error:
            self._empty.setText(news.error)
            self._turn_to(_EMPTY)
        else:
            self.refresh()

    def _on_playhead(self, seconds: float) -> None:
        self._playhead.set_time(seconds)

    def _on_selection(self, _selection: object = None) -> None:
        self._selection.set_span(self.timeline.selection, *self.heights_of(self.timeline.band))

    def _on_selection_dragged(self, span: Span, heights: Span | None, finished: bool) -> None:
        band = self.band_between(min(heights), max(heights)) if heights is not None else None
        self._edit_selection(span, band, finished)

    def _on_selection_resized(self, span: Span, finished: bool) -> None:
        self._edit_selection(span, self.timeline.band, finished)

    def _edit_selection(self, span: Span, band: Span | None, finished: bool) -> None:
        self.timeline.set_selection(span, band)
        if finished:
            selection = self.timeline.selection
            self.timeline.selectionEdited.emit(None if selection is None else (*selection, self.timeline.band))

    def _on_mouse(self, seconds: float, height: float) -> None:
        self.cursorMoved.emit(self.readout(seconds, height) if self._pyramids is not None else "")

    def _on_mouse_left(self) -> None:
        self.cursorMoved.emit("")

    def release(self) -> None:
        """Let go of the recording; call it before the pane is deleted."""
        self._release()
        self.show_pyramids(None, 0.0)
