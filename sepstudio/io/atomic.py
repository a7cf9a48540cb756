"""Files that are either there as a whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

TEMP_SUFFIX = ".part"


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give an empty temporary file beside ``target``; move it into place when the block ends well.

    After an exception, a cancelled generator included, the temporary file is gone and
    ``target`` is as it was. A symbolic link stays a link; permissions of a file that is
    replaced are kept.

    Raises
    ------
    OSError
        If the folder is missing or closed, the name is a folder or too long, or the disk full.
    """
    # The name of the temporary file is short of its own: that of the target may fill what is allowed.
    final = Path(os.path.realpath(target))
    _check_target(final)
    temp = final.with_name(f".{secrets.token_hex(8)}{TEMP_SUFFIX}")
    try:
        temp.touch(exist_ok=False)
        yield temp
        # Otherwise a power cut soon after the move may leave a file of the right name and no content.
        flush(temp)
        if final.exists():
            shutil.copymode(final, temp)
        temp.replace(final)
    finally:
        temp.unlink(missing_ok=True)


def _check_target(final: Path) -> None:
    # Before the work and not after it, when the move would fail.
    if final.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(final))
    with contextlib.suppress(FileNotFoundError):
        final.lstat()
        if not os.access(final, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(final))


def flush(path: Path) -> None:
    """Wait until the content of a file survives a power cut; raises OSError."""
    # Opened for writing, which Windows asks for.
    with path.open("rb+") as file:
        os.fsync(file.fileno())
