"""One control for each kind of setting; all of them share value, set_value, valueChanged and describe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from sepstudio.gui.panels.param_controls import ChoiceControl, make_control
from sepstudio.gui.settings import Setting
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.playback.devices import DeviceInfo
from sepstudio.separation.parameters import ParamSpec


class DeviceControl(QWidget):
    """A sound device, or the one of the system; ``scanRequested`` wants the list anew."""

    valueChanged = Signal(object)
    scanRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.combo = QComboBox()
        self.combo.setFixedHeight(CONTROL_HEIGHT)
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        # Names of devices may be of any length; the list that opens shows them in full.
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.scan = QPushButton("Scan again")
        self.scan.setFixedHeight(CONTROL_HEIGHT)
        self.scan.setAutoDefault(False)
        self._devices: Sequence[DeviceInfo] = ()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.combo, 1)
        row.addWidget(self.scan)
        self.setFocusProxy(self.combo)
        self.combo.activated.connect(self._choose)
        self.scan.clicked.connect(self.scanRequested)
        self.set_value("")

    @property
    def value(self) -> str:
        """The key of the chosen device, empty for the one of the system."""
        return str(self.combo.currentData())

    def set_value(self, value: str) -> None:
        """Choose a device, which need not be there; emits nothing."""
        names = {"": "System default"} | {device.key: f"{device.name} ({device.host_api})" for device in self._devices}
        self.combo.clear()
        for key, name in ({value: f"{value} (not there)"} | names).items() if value not in names else names.items():
            self.combo.addItem(name, key)
        self.combo.setCurrentIndex(self.combo.findData(value))

    def set_devices(self, devices: Sequence[DeviceInfo]) -> None:
        """Offer these devices."""
        chosen, self._devices = self.value, devices
        self.set_value(chosen)

    def describe(self, name: str, label: str, help_text: str) -> None:
        """Name it for tests, screen readers and the pointer."""
        self.setObjectName(name)
        self.combo.setObjectName(f"{name}.combo")
        self.combo.setAccessibleName(label)
        self.combo.setAccessibleDescription(help_text)
        self.combo.setToolTip(help_text)
        self.scan.setObjectName(f"{name}.scan")
        self.scan.setAccessibleName("Scan for sound devices again")
        self.scan.setToolTip("Look for devices that were plugged in or out; the sound breaks off for a moment")

    def _choose(self, _index: int) -> None:
        self.valueChanged.emit(self.value)


def control_of(setting: Setting) -> Any:
    """Return the control of a setting, named ``setting.<id>``."""
    control = DeviceControl() if setting.id == "sound/device" else make_control(_as_param(setting))
    if isinstance(control, ChoiceControl):
        for index, title in enumerate(setting.titles or setting.choices):
            control.combo.setItemText(index, f"{title[:1].upper()}{title[1:]}")
    control.describe(f"setting.{setting.id}", setting.title, setting.help)
    return control


def _as_param(setting: Setting) -> ParamSpec:
    lo, hi = setting.bounds or (None, None)
    return ParamSpec(
        name=setting.id,
        type=type(setting.default),
        default=setting.default,
        label=setting.title,
        help=setting.help,
        lo=lo,
        hi=hi,
        step=1,
        unit=setting.unit,
        choices=setting.choices,
        advanced=False,
    )
