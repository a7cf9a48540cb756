"""Recordings that were moved or changed are located, searched for and copied; a project is open in one window."""

import shutil

import numpy as np
import pytest
import soundfile
from gui.recovering import click, dialog, opened, said, saved, saved_again, separated
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox

from sepstudio.gui.conversion import MissingClip

LEFT, ANSWERS = Qt.MouseButton.LeftButton, QMessageBox.StandardButton


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
        saved_again(window, qtbot)

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
        saved_again(window, qtbot)

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
