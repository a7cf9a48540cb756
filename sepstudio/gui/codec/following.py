"""Views of the codec tab that show the moment at the playhead, or a stretch of the scene."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, QTimer

from sepstudio.gui.desk import Desk


class MomentView(Protocol):
    """Shows one moment."""

    def isVisible(self) -> bool:
        """Return whether it is seen."""

    def show_moment(self, seconds: float) -> None:
        """Show what is at a time."""


class StretchView(MomentView, Protocol):
    """Shows one moment, or what is between two; ``stretch`` is which the user chose."""

    @property
    def stretch(self) -> str:
        """``"playhead"``, ``"selection"``, or the name of all of the scene."""

    def show_stretch(self, start: float | None, stop: float | None) -> None:
        """Show what is between two times, or all for None."""


class MomentFollower(QObject):
    """Lets a view follow the playhead while it is seen, at most once in ``interval_ms``."""

    def __init__(self, desk: Desk, view: MomentView, interval_ms: int, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._view = view
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self.follow)
        desk.timeline.playheadChanged.connect(self._follow_soon)

    def follow(self) -> None:
        """Show the moment at the playhead now."""
        self._view.show_moment(self._desk.timeline.playhead)

    def _follow_soon(self, _seconds: float) -> None:
        # Not anew while it waits: then nothing would be drawn while the playhead runs.
        if not self._timer.isActive() and self._view.isVisible():
            self._timer.start()


class StretchFollower(MomentFollower):
    """Lets a view show the stretch that the user chose: at the playhead, the selection, or all of the scene."""

    def __init__(self, desk: Desk, view: StretchView, interval_ms: int, parent: QObject) -> None:
        super().__init__(desk, view, interval_ms, parent)
        self._stretches = view
        desk.session.selectionChanged.connect(self.show_stretch)

    def show_stretch(self) -> None:
        """Show the stretch now."""
        view, source, selection = self._stretches, self._desk.session.current_source, self._desk.session.selection
        if source is None:
            return
        if view.stretch == "playhead":
            self.follow()
        elif view.stretch == "selection" and selection is not None:
            view.show_stretch(selection.start / source.sample_rate, selection.stop / source.sample_rate)
        else:
            view.show_stretch(None, None)
