"""Errors as the user meets them: plain words, a remedy, and a report that can be sent."""

import errno
import os
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QPushButton, QToolButton

import sepstudio
from sepstudio.errors import AudioFileError
from sepstudio.gui.advice import advise
from sepstudio.gui.error_dialog import ErrorDialog, error_box
from sepstudio.logs import LOG_NAME
from sepstudio.paths import log_dir


class OutOfMemoryError(RuntimeError):
    """Named as torch names its own."""


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "the disk is full"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES)), "does not allow"),
        (MemoryError(), "not enough free memory"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"), "free memory"),
        (OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), "graphics card has not enough"),
        (RuntimeError("Error opening OutputStream: Device unavailable [PaErrorCode -9985]"), "sound device"),
        (RuntimeError("The NVIDIA driver on your system is too old"), "driver"),
        (OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG)), "longer"),
    ],
)
def test_foreign_errors_are_explained_with_a_remedy(error, why):
    advice = advise("Exporting to Music", error)
    assert why in advice.why
    assert advice.remedy
    assert "Exporting to Music" in advice.what


def test_errors_of_our_own_are_told_as_they_are_and_defects_are_called_so(qtbot):
    own = AudioFileError("a.wav", "is empty", "choose another file")
    assert advise("Opening", own) is own
    assert advise("Opening", KeyError("x")) is None
    dialog = error_box(None, "Opening a.wav", KeyError("x"), "")
    qtbot.addWidget(dialog)
    assert "defect in the program" in dialog.text()
    assert "KeyError" in dialog.detailedText()


def test_the_dialog_says_why_and_what_to_do_and_folds_the_rest(qtbot):
    error = AudioFileError("a.wav", "is empty", "choose another file")
    dialog = error_box(None, "Opening a.wav", error, "Traceback: everything else")
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.text() == "a.wav"
    assert dialog.informativeText() == "Is empty.\nChoose another file."
    details = dialog.findChild(object, "error.details")
    assert not details.isVisible()
    closed = dialog.height()
    dialog.findChild(QToolButton, "error.fold").click()
    qtbot.waitUntil(lambda: dialog.height() > closed)
    assert details.isVisible()
    assert details.toPlainText() == "Traceback: everything else"


def test_the_report_holds_versions_settings_log_and_traceback_but_no_name_of_the_user(in_studio, recording, own_home):
    def scenario(window):
        window.settings.set("compute/preview", 25)
        details = f"Traceback\n  {own_home / 'music' / 'song.wav'}"
        dialog = error_box(window, "The last action", KeyError("x"), details)
        dialog.findChild(QPushButton, "error.copy").click()
        report = QGuiApplication.clipboard().text()
        assert report == dialog.report()
        assert f"SepStudio {sepstudio.__version__}" in report
        assert "numpy " in report
        assert "compute/preview = 25" in report
        assert "look/light" not in report
        assert "startup complete" in report
        assert "~/music/song.wav" in report
        assert str(own_home) not in report
        dialog.close()

    assert Path.home() == own_home
    in_studio([], scenario)


def test_an_exception_that_nobody_catches_is_shown_and_logged(in_studio, qtbot, capsys):
    def scenario(window):
        import sys

        try:
            raise LookupError("of no avail")
        except LookupError as error:
            sys.excepthook(LookupError, error, error.__traceback__)
            sys.excepthook(LookupError, error, error.__traceback__)
        # The same error once more is not a second dialog.
        (dialog,) = window.findChildren(ErrorDialog)
        assert "of no avail" in dialog.informativeText()
        dialog.close()

    in_studio([], scenario)
    assert "LookupError: of no avail" in (log_dir() / LOG_NAME).read_text()
    assert "of no avail" in capsys.readouterr().err


def test_a_crash_is_told_once_quietly_and_can_be_seen(in_studio, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(Path(url.toLocalFile())))
    log_dir().mkdir(parents=True)
    (log_dir() / "crash.txt").write_text("Fatal Python error: Segmentation fault")

    def told(window):
        assert window.statusBar().isVisible()
        window.findChild(QPushButton, "notice.show").click()
        assert "Segmentation fault" in opened[0].read_text()
        window.findChild(QToolButton, "notice.close").click()
        assert not window.statusBar().isVisible()

    def silent(window):
        assert window.findChild(QPushButton, "notice.show") is None

    in_studio([], told)
    in_studio([], silent)
    assert opened[0].exists()


def test_help_opens_the_folder_of_the_log_and_copies_a_report(in_studio, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(Path(url.toLocalFile())))

    def scenario(window):
        window.actions_by_id["log-folder"].trigger()
        assert opened == [log_dir()]
        assert (log_dir() / LOG_NAME).exists()
        window.actions_by_id["report"].trigger()
        assert "End of the log:" in QGuiApplication.clipboard().text()

    in_studio([], scenario)
