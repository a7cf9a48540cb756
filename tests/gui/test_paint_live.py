"""Learning while one paints: each stroke is heard in the run on show, and goes with it when it is undone."""

import dataclasses

import numpy as np
import pytest
from gui.painters import DRUMS, SOURCES, VOCALS, painting

from sepstudio.gui.controllers.inside import InsideController
from sepstudio.gui.painting.relearning import AROUND_S, Learnable, relearn_steps, stretch
from sepstudio.io.clip import AudioClip
from sepstudio.io.strokes.records import Stroke, Strokes
from sepstudio.separation.base import Matrix, Progress, Provenance, RunContext, Separation
from sepstudio.session.stroke_commands import AddStroke

RATE = 1000
TONE = Stroke("box", VOCALS.id, ((0.2, 800.0), (3.8, 1200.0)))
CLICKS = Stroke("box", DRUMS.id, ((0.2, 4000.0), (3.8, 9000.0)))


@pytest.fixture
def paints(in_studio, qtbot, recording):
    return painting(in_studio, qtbot, recording)


def sounds(painter, run):
    session = painter.session
    return {session.stems[stem].name: session.clip(stem).read(0, run.stop - run.start) for stem in run.stem_ids}


def seen(inside):
    """The weights that are looked into."""
    return {name: matrix.values.tobytes() for name, matrix in inside.page.shown.alphas.items()}


def strokes_are_learned_heard_and_undone(painter):
    window, session = painter.window, painter.session
    window.panel.choose("paint")
    painter.settle()
    page, panel = window.panel.page, window.panel
    panel.set_params(type(panel.params)(steps=15, correction_steps=5, networks=1, refinement=0))
    page.box.live.click()
    assert window.actions_by_id["paint-live"].isChecked()
    session.stack.push(AddStroke(session, painter.source, TONE))
    painter.settle()
    assert not session.runs
    session.stack.push(AddStroke(session, painter.source, CLICKS))
    # There is enough now: the first run is made as the button makes it.
    painter.qtbot.waitUntil(lambda: len(session.runs) == 1, timeout=60_000)
    painter.settle()
    (run,) = session.runs.values()
    before, steps = sounds(painter, run), painter.steps
    window.actions_by_id["look-inside"].trigger()
    inside = next(one for one in window.controllers if isinstance(one, InsideController))
    assert inside.page.shown.step == 15
    alphas, begun, followed = seen(inside), [], []
    window.workbench.runBegun.connect(lambda job, learner: begun.append(learner))
    window.learning.followed.connect(followed.append)
    painter.board.set_tool("brush")
    painter.drag((1.0, 2000.0), (3.0, 2000.0))
    assert painter.steps == steps + 1
    painter.qtbot.waitUntil(lambda: followed == [run.id], timeout=60_000)
    painter.settle()
    # One step of the history, and the same run.
    assert painter.steps == steps + 1
    assert list(session.runs) == [run.id]
    after = sounds(painter, run)
    assert any(np.abs(after[name] - before[name]).max() > 0 for name in before)
    np.testing.assert_allclose(sum(after.values()), session.clip(painter.source).read(0, run.stop), atol=1e-5)
    assert session.runs[run.id].strokes == session.strokes(painter.source)
    assert not panel.is_stale
    # What is looked into is what was learned last.
    (learner,) = begun
    assert (learner.id, learner.strokes) == (run.id, session.strokes(painter.source))
    assert inside.page.shown.step == 5
    assert seen(inside) == {k: m.values.tobytes() for k, m in session.matrices(run.id).items() if k in alphas}
    assert seen(inside) != alphas
    session.stack.undo()
    assert followed == [run.id, run.id]
    assert inside.page.shown.step == 15
    assert seen(inside) == alphas
    for name, samples in sounds(painter, run).items():
        np.testing.assert_array_equal(samples, before[name])
    session.stack.redo()
    for name, samples in sounds(painter, run).items():
        np.testing.assert_array_equal(samples, after[name])
    # What is undone while it is learned is not heard, and is there when it is redone.
    painter.drag((1.0, 5000.0), (3.0, 5000.0))
    painter.qtbot.waitUntil(lambda: window.bridge.busy, timeout=10_000)
    session.stack.undo()
    painter.settle()
    for name, samples in sounds(painter, run).items():
        np.testing.assert_array_equal(samples, after[name])
    heard = len(followed)
    session.stack.redo()
    painter.settle()
    assert len(followed) == heard + 1
    assert session.runs[run.id].strokes == session.strokes(painter.source)
    page.box.live.click()
    assert not window.learning.on
    painter.drag((1.0, 3000.0), (3.0, 3000.0))
    painter.settle()
    assert panel.is_stale


