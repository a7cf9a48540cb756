"""What the parts of one window share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtWidgets import QMainWindow

from sepstudio.gui.bridge import JobBridge
from sepstudio.gui.drawer import Drawer
from sepstudio.gui.listening.player import Player
from sepstudio.gui.panels.method_panel import MethodPanel
from sepstudio.gui.panels.transport_bar import TransportBar
from sepstudio.gui.settings import Settings
from sepstudio.gui.tabs.separation import SeparationTab
from sepstudio.gui.timeline import Timeline
from sepstudio.gui.workbench import Workbench
from sepstudio.session.session import Session

Handlers = Mapping[str, Callable[..., None]]


class Controller(Protocol):
    """Answers some rows of the table of actions."""

    def handlers(self) -> Handlers:
        """Return what answers each action, by the id of the action."""


@dataclass(frozen=True)
class Desk:
    """Everything that a controller may need of its window; it is made once per window."""

    window: QMainWindow
    session: Session
    timeline: Timeline
    bridge: JobBridge
    workbench: Workbench
    player: Player
    bar: TransportBar
    tab: SeparationTab
    panel: MethodPanel
    settings: Settings
    drawer: Drawer
