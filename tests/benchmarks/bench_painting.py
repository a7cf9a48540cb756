"""How long strokes hold up the window: ``python tests/benchmarks/bench_painting.py [STROKES]``.

Shows a minute of noise in six spectrograms of a window of 1280x1400 with 200 strokes over each, half of them brushes;
then zooms, pans, adds and takes away strokes, and paints one, and prints the longest turns of the event loop in
milliseconds of the processor, with the strokes and without: ours / bar / machine.
"""

import os
import platform
import sys
import time

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

RATE, SECONDS, PANES = 44100, 60, 6
BAR_MS, AIM_MS = 50.0, 25.0


def main():
    import pyqtgraph

    from sepstudio.gui.app import application
    from sepstudio.io.clip import AudioClip

    app = application()
    pyqtgraph.setConfigOptions(mouseRateLimit=-1)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    noise = 0.1 * np.random.default_rng(1).standard_normal((2, RATE * SECONDS)).astype(np.float32)
    window = Window(app, AudioClip(noise, RATE))
    for strokes in ((), drawn(count)):
        print(f"{len(strokes)} strokes over {PANES} panes")
        window.show(strokes)
        for name, act in (
            ("zoom", window.zoom), ("pan", window.pan), ("resize", window.resize), ("undo and redo", window.undo),
            ("paint", window.paint),
        ):  # fmt: skip
            act()
            report(f"{name}: longest turn", max(window.turns(act)), BAR_MS)
    window.close()


def drawn(count):
    """Return strokes as hands make them."""
    from sepstudio.io.strokes.records import Stroke
    from sepstudio.tiles.scales import scale_for

    rng, scale = np.random.default_rng(2), scale_for("mel", RATE)
    strokes = []
    for number in range(count):
        way = np.linspace(0.0, 1.0, 15)
        times = rng.uniform(0, SECONDS - 4) + rng.uniform(0.3, 4) * way
        heights = np.clip(rng.uniform(0.1, 0.9) + 0.05 * np.sin(4 * way + rng.uniform(0, 6)), 0, 1)
        points = tuple(zip(times.tolist(), scale.to_hertz(heights).tolist(), strict=True))
        source = "ab"[number % 2]
        tool = ("brush", "brush", "lasso", "harmonic")[number % 4]
        partials = 8 if tool == "harmonic" else 1
        strokes.append(Stroke(tool, source, points, 0.6, 60.0, "mel", 0.8, number % 5 == 0, partials))
    return tuple(strokes)


class Window:
    """Six spectrograms with a painting layer each."""

    def __init__(self, app, clip):
        from PySide6.QtCore import Qt

        from sepstudio.gui.painting.board import PaintBoard
        from sepstudio.gui.painting.layer import PaintLayer
        from sepstudio.gui.panes.base import Sound
        from sepstudio.gui.panes.loader import TileLoader
        from sepstudio.gui.panes.spectrogram import SpectrogramPane
        from sepstudio.gui.panes.stack import PaneStack
        from sepstudio.gui.timeline import Timeline
        from sepstudio.gui.turns import Turns

        self.app, self.clip = app, clip
        self.timeline, self.loader, self.board, self.waiting = Timeline(), TileLoader(), PaintBoard(), Turns()
        self.stack = PaneStack(self.timeline)
        self.stack.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, False)
        self.panes = [SpectrogramPane(self.timeline, self.loader) for _ in range(PANES)]
        self.layers = [PaintLayer(self.board, pane, self.waiting) for pane in self.panes]
        for pane in self.panes:
            self.stack.add_pane(pane)
        self.timeline.set_duration(clip.duration)
        self.stack.resize(1280, 1400)
        self.stack.show()
        for pane in self.panes:
            pane.set_sounds([Sound(clip, 0.0, "noise", "#0072B2")])
        self.strokes = ()

    def show(self, strokes):
        from sepstudio.io.strokes.records import PaintedSource, Strokes

        self.sources = (PaintedSource("a", "vocals", "#56B4E9"), PaintedSource("b", "drums", "#009E73"))
        self.strokes = strokes
        self.board.show_strokes(Strokes(self.sources, strokes), self.clip.duration)
        self.rest()

    def rest(self):
        while not (self.waiting.idle and all(pane.settled for pane in self.panes)):
            self.app.processEvents()
        self.app.processEvents()

    def turns(self, act):
        """Return milliseconds of the processor of each turn of the loop while something is done."""
        found = []
        self._told = found.append
        act()
        return found

    def _turn(self):
        began = time.thread_time()
        self.app.processEvents()
        self._note(began)

    def _note(self, began):
        if hasattr(self, "_told"):
            self._told((time.thread_time() - began) * 1e3)

    def _settle(self):
        while not (self.waiting.idle and self.loader.paint_turns.idle):
            self._turn()

    def zoom(self):
        for factor in [1.25] * 8 + [0.8] * 8:
            began = time.thread_time()
            self.timeline.zoom(factor, 20.0)
            self._note(began)
            self._turn()
            self._settle()

    def pan(self):
        self.timeline.set_visible(10.0, 30.0)
        for _ in range(20):
            began = time.thread_time()
            self.timeline.scroll(0.5)
            self._note(began)
            self._turn()
        self._settle()
        self.timeline.fit()
        self._settle()

    def resize(self):
        for height in (1300, 1400):
            self.stack.resize(1280, height)
            self._turn()
            self._settle()

    def undo(self):
        from sepstudio.io.strokes.records import Strokes

        for some in (self.strokes[:-1], self.strokes, self.strokes[:-3], self.strokes):
            began = time.thread_time()
            self.board.show_strokes(Strokes(self.sources, some), self.clip.duration)
            self._note(began)
            self._settle()

    def paint(self):
        from PySide6.QtCore import QEvent, QPointF, Qt
        from PySide6.QtGui import QMouseEvent

        viewport, left = self.panes[0].view.viewport(), Qt.MouseButton.LeftButton
        self.board.set_tool("harmonic")

        def send(kind, x, buttons):
            place = QPointF(x, 80 + 30 * np.sin(x / 40))
            began = time.thread_time()
            button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else left
            event = QMouseEvent(
                kind, place, viewport.mapToGlobal(place), button, buttons, Qt.KeyboardModifier.NoModifier
            )
            self.app.sendEvent(viewport, event)
            self._note(began)
            self._turn()

        send(QEvent.Type.MouseButtonPress, 100, left)
        for x in range(103, 700, 3):
            send(QEvent.Type.MouseMove, x, left)
        send(QEvent.Type.MouseButtonRelease, 700, Qt.MouseButton.NoButton)
        self.board.set_tool(None)
        self._settle()

    def close(self):
        self.waiting.close()
        self.loader.close()
        self.stack.close()


def report(what, ours, bar):
    machine = f"{os.cpu_count()} cores, {platform.machine()}"
    state = "ok  " if ours <= bar else "MISS"
    print(f"{state} {what}: {ours:.1f} ms / {bar:.0f} ms (aim {AIM_MS:.0f}) / {machine}", flush=True)


if __name__ == "__main__":
    main()
