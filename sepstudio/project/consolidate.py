"""Copying recordings into the folder of a project, so that it can go elsewhere whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Sequence
from pathlib import Path

from sepstudio.errors import ProjectError
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import display_name, unreadable, unwritable
from sepstudio.io.steps import part
from sepstudio.project.files import AUDIO, SOURCES, file_hash_steps

_COPIED_BYTES = 8 << 20


def is_inside(folder: Path, path: Path) -> bool:
    """Return whether a recording lies in the folder of a project."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def consolidate_steps(folder: Path, paths: Sequence[Path]) -> Generator[float, None, dict[Path, Path]]:
    """Copy recordings into a project bit for bit, in short steps; yields the fraction done.

    Returns the copy of each. The originals stay. A copy appears under its name when it is complete and
    was read back; closing the generator leaves those that are complete, which nobody refers to yet.

    Raises
    ------
    ProjectError
        If a recording cannot be read, or the folder not be written.
    """
    target = folder / AUDIO / SOURCES
    try:
        target.mkdir(parents=True, exist_ok=True)
        copies: dict[Path, Path] = {}
        for index, path in enumerate(paths):
            copies[path] = yield from part(_copy_steps(path, target), index, len(paths))
    except OSError as error:
        problem = unwritable(target, error)
        raise ProjectError(problem.what, problem.why, problem.remedy) from error
    return copies


def _copy_steps(path: Path, target: Path) -> Generator[float, None, Path]:
    try:
        digest = yield from part(file_hash_steps(path), 0, 3)
    except OSError as error:
        problem = unreadable(path, error)
        raise ProjectError(problem.what, problem.why, problem.remedy) from error
    copy = yield from _free_name(path, target, digest)
    if not copy.exists():
        with replacing(copy) as temp:
            copied = yield from part(_write_steps(path, temp), 1, 3)
            written = yield from part(file_hash_steps(temp), 2, 3)
            if not digest == copied == written:
                why = "was changed while it was copied, or the disk does not return what was written"
                raise ProjectError(display_name(path), why, "check the disk and try again")
    return copy


def _free_name(path: Path, target: Path, digest: str) -> Generator[float, None, Path]:
    """Return the name of a copy that is there already, or the first that is free."""
    number = 1
    while True:
        name = path.name if number == 1 else f"{path.stem} {number}{path.suffix}"
        copy = target / name
        if not copy.exists():
            return copy
        steps = file_hash_steps(copy)
        try:
            while True:
                next(steps)
                yield 1 / 3
        except StopIteration as stop:
            if stop.value == digest:
                return copy
        number += 1


def _write_steps(path: Path, temp: Path) -> Generator[float, None, str]:
    digest = hashlib.sha256()
    with path.open("rb") as source, temp.open("wb") as file:
        size = max(os.fstat(source.fileno()).st_size, 1)
        while block := source.read(_COPIED_BYTES):
            digest.update(block)
            file.write(block)
            yield min(file.tell() / size, 1.0)
    return digest.hexdigest()
