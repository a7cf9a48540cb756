"""The window of preferences, and what the settings that concern several parts do."""

from __future__ import annotations

import dataclasses
import sys

from PySide6.QtCore import QObject

from sepstudio.gui.controllers.devices import DeviceController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.key_map import KeyMap
from sepstudio.gui.preferences.controls import DeviceControl
from sepstudio.gui.preferences.window import PreferencesWindow
from sepstudio.gui.recent import RecentProjects

MEBIBYTE = 1 << 20


class PreferencesController(QObject):
    """Opens the preferences, and applies settings at the start and whenever they change."""

    def __init__(self, desk: Desk, keys: KeyMap, devices: DeviceController, recent: RecentProjects) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._settings = desk.settings
        self._keys = keys
        self._devices = devices
        self._recent = recent
        self._window: PreferencesWindow | None = None
        self._settings.changed.connect(self._apply)
        for setting in self._settings.table:
            self._apply(setting.id)

    def handlers(self) -> Handlers:
        """Return what answers the action."""
        return {"preferences": self.show_page}

    def show_page(self) -> None:
        """Open the preferences where they were left."""
        if self._window is None:
            self._window = PreferencesWindow(self._settings, self._keys, self._desk.window)
            self._window.scanRequested.connect(self._devices.rescan)
            self._devices.devicesChanged.connect(self._show_devices)
            self._show_devices(self._devices.devices)
        self._window.show()
        self._window.activateWindow()

    def _show_devices(self, devices: object) -> None:
        for control in self._window.findChildren(DeviceControl):
            control.set_devices(devices)

    def _apply(self, setting_id: str) -> None:
        value = self._settings.value(setting_id)
        workbench = self._desk.workbench
        if setting_id == "view/wheel":
            self._desk.timeline.wheel_zooms = value == "zoom"
        elif setting_id == "compute/preview":
            workbench.preview_seconds = value
            self._desk.panel.set_preview_seconds(value)
        elif setting_id == "compute/threads":
            workbench.context = dataclasses.replace(workbench.context, threads=value)
            # Loading torch takes a second, and only some methods need it.
            if "torch" in sys.modules:
                sys.modules["torch"].set_num_threads(value)
        elif setting_id == "compute/memory":
            workbench.context = dataclasses.replace(workbench.context, memory_budget=value * MEBIBYTE)
        elif setting_id == "files/recent":
            self._recent.keep(value)
