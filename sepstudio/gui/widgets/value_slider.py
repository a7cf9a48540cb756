"""A number that is dragged, stepped, typed, and reset: slider and box in one control."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QDoubleSpinBox, QHBoxLayout, QSizePolicy, QWidget

from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, number_font
from sepstudio.gui.widgets.fine_slider import FineSlider
from sepstudio.gui.widgets.scale import Scale

_BOX_MARGIN = 18
_MIN_TRAVEL = 48


class NumberBox(QDoubleSpinBox):
    """A box for one number of a scale, with its unit; wheel and arrow keys step, Shift makes the steps fine."""

    valueEdited = Signal(object)

    def __init__(self, scale: Scale, unit: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale = scale
        self.setDecimals(scale.decimals)
        self.setRange(scale.lo, scale.hi)
        self.setSuffix(f" {unit}" if unit else "")
        self.setKeyboardTracking(False)
        self.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToNearestValue)
        self.setGroupSeparatorShown(False)
        self.setFont(number_font())
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFixedHeight(CONTROL_HEIGHT)
        self.valueChanged.connect(self._take_typed)
        self._fit_width()

    def set_number(self, value: float) -> None:
        """Show a value; emits nothing."""
        self.blockSignals(True)
        self.setValue(value)
        self.blockSignals(False)

    def setSpecialValueText(self, text: str) -> None:
        """Show a word for the lowest value."""
        super().setSpecialValueText(text)
        self._fit_width()

    @property
    def number(self) -> float:
        """The value, an int on an integer scale."""
        return self._scale.snapped(self.value())

    def stepBy(self, steps: int) -> None:
        """Step along the scale, finely while Shift is held."""
        self._step(steps, QApplication.keyboardModifiers())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step once a notch; Qt's own wheel would count Ctrl as ten steps."""
        delta = event.angleDelta().y() or event.angleDelta().x()
        if delta:
            self._step(1 if delta > 0 else -1, event.modifiers())
        event.accept()

    def _step(self, steps: int, modifiers: Qt.KeyboardModifier) -> None:
        fine = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        self.setValue(self._scale.stepped(self.number, steps, fine=fine))

    def _take_typed(self, value: float) -> None:
        snapped = self._scale.snapped(value)
        self.set_number(snapped)
        self.valueEdited.emit(snapped)

    def _fit_width(self) -> None:
        ends = [self.textFromValue(end) + self.suffix() for end in (self._scale.lo, self._scale.hi)]
        widest = max(map(self.fontMetrics().horizontalAdvance, (*ends, self.specialValueText())))
        self.setFixedWidth(widest + _BOX_MARGIN)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)


class ValueSlider(QWidget):
    """Slider and number box for one value; ``valueChanged`` comes from the user's hand only.

    A double-click on the slider returns to ``default``, the wheel steps, Shift is fine.
    """

    valueChanged = Signal(object)

    def __init__(
        self,
        scale: Scale,
        default: float,
        unit: str = "",
        *,
        slider: FineSlider | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._scale = scale
        self._default = default
        self._value = scale.snapped(default)
        self.slider = slider or FineSlider(self)
        # Before the box is made: Tab goes through children in the order in which they came.
        self.slider.setParent(self)
        self.box = NumberBox(scale, unit, self)
        self.slider.setMinimumWidth(_MIN_TRAVEL)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.box)
        self.setFocusProxy(self.slider)
        self.slider.dragged.connect(self._drag)
        self.slider.stepped.connect(self._step)
        self.slider.resetRequested.connect(self._reset)
        self.box.valueEdited.connect(self._edit)
        self.set_value(default)

    @property
    def value(self) -> float:
        """The value, an int on an integer scale."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show a value; emits nothing."""
        self._value = self._scale.snapped(value)
        self.box.set_number(self._value)
        self.slider.set_fraction(self._scale.fraction(self._value))

    def describe(self, name: str, label: str, help_text: str) -> None:
        """Name both halves for tests, screen readers and the pointer."""
        self.setObjectName(name)
        self.slider.setObjectName(f"{name}.slider")
        self.box.setObjectName(f"{name}.box")
        for part in (self.slider, self.box):
            part.setAccessibleName(label)
            part.setAccessibleDescription(help_text)
            part.setToolTip(help_text or label)

    def _drag(self, fraction: float, fine: bool) -> None:
        self._edit(self._scale.value(fraction, fine=fine))

    def _step(self, steps: int, fine: bool) -> None:
        self._edit(self._scale.stepped(self._value, steps, fine=fine))

    def _reset(self) -> None:
        self._edit(self._default)

    def _edit(self, value: float) -> None:
        before = self._value
        self.set_value(value)
        if self._value != before:
            self.valueChanged.emit(self._value)
