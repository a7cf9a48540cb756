"""What is said of audio files that cannot be read or written."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path

import soundfile

from sepstudio.errors import AudioFileError

COPY_AGAIN = "copy or convert the file again"
CONVERT = "convert it with ffmpeg to WAV or FLAC"
_NO_SPACE_LEFT = 1 << 20

_READ_FAILURES = {
    errno.ENOENT: ("does not exist", "check the name and the folder"),
    errno.ENOTDIR: ("does not exist", "check the name and the folder"),
    errno.EACCES: ("may not be read by you", "change its permissions or copy it to a folder of your own"),
    errno.EPERM: ("may not be read by you", "change its permissions or copy it to a folder of your own"),
    errno.ENAMETOOLONG: ("has a name longer than the file system allows", "choose a shorter name"),
}
_FULL = ("cannot be written because the disk is full", "free some space or choose another disk")
_FORBIDDEN = ("may not be written by you", "choose another folder or change the permissions")
_WRITE_FAILURES = {
    errno.ENOENT: ("cannot be written because its folder does not exist", "create the folder first"),
    errno.ENOTDIR: ("cannot be written because its folder does not exist", "create the folder first"),
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: ("lies on a disk that cannot be written to", "choose another folder"),
    errno.EISDIR: ("is a folder", "choose the name of a file"),
    errno.ENAMETOOLONG: ("has a name longer than the file system allows", "choose a shorter name"),
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
}


def display_name(path: Path) -> str:
    """Return a path as one printable line; control characters and undecodable bytes are escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode("ascii")
        for char in str(path)
    )


def native_name(path: Path) -> str | bytes:
    """Return a path as libsndfile takes it.

    Bytes on POSIX: soundfile encodes text strictly and so fails on names that are not valid UTF-8.
    """
    return str(path) if sys.platform == "win32" else os.fsencode(path)


def read_failure(path: Path, error: OSError) -> tuple[str, str, str]:
    """Return file, reason and remedy when the system did not let a file be read."""
    fallback = (f"cannot be read ({error.strerror or error})", "check the disk and the name")
    return (display_name(path), *_READ_FAILURES.get(error.errno or 0, fallback))


def write_failure(path: Path, error: OSError) -> tuple[str, str, str]:
    """Return file, reason and remedy when the system did not let a file be written."""
    fallback = (f"cannot be written ({error.strerror or error})", "choose another folder")
    return (display_name(path), *_WRITE_FAILURES.get(error.errno or 0, fallback))


def unreadable(path: Path, error: OSError) -> AudioFileError:
    """Say why the system did not let an audio file be read."""
    return AudioFileError(*read_failure(path, error))


def unwritable(path: Path, error: OSError | soundfile.SoundFileError) -> AudioFileError:
    """Say why a file could not be written."""
    if isinstance(error, OSError):
        return AudioFileError(*write_failure(path, error))
    # libsndfile reports every failed write as "System error" and drops the cause.
    if _free_space(path) < _NO_SPACE_LEFT:
        return AudioFileError(display_name(path), *_FULL)
    return AudioFileError(
        display_name(path), f"cannot be written ({library_message(error)})", "choose another format or folder"
    )


def truncated(path: Path, detail: str) -> AudioFileError:
    """Say that a file ends too early or is damaged within."""
    return AudioFileError(display_name(path), f"is truncated or damaged: {detail}", COPY_AGAIN)


def not_finite(path: Path, start: int, stop: int) -> AudioFileError:
    """Say that a file holds values that are no sound, somewhere from sample ``start`` to ``stop``."""
    why = f"holds NaN or infinite values between samples {start} and {stop}"
    return AudioFileError(display_name(path), why, "render it again or repair it in an audio editor")


def library_message(error: soundfile.SoundFileError) -> str:
    """Return libsndfile's words without the file name that soundfile puts before them."""
    text = error.error_string if isinstance(error, soundfile.LibsndfileError) else str(error)
    return " ".join(text.split()).rstrip(".")


def _free_space(path: Path) -> int:
    try:
        return shutil.disk_usage(path.parent).free
    except OSError:
        return _NO_SPACE_LEFT
