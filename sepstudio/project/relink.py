"""Finding recordings that were moved or renamed."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sepstudio.errors import AudioFileError, UserError
from sepstudio.io.audio import audio_info, open_audio_steps
from sepstudio.io.clip import AudioClip
from sepstudio.io.failures import display_name, unreadable
from sepstudio.io.steps import part
from sepstudio.project.files import file_hash_steps
from sepstudio.project.records import SourceData

# A folder of more files than this is searched only so far.
SEARCHED_FILES = 200_000
_FILES_PER_STEP = 500
_CANDIDATES = 20


@dataclass(frozen=True)
class Located:
    """A file that may take the place of a source; ``same`` says whether it is the recording bit for bit."""

    source: SourceData
    path: Path
    clip: AudioClip
    subtype: str
    same: bool


def locate_steps(source: SourceData, path: Path) -> Generator[float, None, Located]:
    """Read a file that is to take the place of a source, in short steps; yields the fraction done.

    Raises
    ------
    AudioFileError
        If it cannot be read, or has another rate, other channels or another length: its runs would
        not fit to it.
    """
    name = display_name(path)
    info = audio_info(path)
    wanted = (source.sample_rate, source.channels, source.length)
    if (info.sample_rate, info.channels, info.length) != wanted:
        found = f"{info.sample_rate} Hz, {info.channels} channels and {info.length} samples"
        why = f"has {found}, where {source.name} has {wanted[0]} Hz, {wanted[1]} and {wanted[2]}"
        raise AudioFileError(name, why, "choose another file, or open it as a recording of its own")
    try:
        digest = yield from part(file_hash_steps(path), 0, 2)
    except OSError as error:
        raise unreadable(path, error) from error
    clip = yield from part(open_audio_steps(path), 1, 2)
    return Located(source, path, clip, info.subtype, digest == source.sha256)


def search_steps(sources: Sequence[SourceData], folder: Path) -> Generator[float, None, tuple[Located, ...]]:
    """Look for sources in a folder and all folders in it; yields the fraction done.

    A file is taken for a source if its content is the same; among files of the same name or size,
    the only ones that are read. Folders that may not be read are left out.
    """
    candidates: dict[str, list[Path]] = {source.id: [] for source in sources}
    for number, entry in enumerate(_files(folder), 1):
        if number > SEARCHED_FILES:
            break
        for source in sources:
            if _may_be(entry, source) and len(candidates[source.id]) < _CANDIDATES:
                candidates[source.id].append(Path(entry.path))
        if number % _FILES_PER_STEP == 0:
            yield 0.0
    found = []
    for index, source in enumerate(sources):
        paths = sorted(candidates[source.id], key=lambda path: path.name.lower() != source.path.name.lower())
        located = yield from part(_first_steps(source, paths), index, len(sources))
        if located is not None:
            found.append(located)
    return tuple(found)


def _files(folder: Path) -> Iterator[os.DirEntry[str]]:
    folders = [str(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif entry.is_file():
                        yield entry
        except OSError:
            continue


def _may_be(entry: os.DirEntry[str], source: SourceData) -> bool:
    if entry.name.lower() == source.path.name.lower():
        return True
    try:
        return source.size is not None and entry.stat().st_size == source.size
    except OSError:
        return False


def _first_steps(source: SourceData, paths: Sequence[Path]) -> Generator[float, None, Located | None]:
    for index, path in enumerate(paths):
        try:
            located = yield from part(locate_steps(source, path), index, len(paths))
        except UserError:
            continue
        if located.same:
            return located
    return None
