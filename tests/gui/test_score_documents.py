"""A recording with its score in the window: separated by it, saved with it, and restored after a crash."""

import dataclasses

import numpy as np
import pytest
import soundfile

from sepstudio.gui.conversion import open_project_steps
from sepstudio.gui.error_dialog import ErrorDialog
from sepstudio.io.scores.records import ActivationPatch, Note, Score
from sepstudio.io.scratch import ScratchSink
from sepstudio.io.steps import drain
from sepstudio.separation.base import Matrix, RunContext
from sepstudio.separation.registry import method
from sepstudio.separation.score_params import NmfParams
from sepstudio.session.removal import RemoveRun
from sepstudio.session.score_commands import EditScore, SetScore

RATE = 8000
PATIENCE_MS = 60_000
QUICK = NmfParams(iterations=4)
SCORE = Score(
    "two notes",
    (Note(1, 0.1, 0.5, 69, track="right"), Note(2, 1.0, 0.6, 57, track="left")),
    ("right", "left"),
    activation_patches=(ActivationPatch(57, 1.0, 1.2, True),),
)


@pytest.fixture
def piano(tmp_path):
    """A4, and after a second A3."""
    time = np.arange(2 * RATE) / RATE
    samples = np.where(time < 1.0, np.sin(2 * np.pi * 440 * time), np.sin(2 * np.pi * 220 * time))
    path = tmp_path / "piano.wav"
    soundfile.write(path, 0.5 * samples, RATE, "FLOAT")
    return path


def opened(window, qtbot):
    qtbot.waitUntil(lambda: bool(window.session.sources) and not window.bridge.busy, timeout=PATIENCE_MS)
    return window.session.current_source


def attached(window, score=SCORE):
    source = window.session.current_source
    window.session.stack.push(SetScore(window.session, source.id, score, "Import two notes"))
    return source


def edited(window):
    source = window.session.current_source
    before = window.session.score(source.id)
    after = before.with_notes([dataclasses.replace(before.note(2), pitch=58)])
    window.session.stack.push(EditScore(window.session, source.id, before, after, "Transpose A3"))
    return after


def separated(window, qtbot, span=None, **more):
    count = len(window.session.runs)
    window.workbench.separate(method("nmf"), QUICK, span, **more)
    qtbot.waitUntil(lambda: len(window.session.runs) > count and not window.bridge.busy, timeout=PATIENCE_MS)
    journaling = window.documents.journaling
    qtbot.waitUntil(lambda: not journaling._shelf.waiting and not journaling._bridge.busy, timeout=PATIENCE_MS)
    return list(window.session.runs.values())[-1]


def saved(window, qtbot, folder):
    window.documents._save_in(folder, None)
    qtbot.waitUntil(lambda: not window.documents.modified and not window.bridge.busy, timeout=PATIENCE_MS)


def assert_same(content, other):
    assert content.scores == other.scores
    assert [run.score for run in content.runs] == [run.score for run in other.runs]
    assert content.matrices.keys() == other.matrices.keys()
    for run_id, matrices in content.matrices.items():
        assert list(matrices) == list(other.matrices[run_id])
        for name, matrix in matrices.items():
            found = other.matrices[run_id][name]
            assert found.axes == matrix.axes
            assert np.array_equal(found.values, matrix.values)
            assert all(np.array_equal(*pair) for pair in zip(found.coordinates, matrix.coordinates, strict=True))
        curve, found = content.curves[run_id]["error"], other.curves[run_id]["error"]
        assert found.values.tolist() == curve.values.tolist()
        assert found.seconds.tolist() == curve.seconds.tolist()


