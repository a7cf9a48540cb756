"""Phase features for files: their values in full precision, and the circle of their colours beside a figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.phase import phase_features
from sepstudio.dsp.stft import transform_frames
from sepstudio.gui.exporting.figure import ColourBar, Look, Marks
from sepstudio.gui.exporting.view_data import LevelData, Span
from sepstudio.gui.items.colours import Table, image_of
from sepstudio.gui.items.cyclic_colours import GREY_CIRCLE, angle_row, angle_table
from sepstudio.gui.panes.phase_legend import QUARTERS
from sepstudio.gui.panes.phases import PhasePane
from sepstudio.gui.panes.ticks import Tick
from sepstudio.io.clip import AudioClip
from sepstudio.tiles.angles import STEPS
from sepstudio.tiles.phases import PhaseAnalysis

_QUANTITIES = {
    "phase": "phase", "time": "phase difference along time", "frequency": "phase difference along frequency",
}  # fmt: skip


class PhaseData(LevelData):
    """A feature of the phase as its pane analyses it, of the loudest channel at each point; 0 where that is silent."""

    unit = "rad"

    def __init__(
        self,
        clip: AudioClip,
        offset_s: float,
        analysis: PhaseAnalysis,
        span: Span | None = None,
        band: Span | None = None,
        title: str = "",
    ) -> None:
        super().__init__(clip, offset_s, analysis, span, band, title)
        self.quantity = _QUANTITIES[analysis.feature]
        self._phases = analysis

    @property
    def details(self) -> Mapping[str, Any]:
        """The transform and the convention of its phases."""
        return {
            **super().details,
            "channels": f"the loudest of {self._clip.channels} at each point",
            "reference": "-pi to pi, of the standard FFT, from the first sample of each frame",
            "shifts_of_the_transform": "subtracted" if self._phases.corrected else "left in",
        }

    def values(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return the angles of some frames."""
        hop, size = self._phases.hop_size, self._phases.fft_size
        first = max(self._first + start - 1, 0)
        last = self._first + stop
        begin = first * hop - size // 2
        samples = self._clip.read(begin, begin + (last - 1 - first) * hop + size)
        spectra = transform_frames(samples, fft_size=size, hop_size=hop, threads=1)
        (angles,) = phase_features(
            spectra, hop_size=hop, kinds=[self._phases.feature], corrected=self._phases.corrected,
            reference=size / 4.0, threads=1,
        )  # fmt: skip
        loudest = np.abs(spectra).argmax(axis=0)[None]
        chosen = np.take_along_axis(angles, loudest, axis=0)[0]
        return np.ascontiguousarray(chosen[self._bins, self._first + start - first :])


def phase_table(pane: PhasePane, look: Look) -> Table:
    """Return the colours of a pane in a look, on the ground of the look."""
    display = pane.display
    if look.name != "grey":
        return pane.table()
    return angle_table(GREY_CIRCLE, look.colours.panel, display.levels if display.weighted else None, display.gamma)


def phase_bar(pane: PhasePane, look: Look) -> ColourBar:
    """Return the circle of colours beside a figure, from -pi up."""
    steps = np.arange(STEPS, -1, -1) % STEPS
    name = GREY_CIRCLE if look.name == "grey" else pane.display.phase_colours
    ticks = tuple(Tick((quarter + 2) / 4, text) for quarter, text in QUARTERS)
    image = image_of(np.ascontiguousarray(steps.astype(np.uint8)[:, None]), angle_row(name), 1.0)
    return ColourBar(image, Marks("rad", ticks))
