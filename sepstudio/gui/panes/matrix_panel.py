"""The controls of a matrix pane: colours, contrast and gamma, in a panel that opens below its button."""

from __future__ import annotations

import dataclasses

from PySide6.QtWidgets import QWidget

from sepstudio.gui.items.colours import COLOUR_MAPS
from sepstudio.gui.panes.display import GAMMAS, MATRIX_TOPS, Display
from sepstudio.gui.panes.display_form import DisplayForm
from sepstudio.gui.widgets.scale import Scale

_WIDTH = 312
_PERCENT = 100.0
_FIELDS = ("colours", "matrix_top", "matrix_gamma", "matrix_each")


class MatrixPanel(DisplayForm):
    """Shows what of a display is about matrices, and edits it."""

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(f"{name}.matrix-panel", _WIDTH, parent)
        self._colours = self._choice(
            "colours", "Colours", [(each, each) for each in COLOUR_MAPS],
            "Colour map; differences go from blue to red instead",
        )  # fmt: skip
        top = Scale(MATRIX_TOPS[0] * _PERCENT, MATRIX_TOPS[1] * _PERCENT, coarse=5.0, fine=0.5)
        self._top = self._slider("top", "Brightest", top, 100.0, "%", "Share of the largest value that is brightest")
        gamma = Scale(*GAMMAS, coarse=0.05, fine=0.01)
        self._gamma = self._slider("gamma", "Gamma", gamma, 0.5, "", "Below 1, small values are brighter")
        self._each = self._check("each", "Each by its own largest value", "Shows the shape of quiet components too")
        reset = self._button("reset", "Reset", "Back to how matrices are drawn at first")
        reset.clicked.connect(self._on_reset)
        self._add_wide(reset)

    def _show(self, display: Display) -> None:
        self._colours.setCurrentIndex(self._colours.findData(display.colours))
        self._top.set_value(display.matrix_top * _PERCENT)
        self._gamma.set_value(display.matrix_gamma)
        self._each.setChecked(display.matrix_each)

    def _edited(self) -> Display:
        return dataclasses.replace(
            self._display, colours=self._colours.currentData(), matrix_top=float(self._top.value) / _PERCENT,
            matrix_gamma=float(self._gamma.value), matrix_each=self._each.isChecked(),
        )  # fmt: skip

    def _on_reset(self) -> None:
        plain = Display()
        self._edit(dataclasses.replace(self._display, **{name: getattr(plain, name) for name in _FIELDS}))
