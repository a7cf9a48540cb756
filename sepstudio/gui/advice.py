"""What to do about common errors of the machine and of libraries, in plain words."""

from __future__ import annotations

from sepstudio.errors import UserError

# Signs to look for in "TypeOfError: message" in lower case, why it happened, and what to do. The first row that
# fits counts: what is particular stands above what is general.
ADVICE: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("outofmemoryerror", "cuda out of memory", "cublas_status_alloc_failed", "hip out of memory"),
        "the graphics card has not enough free memory for this",
        "close other programs that use it, or separate a shorter selection",
    ),
    (
        ("memoryerror", "can't allocate memory", "cannot allocate memory", "unable to allocate", "bad_alloc"),
        "there is not enough free memory for this",
        "close other programs, lower the memory for methods in the preferences, or separate a shorter selection",
    ),
    (
        ("no space left", "not enough space on the disk", "disk quota exceeded"),
        "the disk is full",
        "free some space, or choose a folder on another disk, and try again",
    ),
    (
        ("permissionerror", "permission denied", "access is denied", "read-only file system"),
        "the system does not allow this file or folder to be read or written",
        "choose another folder, or ask whoever looks after this computer for access",
    ),
    (
        ("filenotfounderror", "no such file or directory"),
        "a file or folder that is needed is not there any more",
        "check that the disk is still connected and the folder was not renamed, and try again",
    ),
    (
        ("file name too long",),
        "the name of the file is longer than the disk can keep",
        "choose a shorter name",
    ),
    (
        ("too many open files",),
        "the system does not let the program open that many files at once",
        "close some recordings and try again",
    ),
    (
        ("portaudio", "paerrorcode", "invalid sample rate", "device unavailable"),
        "the sound device does not answer as it should",
        "check that it is plugged in and not used by another program, or choose another one in the preferences",
    ),
    (
        ("cuda driver", "no cuda", "cuda error", "nvidia"),
        "the graphics card or its driver does not work with this program",
        "restart the computer after updating the driver, or compute without the graphics card",
    ),
)


def advise(title: str, error: BaseException) -> UserError | None:
    """Return an error as something that the user can put right, or None where it is a defect of the program."""
    if isinstance(error, UserError):
        return error
    text = f"{type(error).__name__}: {error}".lower()
    found = next(((why, remedy) for signs, why, remedy in ADVICE if any(sign in text for sign in signs)), None)
    return UserError(f"{title} did not work", *found) if found is not None else None
