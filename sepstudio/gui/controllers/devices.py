"""Where the sound goes: the menu of outputs, and the setting behind it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from sepstudio.gui.desk import Desk, Handlers
from sepstudio.playback.devices import DeviceInfo, list_devices

SETTING = "sound/device"


class DeviceController(QObject):
    """Offers the outputs, applies the choice, and looks for devices that came or went when asked.

    ``devicesChanged`` carries the outputs (a sequence of DeviceInfo) after each look.
    """

    devicesChanged = Signal(object)
    _scanned = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._settings = desk.settings
        self._player = desk.player
        self._devices: Sequence[DeviceInfo] | None = None
        self.menu = QMenu("Sound device", desk.window)
        self.menu.setObjectName("menu.sound-device")
        self.menu.setAccessibleName("Sound device")
        self._group = QActionGroup(self)
        self._group.triggered.connect(self._choose)
        self.menu.aboutToShow.connect(self._fill)
        # From the mixing thread.
        self._scanned.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._settings.changed.connect(self._apply)
        self._apply(SETTING)

    def handlers(self) -> Handlers:
        """Return what answers the action."""
        return {"rescan": self.rescan}

    @property
    def devices(self) -> Sequence[DeviceInfo]:
        """The outputs that were there at the last look."""
        if self._devices is None:
            self._devices = list_devices()
        return self._devices

    def rescan(self) -> None:
        """Look for devices; the sound breaks off for a moment and goes on at the same position."""
        self._player.rescan(self._scanned.emit)

    def _take(self, devices: Sequence[DeviceInfo]) -> None:
        self._devices = devices
        self.devicesChanged.emit(devices)

    def _apply(self, setting_id: str) -> None:
        if setting_id == SETTING:
            self._player.use_device(self._settings.value(SETTING))

    def _choose(self, action: QAction) -> None:
        self._settings.set(SETTING, action.data())

    def _fill(self) -> None:
        for action in self._group.actions():
            self._group.removeAction(action)
        self.menu.clear()
        chosen = self._settings.value(SETTING)
        self._add("System default", "", chosen)
        for device in self.devices:
            self._add(f"{device.name} ({device.host_api})", device.key, chosen)
        if chosen and chosen not in [device.key for device in self.devices]:
            self._add(f"{chosen} (not there)", chosen, chosen)

    def _add(self, text: str, key: str, chosen: str) -> None:
        action = QAction(text, self._group, checkable=True, checked=key == chosen)
        action.setData(key)
        self.menu.addAction(action)
