"""One control for each kind of parameter; all of them share value, set_value, valueChanged and describe."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from sepstudio.gui.theme import CONTROL_HEIGHT
from sepstudio.gui.widgets.check_box import CheckBox
from sepstudio.gui.widgets.scale import Scale
from sepstudio.gui.widgets.value_slider import ValueSlider
from sepstudio.separation.parameters import ParamSpec, TextValue

# For a number without declared ends the slider still needs some.
_OPEN_END = 1_000_000


class CheckControl(CheckBox):
    """A yes or no with its label beside the box."""

    valueChanged = Signal(object)

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.clicked.connect(self._click)

    @property
    def value(self) -> bool:
        """Whether it is ticked."""
        return self.isChecked()

    def set_value(self, value: bool) -> None:
        """Tick it or not; emits nothing, because only clicks count as edits."""
        self.setChecked(value)

    def describe(self, name: str, label: str, help_text: str) -> None:
        """Name it for tests, screen readers and the pointer."""
        _describe(self, name, label, help_text)

    def _click(self, checked: bool) -> None:
        self.valueChanged.emit(checked)


class ChoiceControl(QWidget):
    """One of a few words."""

    valueChanged = Signal(object)

    def __init__(self, choices: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.combo = QComboBox()
        self.combo.addItems([choice.replace("_", " ").capitalize() for choice in choices])
        self.combo.setFixedHeight(CONTROL_HEIGHT)
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._choices = choices
        _alone(self, self.combo)
        self.combo.activated.connect(self._choose)

    @property
    def value(self) -> str:
        """The chosen word."""
        return self._choices[self.combo.currentIndex()]

    def set_value(self, value: str) -> None:
        """Choose a word; emits nothing."""
        self.combo.setCurrentIndex(self._choices.index(value))

    def describe(self, name: str, label: str, help_text: str) -> None:
        """Name it for tests, screen readers and the pointer."""
        self.setObjectName(name)
        _describe(self.combo, f"{name}.combo", label, help_text)

    def _choose(self, index: int) -> None:
        self.valueChanged.emit(self._choices[index])


class TextControl(QWidget):
    """A line of text."""

    valueChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = QLineEdit()
        self.edit.setFixedHeight(CONTROL_HEIGHT)
        _alone(self, self.edit)
        self.edit.editingFinished.connect(self._finish)

    @property
    def value(self) -> str:
        """The text."""
        return self.edit.text()

    def set_value(self, value: str) -> None:
        """Show a text; emits nothing."""
        self.edit.setText(value)

    def describe(self, name: str, label: str, help_text: str) -> None:
        """Name it for tests, screen readers and the pointer."""
        self.setObjectName(name)
        _describe(self.edit, f"{name}.edit", label, help_text)

    def _finish(self) -> None:
        self.valueChanged.emit(self.value)


Control = ValueSlider | CheckControl | ChoiceControl | TextControl


def make_control(spec: ParamSpec) -> Control | None:
    """Return the control of a parameter, named ``param.<name>``; None when its kind needs an editor of its own."""
    made = _make(spec)
    if made is not None:
        made.describe(f"param.{spec.name}", spec.label, spec.help)
        made.set_value(spec.default)
    return made


def _make(spec: ParamSpec) -> Control | None:
    if spec.choices:
        return ChoiceControl(spec.choices)
    if spec.type is bool:
        return CheckControl(spec.label)
    if spec.type in (int, float):
        lo = -_OPEN_END if spec.lo is None else spec.lo
        hi = _OPEN_END if spec.hi is None else spec.hi
        slider = ValueSlider(Scale(lo, hi, spec.step, spec.type is int), spec.default, spec.unit)
        slider.box.setSpecialValueText(spec.lowest)
        return slider
    is_structured = isinstance(spec.type, type) and issubclass(spec.type, TextValue)
    return TextControl() if spec.type is str and not is_structured else None


def _alone(outer: QWidget, inner: QWidget) -> None:
    layout = QHBoxLayout(outer)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(inner)
    outer.setFocusProxy(inner)


def _describe(widget: QWidget, name: str, label: str, help_text: str) -> None:
    widget.setObjectName(name)
    widget.setAccessibleName(label)
    widget.setAccessibleDescription(help_text)
    widget.setToolTip(help_text or label)
