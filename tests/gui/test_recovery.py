"""After a crash: unsaved work is offered, restored, discarded, and never lost by trying."""

import dataclasses
import os
import shutil
import signal

import numpy as np
import pytest
import soundfile
from drills import kill_drill
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QLabel, QMessageBox, QPushButton

from sepstudio.gui.conversion import MissingClip
from sepstudio.gui.journaling import work_root
from sepstudio.io.scores.records import Note, Score
from sepstudio.project.journal import read_journal
from sepstudio.session.commands import SetLane
from sepstudio.session.records import LaneState
from sepstudio.session.score_commands import EditScore, SetScore

LEFT, ANSWERS = Qt.MouseButton.LeftButton, QMessageBox.StandardButton


class Killed(BaseException):
    """Ends a window as nothing in it expects."""


def opened(window, qtbot, count=1):
    qtbot.waitUntil(lambda: len(window.session.sources) == count and not window.bridge.busy, timeout=20_000)


def separated(window, qtbot):
    before = len(window.session.runs)
    window.panel.set_params(type(window.panel.params)(iterations=2, keep_iterations=True))
    window.panel.separate.click()
    qtbot.waitUntil(lambda: len(window.session.runs) == before + 1 and not window.bridge.busy, timeout=60_000)
    qtbot.waitUntil(lambda: kept(window), timeout=20_000)


def kept(window):
    journaling = window.documents.journaling
    return not journaling._shelf.waiting and not journaling._bridge.busy


def gain(window, value):
    source = window.session.current_source
    window.session.stack.push(SetLane(window.session, source.id, LaneState(value), "Gain"))


def saved(window, qtbot, folder):
    window.documents._save_in(folder, None)
    qtbot.waitUntil(lambda: not window.documents.modified and not window.bridge.busy, timeout=20_000)


def said(widget):
    return " ".join(part.text() for part in widget.findChildren(QLabel))


def dialog(window, qtbot, name="recovery-dialog"):
    qtbot.waitUntil(lambda: window.findChild(QDialog, name) is not None, timeout=10_000)
    found = window.findChild(QDialog, name)
    qtbot.waitUntil(found.isVisible, timeout=5_000)
    return found


def click(found, text, qtbot):
    button = next(button for button in found.findChildren(QPushButton) if button.text() == text)
    qtbot.mouseClick(button, LEFT)


def answering(monkeypatch, answer):
    asked = []

    def question(_parent, _title, text, *_):
        asked.append(text)
        return answer

    monkeypatch.setattr(QMessageBox, "question", question)
    return asked


@pytest.fixture
def crashing(in_studio):
    """Return a function like ``in_studio`` whose window ends in the middle, as by a defect."""

    def start(arguments, scenario):
        def act(window):
            scenario(window)
            raise Killed

        with pytest.raises(BaseException) as caught:  # noqa: PT011
            in_studio(arguments, act)
        assert isinstance(caught.value, Killed | AssertionError | SystemExit)

    return start


def test_work_that_was_never_saved_is_offered_and_restored(crashing, in_studio, qtbot, recording, tmp_path):
    contents = []

    def working(window):
        opened(window, qtbot)
        separated(window, qtbot)
        gain(window, -3.0)
        contents.append(kill_drill.state_of(window.session.content()))

    crashing([recording], working)

    def restoring(window):
        found = dialog(window, qtbot)
        assert recording.name in said(found)
        assert "3 edits" in said(found)
        assert not window.session.sources
        click(found, "Restore", qtbot)
        opened(window, qtbot)
        assert kill_drill.state_of(window.session.content()) == contents[0]
        assert window.isWindowModified()
        assert not window.session.stack.canUndo()
        assert window.documents.folder is None
        assert window.findChild(QDialog, "recovery-dialog") is None or not found.isVisible()
        # It goes on being kept, saving ends that, and nothing is left when the window closes.
        separated(window, qtbot)
        gain(window, -4.0)
        saved(window, qtbot, tmp_path / "song.sepstudio")

    in_studio([], restoring)
    assert list(work_root().iterdir()) == []
    names = {path.name for path in (tmp_path / "song.sepstudio").iterdir()}
    assert names == {"session.json", "audio", "arrays", "scores"}


