"""The controls of a display, in a panel that opens below its button."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from sepstudio.gui.items.colours import COLOUR_MAPS
from sepstudio.gui.items.cyclic_colours import CYCLIC_MAPS
from sepstudio.gui.panes.display import FFT_SIZES, GAMMAS, LIMITS_DB, OVERLAPS, PRESETS, Display
from sepstudio.gui.panes.display_form import DisplayForm
from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.scale import Scale
from sepstudio.tiles.scales import LOWEST_HZ, SCALE_KINDS

_WIDTH = 336
_LABEL_WIDTH = 72
_SHARE_NAMES = {2: "1/2 of the window", 4: "1/4 of the window", 8: "1/8 of the window"}


class DisplayPanel(DisplayForm):
    """Shows a display and edits it.

    ``parts`` name the controls that not every pane has: contrast, colours, gamma, limit, signal, phase, shifts; with
    "given" the transform is not the user's to choose.
    """

    appliedToAll = Signal()

    def __init__(self, name: str, parts: frozenset[str], parent: QWidget) -> None:
        super().__init__(f"{name}.display-panel", _WIDTH, parent)
        self._grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
        self._add_presets()
        self._add_transform()
        self._add_axis()
        self._add_phase(parts)
        self._add_colours(parts)
        self._add_difference(parts)
        self._add_foot()
        for widget in (self._size, self._overlap):
            self._show_row(widget, "given" not in parts)
        self._padding.setVisible(parts.isdisjoint({"given", "phase"}))

    # -- building ----------------------------------------------------------------------------

    def _add_presets(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(GRID)
        for preset in PRESETS:
            button = self._button(f"preset-{preset.title.lower()}", preset.title, preset.help)
            button.clicked.connect(self._on_preset)
            row.addWidget(button, 1)
        self._add_wide(row)

    def _add_transform(self) -> None:
        sizes = [(f"{size} samples", size) for size in FFT_SIZES]
        self._size = self._choice("size", "Window", sizes, "Longer windows tell tones apart, shorter ones beginnings")
        steps = [(_SHARE_NAMES[overlap], overlap) for overlap in OVERLAPS]
        self._overlap = self._choice("step", "Step", steps, "How far the window moves from one spectrum to the next")
        self._padding = self._check(
            "padding", "Pad with zeros to twice the length", "Draws peaks rounder and nearer to their pitch"
        )

    def _add_axis(self) -> None:
        kinds = [(kind, kind) for kind in SCALE_KINDS]
        self._scale = self._choice("scale", "Axis", kinds, "Spacing of the frequencies: as heard, in octaves, or in Hz")
        self._keys = self._check("keys", "Piano keys beside the axis", "For the mel and log axis")

    def _add_phase(self, parts: frozenset[str]) -> None:
        self._corrected = self._check(
            "corrected", "Without the shifts of the transform", "What is steady, or in the middle of its frame, is at 0"
        )
        maps = [(name, name) for name in CYCLIC_MAPS]
        self._circle = self._choice("circle", "Colours", maps, "Colour map of angles: its ends meet")
        self._weighted = self._check("weighted", "Weight by level", "Draws what is quieter darker")
        self._corrected.setVisible("shifts" in parts)
        self._show_row(self._circle, "phase" in parts)
        self._weighted.setVisible("phase" in parts)

    def _add_colours(self, parts: frozenset[str]) -> None:
        self._colours = self._choice("colours", "Colours", [(name, name) for name in COLOUR_MAPS], "Colour map")
        self._auto = self._check(
            "auto", "Contrast follows the whole recording", "From the noise to the loudest, whatever is in view"
        )
        self._gamma = self._slider(
            "gamma", "Gamma", Scale(*GAMMAS, coarse=0.05, fine=0.01), 1.0, "", "Below 1, quiet sounds are brighter"
        )
        self._show_row(self._colours, "colours" in parts)
        self._auto.setVisible("contrast" in parts)
        self._show_row(self._gamma, "gamma" in parts)

    def _add_difference(self, parts: frozenset[str]) -> None:
        scale = Scale(*LIMITS_DB, coarse=1.0, fine=0.1)
        self._limit = self._slider("limit", "Limits ±", scale, 24.0, "dB", "Differences at both ends of the colours")
        self._of_signal = self._check(
            "signal", "Spectrogram of the difference signal", "Subtracts the sounds themselves instead of their levels"
        )
        self._show_row(self._limit, "limit" in parts)
        self._of_signal.setVisible("signal" in parts)

    def _add_foot(self) -> None:
        everywhere = self._button("all", "Apply to all panes", "Let every picture be drawn like this one")
        everywhere.clicked.connect(self.appliedToAll)
        reset = self._button("reset", "Reset", "Back to how panes are drawn at first")
        reset.clicked.connect(self._on_reset)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(everywhere, 2)
        row.addWidget(reset, 1)
        self._add_wide(row)

    def _show_row(self, widget: QWidget, shown: bool) -> None:
        row = self._grid.getItemPosition(self._grid.indexOf(widget))[0]
        for column in (0, 1):
            self._grid.itemAtPosition(row, column).widget().setVisible(shown)

    # -- showing and editing -----------------------------------------------------------------

    def _show(self, display: Display) -> None:
        for combo, value in (
            (self._size, display.fft_size), (self._overlap, display.overlap),
            (self._scale, display.scale), (self._colours, display.colours), (self._circle, display.phase_colours),
        ):  # fmt: skip
            combo.setCurrentIndex(combo.findData(value))
        for box, ticked in (
            (self._padding, display.padding > 1), (self._keys, display.keys),
            (self._auto, display.auto), (self._of_signal, display.of_signal),
            (self._corrected, display.corrected), (self._weighted, display.weighted),
        ):  # fmt: skip
            box.setChecked(ticked)
        self._keys.setEnabled(display.scale != "linear")
        self._gamma.set_value(display.gamma)
        self._limit.set_value(display.limit_db)

    def _edited(self) -> Display:
        scale = self._scale.currentData()
        free_axis = {} if scale == self._display.scale else {"lowest_hz": LOWEST_HZ, "highest_hz": 0.0}
        return dataclasses.replace(
            self._display, fft_size=self._size.currentData(), overlap=self._overlap.currentData(),
            padding=2 if self._padding.isChecked() else 1, scale=scale, keys=self._keys.isChecked(),
            colours=self._colours.currentData(), auto=self._auto.isChecked(), gamma=float(self._gamma.value),
            limit_db=float(self._limit.value), of_signal=self._of_signal.isChecked(),
            corrected=self._corrected.isChecked(), weighted=self._weighted.isChecked(),
            phase_colours=self._circle.currentData(), **free_axis,
        )  # fmt: skip

    def _on_preset(self) -> None:
        name = self.sender().objectName().rpartition("-")[2]
        self._edit(next(preset for preset in PRESETS if preset.title.lower() == name).on(self._display))

    def _on_reset(self) -> None:
        self._edit(Display())
