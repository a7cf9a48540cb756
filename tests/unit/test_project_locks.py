"""A project is open in one place at a time, and a lock ends with who held it."""

import os
import signal
import subprocess
import sys

import pytest

from sepstudio.errors import ProjectError
from sepstudio.io.locks import try_lock
from sepstudio.project.work import lock_project, unlock_project


def test_a_project_is_open_in_one_place(tmp_path):
    folder = tmp_path / "song.sepstudio"
    folder.mkdir()
    lock = lock_project(folder)
    with pytest.raises(ProjectError, match="open in another window"):
        lock_project(folder)
    unlock_project(folder, lock)
    assert list(folder.iterdir()) == []
    unlock_project(folder, lock_project(folder))


HOLDER = """
import sys, time
from pathlib import Path
from sepstudio.io.locks import try_lock
lock = try_lock(Path(sys.argv[1]))
print(lock is not None, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill on this system")
def test_a_lock_ends_with_the_program_that_held_it(tmp_path):
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "True\n"
        assert try_lock(path) is None
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    lock = try_lock(path)
    assert lock is not None
    assert try_lock(path) is None
    lock.release()
    lock.release()
    assert not path.exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the system lets this user write everywhere")
def test_a_project_that_cannot_be_written_to_needs_no_lock(tmp_path):
    folder = tmp_path / "song.sepstudio"
    folder.mkdir()
    folder.chmod(0o500)
    assert lock_project(folder) is None