def test_unsaved_edits_of_a_project_are_offered_with_it(crashing, in_studio, qtbot, recording, tmp_path):
    folder, contents = tmp_path / "song.sepstudio", []

    def working(window):
        opened(window, qtbot)
        separated(window, qtbot)
        saved(window, qtbot, folder)
        gain(window, -3.0)
        separated(window, qtbot)
        contents.append(kill_drill.state_of(window.session.content()))

    crashing([recording], working)
    assert (folder / "autosave" / "journal.jsonl").exists()
    crashing([folder], lambda window: click(dialog(window, qtbot), "Later", qtbot))
    # A copy of a recording has another time, and is the recording still.
    os.utime(recording, (1, 1))

    def restoring(window):
        opened(window, qtbot)
        assert len(window.session.runs) == 1
        found = dialog(window, qtbot)
        assert "song" in said(found)
        assert "2 edits" in said(found)
        click(found, "Restore", qtbot)
        qtbot.waitUntil(lambda: len(window.session.runs) == 2 and not window.bridge.busy, timeout=20_000)
        assert window.findChild(QDialog, "missing-dialog") is None
        assert kill_drill.state_of(window.session.content()) == contents[0]
        assert window.documents.folder == folder
        assert window.isWindowModified()
        window.documents.save()
        qtbot.waitUntil(lambda: not window.documents.modified, timeout=20_000)

    in_studio([folder], restoring)

    def again(window):
        opened(window, qtbot)
        qtbot.wait(300)
        assert window.findChild(QDialog, "recovery-dialog") is None
        assert kill_drill.state_of(window.session.content()) == contents[0]

    in_studio([folder], again)


def test_later_keeps_it_and_discard_asks_first(crashing, in_studio, qtbot, recording, monkeypatch):
    crashing([recording], lambda window: opened(window, qtbot))

    def later(window):
        click(dialog(window, qtbot), "Later", qtbot)

    in_studio([], later)
    assert len(list(work_root().iterdir())) == 1

    def discarding(window):
        asked = answering(monkeypatch, ANSWERS.No)
        found = dialog(window, qtbot)
        click(found, "Discard", qtbot)
        assert len(asked) == 1
        assert found.shown()
        answering(monkeypatch, ANSWERS.Yes)
        click(found, "Discard", qtbot)
        # That of this window is there still.
        qtbot.waitUntil(lambda: len(list(work_root().iterdir())) == 1, timeout=5_000)

    in_studio([], discarding)
    assert list(work_root().iterdir()) == []


def test_work_that_cannot_be_restored_stays_and_says_so(crashing, in_studio, qtbot, recording, monkeypatch):
    crashing([recording], lambda window: opened(window, qtbot))
    before = set(work_root().iterdir())

    def broken(*_):
        yield 0.0
        raise RuntimeError("a defect")

    with monkeypatch.context() as patch:
        patch.setattr("sepstudio.gui.conversion.recover_steps", broken)

        def failing(window):
            click(dialog(window, qtbot), "Restore", qtbot)
            dialog(window, qtbot, "error-dialog").close()

        in_studio([], failing)
    assert set(work_root().iterdir()) == before

    def restoring(window):
        found = dialog(window, qtbot)
        assert "failed before" in said(found)
        click(found, "Restore", qtbot)
        opened(window, qtbot)

    in_studio([], restoring)


def test_old_work_is_offered_for_deletion(crashing, in_studio, qtbot, recording, monkeypatch):
    crashing([recording], lambda window: opened(window, qtbot))
    monkeypatch.setattr("sepstudio.project.leftovers.OLD_SECONDS", -60)
    answering(monkeypatch, ANSWERS.Yes)

    def deleting(window):
        found = dialog(window, qtbot)
        click(found, "Delete what is older than 30 days", qtbot)
        qtbot.waitUntil(lambda: len(list(work_root().iterdir())) == 1, timeout=5_000)

    in_studio([], deleting)


def test_a_window_that_closes_leaves_nothing(in_studio, qtbot, recording, monkeypatch):
    def closing(window):
        opened(window, qtbot)
        gain(window, -3.0)
        assert len(list(work_root().iterdir())) == 1
        answering(monkeypatch, ANSWERS.Discard)
        assert window.close()

    in_studio([recording], closing)
    assert list(work_root().iterdir()) == []


