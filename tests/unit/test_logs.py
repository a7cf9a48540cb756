"""The log: there from the first line, bounded, and never a reason to fail."""

import logging
import os
import signal
import subprocess
import sys
import threading

import pytest

from sepstudio import cli, logs
from sepstudio.jobs.runner import JobRunner
from sepstudio.paths import log_dir


def log_text():
    return (log_dir() / logs.LOG_NAME).read_text(encoding="utf-8")


def test_a_command_leaves_its_arguments_versions_and_platform(own_home, capsys):
    assert cli.main(["no such file.wav"]) == 2
    text = log_text()
    assert own_home in log_dir().parents
    assert ": sepstudio 'no such file.wav'" in text
    assert f"python {sys.version.split()[0]}" in text
    assert all(f"{library} {found}" in text for library, found in logs.versions().items())
    assert {"numpy", "torch", "safetensors"} < set(logs.versions())
    assert "no such file.wav" in capsys.readouterr().err
    assert "told: no such file.wav" in text
    assert text.splitlines()[-1].endswith("end")


def test_logging_ends_with_the_command():
    before = list(logging.getLogger().handlers)
    with logs.keeping_log("1.0"):
        assert logs.last_lines(1)
    assert logging.getLogger().handlers == before
    assert logs.last_lines(1) == []


def test_only_warnings_of_other_libraries_are_kept():
    with logs.keeping_log("1.0"):
        logging.getLogger("numba.core").info("chatter")
        logging.getLogger("numba.core").warning("trouble")
        logging.getLogger("sepstudio.gui").info("own news")
    assert "chatter" not in log_text()
    assert "trouble" in log_text()
    assert "own news" in log_text()


def test_logs_stay_five_files_of_a_megabyte():
    with logs.keeping_log("1.0"):
        for number in range(7 * logs.LOG_BYTES // 1000):
            logging.getLogger("sepstudio.test").info("%06d %s", number, "x" * 1000)
    files = sorted(log_dir().glob("sepstudio.log*"))
    assert len(files) == 1 + logs.OLDER_LOGS == 5
    assert all(file.stat().st_size <= logs.LOG_BYTES for file in files)
    assert f"{7 * logs.LOG_BYTES // 1000 - 1:06d} xxx" in log_text()


def test_a_folder_that_cannot_be_made_costs_only_the_file(own_home, monkeypatch, capsys):
    # A file in the way stops everybody, an administrator included.
    blocked = own_home / "blocked"
    blocked.write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(blocked))
    with logs.keeping_log("1.0", ["demo"]):
        assert any("sepstudio demo" in line for line in logs.last_lines(10))
    assert logs.take_crash() is None
    assert capsys.readouterr().err == ""


def test_a_folder_that_goes_away_is_borne_in_silence(capsys):
    with logs.keeping_log("1.0"):
        for file in log_dir().iterdir():
            file.unlink()
        log_dir().rmdir()
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.FileHandler):
                handler.maxBytes = 10
        logging.getLogger("sepstudio").info("a line that makes the log turn over")
    assert capsys.readouterr().err == ""


def test_errors_that_nobody_catches_are_written_and_handed_on(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "excepthook", lambda *args: told.append(args[0]))
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.exc_type))
    with logs.keeping_log("1.0"):
        try:
            raise LookupError("on the main thread")
        except LookupError as error:
            sys.excepthook(LookupError, error, error.__traceback__)
        thread = threading.Thread(target=lambda: {}["in a thread"])
        thread.start()
        thread.join()
    assert told == [LookupError, KeyError]
    assert "LookupError: on the main thread" in log_text()
    assert "KeyError: 'in a thread'" in log_text()
    assert "Traceback" in log_text()


def test_jobs_are_logged_with_title_device_time_and_outcome():
    def work(fails):
        yield 0.5
        if fails:
            raise RuntimeError("no such luck")

    with logs.keeping_log("1.0"):
        runner = JobRunner()
        runner.submit("Opening a.wav", work(False), lambda _: None).wait(30)
        runner.submit("KAM b.wav", work(True), lambda _: None, device="cuda:0").wait(30)
        runner.close()
    text = log_text()
    assert "begins on cpu: Opening a.wav" in text
    assert "begins on cuda:0: KAM b.wav" in text
    assert "done after 0." in text
    assert "RuntimeError: no such luck" in text


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_a_crash_of_the_process_is_told_once_and_kept(own_home):
    code = (
        "import os, signal\nfrom sepstudio.logs import keeping_log\n"
        "with keeping_log('1.0'):\n    os.kill(os.getpid(), signal.SIGSEGV)\n"
    )
    # Where Python tells of crashes elsewhere already, the log does not take that away.
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONFAULTHANDLER"}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120, check=False, env=plain)
    assert ended.returncode == -signal.SIGSEGV
    assert "start of 1.0: sepstudio" in log_text()
    kept = logs.take_crash()
    assert kept is not None
    assert "Segmentation fault" in kept.read_text()
    assert kept.parent == log_dir()
    assert logs.take_crash() is None
    assert kept.exists()


def test_only_the_newest_crashes_are_kept():
    log_dir().mkdir(parents=True)
    for number in range(8):
        (log_dir() / f"crash-2020010{number + 1}-000000.txt").write_text("old")
    (log_dir() / logs.CRASH_NAME).write_text("Fatal Python error: Aborted")
    kept = logs.take_crash()
    left = sorted(log_dir().glob("crash-*.txt"))
    assert len(left) == logs.KEPT_CRASHES
    assert left[-1] == kept


def test_an_orderly_end_leaves_no_crash():
    with logs.keeping_log("1.0"):
        pass
    assert logs.take_crash() is None
