"""The controls of a matrix pane: colours, contrast and gamma, in a panel that opens below its button."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QLabel, QPushButton, QWidget

from sepstudio.gui.items.colours import COLOUR_MAPS
from sepstudio.gui.panes.display import GAMMAS, MATRIX_TOPS, Display
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.widgets.check_box import CheckBox
from sepstudio.gui.widgets.scale import Scale
from sepstudio.gui.widgets.value_slider import ValueSlider

_WIDTH = 312
_PERCENT = 100.0


class MatrixPanel(QFrame):
    """Shows what of a display is about matrices, and edits it; ``edited`` carries the new one."""

    edited = Signal(object)

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._name = f"{name}.matrix-panel"
        self._display = Display()
        self._reading = False
        self.setObjectName(self._name)
        self.setProperty("role", "card")
        self.setAccessibleName("Display")
        self.setFixedWidth(_WIDTH)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(PADDING, PADDING, PADDING, PADDING)
        self._grid.setSpacing(GRID)
        self._grid.setColumnStretch(1, 1)
        self._colours = QComboBox()
        for each in COLOUR_MAPS:
            self._colours.addItem(each, each)
        self._colours.setFixedHeight(CONTROL_HEIGHT)
        self._describe(self._colours, "colours", "Colours", "Colour map; differences go from blue to red instead")
        self._add("Colours", self._colours)
        top = Scale(MATRIX_TOPS[0] * _PERCENT, MATRIX_TOPS[1] * _PERCENT, coarse=5.0, fine=0.5)
        self._top = self._slider("top", "Brightest", top, 100.0, "%", "Share of the largest value that is brightest")
        gamma = Scale(*GAMMAS, coarse=0.05, fine=0.01)
        self._gamma = self._slider("gamma", "Gamma", gamma, 0.5, "", "Below 1, small values are brighter")
        self._each = CheckBox("Each by its own largest value")
        self._describe(self._each, "each", "Each component by its own", "Shows the shape of quiet components too")
        self._grid.addWidget(self._each, self._grid.rowCount(), 0, 1, 2)
        reset = QPushButton("Reset")
        reset.setFixedHeight(CONTROL_HEIGHT)
        self._describe(reset, "reset", "Reset", "Back to how matrices are drawn at first")
        self._grid.addWidget(reset, self._grid.rowCount(), 0, 1, 2)
        self._colours.currentIndexChanged.connect(self._on_edit)
        self._each.toggled.connect(self._on_edit)
        reset.clicked.connect(self._on_reset)

    def show_display(self, display: Display) -> None:
        """Show a display; emits nothing."""
        self._reading = True
        self._display = display
        self._colours.setCurrentIndex(self._colours.findData(display.colours))
        self._top.set_value(display.matrix_top * _PERCENT)
        self._gamma.set_value(display.matrix_gamma)
        self._each.setChecked(display.matrix_each)
        self._reading = False

    def open_below(self, button: QWidget) -> None:
        """Open with the upper right corner at the lower right one of a button, inside the screen."""
        self.adjustSize()
        corner = button.mapToGlobal(QPoint(button.width(), button.height()))
        screen = button.screen().availableGeometry()
        left = min(max(corner.x() - self.width(), screen.left()), screen.right() - self.width())
        self.move(left, max(min(corner.y(), screen.bottom() - self.height()), screen.top()))
        self.show()
        self._colours.setFocus()

    def _slider(self, name: str, label: str, scale: Scale, default: float, unit: str, help_text: str) -> ValueSlider:
        slider = ValueSlider(scale, default, unit)
        slider.describe(f"{self._name}.{name}", label, help_text)
        slider.valueChanged.connect(self._on_edit)
        self._add(label, slider)
        return slider

    def _describe(self, widget: QWidget, name: str, text: str, help_text: str) -> None:
        widget.setObjectName(f"{self._name}.{name}")
        widget.setAccessibleName(text)
        widget.setToolTip(help_text)

    def _add(self, label: str, widget: QWidget) -> None:
        words = QLabel(label)
        words.setProperty("role", "caption")
        words.setBuddy(widget)
        row = self._grid.rowCount()
        self._grid.addWidget(words, row, 0)
        self._grid.addWidget(widget, row, 1)

    def _on_edit(self, _value: object = None) -> None:
        if not self._reading:
            self._edit(
                dataclasses.replace(
                    self._display,
                    colours=self._colours.currentData(),
                    matrix_top=float(self._top.value) / _PERCENT,
                    matrix_gamma=float(self._gamma.value),
                    matrix_each=self._each.isChecked(),
                )
            )

    def _on_reset(self) -> None:
        plain = Display()
        values = {name: getattr(plain, name) for name in ("colours", "matrix_top", "matrix_gamma", "matrix_each")}
        self._edit(dataclasses.replace(self._display, **values))

    def _edit(self, display: Display) -> None:
        self.show_display(display)
        self.edited.emit(display)
