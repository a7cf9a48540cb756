"""Mouse, keys and files in a window, for tests."""

import contextlib
import os
import time
from pathlib import Path
from unittest import mock

import numpy as np
import soundfile
from PySide6.QtCore import (
    QEvent,
    QMimeData,
    QPoint,
    QPointF,
    Qt,
    QUrl,
)
from PySide6.QtGui import QDropEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

LEFT, MIDDLE, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
NONE = Qt.KeyboardModifier.NoModifier
ALT, CTRL, SHIFT = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
PATIENCE_S = 60.0
# Two alike, of which one can be a true stem of the other, and one of which nothing fits the others.
RECORDINGS = (("long.wav", 44100, 2, 1.0), ("twin.wav", 44100, 2, 1.0), ("short.wav", 22050, 1, 0.6))


def write_recordings(folder):
    """Write the recordings that a drill works on; returns their paths."""
    rng = np.random.default_rng(3)
    paths = []
    for name, rate, channels, seconds in RECORDINGS:
        tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(round(rate * seconds)) / rate)
        samples = np.stack([tone + 0.02 * rng.standard_normal(tone.size) for _ in range(channels)], axis=1)
        samples[:: rate // 5] += 0.4
        paths.append(folder / name)
        soundfile.write(paths[-1], samples, rate, "FLOAT")
    return paths


@contextlib.contextmanager
def at_home_in(folder):
    """Let settings and unsaved work meet nobody else's, where no fixture sees to it."""
    own = {f"XDG_{name}_HOME": str(Path(folder) / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    with mock.patch.dict(os.environ, {"HOME": str(folder), **own}):
        yield


def picture_of(pane):
    """What a pane shows once its picture has had its turn."""
    image = pane.view.grab().toImage()
    while not pane.painted:
        QApplication.processEvents()
        image = pane.view.grab().toImage()
    return image


def wait_until(done):
    """Let the window work until something is done."""
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < deadline, "the window has not come to rest"
        QApplication.processEvents()
        time.sleep(0.001)


def arrived(window):
    """Let the window work until lists and panes show what was done: that takes it several turns of the loop."""
    wait_until(lambda: window.tab.turns.idle)


# -- events -----------------------------------------------------------------------------------------


def mouse(widget, kind, point, button=LEFT, buttons=LEFT, modifiers=NONE):
    """Send one mouse event."""
    place = QPointF(point)
    event = QMouseEvent(kind, place, widget.mapToGlobal(place), button, buttons, modifiers)
    QApplication.sendEvent(widget, event)


def drag(widget, start, stop, modifiers=NONE, button=LEFT):
    """Press, move in four steps, release."""
    mouse(widget, QEvent.Type.MouseMove, start, NO_BUTTON, NO_BUTTON, modifiers)
    mouse(widget, QEvent.Type.MouseButtonPress, start, button, button, modifiers)
    for share in (0.25, 0.5, 0.75, 1.0):
        between = QPointF(start) + (QPointF(stop) - QPointF(start)) * share
        mouse(widget, QEvent.Type.MouseMove, between, NO_BUTTON, button, modifiers)
    mouse(widget, QEvent.Type.MouseButtonRelease, stop, button, NO_BUTTON, modifiers)


def click(widget, point=None, button=LEFT, modifiers=NONE):
    """Press and release, in the middle if no place is given."""
    point = QPointF(widget.rect().center()) if point is None else QPointF(point)
    mouse(widget, QEvent.Type.MouseButtonPress, point, button, button, modifiers)
    mouse(widget, QEvent.Type.MouseButtonRelease, point, button, NO_BUTTON, modifiers)


def wheel(widget, point, notches, modifiers=NONE):
    """Turn the wheel."""
    place = QPointF(point)
    event = QWheelEvent(
        place, widget.mapToGlobal(place), QPoint(), QPoint(0, 120 * notches), NO_BUTTON, modifiers,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def drop(window, paths):
    """Drop files on the window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    window.dropEvent(QDropEvent(QPointF(400, 400), Qt.DropAction.CopyAction, data, LEFT, NONE))


def trigger(menu, text):
    """Choose an entry of a context menu."""
    next(action for action in menu.actions() if action.text().startswith(text)).trigger()
    menu.deleteLater()


@contextlib.contextmanager
def answering(dialog, question, answer):
    """Answer what a modal dialog asks."""
    asked = getattr(dialog, question)
    setattr(dialog, question, lambda *_, **__: answer)
    try:
        yield
    finally:
        setattr(dialog, question, asked)
