"""Projects in the window: saved, begun anew, opened, and never lost unasked."""

import json
import shutil
import threading

import numpy as np
import pytest
import soundfile
from gui.gestures import arrived
from gui.recovering import answering, unmodified
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QLabel, QMessageBox

from sepstudio.errors import AudioFileError, ProjectError
from sepstudio.gui.conversion import Kept, open_project_steps, project_of
from sepstudio.gui.error_dialog import ErrorDialog
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.project import save_project
from sepstudio.session.commands import RenameRun, SetLane, SetSelection, SetTake, SetTrueStem
from sepstudio.session.records import LaneState, Run, Selection, Source, Stem
from sepstudio.session.session import Content

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ANSWERS = QMessageBox.StandardButton


def key(window, qtbot, name, modifier=CTRL):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.setFocus()
    qtbot.keyClick(window, name, modifier)


def separated(window, qtbot):
    """Wait for the recording, keep three iterations of a separation, and edit what is heard of it."""
    session = window.session
    qtbot.waitUntil(lambda: session.current_source is not None, timeout=10_000)
    window.panel.set_params(type(window.panel.params)(iterations=3, keep_iterations=True))
    window.panel.separate.click()
    qtbot.waitUntil(lambda: len(session.runs) == 1 and not window.bridge.busy, timeout=60_000)
    run = next(iter(session.runs.values()))
    session.stack.push(SetTake(session, run.stem_ids[0], 2))
    session.stack.push(SetLane(session, run.stem_ids[1], LaneState(-7.5, mute=True, pan=-0.5), "Gain"))
    session.stack.push(RenameRun(session, run.id, "first try"))
    session.stack.push(SetTrueStem(session, run.source_id, "harmonic", run.source_id))
    session.set_view({**session.view, "mark": [1, 2.5]})
    session.stack.push(SetLane(session, run.residual_id, LaneState(0.0, solo=True), "Solo"))
    session.stack.push(SetSelection(session, Selection(4410, 88200, (200.0, 4000.0))))
    return session.runs[run.id]


def saved(window, qtbot, folder, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(folder), ""))
    key(window, qtbot, Qt.Key.Key_S)
    unmodified(window, qtbot)


def emptied(window, qtbot):
    key(window, qtbot, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: not window.session.sources, timeout=5_000)


def reopened(window, qtbot):
    qtbot.waitUntil(lambda: bool(window.session.runs) and not window.bridge.busy, timeout=20_000)
    arrived(window)


def records(content):
    """Everything but the audio, as JSON knows it."""
    runs = [
        (r.id, r.number, r.method, r.params, r.source_id, r.start, r.stop, r.stem_ids, r.label, r.band)
        for r in content.runs
    ]
    true_stems = {key: dict(stems) for key, stems in content.true_stems.items()}
    provenance = [json.loads(json.dumps(dict(run.provenance), default=dict)) for run in content.runs]
    rest = (content.sources, content.stems, dict(content.lanes), content.selection, content.current_source)
    return (*rest, runs, provenance, true_stems)


def assert_same(content, other):
    assert records(content) == records(other)
    assert content.audio.keys() == other.audio.keys()
    for audio_id, takes in content.audio.items():
        for mine, theirs in zip(takes, other.audio[audio_id], strict=True):
            assert np.array_equal(mine.samples, theirs.samples)


@pytest.fixture
def project(in_studio, qtbot, recording, tmp_path, monkeypatch):
    """A project folder, and the content that was saved there."""
    folder, contents = tmp_path / "song.sepstudio", []

    def scenario(window):
        separated(window, qtbot)
        saved(window, qtbot, folder, monkeypatch)
        contents.append(window.session.content())

    in_studio([recording], scenario)
    return folder, contents[0]


