"""The waveform of a recording."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QWidget

from sepstudio.gui.items.waveform import WaveformItem
from sepstudio.gui.panes.base import Pane
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.ticks import Tick
from sepstudio.gui.texts import level_text, time_text
from sepstudio.gui.theme import Palette, blend, current_palette
from sepstudio.gui.timeline import Timeline

LEAST_GAIN, MOST_GAIN = 1.0, 64.0
PEAK_SHARE = 0.55
STEREO_LABELS = ("L", "R")


class WaveformPane(Pane):
    """Extremes and effective level over time; Alt+wheel makes the waves taller."""

    def __init__(self, timeline: Timeline, loader: TileLoader, parent: QWidget | None = None) -> None:
        self.item = WaveformItem(self._on_missing, loader.paint_turns)
        super().__init__(timeline, loader, "waveform", parent)
        self.setAccessibleName("Waveform")
        self.box.addItem(self.item, ignoreBounds=True)
        self.clear("The waveform: open a recording or drop one here.")
        self.apply_colours()

    def show_pyramids(self) -> None:
        """Draw from ``all_pyramids`` from now on."""
        self.item.set_pyramid(None if self.pyramids is None else self.pyramids.waveform, self.offset_s)
        self.axis.set_ticks(self._lane_ticks())

    def refresh(self) -> None:
        """Paint again, because more is ready."""
        self.item.refresh()

    def apply_colours(self) -> None:
        """Take the colours from the palette in force and the stem."""
        super().apply_colours()
        self.wear(current_palette())

    def wear(self, colours: Palette) -> None:
        """Draw the waves in the colours of a palette."""
        own = self.header.swatch.colour or colours.accent
        self.item.set_colours(
            ground=colours.panel,
            peak=blend(own, colours.panel, PEAK_SHARE),
            rms=own,
            clipped=colours.error,
            zero=colours.line,
        )

    def zoom(self, factor: float, height: float) -> None:
        """Make the waves taller."""
        self.item.set_gain(min(max(self.item.gain * factor, LEAST_GAIN), MOST_GAIN))

    def readout(self, seconds: float, height: float) -> str:
        """Return the peak level around a time."""
        start, stop = self.timeline.visible
        rate = self.pyramids.clip.sample_rate
        half = (stop - start) / max(self.view.width(), 1) / 2
        edges = np.array([seconds - half, seconds + half]) - self.offset_s
        envelope = self.pyramids.waveform.envelope(edges * rate)
        if envelope is None:
            return time_text(seconds)
        peak = max(float(envelope.maximum.max()), -float(envelope.minimum.min()))
        level = 20 * np.log10(peak) if peak > 0 else -np.inf
        return f"peak {level_text(level)}  {time_text(seconds)}"

    def _lane_ticks(self) -> tuple[Tick, ...]:
        lanes = self.item.lanes
        if self.pyramids is None or lanes == 1:
            return ()
        labels = STEREO_LABELS if lanes == len(STEREO_LABELS) else tuple(str(lane + 1) for lane in range(lanes))
        return tuple(Tick(1.0 - (lane + 0.5) / lanes, label) for lane, label in enumerate(labels))

    def _on_missing(self, chunks: tuple[int, ...]) -> None:
        if self.pyramids is not None:
            self.want(tuple((self.pyramids.waveform, 0, index) for index in chunks))
