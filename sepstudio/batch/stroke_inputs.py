"""Strokes for the recordings that a command works on: one file for all, or one of each name."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from sepstudio.batch.inputs import Input, given_steps
from sepstudio.errors import MissingInputError, StrokeFileError
from sepstudio.io.strokes.files import SUFFIX, read_strokes
from sepstudio.io.strokes.records import Strokes
from sepstudio.separation.base import Progress

# Beside a recording: what ends in .json alone is as likely to be something else.
BESIDE_SUFFIX = f".strokes{SUFFIX}"


def stroked_steps(
    found: Sequence[Input], known: Mapping[Path, Strokes], folder: Path | None = None
) -> Generator[Progress, None, list[Input]]:
    """Give each recording its strokes; one without gets a problem.

    They are those in ``known`` under the resolved path of the recording, else a file of the same name and
    ``.strokes.json``: in ``folder``, where its name may also end in ``.json`` alone, or where there is no folder,
    beside the recording.
    """
    return (yield from given_steps(found, "reading strokes", lambda source: _stroked(source, known, folder)))


def _stroked(source: Input, known: Mapping[Path, Strokes], folder: Path | None) -> Input:
    strokes = known.get(source.path.resolve())
    try:
        path = None if strokes is not None else _strokes_path(source, folder)
        strokes = strokes if path is None else read_strokes(path)
    except StrokeFileError as error:
        return dataclasses.replace(source, problem=error)
    if strokes is None or not strokes.strokes:
        return dataclasses.replace(source, problem=no_strokes(source.path))
    return dataclasses.replace(source, strokes=strokes)


def _strokes_path(source: Input, folder: Path | None) -> Path | None:
    beside = source.path.with_name(source.path.stem + BESIDE_SUFFIX)
    # A track may hold folders, those in which the recording was found.
    names = (source.track, PurePosixPath(source.track).name)
    inside = (
        [folder / f"{name}{end}" for name in names for end in (BESIDE_SUFFIX, SUFFIX)] if folder is not None else []
    )
    return next((path for path in inside or [beside] if path.is_file()), None)


def no_strokes(path: Path) -> MissingInputError:
    """Return what is to be told of a recording that lacks the strokes that a method needs."""
    remedy = f"open it, paint over it and add it again, or put a file {path.stem}{BESIDE_SUFFIX} beside it"
    return MissingInputError(str(path), "the method needs strokes on it, and there are none", remedy)