def test_what_was_saved_comes_back_the_same(in_studio, qtbot, recording, tmp_path, monkeypatch):
    folder = tmp_path / "song.sepstudio"

    def scenario(window):
        run = separated(window, qtbot)
        assert window.isWindowModified()
        assert recording.name in window.windowTitle()
        before = window.session.content()
        assert [len(before.audio[stem]) for stem in run.stem_ids] == [3, 3]
        # The extension is added.
        saved(window, qtbot, tmp_path / "song", monkeypatch)
        assert not window.isWindowModified()
        assert window.windowTitle().startswith("song[*]")
        emptied(window, qtbot)
        assert window.windowTitle() == "SepStudio[*]"
        assert not window.session.runs
        assert not window.session.stems
        assert window.timeline.duration == 0.0
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
        key(window, qtbot, Qt.Key.Key_O, CTRL | SHIFT)
        reopened(window, qtbot)
        assert_same(before, window.session.content())
        assert window.session.view["mark"] == [1, 2.5]
        assert not window.isWindowModified()
        assert not window.session.stack.canUndo()
        assert window.player.audible() == (run.residual_id,)
        assert len(window.tab.stack.panes) == 4
        assert set(run.stem_ids) <= set(window.tab.stems.audio_ids)

    in_studio([recording], scenario)


def test_saving_again_goes_to_the_same_folder_and_the_mark_follows_undo(project, in_studio, qtbot):
    folder, _ = project

    def scenario(window):
        reopened(window, qtbot)
        source = window.session.current_source
        window.session.stack.push(SetLane(window.session, source.id, LaneState(-3.0), "Gain"))
        assert window.isWindowModified()
        window.session.stack.undo()
        assert not window.isWindowModified()
        window.session.stack.redo()
        key(window, qtbot, Qt.Key.Key_S)
        qtbot.waitUntil(lambda: not window.isWindowModified(), timeout=10_000)
        assert json.loads((folder / "session.json").read_text())["lanes"][source.id]["gain_db"] == -3.0

    in_studio([folder], scenario)


def test_an_edit_made_while_saving_is_not_taken_for_saved(project, in_studio, qtbot):
    folder, _ = project

    def scenario(window):
        reopened(window, qtbot)
        source = window.session.current_source
        window.session.stack.push(SetLane(window.session, source.id, LaneState(-3.0), "Gain"))
        window.documents.save()
        # It merges with the one before, so that the history does not grow.
        window.session.stack.push(SetLane(window.session, source.id, LaneState(-4.0), "Gain"))
        assert window.session.stack.count() == 1
        qtbot.waitUntil(lambda: not window.bridge.busy, timeout=10_000)
        assert window.isWindowModified()

    in_studio([folder], scenario)


def test_an_edit_undone_while_it_is_saved_leaves_the_document_modified(project, in_studio, qtbot):
    folder, _ = project

    def scenario(window):
        reopened(window, qtbot)
        source = window.session.current_source
        window.session.stack.push(SetLane(window.session, source.id, LaneState(-3.0), "Gain"))
        window.documents.save()
        window.session.stack.undo()
        qtbot.waitUntil(lambda: not window.bridge.busy, timeout=10_000)
        # The file has the gain, the session has not.
        assert window.isWindowModified()
        key(window, qtbot, Qt.Key.Key_S)
        qtbot.waitUntil(lambda: not window.isWindowModified(), timeout=10_000)
        assert json.loads((folder / "session.json").read_text())["lanes"][source.id]["gain_db"] == 0.0

    in_studio([folder], scenario)


def test_cancelling_the_question_about_unsaved_work_keeps_everything(project, in_studio, qtbot, recording, monkeypatch):
    folder, _ = project

    def scenario(window):
        separated(window, qtbot)
        before = window.session.content()
        asked = answering(monkeypatch, ANSWERS.Cancel)
        key(window, qtbot, Qt.Key.Key_N)
        window.open_paths([folder])
        assert not window.close()
        qtbot.wait(200)
        assert len(asked) == 3
        assert all(recording.name in text for text in asked)
        assert window.isVisible()
        assert not window.bridge.busy
        assert_same(before, window.session.content())
        assert window.session.stack.canUndo()

    in_studio([recording], scenario)


def test_unsaved_work_is_dropped_or_saved_first_as_the_answer_says(in_studio, qtbot, recording, tmp_path, monkeypatch):
    folder = tmp_path / "kept.sepstudio"

    def scenario(window):
        separated(window, qtbot)
        answering(monkeypatch, ANSWERS.Save)
        # Choosing no name for it is as good as cancelling.
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
        assert not window.close()
        assert window.isVisible()
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(folder), ""))
        assert not window.close()
        qtbot.waitUntil(lambda: not window.isVisible(), timeout=20_000)
        assert len(json.loads((folder / "session.json").read_text())["runs"]) == 1

    in_studio([recording], scenario)

    def dropping(window):
        reopened(window, qtbot)
        source = window.session.current_source
        window.session.stack.push(SetLane(window.session, source.id, LaneState(-3.0), "Gain"))
        answering(monkeypatch, ANSWERS.Discard)
        emptied(window, qtbot)
        assert json.loads((folder / "session.json").read_text())["lanes"][source.id]["gain_db"] == 0.0

    in_studio([folder], dropping)


