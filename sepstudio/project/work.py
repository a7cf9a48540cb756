"""Work folders: what an open document has on disk beyond its project."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import time
from pathlib import Path

from sepstudio.errors import ProjectError
from sepstudio.io.failures import display_name
from sepstudio.io.locks import FileLock, try_lock
from sepstudio.project.files import AUTOSAVE

LOCK, POINTER = "lock", "journal.json"
UNFINISHED = ".new-"


class WorkFolder:
    """A folder that one program uses; its lock tells others that the program is alive."""

    def __init__(self, path: Path, lock: FileLock) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def create(cls, root: Path) -> WorkFolder:
        """Make a new folder in ``root``; raises OSError."""
        root.mkdir(parents=True, exist_ok=True)
        name = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}"
        # It gets its name when it is locked: until then nobody takes it for one that was left behind.
        unfinished = root / f"{UNFINISHED}{name}"
        unfinished.mkdir(mode=0o700)
        lock = try_lock(unfinished / LOCK)
        if lock is None:
            raise OSError(f"{unfinished} is locked already")
        unfinished.rename(root / name)
        lock.path = root / name / LOCK
        return cls(root / name, lock)

    @classmethod
    def adopt(cls, path: Path) -> WorkFolder | None:
        """Take over a folder that was left behind; None if its program, or another one, uses it."""
        lock = try_lock(path / LOCK)
        return None if lock is None else cls(path, lock)

    def point_to(self, journal: Path) -> None:
        """Note where the journal lies."""
        temp = self.path / f"{POINTER}.new"
        temp.write_text(json.dumps({"journal": str(journal)}), encoding="utf-8")
        temp.replace(self.path / POINTER)

    def let_go(self) -> None:
        """Leave the folder as it is; it can be found again."""
        self._lock.release()

    def remove(self) -> None:
        """Delete everything in the folder: it is saved, or not wanted."""
        # The lock goes with the rest, and until then nobody takes the folder for one that was left behind.
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.release()
        shutil.rmtree(self.path, ignore_errors=True)


def lock_project(project: Path) -> FileLock | None:
    """Mark a project as open in this program; None where its folder cannot be written to.

    Raises
    ------
    ProjectError
        If it is open elsewhere.
    """
    try:
        (project / AUTOSAVE).mkdir(exist_ok=True)
        lock = try_lock(project / AUTOSAVE / LOCK)
    except OSError:
        return None
    if lock is None:
        why = "is open in another window of SepStudio"
        raise ProjectError(display_name(project), why, "go on in that window, or close it and open the project again")
    return lock


def unlock_project(project: Path, lock: FileLock) -> None:
    """Say that a project is no longer open here, and leave no empty folder behind."""
    lock.release()
    with contextlib.suppress(OSError):
        (project / AUTOSAVE).rmdir()
