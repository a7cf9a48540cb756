"""Runs for the compare bench, and the bench of a window worked as a hand does."""

import dataclasses
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from sepstudio.gui.controllers.compare_bench import CompareBenchController
from sepstudio.io.clip import AudioClip
from sepstudio.separation.kam import KamParams
from sepstudio.session.commands import SetTrueStem
from sepstudio.session.records import Run, Source, Stem

RATE = 8000
SECONDS = 4
LENGTH = SECONDS * RATE
NAMES = ("harmonic", "percussive")
SOURCE = Source("source-1", "song.wav", Path("song.wav"), RATE, 2, LENGTH, "FLOAT")


def a_run(number, params=None, start=0, stop=LENGTH, **more):
    run_id = f"run-{number}"
    provenance = {"wall_seconds": 1.5 * number, "device": "cpu"}
    stems = tuple(f"{run_id}/{name}" for name in NAMES)
    return Run(run_id, number, "kam", params or KamParams(), SOURCE.id, start, stop, stems, provenance, **more)


def texts(table, run_id):
    row = next(row for row in table.rows if row.run_id == run_id)
    return {column.id: row.cell(column.id).text for column in table.columns}


class Bench:
    """The bench of a window with a song of two true parts and some runs of it."""

    def __init__(self, window, qtbot):
        self.window, self.qtbot = window, qtbot
        self.session, self.player = window.session, window.player
        self.controller = next(one for one in window.controllers if isinstance(one, CompareBenchController))
        self.panel, self.table = self.controller.panel, self.controller.panel.table
        rng = np.random.default_rng(3)
        self.true = 0.1 * rng.standard_normal((2, 2, LENGTH)).astype(np.float32)
        self.add_source(SOURCE, self.true.sum(axis=0))
        for number, name in enumerate(NAMES):
            part = dataclasses.replace(SOURCE, id=f"true-{name}", name=f"{name}.wav", path=Path(f"{name}.wav"))
            self.add_source(part, self.true[number], current=False)
        window.actions_by_id["compare"].trigger()

    def add_source(self, source, samples, *, current=True):
        self.session.store_audio(source.id, [AudioClip(samples, RATE)])
        self.session.add_source(source, current=current)

    def add_run(self, number, leak, params=None, start=0, stop=LENGTH, takes=()):
        """Stems that hold ``leak`` of each other; ``takes`` are the leaks of kept iterations."""
        run = a_run(number, params, start, stop)
        stems = []
        for place, name in enumerate(NAMES):
            kept = [self.estimate(place, one, start, stop) for one in (*takes, leak)]
            self.session.store_audio(run.stem_ids[place], kept)
            count = len(kept) if takes else 0
            stems.append(Stem(run.stem_ids[place], run.id, name, count, count))
        self.session.add_run(run, stems)
        return run

    def estimate(self, place, leak, start=0, stop=LENGTH):
        mixed = (1 - leak) * self.true[place] + leak * self.true[1 - place]
        return AudioClip(mixed[:, start:stop], RATE)

    def assign(self):
        for name in NAMES:
            self.session.stack.push(SetTrueStem(self.session, SOURCE.id, name, f"true-{name}"))

    def settle(self):
        quiet = self.controller.scoring, self.controller._timer
        self.qtbot.waitUntil(lambda: not quiet[0].busy and not quiet[1].isActive(), timeout=30_000)
        QApplication.processEvents()

    def measure(self):
        self.settle()
        self.panel.measure.click()
        self.qtbot.waitUntil(lambda: not self.controller.scoring.busy, timeout=60_000)
        self.settle()

    def cell(self, run_id, column):
        return texts(self.table.rows.table, run_id)[column]

    def choose(self, *run_ids):
        self.settle()
        self.table.choose(run_ids)

    def do(self, act):
        action = self.panel.action(act)
        assert action.isEnabled(), act
        action.trigger()
        self.settle()

    def key(self, key, modifier=Qt.KeyboardModifier.NoModifier):
        self.window.activateWindow()
        self.qtbot.waitUntil(self.window.isActiveWindow)
        self.table.setFocus()
        self.qtbot.keyClick(self.table, key, modifier)
        self.settle()
