"""What the panels that edit a display are made of: labelled rows, and a place below the button that opens them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from sepstudio.gui.panes.display import Display
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.widgets.check_box import CheckBox
from sepstudio.gui.widgets.scale import Scale
from sepstudio.gui.widgets.value_slider import ValueSlider


class DisplayForm(QFrame):
    """Shows a display and edits it; ``edited`` carries the new one.

    A form adds its controls when it is made, shows a display in them (``_show``), and tells the display that they
    describe (``_edited``).
    """

    edited = Signal(object)

    def __init__(self, name: str, width: int, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._name = name
        self._display = Display()
        self._reading = False
        self.setObjectName(name)
        self.setProperty("role", "card")
        self.setAccessibleName("Display")
        self.setFixedWidth(width)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(PADDING, PADDING, PADDING, PADDING)
        self._grid.setSpacing(GRID)
        self._grid.setColumnStretch(1, 1)

    # -- building ----------------------------------------------------------------------------

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
        combo.currentIndexChanged.connect(self._on_touch)
        self._add_labelled(label, combo)
        return combo

    def _check(self, name: str, text: str, help_text: str) -> CheckBox:
        box = CheckBox(text)
        self._describe(box, name, text, help_text)
        box.toggled.connect(self._on_touch)
        self._add_wide(box)
        return box

    def _slider(self, name: str, label: str, scale: Scale, default: float, unit: str, help_text: str) -> ValueSlider:
        slider = ValueSlider(scale, default, unit)
        slider.describe(f"{self._name}.{name}", label, help_text)
        slider.valueChanged.connect(self._on_touch)
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

    # -- showing and editing -----------------------------------------------------------------

    def show_display(self, display: Display) -> None:
        """Show a display; emits nothing."""
        self._reading = True
        self._display = display
        self._show(display)
        self._reading = False

    def open_below(self, button: QWidget) -> None:
        """Open with the upper right corner at the lower right one of a button, inside the screen."""
        self.adjustSize()
        corner = button.mapToGlobal(QPoint(button.width(), button.height()))
        screen = button.screen().availableGeometry()
        left = min(max(corner.x() - self.width(), screen.left()), screen.right() - self.width())
        self.move(left, max(min(corner.y(), screen.bottom() - self.height()), screen.top()))
        self.show()
        self.findChild(QComboBox).setFocus()

    def _on_touch(self, _value: object = None) -> None:
        if not self._reading:
            self._edit(self._edited())

    def _show(self, display: Display) -> None:
        """Show a display in the controls."""

    def _edited(self) -> Display:
        """Return the display as the controls have it."""
        return self._display

    def _edit(self, display: Display) -> None:
        self.show_display(display)
        self.edited.emit(display)