def test_a_run_on_a_stretch_gets_the_score_of_the_stretch_and_tells_times_of_the_recording(in_studio, qtbot, piano):
    begun, shown = [], []

    def scenario(window):
        opened(window, qtbot)
        source = attached(window)
        window.workbench.runBegun.connect(lambda *told: begun.append(told))
        window.bridge.snapshot.connect(lambda *told: shown.append(told))
        run = separated(window, qtbot, (RATE // 2, 2 * RATE))
        session = window.session
        assert run.score is session.score(source.id)
        assert session.curves(run.id)["error"].values.shape == (4,)
        activations = session.matrices(run.id)["activations"]
        times = activations.coordinates[1]
        assert 0.4 < times[0] < 0.6
        assert 1.8 < times[-1] < 2.2
        # The second note sounds where the score of the whole recording says so.
        row = activations.values[activations.coordinates[0].index("A3")]
        assert times[row > 0.5 * row.max()].min() == pytest.approx(1.0, abs=0.15)
        (job, draft) = begun[0]
        assert (draft.method, draft.source_id, draft.start) == ("nmf", source.id, RATE // 2)
        # A run as short as this may end before anything of it is shown.
        assert {told[0] for told in shown} <= {job}
        # Later runs begin where this one ended.
        again = separated(window, qtbot, (RATE // 2, 2 * RATE), warm=session.matrices(run.id))
        assert session.curves(again.id)["error"].values[0] < session.curves(run.id)["error"].values[0]
        session.stack.push(RemoveRun(session, run.id))
        session.stack.undo()
        assert session.matrices(run.id)["activations"] is activations

    in_studio([piano], scenario)


def test_without_a_score_the_window_says_what_to_do(in_studio, qtbot, piano):
    def scenario(window):
        opened(window, qtbot)
        window.workbench.separate(method("nmf"), QUICK)
        qtbot.waitUntil(lambda: window.findChild(ErrorDialog) is not None, timeout=PATIENCE_MS)
        box = window.findChild(ErrorDialog)
        assert "Score-informed NMF" in box.text()
        assert "needs a score" in box.informativeText()
        assert "Score > Import score" in box.informativeText()
        assert not window.session.runs
        box.close()
        # A blind factorisation needs none.
        window.workbench.separate(method("nmf"), NmfParams(iterations=2, rank=2))
        qtbot.waitUntil(lambda: len(window.session.runs) == 1 and not window.bridge.busy, timeout=PATIENCE_MS)

    in_studio([piano], scenario)


def test_what_was_saved_comes_back_the_same(in_studio, qtbot, piano, tmp_path):
    folder, contents = tmp_path / "piano.sepstudio", []

    def scenario(window):
        opened(window, qtbot)
        attached(window)
        separated(window, qtbot)
        edited(window)
        contents.append(window.session.content())
        saved(window, qtbot, folder)
        edited(window)
        assert window.documents.modified
        window.session.stack.undo()
        assert not window.documents.modified

    in_studio([piano], scenario)
    assert_same(contents[0], drain(open_project_steps(folder)).content)

    def again(window):
        opened(window, qtbot)
        assert_same(contents[0], window.session.content())
        # From here on it is edited and kept as ever.
        attached(window, None)
        window.session.stack.push(RemoveRun(window.session, next(iter(window.session.runs))))
        saved(window, qtbot, folder)
        window.session.stack.undo()
        window.session.stack.undo()
        saved(window, qtbot, folder)

    in_studio([folder], again)
    assert_same(contents[0], drain(open_project_steps(folder)).content)


def test_the_queue_takes_the_score_of_an_open_recording_as_it_is_now(in_studio, qtbot, piano, tmp_path):
    def scenario(window):
        opened(window, qtbot)
        source = attached(window)
        bar = window.queue.panel.placing
        bar.set_placing(dataclasses.replace(bar.placing, output=tmp_path / "out"))
        window.panel.choose("nmf")
        window.panel.set_params(QUICK)
        window.queue.add([piano])
        qtbot.waitUntil(lambda: len(window.queue.queue.entries) == 1, timeout=PATIENCE_MS)
        edited(window)
        (entry,) = window.queue.queue.entries
        assert (entry.score, window.session.score(source.id) == SCORE) == (SCORE, False)
        window.queue._start_or_pause()
        qtbot.waitUntil(lambda: window.queue.mode == "idle", timeout=PATIENCE_MS)
        (entry,) = window.queue.queue.entries
        assert entry.problem is None
        assert {path.stem.split()[-1] for path in entry.outputs} >= {"right", "left", "residual"}

    in_studio([piano], scenario)


def test_long_matrices_of_a_new_run_are_read_from_files(tmp_path):
    sink = ScratchSink(memory_limit=1000, parent=tmp_path)
    context = RunContext(sink=sink)
    small, long = np.arange(100, dtype=np.float32), np.arange(1000, dtype=np.float32)
    assert context.sink.keep(small) is small
    kept = context.sink.keep(long)
    assert kept.tolist() == long.tolist()
    assert (isinstance(kept, np.memmap), kept.flags.writeable) == (True, False)
    matrix = Matrix(kept, ("time",), (np.arange(1000.0),)).frozen()
    assert matrix.values is kept
    sink.close()
    assert not list(tmp_path.iterdir())
