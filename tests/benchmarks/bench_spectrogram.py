"""How soon a long recording is seen: ``python tests/benchmarks/bench_spectrogram.py``.

Prints one line for each number: ours / bar / machine. Writes test files of 1.5 GB to the
temporary folder and deletes them.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

RATE = 44100
MINUTES = {"ten minutes": 10, "two hours": 120}
FIRST_BAR_S, COMPLETE_BAR_S, MEMORY_BAR_MB = 0.5, 6.0, 600
STEP_BAR_S = 0.05


def main():
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]), sys.argv[2])
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, minutes, suffix in (("10 min FLAC", 10, "flac"), ("10 min WAV", 10, "wav"), ("2 h WAV", 120, "wav")):
            path = Path(folder) / f"{minutes}.{suffix}"
            write_music(path, minutes)
            environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
            subprocess.run([sys.executable, __file__, str(path), name], check=True, env=environment)
            path.unlink()


def write_music(path, minutes):
    """Chords with noise and clicks, 16 bits, stereo; a minute of it repeated."""
    times = np.arange(60 * RATE) / RATE
    rng = np.random.default_rng(1)
    partials = zip(range(1, 9), 110 * 1.5 ** np.arange(8), rng.random(8) * 6, strict=True)
    chord = 0.1 * sum(np.sin(2 * np.pi * hertz * times + phase) / k for k, hertz, phase in partials)
    beat = 0.1 * np.exp(-(times % 0.5) * 20) * rng.standard_normal(len(times))
    hiss = 0.002 * rng.standard_normal(len(times))
    minute = np.stack([chord + beat, chord - beat / 2 + hiss], axis=1)
    with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as file:
        for _ in range(minutes):
            file.write(minute)


def measure(path, name):
    """In a process of its own: open the file in a window, wait for the first and for the whole picture."""
    from PySide6.QtCore import QEventLoop
    from PySide6.QtWidgets import QApplication

    from sepstudio.gui.panes.base import Sound
    from sepstudio.gui.panes.loader import TileLoader
    from sepstudio.gui.panes.spectrogram import SpectrogramPane
    from sepstudio.gui.panes.stack import PaneStack
    from sepstudio.gui.panes.waveform import WaveformPane
    from sepstudio.gui.theme import DARK, apply_theme
    from sepstudio.gui.timeline import Timeline
    from sepstudio.io.clip import FileClip

    app = QApplication([])
    apply_theme(app, DARK)
    timeline, loader = Timeline(), TileLoader()
    stack = PaneStack(timeline)
    wave, pane = WaveformPane(timeline, loader), SpectrogramPane(timeline, loader)
    stack.add_pane(wave)
    stack.add_pane(pane, stretch=3)
    stack.resize(1280, 800)
    stack.show()
    app.processEvents()

    begin = time.perf_counter()
    clip = FileClip(path)
    timeline.set_duration(clip.duration)
    wave.set_sounds([Sound(clip, 0.0, name, "#0072B2")])
    pane.set_sounds([Sound(clip, 0.0, name, "#0072B2")])
    while not covered(pane):
        app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    first = time.perf_counter() - begin
    while pane.header.bar.fraction is not None:
        app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    stack.grab()
    complete = time.perf_counter() - begin

    report(f"{name}: first picture", f"{first:.2f} s", f"{FIRST_BAR_S} s", first <= FIRST_BAR_S)
    if "10 min" in name:
        report(f"{name}: complete", f"{complete:.2f} s", f"{COMPLETE_BAR_S} s", complete <= COMPLETE_BAR_S)
    else:
        report(f"{name}: complete", f"{complete:.2f} s", "none", True)
    look_around(app, timeline)
    peak = peak_memory_mb()
    report(f"{name}: peak memory of the process", f"{peak:.0f} MB", f"{MEMORY_BAR_MB} MB", peak < MEMORY_BAR_MB)
    loader.close()
    clip.close()


def covered(pane):
    """Whether the picture that is painted has light in every tenth of its width."""
    image = pane.view.viewport().grab().toImage()
    columns = [range(int(image.width() * k / 10), int(image.width() * (k + 1) / 10), 8) for k in range(10)]
    rows = range(0, image.height(), 8)
    return all(any(image.pixelColor(x, y).red() > 100 for x in part for y in rows) for part in columns)


def look_around(app, timeline):
    """Zoom into many places, so that fine tiles are computed, kept and dropped again."""
    for start in np.linspace(0, timeline.duration - 20, 60):
        timeline.set_visible(float(start), float(start) + 20)
        until = time.perf_counter() + 0.1
        while time.perf_counter() < until:
            app.processEvents()


def peak_memory_mb():
    """The most resident memory so far (Linux: VmHWM)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


def report(what, ours, bar, good):
    machine = f"{os.cpu_count()} cores, {platform.machine()}"
    print(f"{'ok  ' if good else 'MISS'} {what}: {ours} / {bar} / {machine}", flush=True)


if __name__ == "__main__":
    main()
