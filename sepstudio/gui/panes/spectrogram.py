"""The spectrogram of a recording."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from sepstudio.gui.items.colours import COLOUR_MAPS, level_table
from sepstudio.gui.items.tile_image import TileImageItem
from sepstudio.gui.panes.base import Pane, Span
from sepstudio.gui.panes.contrast import ContrastBar
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.readout import frequency_text, level_text, note_text, time_text
from sepstudio.gui.panes.ticks import frequency_ticks
from sepstudio.gui.timeline import Timeline
from sepstudio.tiles.build import TileKey
from sepstudio.tiles.decibels import code_to_db
from sepstudio.tiles.pyramids import ClipPyramids
from sepstudio.tiles.scales import SCALE_KINDS, FrequencyScale, ScaleKind, scale_for

LEAST_HEIGHT_IN_VIEW = 0.02
DEFAULT_SAMPLE_RATE = 44100
_WHOLE: Span = (0.0, 1.0)
# Lower than other controls, to fit the header, with the arrow beside the text instead of below it.
_CHOICE_METRICS = """
QToolButton { min-height: 20px; max-height: 20px; padding: 0 16px 0 6px; }
QToolButton::menu-indicator { subcontrol-origin: padding; subcontrol-position: center right; right: 4px; }
"""


class SpectrogramPane(Pane):
    """Levels over time and frequency; Shift+wheel moves along the frequencies, Alt+wheel zooms them."""

    def __init__(self, timeline: Timeline, loader: TileLoader, parent: QWidget | None = None) -> None:
        self._scale: FrequencyScale = scale_for("mel", DEFAULT_SAMPLE_RATE)
        self._heights: Span = _WHOLE
        self._colours = "magma"
        self.item = TileImageItem(self._on_missing)
        super().__init__(timeline, loader, "spectrogram", parent)
        self.setAccessibleName("Spectrogram")
        self.box.addItem(self.item, ignoreBounds=True)
        self.contrast = ContrastBar()
        self.contrast.setObjectName("spectrogram.contrast")
        self.contrast.levelsChanged.connect(self._on_levels)
        self._scale_button = _choice("spectrogram.scale", "Frequency axis", SCALE_KINDS, self._on_scale, self)
        self._colour_button = _choice("spectrogram.colours", "Colour map", tuple(COLOUR_MAPS), self._on_colours, self)
        for control in (self.contrast, self._scale_button, self._colour_button):
            self.header.add_control(control)
        self.view.viewport().installEventFilter(self)
        self.clear("The spectrogram: open a recording or drop one here.")
        self.apply_colours()
        self._on_levels(*self.contrast.levels)

    # -- what is shown -----------------------------------------------------------------------

    @property
    def scale(self) -> FrequencyScale:
        """The frequency axis: heights 0 to 1 of the view are its unit axis."""
        return self._scale

    @property
    def heights(self) -> Span:
        """The part of the axis that is in view."""
        return self._heights

    def set_scale(self, kind: ScaleKind) -> None:
        """Space the frequencies in mel, octaves or Hz; the whole axis comes into view."""
        rate = self.pyramids.clip.sample_rate if self.pyramids is not None else DEFAULT_SAMPLE_RATE
        self._scale = scale_for(kind, rate)
        self._scale_button.setText(kind)
        self.item.set_scale(self._scale)
        self.set_heights(0.0, 1.0)
        self._on_selection()

    def set_heights(self, bottom: float, top: float) -> None:
        """Show a part of the axis, from 0 to 1 at most."""
        span = min(max(top - bottom, LEAST_HEIGHT_IN_VIEW), 1.0)
        bottom = min(max(bottom, 0.0), 1.0 - span)
        self._heights = (bottom, bottom + span)
        self.box.show_heights(*self._heights)
        self._label_axis()

    def set_levels(self, lo: float, hi: float) -> None:
        """Span the colours from ``lo`` to ``hi`` dBFS."""
        self.contrast.set_levels(lo, hi)

    def set_colour_map(self, name: str) -> None:
        """Use another colour map, one of ``COLOUR_MAPS``."""
        self._colours = name
        self._colour_button.setText(name)
        self.contrast.set_colours(name)
        self._on_levels(*self.contrast.levels)

    def show_pyramids(self, pyramids: ClipPyramids | None, offset_s: float) -> None:
        """Draw from these pyramids from now on."""
        self.item.set_pyramid(None if pyramids is None else pyramids.spectrogram, offset_s)
        if pyramids is not None and self._scale != scale_for(self._scale.kind, pyramids.clip.sample_rate):
            self.set_scale(self._scale.kind)
        self.item.set_scale(self._scale)

    def refresh(self) -> None:
        """Paint again, because more is ready."""
        self.item.refresh()

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
        bottom, top = self._heights
        step = share * (top - bottom)
        self.set_heights(bottom + step, top + step)

    def zoom(self, factor: float, height: float) -> None:
        """Show fewer frequencies in more detail."""
        bottom, top = self._heights
        span = min(max((top - bottom) / factor, LEAST_HEIGHT_IN_VIEW), 1.0)
        share = (height - bottom) / (top - bottom)
        self.set_heights(height - share * span, height + (1.0 - share) * span)

    def readout(self, seconds: float, height: float) -> str:
        """Return frequency, note, level and time of a place."""
        hertz = float(self._scale.to_hertz(height))
        code = self.pyramids.spectrogram.code_at(seconds - self.offset_s, hertz)
        parts = [frequency_text(hertz), note_text(hertz), "" if code is None else level_text(float(code_to_db(code)))]
        return "  ".join([part for part in parts if part] + [time_text(seconds)])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Label the axis anew when the view gets another height."""
        if event.type() == QEvent.Type.Resize:
            self._label_axis()
        return super().eventFilter(watched, event)

    def _label_axis(self) -> None:
        self.axis.set_ticks(frequency_ticks(self._scale, *self._heights, max(self.view.height(), 1)))

    # -- answers -----------------------------------------------------------------------------

    def _on_missing(self, keys: tuple[TileKey, ...]) -> None:
        if self.pyramids is None:
            return
        pyramid = self.pyramids.spectrogram
        # Coarse tiles take a whole stretch of the file: the build brings them.
        self.want(tuple((pyramid, *key) for key in keys if pyramid.complete or key[0] < pyramid.first_kept_level))

    def _on_levels(self, lo: float, hi: float) -> None:
        self.item.set_table(level_table(self._colours, lo, hi))

    def _on_scale(self, action: QAction) -> None:
        self.set_scale(action.data())

    def _on_colours(self, action: QAction) -> None:
        self.set_colour_map(action.data())


def _choice(name: str, what: str, choices: Sequence[str], chosen: object, parent: QWidget) -> QToolButton:
    """Return a flat button that opens a menu of choices; ``chosen`` is a bound method of ``parent``."""
    button = QToolButton(parent)
    button.setObjectName(name)
    button.setProperty("role", "flat")
    button.setText(choices[0])
    button.setToolTip(what)
    button.setAccessibleName(what)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setStyleSheet(_CHOICE_METRICS)
    menu = QMenu(button)
    group = QActionGroup(menu)
    for choice in choices:
        action = QAction(choice, group, checkable=True, checked=choice == choices[0])
        action.setData(choice)
        menu.addAction(action)
    group.triggered.connect(chosen)
    button.setMenu(menu)
    return button
