"""The tab of the HOA codec: what it shows, and what is encoded and decoded there."""

from __future__ import annotations

import functools

from PySide6.QtCore import QObject, Signal

from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.tabs.codec import CodecTab


class CodecController(QObject):
    """Makes the tab and answers it. ``tabWanted`` asks for a tab by its name."""

    tabWanted = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self.tab = CodecTab(desk.session, desk.timeline, desk.tab.loader)

    def handlers(self) -> Handlers:
        """Return what answers the actions about the codec."""
        return {"tab-codec": functools.partial(self.tabWanted.emit, "codec")}
