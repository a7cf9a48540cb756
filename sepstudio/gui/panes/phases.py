"""Phase features of a recording over time and frequency, as angles in the colours of a circle."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtWidgets import QWidget

from sepstudio.dsp.phase import PhaseFeature
from sepstudio.dsp.phase_readings import deviation_hertz, expected_shifts, offset_seconds, wrapped
from sepstudio.gui.items.colours import GREY_ON_BLACK, Table
from sepstudio.gui.items.cyclic_colours import angle_table
from sepstudio.gui.panes.display import Display
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.phase_legend import PhaseLegend
from sepstudio.gui.panes.picture import PicturePane
from sepstudio.gui.texts import MINUS, level_text
from sepstudio.gui.theme import DARK, current_palette
from sepstudio.gui.timeline import Timeline
from sepstudio.tiles.angles import angles_of, levels_of
from sepstudio.tiles.decibels import code_to_db
from sepstudio.tiles.phases import PhaseAnalysis, PhasePyramid


class PhasePane(PicturePane):
    """A feature of the phase: at each point that of the loudest of what a pixel covers."""

    feature: ClassVar[PhaseFeature] = "phase"
    name: ClassVar[str] = "phase"
    symbol: ClassVar[str] = "φ"
    accessible: ClassVar[str] = "Phase"
    hint: ClassVar[str] = "The phase of a recording: choose which in the menu of the pane."

    def __init__(self, timeline: Timeline, loader: TileLoader, parent: QWidget | None = None) -> None:
        self.legend = PhaseLegend(self.name)
        super().__init__(timeline, loader, self.name, parent)
        self.setAccessibleName(self.accessible)
        self.header.add_control(self.legend)
        self.contrast.set_colours(self.level_colours())
        self.clear(self.hint)
        self.apply_colours()

    @property
    def analysis(self) -> PhaseAnalysis:
        """The transform, and what is made of its phases."""
        display = self.display
        return PhaseAnalysis(
            display.fft_size, display.fft_size // display.overlap, feature=self.feature, corrected=self.corrected
        )

    @property
    def corrected(self) -> bool:
        """Whether the shifts of the transform are taken off."""
        return self.feature != "phase" and self.display.corrected

    def panel_parts(self) -> frozenset[str]:
        """Return which controls beyond the common ones the display has."""
        shifts = {"shifts"} if self.feature != "phase" else set()
        return frozenset({"contrast", "gamma", "phase"} | shifts)

    def level_colours(self) -> str:
        """Return the colour map that levels are shown in: they make angles darker."""
        return GREY_ON_BLACK

    def table(self) -> Table:
        """Return the colours of cells; silence is as dark as pictures are, or the ground."""
        display = self.display
        if display.weighted:
            return angle_table(display.phase_colours, DARK.window, display.levels, display.gamma)
        return angle_table(display.phase_colours, current_palette().panel)

    def entries(self) -> list[tuple[str, str]]:
        """Return what is shown of which recording."""
        shifts = "" if self.feature == "phase" or self.display.corrected else ", with shifts"
        return [(f"{self.symbol} of {sound.title}{shifts}", sound.colour) for sound in self.sounds]

    def set_display(self, display: Display) -> None:
        """Draw otherwise; what takes time to compute comes on show when it is there."""
        super().set_display(display)
        self.legend.show_map(display.phase_colours)
        self.header.set_entries(self.entries())
        self._show_contrast()

    def _turn_to(self, page: int) -> None:
        super()._turn_to(page)
        self._show_contrast()

    def _show_contrast(self) -> None:
        self.contrast.setVisible(bool(self.all_pyramids) and self.display.weighted)

    # -- read-out ----------------------------------------------------------------------------

    def words_at(self, seconds: float, height: float) -> str:
        """Return the angle of a place, what it says of the sound there, and the level."""
        composer = self.item.composer
        if composer is None:
            return ""
        layer = composer.layers[0]
        pyramid = layer.pyramid
        if not isinstance(pyramid, PhasePyramid):
            return ""
        hertz, column_s, row_hz = self.covered(height)
        found = pyramid.loudest_at(seconds - layer.offset_s, hertz, column_s=column_s, row_hz=row_hz)
        if found is None:
            return ""
        index, cell = found
        level = float(code_to_db(levels_of(cell).item()))
        return f"{self._told(pyramid, index, float(angles_of(cell)))}  {level_text(level)}" if cell else "silent"

    def _told(self, pyramid: PhasePyramid, index: int, angle: float) -> str:
        """Return an angle in words; while another transform is computed, that on show is told."""
        analysis, rate = pyramid.analysis, pyramid.clip.sample_rate
        told = f"{self.symbol} {_signed(angle, 2)} rad"
        size, hop = analysis.fft_size, analysis.hop_size
        shift = 0.0 if analysis.corrected else float(expected_shifts(self.feature, fft_size=size, hop_size=hop)[index])
        rest = wrapped(angle - shift)
        if self.feature == "time":
            return f"{told} = {_signed(deviation_hertz(rest, hop_size=hop, sample_rate=rate), 1)} Hz"
        if self.feature == "frequency":
            return f"{told} = {_signed(1000.0 * offset_seconds(rest, fft_size=size, sample_rate=rate), 1)} ms"
        return told


class TimePhasePane(PhasePane):
    """The difference of phases along time, which says how far a tone lies from the middle of its bin."""

    feature, name, symbol = "time", "dt", "Δt"
    accessible = "Phase difference along time"
    hint = "The phase difference along time of a recording: choose which in the menu of the pane."


class FrequencyPhasePane(PhasePane):
    """The difference of phases along frequency, which says when within its frame something lies."""

    feature, name, symbol = "frequency", "df", "Δf"
    accessible = "Phase difference along frequency"
    hint = "The phase difference along frequency of a recording: choose which in the menu of the pane."


def _signed(value: float, decimals: int) -> str:
    text = f"{abs(value):.{decimals}f}"
    sign = "" if not float(text) else MINUS if value < 0 else "+"
    return sign + text
