"""After a crash: unsaved work is offered, restored, discarded, and never lost by trying."""

import dataclasses
import os
import signal

import pytest
from drills import kill_drill
from gui.recovering import answering, click, dialog, gain, kept, opened, said, saved, separated
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QMessageBox

from sepstudio.gui.journaling import work_root
from sepstudio.io.scores.records import Note, Score
from sepstudio.project.journal import read_journal
from sepstudio.session.score_commands import EditScore, SetScore

LEFT, ANSWERS = Qt.MouseButton.LeftButton, QMessageBox.StandardButton


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
    assert names == {"session.json", "audio", "arrays", "scores", "strokes"}


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


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill on this system")
@pytest.mark.timeout(600)
def test_a_kill_at_any_moment_costs_no_more_than_the_last_gesture(tmp_path):
    for outcome, states in kill_drill.drill(tmp_path, 10, seed=int(os.environ.get("SEPSTUDIO_DRILL_SEED", "1"))):
        assert kill_drill.is_good(outcome, states), outcome
