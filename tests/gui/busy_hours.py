"""What a window goes through while it is watched: a separation, playing, and a hand that moves about."""

import random
import time

from gui.gestures import CTRL, NONE, click, drop, wait_until, wheel
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

MOVES = 120
PLAYED_S = 2.0
# A hand with a wheel.
PAUSE_S = 0.01


def open_recording(window, path):
    """Open a recording and wait until it is drawn."""
    drop(window, [path])
    wait_until(lambda: window.session.current_source is not None)
    wait_until(window.tab.settled)


def separate(window):
    """Separate the recording by the button, and wait until the stems are drawn."""
    runs = len(window.session.runs)
    click(window.panel.separate)
    wait_until(lambda: len(window.session.runs) > runs and not window.bridge.busy and window.player.heard != "source-1")
    wait_until(window.tab.settled)


def play(window):
    """Play for a while."""
    window.actions_by_id["play"].trigger()
    _let_work(PLAYED_S)
    window.actions_by_id["play"].trigger()
    assert window.timeline.playhead > 0


def move_about(window):
    """Pan and zoom with the wheel, and solo stems, while it plays."""
    rng = random.Random(1)
    window.actions_by_id["play"].trigger()
    for _ in range(MOVES):
        view = rng.choice(window.tab.stack.panes).view.viewport()
        place = QPointF(rng.uniform(1, view.width() - 1), view.height() / 2)
        wheel(view, place, rng.choice((-2, -1, 1, 1, 2)), rng.choice((CTRL, NONE)))
        if rng.random() < 0.2:
            click(window.tab.stems.row(rng.choice(window.tab.stems.audio_ids)).solo)
        _let_work(PAUSE_S)
    window.actions_by_id["play"].trigger()


def _let_work(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        QApplication.processEvents()
        time.sleep(0.001)


PHASES = {"separating": separate, "playing": play, "moving about": move_about}
