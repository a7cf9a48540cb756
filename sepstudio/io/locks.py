"""Locks between programs: a lock on a file ends with the program that holds it, however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


_ATTEMPTS = 10


class FileLock:
    """A lock that this program holds; the system takes it away when the program ends or is killed."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back and remove its file; nothing happens the second time."""
        if self._descriptor < 0:
            return
        # Removed while it is still locked, so that nobody else's lock is removed. Windows cannot do that.
        if sys.platform != "win32":
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = -1
        if sys.platform == "win32":
            self.path.unlink(missing_ok=True)


def try_lock(path: Path) -> FileLock | None:
    """Return a lock on a file, which is created; None if another program, or this one, holds it.

    Raises
    ------
    OSError
        If the file cannot be created or locked, for example on a disk that is read-only.
    """
    for _ in range(_ATTEMPTS):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _try(descriptor)
            if _is_still_there(path, descriptor):
                return FileLock(path, descriptor)
        except (BlockingIOError, PermissionError):
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        # The one who held it has removed the file in the meantime: the lock is on a file without a name.
        os.close(descriptor)
    return None


def _is_still_there(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
