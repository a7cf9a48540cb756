"""What all pictures over time and frequency have in common: the axis, the piano keys, the display and the read-out."""

from __future__ import annotations

import dataclasses
from typing import Any

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QWidget

from sepstudio.gui.items.colours import Table, level_table
from sepstudio.gui.items.tile_image import TileImageItem
from sepstudio.gui.panes.base import Pane, Span
from sepstudio.gui.panes.contrast import ContrastBar
from sepstudio.gui.panes.display import Display
from sepstudio.gui.panes.display_panel import DisplayPanel
from sepstudio.gui.panes.heights import panned, part_of_axis, zoomed
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.piano import PianoStrip
from sepstudio.gui.panes.ticks import frequency_ticks
from sepstudio.gui.texts import frequency_text, note_text, time_text
from sepstudio.gui.timeline import Timeline
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.tiles.analysis import FrameAnalysis
from sepstudio.tiles.mixing import Alone, Mixing
from sepstudio.tiles.pictures import Layer, PictureComposer, Wanted
from sepstudio.tiles.pyramids import ClipPyramids
from sepstudio.tiles.scales import FrequencyScale

DEFAULT_SAMPLE_RATE = 44100
_WHOLE: Span = (0.0, 1.0)


class PicturePane(Pane):
    """Shift+wheel moves along the frequencies, Alt+wheel zooms them.

    Subclasses say what a point shows (``mixing``, ``table``, ``words``). ``displayChanged`` carries
    the pane when the user's hand changed its display, ``appliedToAll`` a display that every picture is to have;
    ``axisChanged`` says that other frequencies are in view. ``hovered`` carries the pane, and the time and the
    frequency in Hz under the pointer.
    """

    displayChanged = Signal(object)
    appliedToAll = Signal(object)
    axisChanged = Signal()
    hovered = Signal(object, float, float)
    common_time = False
    has_contrast = True

    def __init__(self, timeline: Timeline, loader: TileLoader, name: str, parent: QWidget | None = None) -> None:
        self._display = Display()
        self._scale = self._display.axis(DEFAULT_SAMPLE_RATE)
        self._heights: Span = _WHOLE
        self._panel: DisplayPanel | None = None
        self.item = TileImageItem(self._on_missing, loader.paint_turns)
        super().__init__(timeline, loader, name, parent)
        self.box.addItem(self.item, ignoreBounds=True)
        self.item.adopted.connect(self._on_adopted)
        self.piano = PianoStrip(name)
        self.piano.hide()
        self.piano.keyPressed.connect(self._on_key)
        self._pages.widget(0).layout().insertWidget(0, self.piano)
        self.contrast = ContrastBar()
        self.contrast.setObjectName(f"{name}.contrast")
        self.contrast.levelsChanged.connect(self._on_levels)
        self.display_button = IconButton("display", "Display: transform, axis, contrast, colours", quiet=True)
        self.display_button.setObjectName(f"{name}.display")
        self.display_button.clicked.connect(self.open_display)
        if self.has_contrast:
            self.header.add_control(self.contrast)
        self.header.add_control(self.display_button)
        self.view.viewport().installEventFilter(self)

    # -- what is shown -----------------------------------------------------------------------

    @property
    def display(self) -> Display:
        """How the pane draws."""
        return self._display

    @property
    def analysis(self) -> FrameAnalysis:
        """The transform that the picture is made of."""
        return self._display.analysis

    @property
    def scale(self) -> FrequencyScale:
        """The frequency axis: heights 0 to 1 of the view are its unit axis."""
        return self._scale

    @property
    def heights(self) -> Span:
        """The part of the axis that is in view."""
        return self._heights

    def set_display(self, display: Display) -> None:
        """Draw otherwise; what takes time to compute comes on show when it is there."""
        analysis = self.analysis
        before, self._display = self._display, display
        if self._sounds and before.of_signal != display.of_signal:
            self._reload()
        elif self._sounds and analysis != self.analysis:
            self._analyse_anew()
        self._fit_axis()
        self._follow_levels()
        self.contrast.show_levels(*self._display.levels)
        self.contrast.set_colours(self.level_colours(), display.gamma)
        self.item.set_mixing(self.mixing())
        self.item.set_table(self.table())
        self.piano.setVisible(self._shows_keys())
        self.axis.setVisible(not self._shows_keys())
        if self._panel is not None:
            self._panel.show_display(self._display)

    def edit_display(self, **values: Any) -> None:
        """Change some values as the user's hand does: it is told."""
        self.set_display(dataclasses.replace(self._display, **values))
        self.displayChanged.emit(self)

    def set_heights(self, bottom: float, top: float) -> None:
        """Show a part of the axis, from 0 to 1 at most."""
        self._heights = part_of_axis(bottom, top)
        self.box.show_heights(*self._heights)
        self._label_axis()
        self.axisChanged.emit()

    def display_panel(self) -> DisplayPanel:
        """Return the controls of the display; they show what is in force."""
        if self._panel is None:
            self._panel = DisplayPanel(self.header.objectName(), self.panel_parts(), self)
            self._panel.edited.connect(self._on_edited)
            self._panel.appliedToAll.connect(self._on_applied_to_all)
        self._panel.show_display(self._display)
        return self._panel

    def open_display(self) -> None:
        """Show the controls of the display below their button."""
        self.display_panel().open_below(self.display_button)

    def panel_parts(self) -> frozenset[str]:
        """Return which controls beyond the common ones the display of this kind of pane has."""
        return frozenset({"contrast", "colours", "gamma"})

    # -- drawing -----------------------------------------------------------------------------

    def mixing(self) -> Mixing:
        """Return what a point shows of the levels of the recordings in it."""
        return Alone()

    def table(self) -> Table:
        """Return the colours of what a point shows."""
        return level_table(self._display.colours, *self._display.levels, self._display.gamma)

    def level_colours(self) -> str:
        """Return the colour map that levels are shown in."""
        return self._display.colours

    def show_pyramids(self) -> None:
        """Draw from ``all_pyramids`` from now on."""
        if not self.all_pyramids:
            self.item.set_composer(None)
            return
        self._fit_axis()
        self.item.set_composer(self._composer_of(self.all_pyramids))
        self.item.set_table(self.table())
        self._follow_levels()

    def apply_colours(self) -> None:
        """Take the colours from the palette in force."""
        super().apply_colours()
        self.item.set_table(self.table())

    def refresh(self) -> None:
        """Paint again, because more is ready."""
        self._follow_levels()
        self.item.refresh()

    def _composer_of(self, pyramids: tuple[Any, ...]) -> PictureComposer:
        offsets = (offset for _, offset in self.placed_clips())
        layers = [Layer(p.spectrogram, offset) for p, offset in zip(pyramids, offsets, strict=True)]
        return PictureComposer(layers, self.mixing(), common=self.common_time)

    def _analyse_anew(self) -> None:
        following = self._wanted_pyramids()
        if following == self.all_pyramids:
            self._hold(following)
            self.show_pyramids()
            return
        self._hold(self.all_pyramids, following)
        self.item.offer(self._composer_of(following))

    def _on_adopted(self) -> None:
        self._hold(self._waiting or self.all_pyramids)
        self._follow_levels()

    def _on_missing(self, wanted: tuple[Wanted, ...]) -> None:
        # Coarse tiles take a whole stretch of the file: the build brings them.
        self.want(tuple(wish for wish in wanted if wish[0].complete or wish[1] < wish[0].first_kept_level))

    # -- contrast ----------------------------------------------------------------------------

    def _follow_levels(self) -> None:
        """Take the contrast that the recordings call for, if it is to follow them."""
        if not self._display.auto:
            return
        found = [levels for p in self.leveled() if (levels := p.spectrogram.levels()) is not None]
        if not found:
            return
        levels = (min(lo for lo, _ in found), max(hi for _, hi in found))
        if levels != self._display.levels:
            self._display = dataclasses.replace(self._display, levels=levels)
            self.contrast.show_levels(*self._display.levels)
            self.item.set_mixing(self.mixing())
            self.item.set_table(self.table())
            if self._panel is not None:
                self._panel.show_display(self._display)

    def leveled(self) -> tuple[ClipPyramids, ...]:
        """Return the recordings whose levels the contrast follows."""
        return self.all_pyramids

    def _on_levels(self, lo: float, hi: float) -> None:
        self.edit_display(levels=(lo, hi), auto=False)

    def _on_edited(self, display: Display) -> None:
        self.set_display(display)
        self.displayChanged.emit(self)

    def _on_applied_to_all(self) -> None:
        self.appliedToAll.emit(self._display)

    # -- heights and frequencies -------------------------------------------------------------

    def band_between(self, bottom: float, top: float) -> Span | None:
        """Return the frequencies in Hz between two heights."""
        lo, hi = self._scale.to_hertz([max(bottom, 0.0), min(top, 1.0)])
        return float(lo), float(hi)

    def heights_of(self, band: Span | None) -> Span:
        """Return the heights between which a band in Hz is drawn."""
        if band is None:
            return _WHOLE
        bottom, top = self._scale.to_unit(list(band))
        return max(float(bottom), 0.0), min(float(top), 1.0)

    def pan(self, share: float) -> None:
        """Move along the frequencies."""
        self.set_heights(*panned(self._heights, share))

    def zoom(self, factor: float, height: float) -> None:
        """Show fewer frequencies in more detail."""
        self.set_heights(*zoomed(self._heights, factor, height))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Label the axis anew when the view gets another height."""
        if event.type() == QEvent.Type.Resize:
            self._label_axis()
        return super().eventFilter(watched, event)

    def _fit_axis(self) -> None:
        rates = [p.clip.sample_rate for p in self.all_pyramids] or [DEFAULT_SAMPLE_RATE]
        scale = self._display.axis(max(rates))
        if scale != self._scale:
            self._scale = scale
            self.item.set_scale(scale)
            self.set_heights(*_WHOLE)
            self._on_selection()
        self._label_axis()

    def _shows_keys(self) -> bool:
        return self._display.keys and self._display.scale != "linear"

    def _label_axis(self) -> None:
        self.axis.set_ticks(frequency_ticks(self._scale, *self._heights, max(self.view.height(), 1)))
        self.piano.set_axis(self._scale, *self._heights)

    # -- read-out ----------------------------------------------------------------------------

    def readout(self, seconds: float, height: float) -> str:
        """Return frequency, note, what the point shows, and time of a place."""
        hertz = float(self._scale.to_hertz(height))
        parts = (frequency_text(hertz), note_text(hertz), self.words_at(seconds, height))
        return "  ".join([part for part in parts if part] + [time_text(seconds)])

    def codes_at(self, seconds: float, height: float) -> tuple[int | None, ...]:
        """Return the level codes of the layers that the point of the picture at a place is made of."""
        composer = self.item.composer
        if composer is None:
            return ()
        covered = self.covered(height)
        return tuple(layer.code_at(seconds, *covered) for layer in composer.layers)

    def covered(self, height: float) -> tuple[float, float, float]:
        """Return the frequency at a height in Hz, and how many seconds and Hz a pixel covers there."""
        start, stop = self.timeline.visible
        half = (self._heights[1] - self._heights[0]) / max(self.view.height(), 1) / 2
        hertz, below, above = (float(f) for f in self._scale.to_hertz([height, height - half, height + half]))
        return hertz, (stop - start) / max(self.view.width(), 1), above - below

    def words_at(self, seconds: float, height: float) -> str:
        """Return what the picture shows at a place, in words."""
        return self.words(self.codes_at(seconds, height))

    def words(self, _codes: tuple[int | None, ...]) -> str:
        """Return what a point shows, in words; nothing where the picture itself says all."""
        return ""

    def _on_mouse(self, seconds: float, height: float) -> None:
        super()._on_mouse(seconds, height)
        if self.filled:
            self.hovered.emit(self, seconds, float(self._scale.to_hertz(height)))

    def _on_key(self, hertz: float) -> None:
        self.cursorMoved.emit(f"{frequency_text(hertz)}  {note_text(hertz)}")
