"""Which recordings a command works on."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sepstudio.batch.naming import comparable, distinct
from sepstudio.errors import AudioFileError, MissingInputError, ScoreFileError, UserError
from sepstudio.io.scores.options import ImportOptions
from sepstudio.io.scores.reading import SUFFIXES, read_score
from sepstudio.io.scores.records import Score
from sepstudio.io.steps import drain
from sepstudio.io.strokes.records import Strokes
from sepstudio.separation.base import Progress

# Those of the formats that can be read; a file that is named itself may have any other.
AUDIO_EXTENSIONS = frozenset(
    {
        *(".wav", ".wave", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf"),
        *(".flac", ".ogg", ".oga", ".opus", ".mp3"),
    }
)


@dataclass(frozen=True)
class FileKind:
    """What is looked for in folders: its name in the plural, and extensions in small letters with their dot."""

    name: str
    extensions: frozenset[str]


AUDIO = FileKind("audio files", AUDIO_EXTENSIONS)

# Beside a recording a text of this name is as likely to be something else.
_NO_SCORE = ".txt"
_AS_WRITTEN = ImportOptions()
# Between two steps of a search.
_STEP_SECONDS = 0.02


@dataclass(frozen=True)
class Input:
    """A recording and the name that its stems go by.

    ``track`` may hold folders, separated by slashes. ``problem`` is there when the input
    cannot even be looked at, or lacks what it needs; ``score`` what is played in it and ``strokes`` what was
    painted on it, where that is known.
    """

    path: Path
    track: str
    problem: UserError | None = None
    score: Score | None = None
    strokes: Strokes | None = None


def collect(paths: Iterable[Path], output: Path, kind: FileKind | None = None) -> list[Input]:
    """Return the recordings that are named, and those in folders that are named, in order and once.

    Hidden files are left out, and so is the output folder, which may lie inside an input.
    Tracks get distinct names. ``kind`` is that of the files that are looked for, AUDIO by default.
    """
    return drain(collect_steps(paths, output, kind))


def collect_steps(
    paths: Iterable[Path], output: Path, kind: FileKind | None = None
) -> Generator[Progress, None, list[Input]]:
    """Do the same as ``collect`` in short steps; how much there is to search is not known before its end."""
    found: list[Input] = []
    seen: set[Path] = set()
    taken: set[str] = set()
    told = time.monotonic()
    for candidate in _candidates(paths, output.resolve(), kind or AUDIO):
        if time.monotonic() - told > _STEP_SECONDS:
            yield Progress(0.0, f"{len(found)} recordings found")
            told = time.monotonic()
        if candidate is None or (place := candidate.path.resolve()) in seen:
            continue
        seen.add(place)
        track = distinct(candidate.track, taken)
        taken.add(comparable(track))
        found.append(Input(candidate.path, track, candidate.problem))
    return found


def scored_steps(
    found: Sequence[Input], known: Mapping[Path, Score], options: ImportOptions = _AS_WRITTEN
) -> Generator[Progress, None, list[Input]]:
    """Give each recording its score; one without gets a problem.

    It is the one in ``known`` under the resolved path of the recording, else the file of the same name beside it,
    understood as ``options`` say.
    """
    return (yield from given_steps(found, "reading scores", lambda source: _scored(source, known, options)))


def given_steps(
    found: Sequence[Input], stage: str, give: Callable[[Input], Input]
) -> Generator[Progress, None, list[Input]]:
    """Give each recording something, but for those that have a problem already."""
    given = []
    for number, source in enumerate(found):
        yield Progress(number / len(found), stage)
        given.append(source if source.problem is not None else give(source))
    return given


def _scored(source: Input, known: Mapping[Path, Score], options: ImportOptions) -> Input:
    score = known.get(source.path.resolve())
    try:
        beside = None if score is not None else score_beside(source.path)
        score = score if beside is None else read_score(beside, options)
    except ScoreFileError as error:
        return dataclasses.replace(source, problem=error)
    return dataclasses.replace(source, score=score, problem=no_score(source.path) if score is None else None)


def score_beside(path: Path) -> Path | None:
    """Return the score of the same name in the folder of a recording, if there is one."""
    names = (path.with_suffix(suffix) for lower in SUFFIXES if lower != _NO_SCORE for suffix in (lower, lower.upper()))
    return next((candidate for candidate in names if candidate.is_file()), None)


def no_score(path: Path) -> MissingInputError:
    """Return what is to be told of a recording that lacks the score that a method needs."""
    remedy = "open it, attach a score (Score > Import score…) and add it again, or put a score of its name beside it"
    return MissingInputError(str(path), "the method needs a score of it", remedy)


def _candidates(paths: Iterable[Path], output: Path, kind: FileKind) -> Iterator[Input | None]:
    """Give what is found, and None for every folder that was looked into."""
    for path in paths:
        if not path.is_dir():
            yield Input(path, path.stem)
            continue
        empty = True
        for file in _files(path, output, kind):
            empty = empty and file is None
            yield None if file is None else Input(file, file.relative_to(path).with_suffix("").as_posix())
        if empty:
            yield Input(path, path.name, _empty(path, kind))


def _files(folder: Path, output: Path, kind: FileKind) -> Iterator[Path | None]:
    for name, folders, files in os.walk(folder):
        yield None
        here = Path(name)
        folders[:] = sorted(sub for sub in folders if not sub.startswith(".") and (here / sub).resolve() != output)
        for file in sorted(files):
            if not file.startswith(".") and Path(file).suffix.lower() in kind.extensions:
                yield here / file


def _empty(folder: Path, kind: FileKind) -> AudioFileError:
    return AudioFileError(str(folder), f"holds no {kind.name}", "name a folder with recordings, or the files")