def test_a_full_disk_is_told_once_and_nothing_is_missing_when_there_is_space(in_studio, qtbot, recording, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    def scenario(window):
        opened(window, qtbot)
        with monkeypatch.context() as patch:
            patch.setattr("sepstudio.gui.journaling.Journal.record", full)
            gain(window, -3.0)
            found = dialog(window, qtbot, "error-dialog")
            assert "disk is full" in said(found)
            found.close()
            qtbot.waitUntil(lambda: window.findChild(QDialog, "error-dialog") is None, timeout=5_000)
            gain(window, -4.0)
            qtbot.wait(100)
            assert window.findChild(QDialog, "error-dialog") is None
        gain(window, -5.0)
        found = read_journal(next(work_root().glob("*/journal.jsonl"))).document
        assert found["lanes"][window.session.current_source.id]["gain_db"] == -5.0

    in_studio([recording], scenario)


def long_score(pitch=60):
    return Score("long", tuple(Note(n, n / 1000, 0.1, pitch) for n in range(1, 3001)), ("",))


def test_a_long_score_is_written_on_another_thread_and_what_follows_it_too(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        session, source = window.session, next(iter(window.session.sources))
        journal = next(work_root().iterdir()) / "journal.jsonl"
        edits = read_journal(journal).edits
        session.stack.push(SetScore(session, source, long_score(), "Import"))
        assert read_journal(journal).document["scores"] == {}
        gain(window, -3.0)
        qtbot.waitUntil(lambda: kept(window), timeout=20_000)
        found = read_journal(journal)
        assert (len(found.document["scores"][source]["notes"]), found.edits) == (3000, edits + 2)
        assert found.document["lanes"][source]["gain_db"] == -3.0
        session.stack.push(SetScore(session, source, long_score(61), "Import"))
        session.stack.push(SetScore(session, source, None, "Remove"))
        qtbot.waitUntil(lambda: kept(window), timeout=20_000)
        assert read_journal(journal).document["scores"] == {}
        session.stack.undo()
        qtbot.waitUntil(lambda: kept(window), timeout=20_000)
        assert read_journal(journal).document["scores"][source]["notes"]["3000"][2] == 61
        before = session.score(source)
        after = before.with_notes([dataclasses.replace(before.notes[7], pitch=30)])
        session.stack.push(EditScore(session, source, before, after, "Move"))
        # A small edit is there at once.
        assert read_journal(journal).document["scores"][source]["notes"]["8"][2] == 30

    in_studio([recording], scenario)


def test_a_long_score_that_is_being_written_when_the_program_fails_comes_back(crashing, in_studio, qtbot, recording):
    def working(window):
        opened(window, qtbot)
        gain(window, -3.0)
        session, source = window.session, next(iter(window.session.sources))
        session.stack.push(SetScore(session, source, long_score(), "Import"))
        journal = next(work_root().iterdir()) / "journal.jsonl"
        assert read_journal(journal).document["scores"] == {}

    crashing([recording], working)

    def restoring(window):
        click(dialog(window, qtbot), "Restore", qtbot)
        opened(window, qtbot)
        assert window.session.score(next(iter(window.session.sources))) == long_score()
        assert window.session.lane(next(iter(window.session.sources))).gain_db == -3.0

    in_studio([], restoring)


def test_a_project_that_is_open_elsewhere_is_refused(in_studio, qtbot, recording, tmp_path):
    from sepstudio.project.work import lock_project, unlock_project

    folder = tmp_path / "song.sepstudio"

    def first(window):
        opened(window, qtbot)
        saved(window, qtbot, folder)

    in_studio([recording], first)
    lock = lock_project(folder)

    def second(window):
        found = dialog(window, qtbot, "error-dialog")
        assert "open in another window" in said(found)
        assert not window.session.sources
        found.close()
        unlock_project(folder, lock)
        window.open_paths([folder])
        opened(window, qtbot)

    in_studio([folder], second)


# -- recordings -----------------------------------------------------------------------------------


@pytest.fixture
def lost(in_studio, qtbot, recording, tmp_path):
    """A project whose recording was moved to a folder of its own."""
    folder = tmp_path / "song.sepstudio"

    def first(window):
        opened(window, qtbot)
        separated(window, qtbot)
        saved(window, qtbot, folder)

    in_studio([recording], first)
    away = tmp_path / "away" / "deeper" / "renamed.wav"
    away.parent.mkdir(parents=True)
    shutil.move(recording, away)
    return folder, away


def is_missing(window):
    return isinstance(window.session.clip(window.session.current_source.id), MissingClip)


def test_a_recording_is_located_and_that_is_an_edit(lost, in_studio, qtbot, monkeypatch):
    folder, away = lost
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(away), ""))

    def scenario(window):
        opened(window, qtbot)
        found = dialog(window, qtbot, "missing-dialog")
        assert is_missing(window)
        source = window.session.current_source
        row = window.tab.stems.row(source.id)
        assert row.title.text() == f"Missing: {source.name}"
        click(found, "Locate…", qtbot)
        qtbot.waitUntil(lambda: not is_missing(window), timeout=10_000)
        assert row.title.text() == source.name
        assert window.findChild(QDialog, "missing-dialog") is None or not found.isVisible()
        assert window.isWindowModified()
        source = window.session.current_source
        assert source.path == away
        residual = next(iter(window.session.runs.values())).residual_id
        assert np.isfinite(window.session.clip(residual).samples).all()
        window.session.stack.undo()
        assert is_missing(window)
        window.session.stack.redo()
        assert not is_missing(window)
        window.documents.save()
        qtbot.waitUntil(lambda: not window.documents.modified and not window.bridge.busy, timeout=20_000)

    in_studio([folder], scenario)

    def again(window):
        opened(window, qtbot)
        assert not is_missing(window)
        assert window.findChild(QDialog, "missing-dialog") is None

    in_studio([folder], again)