def test_a_broken_project_is_explained_and_changes_nothing(project, in_studio, qtbot, recording):
    folder, _ = project
    wav = next((folder / "audio").iterdir())
    wav.write_bytes(wav.read_bytes()[:1000])

    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
        before = window.session.content()
        window.session.stack.setClean()
        window.open_paths([folder])
        qtbot.waitUntil(lambda: window.findChild(ErrorDialog, "error-dialog") is not None, timeout=10_000)
        box = window.findChild(ErrorDialog, "error-dialog")
        assert wav.name in box.text()
        assert "backup" in box.informativeText()
        box.close()
        assert_same(before, window.session.content())
        assert window.session.stack.canUndo()
        assert window.documents.folder is None

    in_studio([recording], scenario)


def test_a_project_is_opened_by_argument_by_drop_and_from_the_recent_ones(project, in_studio, qtbot, recording):
    folder, content = project

    def scenario(window):
        reopened(window, qtbot)
        # The recording that was named with it is opened into it.
        qtbot.waitUntil(lambda: len(window.session.sources) == 2, timeout=10_000)
        assert window.documents.folder == folder
        window.session.stack.setClean()
        emptied(window, qtbot)
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(folder))])
        window.dropEvent(
            QDropEvent(QPointF(400, 400), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                       Qt.KeyboardModifier.NoModifier)
        )  # fmt: skip
        reopened(window, qtbot)
        assert_same(content, window.session.content())
        emptied(window, qtbot)
        assert window.recent.folders[0] == folder
        window.recent.actions()[0].trigger()
        reopened(window, qtbot)
        assert_same(content, window.session.content())

    in_studio([folder, recording], scenario)


def test_a_missing_recording_and_an_unknown_method_are_kept(
    project, in_studio, qtbot, recording, tmp_path, monkeypatch
):
    folder, content = project
    session = folder / "session.json"
    document = json.loads(session.read_text())
    document["runs"][0] |= {"method": "telepathy", "params": {"thoughts": [1, {"deep": True}]}}
    session.write_text(json.dumps(document))
    recording.rename(recording.with_name("elsewhere.wav"))
    copy = tmp_path / "copy.sepstudio"

    def scenario(window):
        reopened(window, qtbot)
        dialogs = window.findChildren(QDialog, "missing-dialog")
        assert len(dialogs) == 1
        assert any(part.text() == recording.name for part in dialogs[0].findChildren(QLabel))
        dialogs[0].close()
        source = window.session.current_source
        assert (source.name, source.length) == (recording.name, content.sources[0].length)
        for stem in content.stems:
            assert np.array_equal(window.session.clip(stem.id).samples, content.audio[stem.id][stem.take - 1].samples)
        with pytest.raises(AudioFileError, match="is missing"):
            window.session.clip(source.id).read(0, 10)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(copy), ""))
        key(window, qtbot, Qt.Key.Key_S, CTRL | SHIFT)
        qtbot.waitUntil(lambda: window.documents.folder == copy and not window.bridge.busy, timeout=20_000)

    in_studio([folder], scenario)
    again = json.loads((copy / "session.json").read_text())
    assert again["runs"][0]["method"] == "telepathy"
    assert again["runs"][0]["params"] == {"thoughts": [1, {"deep": True}]}
    assert again["sources"][0]["sha256"] == document["sources"][0]["sha256"]
    # Back in its place it is found again.
    shutil.copy(recording.with_name("elsewhere.wav"), recording)

    def found(window):
        reopened(window, qtbot)
        assert not window.findChildren(QDialog, "missing-dialog")
        source = window.session.current_source
        assert np.array_equal(window.session.clip(source.id).samples, content.audio[source.id][0].samples)

    in_studio([copy], found)


