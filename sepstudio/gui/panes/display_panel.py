"""The controls of a display, in a panel that opens below its button."""

from __future__ import annotations

import dataclasses
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from sepstudio.gui.items.colours import COLOUR_MAPS
from sepstudio.gui.panes.display import FFT_SIZES, GAMMAS, LIMITS_DB, OVERLAPS, PRESETS, Display
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.widgets.check_box import CheckBox
from sepstudio.gui.widgets.scale import Scale
from sepstudio.gui.widgets.value_slider import ValueSlider
from sepstudio.tiles.scales import LOWEST_HZ, SCALE_KINDS

_WIDTH = 336
_LABEL_WIDTH = 72
_SHARE_NAMES = {2: "1/2 of the window", 4: "1/4 of the window", 8: "1/8 of the window"}


class DisplayPanel(QFrame):
    """Shows a display and edits it; ``edited`` carries the new one.

    ``parts`` name the controls that not every pane has: contrast, colours, gamma, limit, signal; with "given" the
    transform is not the user's to choose.
    """

    edited = Signal(object)
    appliedToAll = Signal()

    def __init__(self, name: str, parts: frozenset[str], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._name = f"{name}.display-panel"
        self._display = Display()
        self._reading = False
        self.setObjectName(self._name)
        self.setProperty("role", "card")
        self.setAccessibleName("Display")
        self.setFixedWidth(_WIDTH)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(PADDING, PADDING, PADDING, PADDING)
        self._grid.setSpacing(GRID)
        self._grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)
        self._add_presets()
        self._add_transform()
        self._add_axis()
        self._add_colours(parts)
        self._add_difference(parts)
        self._add_foot()
        for widget in (self._size, self._overlap):
            self._show_row(widget, "given" not in parts)
        self._padding.setVisible("given" not in parts)

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

    def _button(self, name: str, text: str, help_text: str) -> QPushButton:
        button = QPushButton(text)
        self._describe(button, name, text, help_text)
        button.setFixedHeight(CONTROL_HEIGHT)
        return button

    def _choice(self, name: str, label: str, choices: list[tuple[str, Any]], help_text: str) -> QComboBox:
        combo = QComboBox()
        for text, value in choices:
            combo.addItem(text, value)
        combo.setFixedHeight(CONTROL_HEIGHT)
        self._describe(combo, name, label, help_text)
        combo.currentIndexChanged.connect(self._on_edit)
        self._add_labelled(label, combo)
        return combo

    def _check(self, name: str, text: str, help_text: str) -> CheckBox:
        box = CheckBox(text)
        self._describe(box, name, text, help_text)
        box.toggled.connect(self._on_edit)
        self._add_wide(box)
        return box

    def _slider(self, name: str, label: str, scale: Scale, default: float, unit: str, help_text: str) -> ValueSlider:
        slider = ValueSlider(scale, default, unit)
        slider.describe(f"{self._name}.{name}", label, help_text)
        slider.valueChanged.connect(self._on_edit)
        self._add_labelled(label, slider)
        return slider

    def _describe(self, widget: QWidget, name: str, text: str, help_text: str) -> None:
        widget.setObjectName(f"{self._name}.{name}")
        widget.setAccessibleName(text)
        widget.setToolTip(help_text)

    def _add_labelled(self, label: str, widget: QWidget) -> None:
        row = self._grid.rowCount()
        words = QLabel(label)
        words.setProperty("role", "caption")
        words.setBuddy(widget)
        self._grid.addWidget(words, row, 0)
        self._grid.addWidget(widget, row, 1)

    def _add_wide(self, content: QWidget | QHBoxLayout) -> None:
        row = self._grid.rowCount()
        if isinstance(content, QWidget):
            self._grid.addWidget(content, row, 0, 1, 2)
        else:
            self._grid.addLayout(content, row, 0, 1, 2)

    def _show_row(self, widget: QWidget, shown: bool) -> None:
        row = self._grid.getItemPosition(self._grid.indexOf(widget))[0]
        for column in (0, 1):
            self._grid.itemAtPosition(row, column).widget().setVisible(shown)

    # -- showing and editing -----------------------------------------------------------------

    def show_display(self, display: Display) -> None:
        """Show a display; emits nothing."""
        self._reading = True
        self._display = display
        for combo, value in (
            (self._size, display.fft_size), (self._overlap, display.overlap),
            (self._scale, display.scale), (self._colours, display.colours),
        ):  # fmt: skip
            combo.setCurrentIndex(combo.findData(value))
        for box, ticked in (
            (self._padding, display.padding > 1), (self._keys, display.keys),
            (self._auto, display.auto), (self._of_signal, display.of_signal),
        ):  # fmt: skip
            box.setChecked(ticked)
        self._keys.setEnabled(display.scale != "linear")
        self._gamma.set_value(display.gamma)
        self._limit.set_value(display.limit_db)
        self._reading = False

    def open_below(self, button: QWidget) -> None:
        """Open with the upper right corner at the lower right one of a button, inside the screen."""
        self.adjustSize()
        corner = button.mapToGlobal(QPoint(button.width(), button.height()))
        screen = button.screen().availableGeometry()
        left = min(max(corner.x() - self.width(), screen.left()), screen.right() - self.width())
        top = max(min(corner.y(), screen.bottom() - self.height()), screen.top())
        self.move(left, top)
        self.show()
        self._size.setFocus()

    def _on_edit(self, _value: object = None) -> None:
        if self._reading:
            return
        scale = self._scale.currentData()
        free_axis = {} if scale == self._display.scale else {"lowest_hz": LOWEST_HZ, "highest_hz": 0.0}
        self._edit(
            dataclasses.replace(
                self._display, fft_size=self._size.currentData(), overlap=self._overlap.currentData(),
                padding=2 if self._padding.isChecked() else 1, scale=scale, keys=self._keys.isChecked(),
                colours=self._colours.currentData(), auto=self._auto.isChecked(), gamma=float(self._gamma.value),
                limit_db=float(self._limit.value), of_signal=self._of_signal.isChecked(), **free_axis,
            )
        )  # fmt: skip

    def _on_preset(self) -> None:
        name = self.sender().objectName().rpartition("-")[2]
        self._edit(next(preset for preset in PRESETS if preset.title.lower() == name).on(self._display))

    def _on_reset(self) -> None:
        self._edit(Display())

    def _edit(self, display: Display) -> None:
        self.show_display(display)
        self.edited.emit(display)
