"""Kill the program again and again while somebody works in it, and see what the next start brings back.

``python tests/drills/kill_drill.py N [SEED]`` kills it N times. A child process opens a recording in a
real window without a screen and does random things that are the same for the same seed: it edits,
undoes, separates, saves. A first child that is left alone tells the states that it goes through. The
others are killed at random moments; what is recovered must be the last state that was told, or the one
that was being made.
"""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
RATE, SECONDS = 8000, 2
GESTURES = 40


def state_of(content):
    """Everything that must come back, as a short text."""
    audio = {
        stem.id: [
            hashlib.sha256(np.ascontiguousarray(take.samples).tobytes()).hexdigest() for take in content.audio[stem.id]
        ]
        for stem in content.stems
    }
    records = {
        "sources": [(s.id, str(s.path), s.length) for s in content.sources],
        "runs": [
            (r.id, r.number, r.label, r.source_id, r.start, r.stop, r.stem_ids, str(r.params)) for r in content.runs
        ],
        "stems": [(s.id, s.take, s.takes) for s in content.stems],
        "lanes": sorted((key, lane.gain_db, lane.mute, lane.solo, lane.pan) for key, lane in content.lanes.items()),
        "selection": str(content.selection),
        "current": content.current_source,
        "audio": audio,
        "scores": sorted((key, repr(score)) for key, score in content.scores.items()),
        "played": [(run.id, repr(run.score)) for run in content.runs if run.score is not None],
        "strokes": sorted((key, repr(strokes)) for key, strokes in content.strokes.items()),
        "learned": [(run.id, repr(run.strokes)) for run in content.runs if run.strokes is not None],
        "matrices": [
            (key, name, matrix.axes, digest_of(matrix.values), [digest_of(item) for item in matrix.coordinates])
            for key, matrices in content.matrices.items()
            for name, matrix in matrices.items()
        ],
        "curves": [
            # Seconds are others in every child.
            (key, name, curve.values.tolist(), len(curve.seconds))
            for key, curves in content.curves.items()
            for name, curve in curves.items()
        ],
    }
    return hashlib.sha256(json.dumps(records).encode()).hexdigest()[:16]


def digest_of(values):
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()


# -- the child --------------------------------------------------------------------------------------