def test_a_run_is_cancelled_before_another_project_is_shown(project, in_studio, qtbot, long_recording, monkeypatch):
    folder, content = project
    ends = []

    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
        window.panel.set_params(type(window.panel.params)(iterations=30))
        window.panel.separate.click()
        qtbot.waitUntil(lambda: bool(window.activity.job_ids), timeout=5_000)
        window.bridge.ended.connect(lambda _id, state, _message: ends.append(state))
        answering(monkeypatch, ANSWERS.Discard)
        window.open_paths([folder])
        reopened(window, qtbot)
        assert sorted(ends) == ["cancelled", "done"]
        assert_same(content, window.session.content())

    in_studio([long_recording], scenario)


def test_what_can_no_longer_be_cancelled_ends_in_the_old_document(project, in_studio, qtbot, recording):
    folder, content = project
    begun, release, met = threading.Event(), threading.Event(), []

    def stubborn():
        yield 0.0
        begun.set()
        release.wait(20)
        return "result"

    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
        window.session.stack.setClean()
        window.bridge.start("Stubborn", stubborn(), lambda _: met.append(len(window.session.runs)))
        qtbot.waitUntil(begun.is_set, timeout=5_000)
        window.open_paths([folder])
        qtbot.wait(500)
        assert not window.session.runs
        release.set()
        reopened(window, qtbot)
        assert met == [0]
        assert_same(content, window.session.content())

    in_studio([recording], scenario)


def small_content(path, take, kept, rng):
    """A recording of a tenth of a second, and a run over half of it with one stem."""
    clips = [AudioClip(rng.standard_normal((1, n)).astype(np.float32), 8000) for n in (800, 400, 400)]
    soundfile.write(path, clips[0].samples.T, 8000, "FLOAT")
    source = Source("source-1", path.name, path, 8000, 1, 800, "FLOAT")
    stem = Stem("run-2/x", "run-2", "x", take, kept)
    run = Run("run-2", 1, "telepathy", {"depth": 3}, source.id, 200, 600, (stem.id,), {"seed": 5})
    takes = tuple(clips[1 : 1 + max(kept, 1)])
    lanes = {key: LaneState(-1.0) for key in (source.id, stem.id, run.residual_id)}
    audio = {source.id: (clips[0],), stem.id: takes}
    return Content((source,), (run,), (stem,), lanes, audio, Selection(0, 800), source.id)


@pytest.mark.parametrize(("take", "kept"), [(0, 0), (1, 1), (2, 2), (1, 2)])
def test_kept_iterations_are_told_from_a_final_state(tmp_path, rng, take, kept):
    content = small_content(tmp_path / "x.wav", take, kept, rng)
    project = project_of(content, Kept())
    assert project.runs[0].seed == 5
    save_project(tmp_path / "p.sepstudio", project)
    assert_same(content, drain(open_project_steps(tmp_path / "p.sepstudio")).content)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda d: d["runs"][0].update(stop=601), "run-2 does not fit"),
        (lambda d: d["runs"][0].update(start=600, stop=1000), "run-2 does not fit"),
        (lambda d: d["sources"][0].update(sample_rate=16000), "run-2 does not fit"),
        (lambda d: d["runs"][0]["stems"][0].update(id="run-2/residual"), "run-2 does not fit"),
        (lambda d: d["selection"].update(stop=801), "selection lies outside"),
    ],
)
def test_a_project_that_does_not_fit_together_is_refused(tmp_path, rng, change, why):
    folder = tmp_path / "p.sepstudio"
    save_project(folder, project_of(small_content(tmp_path / "x.wav", 0, 0, rng), Kept()))
    document = json.loads((folder / "session.json").read_text())
    change(document)
    (folder / "session.json").write_text(json.dumps(document))
    with pytest.raises(ProjectError, match=why):
        drain(open_project_steps(folder))


def test_a_recording_that_was_replaced_counts_as_missing(tmp_path, rng):
    folder, path = tmp_path / "p.sepstudio", tmp_path / "x.wav"
    save_project(folder, project_of(small_content(path, 0, 0, rng), Kept()))
    soundfile.write(path, np.zeros((900, 1)), 8000, "FLOAT")
    loaded = drain(open_project_steps(folder))
    assert len(loaded.problems) == 1
    assert "is not the recording that was saved" in loaded.problems[0]
    with pytest.raises(AudioFileError, match=r"x\.wav"):
        loaded.content.audio["source-1"][0].read(0, 1)
