"""Exporting what is heard: the mix, or a scene as the ears have it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.dialogs import ask_for_target
from sepstudio.gui.workbench import Export


class HeardExportController(QObject):
    """Writes what the player plays, over the length of the recording and without the master gain."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk

    def handlers(self) -> Handlers:
        """Return what answers the action."""
        return {"export-heard": self.export}

    def export(self) -> None:
        """Ask for a file, and write it."""
        source, heard = self._desk.session.current_source, self._desk.player.heard_clip()
        if source is None or heard is None:
            return
        suggestion = f"{Path(source.name).stem} heard"
        preferred = self._desk.settings.value("files/export")
        target = ask_for_target(self._desk.window, suggestion, preferred, heard.channels)
        if target is not None:
            path, subtype = target
            self._desk.workbench.export([Export(path, heard, subtype)])
