"""How long the window does not answer while it works: ``bench_watchdog.py [SECONDS] [--names]``.

Waits as long as a hand does, opens a minute of music in a window without a screen, separates it, plays it, pans,
zooms and solos. Prints the longest time from one turn of the event loop to the next, by the clock and by the
processor time of the GUI
thread. ``--names`` says by what, from samples that make the times a little longer. Ends with status 1 when one is
over 50 ms.
"""

import contextlib
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from machine import Table

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
RATE, SECONDS = 44100, 60
BAR_MS = 50.0


def main():
    from gui.busy_hours import PHASES, open_recording
    from gui.gestures import at_home_in, wait_until
    from gui.watch import Watch

    from sepstudio.gui.app import application, studio
    from sepstudio.gui.collector import Collector
    from sepstudio.gui.preparation import Preparation

    named = "--names" in sys.argv
    numbers = [argument for argument in sys.argv[1:] if argument.isdigit()]
    seconds = int(numbers[0]) if numbers else SECONDS
    application()
    table = Table(f"Turns of the event loop, with {seconds} s of music", "PySide6-Essentials", "pyqtgraph")
    with (
        tempfile.TemporaryDirectory() as folder,
        at_home_in(folder),
        contextlib.closing(Collector()),
        studio() as window,
    ):
        window.resize(1280, 800)
        window.show()
        preparation = Preparation(window.bridge, window)
        wait_until(lambda: preparation.done)
        path = write_music(Path(folder) / "music.wav", seconds)
        for name, phase in {"opening": lambda w: open_recording(w, path), **PHASES}.items():
            with Watch(named=named) as watch:
                phase(window)
            table.at_most(f"{name}: longest by the clock", watch.slowest[0].clock_ms, BAR_MS, "ms")
            table.at_most(f"{name}: longest by the processor", watch.longest[0].cpu_ms, BAR_MS, "ms")
            if named:
                print(*(f"      {hold}" for hold in watch.slowest), sep="\n")
    return 0 if table.all_met else 1


def write_music(path, seconds):
    """Chords and beats with some noise."""
    rng = np.random.default_rng(1)
    time = np.arange(seconds * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in (220, 277.2, 329.6, 440)) / 16
    beat = rng.standard_normal(time.size) * np.exp(-20 * (time % 0.5)) / 8
    soundfile.write(path, np.stack([chord + beat, chord - 0.5 * beat], axis=1), RATE, "PCM_16")
    return path


if __name__ == "__main__":
    sys.exit(main())
