"""Where results go: the folder, the file format, and what happens to files that are there already."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from sepstudio.batch.naming import comparable
from sepstudio.errors import AudioFileError, ParameterError
from sepstudio.io.failures import unwritable

Policy = Literal["ask", "skip", "replace", "rename"]
POLICIES: tuple[Policy, ...] = get_args(Policy)
_DEPTHS = {"16": "PCM_16", "24": "PCM_24", "float": "FLOAT"}
_CONTAINERS = {
    "wav": (".wav", "float", False),
    "flac": (".flac", "24", False),
    "rf64": (".wav", "float", True),
    "caf": (".caf", "float", False),
}
FORMATS = tuple(_CONTAINERS)
DEPTHS = tuple(_DEPTHS)


@dataclass(frozen=True)
class FileFormat:
    """A format to write: the extension with its dot, libsndfile's subtype, and whether RF64 is asked for."""

    extension: str
    subtype: str
    rf64: bool

    @classmethod
    def named(cls, container: str, depth: str | None) -> FileFormat:
        """Return the format for ``wav``, ``flac``, ``rf64`` or ``caf``; without a depth the best that it usually holds.

        Raises
        ------
        ParameterError
            For floating-point FLAC, which does not exist.
        """
        extension, usual, rf64 = _CONTAINERS[container]
        if container == "flac" and depth == "float":
            raise ParameterError("--subtype", depth, "16 or 24 for FLAC")
        return cls(extension, _DEPTHS[depth or usual], rf64)


def prepare_folder(folder: Path) -> None:
    """Make the output folder, and try that files can be written into it, before anything is computed.

    Raises
    ------
    AudioFileError
        If that fails.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except FileExistsError:
        raise AudioFileError(str(folder), "is a file", "choose the name of a folder") from None
    except OSError as error:
        raise unwritable(folder, error) from error


def destinations(wanted: Sequence[Path], policy: Policy) -> list[Path | None]:
    """Return where files of these names go: to their name, beside it (rename), or nowhere (skip).

    Names that some system holds for equal are told apart by a counter in any case. Renamed
    files of one set share their counter, so that it stays visible which belong together.
    """
    places = _told_apart(wanted)
    if policy == "skip":
        return [None if place.exists() else place for place in places]
    count = 1
    while policy == "rename" and any(_counted(place, count).exists() for place in places):
        count += 1
    return [_counted(place, count) for place in places]


def _told_apart(paths: Sequence[Path]) -> list[Path]:
    places: list[Path] = []
    taken: set[str] = set()
    for path in paths:
        count = 1
        while comparable(str(_counted(path, count))) in taken:
            count += 1
        places.append(_counted(path, count))
        taken.add(comparable(str(places[-1])))
    return places


def _counted(path: Path, count: int) -> Path:
    return path if count == 1 else path.with_name(f"{path.stem} ({count}){path.suffix}")
