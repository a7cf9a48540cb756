"""The head that hears scenes: its ears, and what turns it: the mouse, keys and trackers."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from sepstudio.gui.codec.head_dial import stepped
from sepstudio.gui.codec.listening_box import ListeningBox
from sepstudio.gui.controllers.codec_listening import CodecListeningController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.dialogs import ask_for_file
from sepstudio.gui.listening.tracker import HeadTracker
from sepstudio.playback.head import FRONT
from sepstudio.playback.head_tracking import Signs

EARS = "sound/ears"
TRACKER = "sound/tracker"
_SOFA = "Ears (*.sofa)"
_STEP = 10.0
# Yaw, pitch and roll of a step.
_TURNS = {
    "head-left": (_STEP, 0.0, 0.0),
    "head-right": (-_STEP, 0.0, 0.0),
    "head-up": (0.0, -_STEP, 0.0),
    "head-down": (0.0, _STEP, 0.0),
    "head-tilt-left": (0.0, 0.0, -_STEP),
    "head-tilt-right": (0.0, 0.0, _STEP),
}


class HeadController(QObject):
    """Joins the dial, the actions and the tracker with what the player turns."""

    def __init__(self, desk: Desk, listening: CodecListeningController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._settings = desk.settings
        self._folding, self._ears = desk.player.folding, desk.player.ears
        self._box: ListeningBox | None = None
        self._action: QAction | None = None
        self.tracker = HeadTracker(self)
        listening.boxMade.connect(self._take_box)
        self._folding.headTurned.connect(self._show)
        self._ears.refused.connect(self._on_refused)
        self.tracker.turned.connect(self._folding.turn)
        self.tracker.changed.connect(self._show)
        self._settings.changed.connect(self._apply)
        for setting_id in (EARS, TRACKER):
            self._apply(setting_id)

    def handlers(self) -> Handlers:
        """Return what answers the actions about the head."""
        turns = {name: functools.partial(self._step, *angles) for name, angles in _TURNS.items()}
        return {**turns, "head-front": self._look_ahead, "head-tracker": self._set_tracking}

    def adopt(self, actions: Mapping[str, QAction]) -> None:
        """Let the action show whether a tracker is followed."""
        self._action = actions["head-tracker"]
        self._action.setChecked(self._settings.value(TRACKER))

    def close(self) -> None:
        """Follow no tracker any more: the window goes."""
        self.tracker.close()

    # -- the box -----------------------------------------------------------------------------

    def _take_box(self, box: ListeningBox) -> None:
        self._box = box
        box.head.dial.turned.connect(self._folding.turn)
        box.head.earsChosen.connect(self._choose_ears)
        box.head.fileWanted.connect(self._ask_for_ears)
        self._show_ears()
        self._show()

    def _show(self, _orientation: object = None) -> None:
        if self._box is not None:
            self._box.head.show_head(self._folding.orientation)
            self._box.head.show_note(self.tracker.told)

    def _show_ears(self) -> None:
        if self._box is not None:
            self._box.head.show_ears(self._ears.path)

    # -- ears --------------------------------------------------------------------------------

    def _ask_for_ears(self) -> None:
        folder = self._ears.path.parent if self._ears.path is not None else Path()
        path = ask_for_file(self._desk.window, "Choose ears", folder, _SOFA)
        if path is not None:
            self._choose_ears(path)

    def _choose_ears(self, path: Path | None) -> None:
        self._settings.set(EARS, str(path) if path is not None else "")

    def _on_refused(self, path: Path | None) -> None:
        # The window says why; the next start must not fail again.
        if path is not None and path == self._ears.path:
            self._choose_ears(None)

    # -- turning -----------------------------------------------------------------------------

    def _step(self, yaw: float, pitch: float, roll: float) -> None:
        self._folding.turn(stepped(self._folding.orientation, yaw, pitch, roll))

    def _look_ahead(self) -> None:
        self.tracker.look_ahead()
        self._folding.turn(FRONT)

    def _set_tracking(self, on: bool) -> None:
        self._settings.set(TRACKER, on)

    def _apply(self, setting_id: str) -> None:
        if setting_id == EARS:
            name = self._settings.value(EARS)
            self._ears.choose(Path(name) if name else None)
            self._show_ears()
        elif setting_id.startswith(TRACKER):
            self._apply_tracker(setting_id)

    def _apply_tracker(self, setting_id: str) -> None:
        value = self._settings.value
        self.tracker.set_signs(Signs(*(value(f"{TRACKER}-{angle}") for angle in ("yaw", "pitch", "roll"))))
        if setting_id not in (TRACKER, f"{TRACKER}-port", f"{TRACKER}-network"):
            return
        if value(TRACKER):
            self.tracker.listen(value(f"{TRACKER}-port"), network=value(f"{TRACKER}-network"))
        else:
            self.tracker.close()
        if self._action is not None:
            self._action.setChecked(value(TRACKER))