class Worker:
    """Somebody who works in the window; every gesture is told when it is over."""

    def __init__(self, window, app, seed, project):
        self.window, self.app, self.project = window, app, project
        self.session = window.session
        self.rng = random.Random(seed)

    def tell(self, what):
        print(what, state_of(self.session.content()), flush=True)

    def wait(self, done):
        while not done():
            self.app.processEvents()
            time.sleep(0.001)

    def settled(self):
        journaling = self.window.documents.journaling
        return not self.window.bridge.busy and not (journaling._shelf and journaling._shelf.waiting)

    def open(self, path):
        self.window.open_paths([path])
        self.wait(lambda: self.session.current_source is not None and self.settled())
        self.tell("open")

    def push(self, command, what):
        self.session.stack.push(command)
        self.tell(what)

    def gesture(self):
        acts = [
            self.gain,
            self.gain,
            self.mute,
            self.select,
            self.take,
            self.undo,
            self.redo,
            self.run,
            self.score,
            self.edit_notes,
            self.run_by_score,
            self.paint,
            self.paint,
            self.paint_sources,
            self.rename,
            self.remove,
            self.save,
            self.save_and_edit,
        ]
        if self.session.current_source is None:
            self.redo()
        else:
            self.rng.choice(acts)()
        self.app.processEvents()

    def lane(self):
        return self.rng.choice([*self.session.sources, *self.session.stems])

    def gain(self):
        from sepstudio.session.commands import SetLane
        from sepstudio.session.records import LaneState

        lane = self.lane()
        for _ in range(self.rng.randrange(1, 5)):
            self.push(SetLane(self.session, lane, LaneState(-self.rng.randrange(400) / 10), "Gain"), "gain")

    def mute(self):
        import dataclasses

        from sepstudio.session.commands import SetLane

        lane = self.lane()
        old = self.session.lane(lane)
        self.push(SetLane(self.session, lane, dataclasses.replace(old, mute=not old.mute), "Mute"), "mute")

    def select(self):
        from sepstudio.session.commands import SetSelection
        from sepstudio.session.records import Selection

        start = self.rng.randrange(RATE)
        self.push(SetSelection(self.session, Selection(start, start + RATE // 2)), "select")

    def take(self):
        from sepstudio.session.commands import SetTake

        stems = [stem for stem in self.session.stems.values() if stem.takes > 1]
        if stems:
            stem = self.rng.choice(stems)
            self.push(SetTake(self.session, stem.id, self.rng.randrange(1, stem.takes + 1)), "take")

    def undo(self):
        self.session.stack.undo()
        self.tell("undo")

    def redo(self):
        self.session.stack.redo()
        self.tell("redo")

    def run(self):
        panel = self.window.panel
        panel.set_params(type(panel.params)(iterations=self.rng.randrange(1, 4), keep_iterations=True))
        self.separate(panel.spec, panel.params)

    def separate(self, spec, params):
        ends, start = [], self.rng.randrange(RATE)
        self.window.workbench.runFinished.connect(ends.append)
        self.window.workbench.separate(spec, params, (start, start + RATE // 2))
        self.wait(lambda: ends and self.settled())
        self.window.workbench.runFinished.disconnect(ends.append)
        self.tell("run")

    def score(self):
        from sepstudio.io.scores.records import Note, Score
        from sepstudio.session.score_commands import SetScore

        notes = [Note(n, self.rng.randrange(20) / 10, 0.2, 57 + self.rng.randrange(12)) for n in range(1, 9)]
        score = Score("song", (), ("",)).with_notes(notes) if self.rng.random() < 0.9 else None
        self.push(SetScore(self.session, self.session.current_source.id, score, "Score"), "score")

    def edit_notes(self):
        import dataclasses

        from sepstudio.io.scores.records import ActivationPatch
        from sepstudio.session.score_commands import EditScore

        source, key = self.session.current_source.id, f"drag {self.rng.random()}"
        for _ in range(self.rng.randrange(1, 4)):
            before = self.session.score(source)
            if before is None or not before.notes:
                return
            note = self.rng.choice(before.notes)
            after = before.with_notes([dataclasses.replace(note, onset=self.rng.randrange(20) / 10)])
            if self.rng.random() < 0.3:
                painted = ActivationPatch(note.pitch, 0.0, self.rng.random(), True)
                after = dataclasses.replace(after, activation_patches=(*after.activation_patches, painted))
            self.push(EditScore(self.session, source, before, after, "Move", key), "move")

    def run_by_score(self):
        from sepstudio.separation.registry import method
        from sepstudio.separation.score_params import NmfParams

        if self.session.score(self.session.current_source.id) is not None:
            self.separate(method("nmf"), NmfParams(iterations=2))

    def paint(self):
        from sepstudio.io.strokes.records import Stroke
        from sepstudio.session.stroke_commands import AddStroke

        source, sources = self.session.current_source.id, self.session.strokes(self.session.current_source.id).sources
        for _ in range(self.rng.randrange(1, 4)):
            tool = self.rng.choice(("brush", "harmonic", "eraser")) if sources else "eraser"
            path = tuple((self.rng.random(), 8000 * self.rng.random()) for _ in range(self.rng.randrange(1, 300)))
            spoken_of = "" if tool == "eraser" else self.rng.choice(sources).id
            stroke = Stroke(tool, spoken_of, path, 0.1, 0.2, "log", against=self.rng.random() < 0.3)
            self.push(AddStroke(self.session, source, stroke), "paint")

    def paint_sources(self):
        from sepstudio.io.strokes.editing import new_source_id
        from sepstudio.io.strokes.records import PaintedSource
        from sepstudio.session.stroke_commands import (
            AddPaintedSource,
            ChangePaintedSource,
            ClearStrokes,
            RemovePaintedSource,
        )

        session, source = self.session, self.session.current_source.id
        strokes = session.strokes(source)
        named = PaintedSource(new_source_id(strokes), f"name {self.rng.randrange(9)}", "#E69F00")
        choices = [lambda: AddPaintedSource(session, source, named)] * 2 + [lambda: ClearStrokes(session, source)]
        if strokes.sources:
            old = self.rng.choice(strokes.sources)
            other = PaintedSource(old.id, named.name, old.colour)
            choices.append(lambda: ChangePaintedSource(session, source, other))
            choices.append(lambda: RemovePaintedSource(session, source, old.id))
        self.push(self.rng.choice(choices)(), "sources")

    def rename(self):
        from sepstudio.session.commands import RenameRun

        if self.session.runs:
            run = self.rng.choice(list(self.session.runs))
            self.push(RenameRun(self.session, run, f"name {self.rng.randrange(1000)}"), "rename")

    def remove(self):
        from sepstudio.session.removal import RemoveRun

        if self.session.runs:
            self.push(RemoveRun(self.session, self.rng.choice(list(self.session.runs))), "remove")

    def save(self):
        self.window.documents._save_in(self.project, None)
        self.wait(lambda: not self.window.documents._saving and self.settled())
        self.tell("save")

    def save_and_edit(self):
        self.window.documents._save_in(self.project, None)
        self.gain()
        self.wait(lambda: not self.window.documents._saving and self.settled())
        self.tell("saved meanwhile")


def work(seed, recording, project):
    """Open a window and work in it."""
    from PySide6.QtCore import QSettings

    from sepstudio.gui.app import application, studio

    app = application()
    with studio(QSettings(str(project.with_suffix(".ini")), QSettings.Format.IniFormat)) as window:
        window.show()
        worker = Worker(window, app, seed, project)
        worker.open(recording)
        for _ in range(GESTURES):
            worker.gesture()
        print("end", flush=True)
        time.sleep(600)


# -- the parent -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What was told before the kill, what came back, and what was said of it."""

    told: int
    found: str
    notes: tuple
    delay: float


def start(home, seed, recording):
    environment = os.environ | {
        "QT_QPA_PLATFORM": "offscreen",
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "PYTHONPATH": str(ROOT),
        "SEPSTUDIO_CACHE_DIR": os.environ.get("SEPSTUDIO_CACHE_DIR", str(ROOT / "build" / "test-cache")),
    }
    command = [sys.executable, str(Path(__file__)), "--child", str(seed), str(recording), str(home / "song.sepstudio")]
    with (home / "errors.txt").open("w") as errors:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment, cwd=ROOT)


def a_recording(folder):
    import soundfile

    path = folder / "song.wav"
    time_axis = np.arange(RATE * SECONDS) / RATE
    samples = 0.3 * np.sin(2 * np.pi * 440 * time_axis) + 0.1 * np.random.default_rng(0).standard_normal(time_axis.size)
    soundfile.write(path, np.stack([samples, 0.5 * samples], 1), RATE, "FLOAT")
    return path


def reference(home, seed, recording):
    """Return the states that a child goes through that is left alone, and how long that takes."""
    home.mkdir()
    with start(home, seed, recording) as process:
        states, begun, line = [], None, ""
        for line in process.stdout:
            if line.strip() == "end":
                break
            begun = begun or time.monotonic()
            states.append(line.split()[-1])
        duration = time.monotonic() - (begun or time.monotonic())
        process.kill()
    if line.strip() != "end":
        raise RuntimeError((home / "errors.txt").read_text())
    return states, duration


def kill_once(home, seed, recording, delay):
    """Kill a child some seconds after its first state, and recover what it leaves."""
    home.mkdir()
    with start(home, seed, recording) as process:
        first = process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        told = [first, *process.stdout.read().splitlines(keepends=True)]
    told = [line for line in told if line.endswith("\n") and line.strip() != "end"]
    if not told:
        raise RuntimeError((home / "errors.txt").read_text())
    found, notes = recovered(home)
    if recovered(home)[0] != found:
        raise AssertionError("what was recovered once was not recovered a second time")
    return Outcome(len(told), found, notes, delay)


def recovered(home):
    """Return the state that the next start would bring back, and what it would say."""
    from sepstudio.gui.conversion import Loaded, open_project_steps, restore_steps
    from sepstudio.io.steps import drain
    from sepstudio.project.leftovers import leftover_steps

    root = next(home.rglob("recovery"))
    leftovers = drain(leftover_steps(root))
    if len(leftovers) > 1:
        raise AssertionError(f"{len(leftovers)} sessions were found where one was killed")
    if leftovers:
        loaded = drain(restore_steps(leftovers[0], root))
        loaded.work.let_go()
    elif (home / "song.sepstudio" / "session.json").exists():
        loaded = drain(open_project_steps(home / "song.sepstudio"))
    else:
        loaded = Loaded()  # everything was undone
    return state_of(loaded.content), (*loaded.notes, *loaded.problems)


def is_good(outcome, states):
    """Whether no more than the gesture that was being made is missing."""
    return outcome.found in states[outcome.told - 1 : outcome.told + 1]


def drill(folder, kills, seed, gestures_per_seed=10):
    """Kill ``kills`` times; yield every outcome with the states of its seed."""
    rng = random.Random(seed)
    recording = a_recording(folder)
    for number in range(kills):
        if number % gestures_per_seed == 0:
            worker = rng.randrange(10**6)
            states, duration = reference(folder / f"whole-{number}", worker, recording)
        yield kill_once(folder / f"killed-{number}", worker, recording, rng.uniform(0, duration * 1.05)), states


def main():
    kills, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, (outcome, states) in enumerate(drill(Path(folder), kills, seed), 1):
            good = is_good(outcome, states)
            bad += not good
            at = [index for index, state in enumerate(states, 1) if state == outcome.found]
            verdict = "ok" if good else "LOST"
            print(f"{number}: {outcome.delay:.3f} s, told {outcome.told}, found {at}, {verdict} {outcome.notes}")
    print(f"{kills} kills, {bad} lost more than the last gesture")
    return 1 if bad else 0


if __name__ == "__main__":
    if sys.argv[1] == "--child":
        work(int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        sys.path.insert(0, str(ROOT))
        sys.exit(main())
