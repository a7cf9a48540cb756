"""What all panes have in common: header, axis strip, plot, playhead, selection and empty state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from sepstudio.gui.items.markers import PlayheadItem, SelectionItem
from sepstudio.gui.panes.axis import AxisStrip
from sepstudio.gui.panes.header import PaneHeader
from sepstudio.gui.panes.loader import TileLoader, TileNews, Wish
from sepstudio.gui.panes.plot import PlotView, TimeViewBox
from sepstudio.gui.texts import time_text
from sepstudio.gui.theme import current_palette
from sepstudio.gui.timeline import Timeline
from sepstudio.io.clip import AudioClip
from sepstudio.tiles.analysis import FrameAnalysis
from sepstudio.tiles.pyramids import ClipPyramids

LEAST_HEIGHT = 72
_PLOT, _EMPTY = 0, 1

Span = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Sound:
    """A recording that begins ``offset_s`` seconds into the timeline, and how it is called and coloured."""

    clip: AudioClip
    offset_s: float
    title: str
    colour: str


class Pane(QWidget):
    """One time-aligned view of a recording, or of several, that lie somewhere on a Timeline.

    Subclasses add items to ``box`` and override ``show_pyramids``, ``refresh``,
    ``apply_colours``, ``readout`` and, when their height means something, ``band_between``
    and ``heights_of``. ``held`` carries pyramids that the pane begins to draw from,
    ``menuRequested`` and ``unpinned`` the pane itself.
    """

    cursorMoved = Signal(str)
    held = Signal(object)
    menuRequested = Signal(object)
    unpinned = Signal(object)
    box_class: type[TimeViewBox] = TimeViewBox

    def __init__(self, timeline: Timeline, loader: TileLoader, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.timeline = timeline
        self._loader = loader
        self._client = loader.new_client()
        self._sounds: tuple[Sound, ...] = ()
        self._pyramids: tuple[ClipPyramids, ...] = ()
        self._waiting: tuple[ClipPyramids, ...] = ()
        self._fractions: dict[int, float | None] = {}
        self.header = PaneHeader(name)
        self.axis = AxisStrip()
        self.box = self.box_class(timeline)
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
        self.view.setToolTip("Drag to select, Alt+drag or Shift+drag with a band; wheel zooms, Ctrl+wheel scrolls")
        self.view.setAccessibleName(name)
        self.view.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
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
        self.box.pointedAt.connect(self._on_pointed)
        self.box.panned.connect(self.pan)
        self.box.zoomed.connect(self.zoom)
        self.view.mouseAt.connect(self._on_mouse)
        self.view.mouseLeft.connect(self._on_mouse_left)
        self.header.menuRequested.connect(self._ask_for_menu)
        self.header.unpinned.connect(self._ask_to_follow)
        self._loader.tilesReady.connect(self._on_news)

    # -- what is shown -----------------------------------------------------------------------

    @property
    def pyramids(self) -> ClipPyramids | None:
        """What the pane draws from (the first, if from several), or None when it is empty."""
        return self._pyramids[0] if self._pyramids else None

    @property
    def all_pyramids(self) -> tuple[ClipPyramids, ...]:
        """Everything that the pane draws from."""
        return self._pyramids

    @property
    def filled(self) -> bool:
        """Whether there is anything to point at."""
        return bool(self._pyramids)

    @property
    def settled(self) -> bool:
        """Whether everything that the pane draws from is there in full."""
        return bool(self._pyramids) and not self._waiting and all(p.complete for p in self._pyramids)

    @property
    def painted(self) -> bool:
        """Whether no picture waits for its turn, here or in another pane of the window."""
        return self._loader.paint_turns.idle

    @property
    def sounds(self) -> tuple[Sound, ...]:
        """What the pane shows."""
        return self._sounds

    @property
    def offset_s(self) -> float:
        """Where on the timeline the recording (the first of several) begins."""
        return self._sounds[0].offset_s if self._sounds else 0.0

    @property
    def analysis(self) -> FrameAnalysis:
        """The transform that spectrograms are made of."""
        return FrameAnalysis()

    def set_sounds(self, sounds: Sequence[Sound]) -> None:
        """Show recordings, at least one, in the order that the kind of pane gives a meaning to."""
        before, self._sounds = self._sounds, tuple(sounds)
        same = [(id(s.clip), s.offset_s) for s in before] == [(id(s.clip), s.offset_s) for s in self._sounds]
        self.header.set_entries(self.entries())
        if same and self._pyramids:
            self.apply_colours()
        else:
            self._reload()

    def _reload(self) -> None:
        self._hold(self._wanted_pyramids())
        self.show_pyramids()
        self.apply_colours()
        self._turn_to(_PLOT)

    def _wanted_pyramids(self) -> tuple[ClipPyramids, ...]:
        """Return the pyramids of what is shown, whose frames lie at the same places of the timeline."""
        starts = (round(offset * clip.sample_rate) for clip, offset in self.placed_clips())
        return tuple(
            self._loader.pyramids(clip, self.analysis.at(start))
            for (clip, _), start in zip(self.placed_clips(), starts, strict=True)
        )

    def clear(self, message: str) -> None:
        """Show nothing but one line that says what belongs here and how it gets here."""
        self._release()
        self.header.set_entries([])
        self._say(message)

    def _say(self, message: str) -> None:
        self._empty.setText(message)
        self._turn_to(_EMPTY)

    def _hold(self, pyramids: tuple[ClipPyramids, ...], waiting: tuple[ClipPyramids, ...] = ()) -> None:
        """Draw from these from now on, have those that wait filled too, and let go of all others."""
        before, self._pyramids = self._pyramids, pyramids
        wanted = (*pyramids, *waiting)
        for old in {id(p): p for p in self._attached(before)}.values():
            if old not in wanted:
                self._loader.detach(self._client, old)
        known, self._fractions = self._fractions, {id(p): None if p.complete else 0.0 for p in wanted}
        for new in wanted:
            if id(new) in known:
                self._fractions[id(new)] = known[id(new)]
            self._loader.attach(self._client, new)
            self.held.emit(new)
        self._waiting = waiting
        self._show_fraction()

    def _attached(self, pyramids: tuple[ClipPyramids, ...]) -> tuple[ClipPyramids, ...]:
        return (*pyramids, *self._waiting)

    def _show_fraction(self) -> None:
        busy = [fraction for fraction in self._fractions.values() if fraction is not None]
        self.header.bar.set_fraction(min(busy) if busy else None)

    def take_focus(self) -> None:
        """Give the keys to the plot, or to what stands in its place."""
        (self.view if self._pages.currentIndex() == _PLOT else self._pages).setFocus()

    def _turn_to(self, page: int) -> None:
        holder = self.window().focusWidget()
        held = holder is not None and (holder is self._pages or self._pages.isAncestorOf(holder))
        self._pages.setCurrentIndex(page)
        if held:
            self.take_focus()
        self.header.show_controls(page == _PLOT)

    def _release(self) -> None:
        self._hold(())
        self._sounds = ()
        self.show_pyramids()

    # -- for subclasses ----------------------------------------------------------------------

    def entries(self) -> list[tuple[str, str]]:
        """Return up to two titles for the header, each with its colour."""
        return [(sound.title, sound.colour) for sound in self._sounds]

    def placed_clips(self) -> tuple[tuple[AudioClip, float], ...]:
        """Return what is to be analysed for the sounds, and where each of it begins, in seconds."""
        return tuple((sound.clip, sound.offset_s) for sound in self._sounds)

    def show_pyramids(self) -> None:
        """Draw from ``all_pyramids`` from now on."""

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
        for pyramids in self._attached(self._pyramids):
            own = tuple(wish for wish in wishes if wish[0] in (pyramids.spectrogram, pyramids.waveform))
            if own:
                self._loader.want(self._client, pyramids, own)

    # -- answers -----------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self.apply_colours()

    def _on_news(self, news: TileNews) -> None:
        if news.pyramids not in self._attached(self._pyramids):
            return
        self._fractions[id(news.pyramids)] = news.fraction if news.busy else None
        self._show_fraction()
        if news.error:
            self._say(news.error)
        else:
            self.refresh()

    def _ask_for_menu(self) -> None:
        self.menuRequested.emit(self)

    def _ask_to_follow(self) -> None:
        self.unpinned.emit(self)

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

    def _on_pointed(self, seconds: float, height: float) -> None:
        band = self.band_between(height, height)
        if band is not None and self._pyramids:
            self.timeline.pointed.emit(seconds, band[0])

    def _on_mouse(self, seconds: float, height: float) -> None:
        self.cursorMoved.emit(self.readout(seconds, height) if self.filled else "")

    def _on_mouse_left(self) -> None:
        self.cursorMoved.emit("")

    def release(self) -> None:
        """Let go of the recordings; call it before the pane is deleted."""
        self._release()