def test_recordings_are_searched_in_a_folder(lost, in_studio, qtbot, monkeypatch, tmp_path):
    folder, away = lost
    empty = tmp_path / "empty"
    empty.mkdir()

    def scenario(window):
        opened(window, qtbot)
        found = dialog(window, qtbot, "missing-dialog")
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(empty))
        click(found, "Look in a folder…", qtbot)
        qtbot.waitUntil(lambda: window.findChild(QMessageBox, "notes-dialog") is not None, timeout=10_000)
        window.findChild(QMessageBox, "notes-dialog").close()
        assert is_missing(window)
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "away"))
        click(found, "Look in a folder…", qtbot)
        qtbot.waitUntil(lambda: not is_missing(window), timeout=10_000)
        assert window.session.current_source.path == away
        window.session.stack.setClean()

    in_studio([folder], scenario)


def test_a_changed_recording_is_used_only_knowingly(lost, in_studio, qtbot, recording):
    folder, away = lost
    samples, rate = soundfile.read(away)
    soundfile.write(recording, samples * 0.5, rate, "FLOAT")

    def scenario(window):
        opened(window, qtbot)
        found = dialog(window, qtbot, "missing-dialog")
        assert "another file now" in said(found)
        assert is_missing(window)
        click(found, "Use it anyway", qtbot)
        qtbot.waitUntil(lambda: not is_missing(window), timeout=10_000)
        window.documents.save()
        qtbot.waitUntil(lambda: not window.documents.modified and not window.bridge.busy, timeout=20_000)

    in_studio([folder], scenario)

    def again(window):
        opened(window, qtbot)
        assert not is_missing(window)

    in_studio([folder], again)


def test_a_file_that_does_not_fit_is_refused(lost, in_studio, qtbot, monkeypatch, tmp_path):
    folder, away = lost
    samples, rate = soundfile.read(away)
    soundfile.write(tmp_path / "short.wav", samples[:-1], rate, "FLOAT")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "short.wav"), ""))

    def scenario(window):
        opened(window, qtbot)
        click(dialog(window, qtbot, "missing-dialog"), "Locate…", qtbot)
        found = dialog(window, qtbot, "error-dialog")
        assert "choose another file" in said(found).lower()
        found.close()
        assert is_missing(window)

    in_studio([folder], scenario)


def test_recordings_are_copied_into_the_project(in_studio, qtbot, recording, tmp_path):
    folder = tmp_path / "song.sepstudio"

    def scenario(window):
        opened(window, qtbot)
        saved(window, qtbot, folder)
        window.actions_by_id["consolidate"].trigger()
        qtbot.waitUntil(lambda: window.documents.modified and not window.bridge.busy, timeout=20_000)
        source = window.session.current_source
        assert source.path == folder / "audio" / "sources" / recording.name
        assert source.path.read_bytes() == recording.read_bytes()
        saved(window, qtbot, folder)
        window.actions_by_id["consolidate"].trigger()
        assert "in the project already" in window.findChild(QMessageBox, "notes-dialog").text()
        window.findChild(QMessageBox, "notes-dialog").close()

    in_studio([recording], scenario)
    recording.unlink()
    moved = folder.rename(tmp_path / "moved.sepstudio")

    def again(window):
        opened(window, qtbot)
        assert not is_missing(window)

    in_studio([moved], again)


# -- the drill ------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill on this system")
@pytest.mark.timeout(600)
def test_a_kill_at_any_moment_costs_no_more_than_the_last_gesture(tmp_path):
    for outcome, states in kill_drill.drill(tmp_path, 10, seed=int(os.environ.get("SEPSTUDIO_DRILL_SEED", "1"))):
        assert kill_drill.is_good(outcome, states), outcome