def test_strokes_are_heard(paints):
    paints(strokes_are_learned_heard_and_undone)


# -- parts -------------------------------------------------------------------------------------


def run_of(seconds, names=("vocals", "drums")):
    mixture = AudioClip(np.ones((1, seconds * RATE), np.float32), RATE)
    silence = AudioClip(np.zeros((1, seconds * RATE), np.float32), RATE)
    times = np.arange(seconds) + 0.5
    mask = Matrix(np.zeros((2, seconds), np.float32), ("frequency", "time"), (np.array([1.0, 2.0]), times))
    stems = {names[0]: mixture} | dict.fromkeys(names[1:], silence)
    return Learnable(mixture, 0, seconds * RATE, stems, {"mask vocals": mask}, "params")


class Halves:
    """Stands for a method: gives each painted source the same, and remembers what it was given."""

    def run(self, mixture, params, *, context):
        self.mixture, self.context = mixture, context
        yield Progress(0.5, "learning")
        here = {stroke.source for stroke in context.strokes.strokes}
        names = [source.name for source in context.strokes.sources if source.id in here]
        half = AudioClip(mixture.read(0, mixture.length) / np.float32(len(names)), RATE)
        times = np.arange(mixture.length // RATE) + 0.5
        mask = Matrix(np.ones((2, times.size), np.float32), ("frequency", "time"), (np.array([1.0, 2.0]), times))
        made = Provenance("paint", {}, 0, {}, "cpu", 0.0, 0)
        return Separation(dict.fromkeys(names, half), made, matrices={"mask vocals": mask})


def drained(steps):
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def at(seconds, source):
    return Stroke("box", source.id, ((seconds, 10.0), (seconds + 1.0, 20.0)))


def test_what_is_separated_anew():
    short, long = run_of(30), run_of(300)
    assert stretch(short, None, at(10.0, VOCALS)) == (0, 30 * RATE)
    around = (round((100 - AROUND_S) * RATE), round((101 + AROUND_S) * RATE))
    assert stretch(long, None, at(100.0, VOCALS)) == around
    assert stretch(long, (5 * RATE, 8 * RATE), at(100.0, VOCALS)) == (5 * RATE, 8 * RATE)
    # What is selected beyond the run says nothing.
    assert stretch(short, (40 * RATE, 50 * RATE), at(10.0, VOCALS)) == (0, 30 * RATE)


def test_a_stretch_is_put_into_its_place():
    method, run = Halves(), run_of(300)
    strokes = dataclasses.replace(SOURCES, strokes=(at(100.0, VOCALS), at(104.0, DRUMS)))
    learned = drained(relearn_steps(method, run, strokes, (90 * RATE, 114 * RATE), RunContext()))
    assert method.mixture.length == 24 * RATE
    assert method.context.strokes.strokes[0].points[0][0] == pytest.approx(10.0)
    assert method.context.warm["mask vocals"].coordinates[1][0] == pytest.approx(0.5 - 90.0)
    total = sum(stem.read(0, 300 * RATE) for stem in learned.stems.values())
    np.testing.assert_allclose(total, 1.0)
    drums = learned.stems["drums"].read(0, 300 * RATE)
    assert drums[0, 100 * RATE] == 0.5
    assert not drums[0, : 90 * RATE].any()
    mask = learned.matrices["mask vocals"].values
    assert mask[:, 90:114].all()
    assert not mask[:, :90].any()
    assert not mask[:, 114:].any()


def test_all_is_new_where_a_stretch_does_not_tell_the_sources_apart():
    method, run = Halves(), run_of(300)
    far = dataclasses.replace(SOURCES, strokes=(at(100.0, VOCALS), at(200.0, DRUMS)))
    learned = drained(relearn_steps(method, run, far, (90 * RATE, 114 * RATE), RunContext()))
    assert method.mixture.length == 300 * RATE
    assert learned.stems["drums"].read(0, RATE)[0, 0] == 0.5
    third = dataclasses.replace(VOCALS, id="three", name="bass")
    other = Strokes((*SOURCES.sources, third), (at(100.0, VOCALS), at(101.0, DRUMS), at(102.0, third)))
    learned = drained(relearn_steps(method, run, other, (90 * RATE, 114 * RATE), RunContext()))
    assert set(learned.stems) == {"vocals", "drums", "bass"}
    assert learned.stems["bass"].length == 300 * RATE
