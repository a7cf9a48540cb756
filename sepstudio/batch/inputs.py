"""Which recordings a command works on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sepstudio.batch.naming import comparable, distinct
from sepstudio.errors import AudioFileError

# Those of the formats that can be read; a file that is named itself may have any other.
AUDIO_EXTENSIONS = frozenset(
    {
        *(".wav", ".wave", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf"),
        *(".flac", ".ogg", ".oga", ".opus", ".mp3"),
    }
)


@dataclass(frozen=True)
class Input:
    """A recording and the name that its stems go by.

    ``track`` may hold folders, separated by slashes. ``problem`` is there when the input
    cannot even be looked at.
    """

    path: Path
    track: str
    problem: AudioFileError | None = None


def collect(paths: Iterable[Path], output: Path) -> list[Input]:
    """Return the recordings that are named, and those in folders that are named, in order and once.

    Hidden files are left out, and so is the output folder, which may lie inside an input.
    Tracks get distinct names.
    """
    found: list[Input] = []
    seen: set[Path] = set()
    taken: set[str] = set()
    for candidate in _candidates(paths, output.resolve()):
        place = candidate.path.resolve()
        if place in seen:
            continue
        seen.add(place)
        track = distinct(candidate.track, taken)
        taken.add(comparable(track))
        found.append(Input(candidate.path, track, candidate.problem))
    return found


def _candidates(paths: Iterable[Path], output: Path) -> Iterator[Input]:
    for path in paths:
        if not path.is_dir():
            yield Input(path, path.stem)
            continue
        inside = [Input(file, file.relative_to(path).with_suffix("").as_posix()) for file in _files(path, output)]
        yield from inside or [Input(path, path.name, _empty(path))]


def _files(folder: Path, output: Path) -> Iterator[Path]:
    for name, folders, files in os.walk(folder):
        here = Path(name)
        folders[:] = sorted(sub for sub in folders if not sub.startswith(".") and (here / sub).resolve() != output)
        for file in sorted(files):
            if not file.startswith(".") and Path(file).suffix.lower() in AUDIO_EXTENSIONS:
                yield here / file


def _empty(folder: Path) -> AudioFileError:
    return AudioFileError(str(folder), "holds no audio files", "name a folder with recordings, or the files")
