"""Strokes of recordings in the window: from files and to files, with runs that learn from them, and after a crash."""

import dataclasses

import numpy as np
import pytest
from gui.gestures import answering, drop
from gui.recovering import click, dialog, said, saved, saved_again
from PySide6.QtWidgets import QFileDialog, QMessageBox

from sepstudio.gui.conversion import open_project_steps
from sepstudio.gui.error_dialog import ErrorDialog
from sepstudio.io.steps import drain
from sepstudio.io.strokes.files import read_strokes, write_strokes
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes
from sepstudio.separation import registry
from sepstudio.separation.base import Matrix, MethodSpec, Progress, Provenance, Separation
from sepstudio.separation.parameters import to_json
from sepstudio.session.commands import SetSelection
from sepstudio.session.records import Selection
from sepstudio.session.stroke_commands import AddPaintedSource, AddStroke, ChangePaintedSource, ClearStrokes

RATE = 44100
STROKES = Strokes(
    (PaintedSource("a", "Tone", "#E69F00"), PaintedSource("b", "Clicks", "#56B4E9")),
    (
        Stroke("brush", "a", ((1.0, 1000.0), (2.0, 1000.0)), 0.1, 0.25, "log"),
        Stroke("box", "b", ((1.5, 3000.0), (1.6, 9000.0)), opacity=0.5),
    ),
)


@dataclasses.dataclass(frozen=True)
class NoParams:
    pass


def learn(mixture, params, *, context):
    """Give each source its share of the mixture, and count how often was learned."""
    LEARNED.append(context)
    yield Progress(0.5, "learning")
    sources = context.strokes.sources
    share = mixture.read(0, mixture.length) / len(sources)
    stems = {source.name: type(mixture)(share, mixture.sample_rate) for source in sources}
    before = float(context.warm["weights"].values[0]) if context.warm else 0.0
    weights = Matrix(np.array([before + 1], np.float32), ("number",), (np.arange(1.0),))
    made = Provenance("learn", to_json(params), 0, {}, "cpu", 0.1, 5)
    return Separation(stems, made, matrices={"weights": weights})


LEARNED = []
SPEC = MethodSpec("learn", "Learn", "", NoParams, learn, lambda *_: 0, needs=frozenset({"strokes"}))


@pytest.fixture(autouse=True)
def nothing_learned():
    LEARNED.clear()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "painted.json"
    write_strokes(path, STROKES)
    return path


def opened(window, qtbot):
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
    return window.session.current_source.id


def has(window, strokes):
    source = window.session.current_source
    return source is not None and window.session.strokes(source.id) == strokes


def do(window, action):
    assert window.actions_by_id[action].isEnabled()
    window.actions_by_id[action].trigger()


def test_strokes_are_imported_exported_and_undone(in_studio, recording, file, tmp_path, qtbot):
    def scenario(window):
        source = opened(window, qtbot)
        assert not window.actions_by_id["strokes-export"].isEnabled()
        with answering(QFileDialog, "getOpenFileName", (str(file), "")):
            do(window, "strokes-import")
        qtbot.waitUntil(lambda: has(window, STROKES), timeout=10_000)
        assert window.session.stack.undoText() == "Import strokes of painted.json"
        window.session.stack.push(
            ChangePaintedSource(window.session, source, dataclasses.replace(STROKES.sources[0], name="Sinus"))
        )
        target = tmp_path / "again"
        with answering(QFileDialog, "getSaveFileName", (str(target), "")):
            do(window, "strokes-export")
        written = tmp_path / "again.json"
        qtbot.waitUntil(written.exists, timeout=10_000)
        assert read_strokes(written) == window.session.strokes(source)
        assert read_strokes(written).sources[0].name == "Sinus"
        window.session.stack.undo()
        window.session.stack.undo()
        assert has(window, Strokes())

    in_studio([recording], scenario)


def test_a_name_that_is_taken_is_asked_about_before_it_is_replaced(in_studio, recording, file, tmp_path, qtbot):
    def scenario(window):
        opened(window, qtbot)
        drop(window, [file])
        qtbot.waitUntil(lambda: has(window, STROKES), timeout=10_000)
        (tmp_path / "mine.json").write_text("precious")
        asked = []

        def question(*words):
            asked.append(words[-1])
            return QMessageBox.StandardButton.No

        with answering(QFileDialog, "getSaveFileName", (str(tmp_path / "mine"), "")):
            old, QMessageBox.question = QMessageBox.question, question
            try:
                do(window, "strokes-export")
            finally:
                QMessageBox.question = old
        assert "mine.json" in asked[0]
        assert (tmp_path / "mine.json").read_text() == "precious"

    in_studio([recording], scenario)


def test_strokes_that_are_dropped_with_a_recording_wait_for_it(in_studio, recording, file, qtbot):
    def scenario(window):
        drop(window, [file])
        assert not window.session.sources
        drop(window, [recording, file])
        opened(window, qtbot)
        qtbot.waitUntil(lambda: has(window, STROKES), timeout=10_000)

    in_studio([], scenario)


def test_a_file_that_holds_no_strokes_is_told_and_changes_nothing(in_studio, recording, tmp_path, qtbot):
    bad = tmp_path / "bad.json"
    bad.write_text('{"format": "sepstudio strokes", "version": 1, "sources": []}')

    def scenario(window):
        opened(window, qtbot)
        steps = window.session.stack.count()
        drop(window, [bad])
        qtbot.waitUntil(lambda: bool(window.findChildren(ErrorDialog)), timeout=10_000)
        (dialog,) = window.findChildren(ErrorDialog)
        assert "strokes is no list" in dialog.text() + dialog.informativeText()
        dialog.close()
        assert window.session.stack.count() == steps

    in_studio([recording], scenario)


