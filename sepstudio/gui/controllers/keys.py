"""Keys: puts them into the actions and the tooltips, and shows all of them."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.help import KeysWindow
from sepstudio.gui.key_guard import KeyGuard
from sepstudio.gui.key_map import KeyMap, native
from sepstudio.gui.widgets.key_hint import ACTION, set_keys


class KeyController(QObject):
    """Keeps menus, tooltips and the cheat sheet in step with the keys."""

    def __init__(self, desk: Desk, keys: KeyMap) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._keys = keys
        self._actions: Mapping[str, QAction] = {}
        self._sheet: KeysWindow | None = None
        KeyGuard(self)

    def handlers(self) -> Handlers:
        """Return what answers the action."""
        return {"keys": self._show}

    def adopt(self, actions: Mapping[str, QAction]) -> None:
        """Give these actions their keys from now on."""
        self._actions = actions
        self._keys.bind(actions)
        for control in self._desk.window.findChildren(QWidget):
            if control.property(ACTION):
                set_keys(control, native(self._keys.keys(control.property(ACTION))))
        self._keys.changed.connect(self._follow)

    def _follow(self, action_id: str) -> None:
        self._keys.bind({action_id: self._actions[action_id]})
        for control in self._desk.window.findChildren(QWidget):
            if control.property(ACTION) == action_id:
                set_keys(control, native(self._keys.keys(action_id)))

    def _show(self) -> None:
        if self._sheet is None:
            self._sheet = KeysWindow(self._keys, self._desk.window)
        self._sheet.show()
        self._sheet.activateWindow()
