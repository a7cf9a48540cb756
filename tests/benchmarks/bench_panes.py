"""How long a frame takes on a two-hour file: ``python tests/benchmarks/bench_panes.py``.

Pans and zooms a window of 1280x800 with a waveform and three spectrograms and paints every
frame; then watches how long the GUI thread is kept from its events while a file is built.
Prints one line for each number: ours / bar / machine.
"""

import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

RATE = 44100
HOURS = 2
MEDIAN_BAR_MS, SLOW_BAR_MS, BLOCKED_BAR_MS = 16.0, 50.0, 50.0
HEARTBEAT_MS = 2


def main():
    from PySide6.QtWidgets import QApplication

    from sepstudio.gui.theme import DARK, apply_theme
    from sepstudio.io.clip import FileClip
    from sepstudio.playback.transport import SWITCH_SECONDS

    # As in the program, where the mixing thread asks for it.
    sys.setswitchinterval(SWITCH_SECONDS)
    app = QApplication([])
    apply_theme(app, DARK)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.wav"
        write_noise(path)
        clip = FileClip(path)
        stack, panes, loader = open_window(app, clip)
        blocked = watch(app, panes, clip)
        report("GUI thread blocked at most while building", max(blocked), BLOCKED_BAR_MS)
        for name, views in gestures(clip.duration).items():
            frames = play(app, stack, loader.paint_turns, views)
            report(f"{name}: median frame", float(np.median(frames)), MEDIAN_BAR_MS)
            report(f"{name}: 95th percentile", float(np.percentile(frames, 95)), SLOW_BAR_MS)
        loader.close()
        clip.close()


def write_noise(path):
    rng = np.random.default_rng(1)
    seconds = 20
    block = 0.1 * rng.standard_normal((seconds * RATE, 2))
    with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as file:
        for _ in range(HOURS * 3600 // seconds):
            file.write(block)


def open_window(app, clip):
    from sepstudio.gui.panes.loader import TileLoader
    from sepstudio.gui.panes.spectrogram import SpectrogramPane
    from sepstudio.gui.panes.stack import PaneStack
    from sepstudio.gui.panes.waveform import WaveformPane
    from sepstudio.gui.timeline import Timeline

    timeline, loader = Timeline(), TileLoader()
    stack = PaneStack(timeline)
    panes = [WaveformPane(timeline, loader)] + [SpectrogramPane(timeline, loader) for _ in range(3)]
    for pane in panes:
        stack.add_pane(pane)
    timeline.set_duration(clip.duration)
    stack.resize(1280, 800)
    stack.show()
    app.processEvents()
    for pane, kind in zip(panes[1:], ("mel", "log", "linear"), strict=True):
        pane.edit_display(scale=kind)
    return stack, panes, loader


def watch(app, panes, clip):
    """Return how many milliseconds late each beat of a timer was while the pyramids were built."""
    from PySide6.QtCore import QObject, QTimer

    from sepstudio.gui.panes.base import Sound

    class Heart(QObject):
        def __init__(self):
            super().__init__()
            self.last, self.late = time.perf_counter(), []
            self.timer = QTimer(self)
            self.timer.timeout.connect(self.beat)
            self.timer.start(HEARTBEAT_MS)

        def beat(self):
            now = time.perf_counter()
            self.late.append((now - self.last) * 1000 - HEARTBEAT_MS)
            self.last = now

    heart = Heart()
    begin = time.perf_counter()
    # As in the program, a pane a turn.
    for pane in panes:
        pane.set_sounds([Sound(clip, 0.0, "two hours", "#0072B2")])
        app.processEvents()
    while panes[0].header.bar.fraction is not None:
        app.processEvents()
    built, late = time.perf_counter() - begin, np.percentile(heart.late, 95)
    print(f"     two hours built in {built:.1f} s, heartbeat p95 {late:.1f} ms late")
    heart.timer.stop()
    return heart.late


def gestures(duration):
    """Return lists of views: what a hand with a wheel goes through."""
    zooming = []
    start, stop = 0.0, duration
    centre = 0.37 * duration
    for factor in [1.25] * 50 + [0.8] * 50:
        span = (stop - start) / factor
        share = (centre - start) / (stop - start)
        start, stop = centre - share * span, centre + (1 - share) * span
        zooming.append((start, stop))
    far = [(t, t + 1800) for t in np.linspace(0, duration - 1800, 150)]
    middle = [(1000 + 2 * k, 1060 + 2 * k) for k in range(150)]
    close = [(2000 + 0.1 * k, 2004 + 0.1 * k) for k in range(150)]
    return {"zoom in and out": zooming, "pan 30 min": far, "pan 1 min": middle, "pan 4 s": close}


def play(app, stack, turns, views):
    """Return milliseconds of every frame: the change of the view, its events, and painting all of it."""
    frames = []
    for start, stop in views:
        begin = time.perf_counter()
        stack.timeline.set_visible(start, stop)
        app.processEvents()
        while not turns.idle:
            app.processEvents()
        frames.append((time.perf_counter() - begin) * 1000)
    return frames


def report(what, ours, bar):
    machine = f"{os.cpu_count()} cores, {platform.machine()}"
    print(f"{'ok  ' if ours <= bar else 'MISS'} {what}: {ours:.1f} ms / {bar:.0f} ms / {machine}", flush=True)


if __name__ == "__main__":
    main()
