"""How the window looks: theme, full screen, and whether the view follows the playhead."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication

from sepstudio.gui.actions import recolour
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.theme import DARK, LIGHT, apply_theme


class LookController(QObject):
    """Applies the settings of the look, at the start and whenever they change."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._settings = desk.settings
        self._actions: Mapping[str, QAction] = {}

    def handlers(self) -> Handlers:
        """Return what answers the actions about the look."""
        return {"theme": self._set_light, "follow": self._set_follow, "full-screen": self._full_screen}

    def adopt(self, actions: Mapping[str, QAction]) -> None:
        """Show the settings in these actions from now on."""
        self._actions = actions
        self._settings.changed.connect(self._apply)
        for setting_id in ("look/light", "view/follow"):
            self._apply(setting_id)

    def _set_light(self, light: bool) -> None:
        self._settings.set("look/light", light)

    def _set_follow(self, follow: bool) -> None:
        self._settings.set("view/follow", follow)

    def _full_screen(self, full: bool) -> None:
        self._desk.window.showFullScreen() if full else self._desk.window.showNormal()

    def _apply(self, setting_id: str) -> None:
        if setting_id == "look/light":
            light = self._settings.value("look/light")
            self._actions["theme"].setChecked(light)
            app = QApplication.instance()
            if isinstance(app, QApplication):
                apply_theme(app, LIGHT if light else DARK)
            recolour(self._actions)
        elif setting_id == "view/follow":
            follows = self._settings.value("view/follow")
            self._actions["follow"].setChecked(follows)
            self._desk.timeline.follows_playhead = follows