def test_a_run_gets_the_strokes_of_its_stretch_and_goes_on_from_what_was_learned(in_studio, recording, qtbot):
    def scenario(window):
        session, source = window.session, opened(window, qtbot)

        def separate(warm=None):
            count = len(session.runs)
            selection = session.selection
            span = (selection.start, selection.stop) if selection is not None else None
            window.workbench.separate(SPEC, NoParams(), span, warm=warm)
            qtbot.waitUntil(lambda: len(session.runs) == count + 1, timeout=10_000)
            run = next(reversed(session.runs.values()))
            return run, float(session.matrices(run.id)["weights"].values[0])

        for painted in STROKES.sources:
            session.stack.push(AddPaintedSource(session, source, painted))
        for stroke in STROKES.strokes:
            session.stack.push(AddStroke(session, source, stroke))
        session.stack.push(SetSelection(session, Selection(RATE, 3 * RATE)))
        run, times = separate()
        assert (run.strokes, times) == (STROKES, 1.0)
        assert LEARNED[0].strokes == STROKES.moved(-1.0)
        # A correction, and another name: the sources are the same.
        session.stack.push(SetSelection(session, None))
        session.stack.push(AddStroke(session, source, Stroke("eraser", "", ((2.0, 1000.0),), 0.1, 1.0, "log")))
        session.stack.push(ChangePaintedSource(session, source, dataclasses.replace(STROKES.sources[0], name="Sinus")))
        run, times = separate()
        assert (run.strokes, times) == (session.strokes(source), 2.0)
        assert [session.stems[stem_id].name for stem_id in run.stem_ids] == ["Sinus", "Clicks"]
        assert separate(warm={})[1] == 1.0
        # Another source is another network.
        session.stack.push(AddPaintedSource(session, source, PaintedSource("c", "Noise", "#009E73")))
        assert separate()[1] == 1.0

    in_studio([recording], scenario)


def test_without_strokes_a_run_says_what_to_do(in_studio, recording, qtbot):
    def scenario(window):
        opened(window, qtbot)
        window.workbench.separate(SPEC, NoParams())
        qtbot.waitUntil(lambda: bool(window.findChildren(ErrorDialog)), timeout=10_000)
        (dialog,) = window.findChildren(ErrorDialog)
        assert "paint" in (dialog.text() + dialog.informativeText()).lower()
        dialog.close()
        assert LEARNED == []

    in_studio([recording], scenario)


def content_of(window):
    content = window.session.content()
    return content.strokes, [run.strokes for run in content.runs]


def test_strokes_come_back_with_a_project_and_after_a_crash(crashing, in_studio, recording, file, tmp_path, qtbot):
    folder, contents = tmp_path / "song.sepstudio", []

    def painting(window):
        source = opened(window, qtbot)
        drop(window, [file])
        qtbot.waitUntil(lambda: has(window, STROKES), timeout=10_000)
        window.workbench.separate(SPEC, NoParams())
        qtbot.waitUntil(lambda: bool(window.session.runs), timeout=10_000)
        saved(window, qtbot, folder)
        contents.append(content_of(window))
        assert contents[0] == ({source: STROKES}, [STROKES])
        window.session.stack.push(ClearStrokes(window.session, source))
        window.session.stack.push(AddStroke(window.session, source, STROKES.strokes[1]))
        contents.append(content_of(window))

    crashing([recording], painting)
    assert (folder / "autosave" / "journal.jsonl").exists()

    def restoring(window):
        qtbot.waitUntil(lambda: bool(window.session.runs) and not window.bridge.busy, timeout=20_000)
        assert content_of(window) == contents[0]
        found = dialog(window, qtbot)
        assert "2 edits" in said(found)
        click(found, "Restore", qtbot)
        qtbot.waitUntil(lambda: content_of(window) == contents[1], timeout=20_000)
        saved_again(window, qtbot)

    in_studio([folder], restoring)
    assert drain(open_project_steps(folder)).content.strokes == contents[1][0]


def test_the_queue_takes_what_is_painted_on_an_open_recording_as_it_is_now(
    in_studio, recording, file, tmp_path, qtbot, monkeypatch
):
    monkeypatch.setitem(registry.methods(), "learn", SPEC)

    def scenario(window):
        source = opened(window, qtbot)
        drop(window, [file])
        qtbot.waitUntil(lambda: has(window, STROKES), timeout=10_000)
        bar = window.queue.panel.placing
        bar.set_placing(dataclasses.replace(bar.placing, output=tmp_path / "out"))
        window.panel.choose("learn")
        window.queue.add([recording])
        qtbot.waitUntil(lambda: len(window.queue.queue.entries) == 1, timeout=10_000)
        window.session.stack.push(ClearStrokes(window.session, source))
        window.queue._start_or_pause()
        qtbot.waitUntil(lambda: window.queue.mode == "idle", timeout=20_000)
        (entry,) = window.queue.queue.entries
        assert (entry.problem, entry.strokes) == (None, STROKES)
        assert LEARNED[-1].strokes == STROKES
        assert {path.stem.split()[-1] for path in entry.outputs} >= {"Tone", "Clicks"}

    in_studio([recording], scenario)
