"""Moving about: playhead, zoom, and the transport strip."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from sepstudio.gui.desk import Desk, Handlers

ZOOM_STEP = 1.5
SHORT_SKIP, LONG_SKIP = 2.0, 10.0


class NavigationController(QObject):
    """Joins the transport strip, the player and the timeline. ``noteChanged`` says why there is no sound, or ""."""

    noteChanged = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._player = desk.player
        self._timeline = desk.timeline
        self._last_note: str | None = None
        desk.settings.changed.connect(self._apply)
        self._apply("play/return")
        bar, player = desk.bar, desk.player
        bar.playToggled.connect(player.toggle)
        bar.toStart.connect(player.to_start)
        bar.toEnd.connect(player.to_end)
        bar.loopToggled.connect(player.set_looping)
        bar.masterChanged.connect(player.set_master)
        player.ticked.connect(self.tick)
        player.loopChanged.connect(bar.set_loop)
        player.audibleChanged.connect(desk.tab.stems.set_audible)
        desk.timeline.durationChanged.connect(bar.set_duration)
        desk.timeline.playheadChanged.connect(bar.set_position)

    def handlers(self) -> Handlers:
        """Return what answers the actions about playing and zooming."""
        player = self._player
        return {
            "play": player.toggle, "to-start": player.to_start, "to-end": player.to_end,
            "back": self._back, "forward": self._forward, "far-back": self._far_back, "far-forward": self._far_forward,
            "stop": player.stop, "to-anchor": player.to_anchor, "loop": player.set_looping,
            "zoom-in": self._zoom_in, "zoom-out": self._zoom_out, "fit": self._timeline.fit,
        }  # fmt: skip

    def tick(self) -> None:
        """Show what sounds now."""
        self._desk.bar.set_playing(self._player.playing)
        self._desk.bar.set_levels(self._player.levels())
        if self._player.note != self._last_note:
            self._last_note = self._player.note
            self.noteChanged.emit(self._last_note)

    def _apply(self, setting_id: str) -> None:
        if setting_id == "play/return":
            self._player.returns_to_start = self._desk.settings.value("play/return")

    def _back(self) -> None:
        self._player.skip(-SHORT_SKIP)

    def _forward(self) -> None:
        self._player.skip(SHORT_SKIP)

    def _far_back(self) -> None:
        self._player.skip(-LONG_SKIP)

    def _far_forward(self) -> None:
        self._player.skip(LONG_SKIP)

    def _zoom_in(self) -> None:
        self._timeline.zoom(ZOOM_STEP, self._zoom_centre())

    def _zoom_out(self) -> None:
        self._timeline.zoom(1.0 / ZOOM_STEP, self._zoom_centre())

    def _zoom_centre(self) -> float:
        start, stop = self._timeline.visible
        playhead = self._timeline.playhead
        return playhead if start <= playhead <= stop else (start + stop) / 2
