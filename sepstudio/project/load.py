"""Loading a project: read, bring up to date, check, and only then hand over."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

from sepstudio.errors import AudioFileError, ProjectError
from sepstudio.io.audio import open_audio_steps
from sepstudio.io.clip import AudioClip
from sepstudio.io.failures import display_name, unreadable
from sepstudio.io.steps import drain, part
from sepstudio.project.fields import Fields
from sepstudio.project.files import ARRAYS, AUDIO, SESSION, file_hash_steps, load_array, stored_path
from sepstudio.project.migrations import migrate
from sepstudio.project.records import (
    LaneData,
    ProjectData,
    RunData,
    SelectionData,
    SourceData,
    SourceState,
    StemData,
)

# The kept iterations of some runs add up to gigabytes, so that all but snippets stay in their files.
MEMORY_BYTES = 1 << 20


def load_project(folder: str | os.PathLike[str]) -> ProjectData:
    """Load a project; see ``load_project_steps``."""
    return drain(load_project_steps(folder))


def load_project_steps(folder: str | os.PathLike[str]) -> Generator[float, None, ProjectData]:
    """Load a project in short steps; yields the fraction done and returns the project.

    A source whose file is gone or is another one is marked so. Stems stay in their files.

    Raises
    ------
    ProjectError
        If the folder holds no project, one of a newer version, or one that is damaged: broken
        JSON, missing or unreadable stems, or names of files outside the folder.
    """
    root = Path(folder)
    document = Fields(migrate(_read_document(root), display_name(root)), "", display_name(root))
    sources = yield from _sources(root, document)
    runs = yield from _runs(root, document)
    lanes = {key: _lane(document.inner("lanes").inner(key)) for key in document.object("lanes")}
    selection = None if document.is_null("selection") else _selection(document.inner("selection"))
    try:
        return ProjectData(sources, runs, lanes, selection, document.text("current_source"))
    except ValueError as error:
        raise document.damaged(str(error)) from error


def _read_document(root: Path) -> Any:
    name = display_name(root)
    path = root / SESSION
    try:
        if not root.exists():
            raise ProjectError(name, "does not exist", "check the name and the folder")
        if not path.is_file():
            raise ProjectError(name, f"is no project folder (it holds no {SESSION})", "choose a folder.sepstudio")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problem = unreadable(path, error)
        raise ProjectError(problem.what, problem.why, problem.remedy) from error
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, or nested without end
        why = f"{SESSION} is damaged ({str(error).splitlines()[0]})"
        raise ProjectError(name, why, "restore the folder from a backup") from error


def _sources(root: Path, document: Fields) -> Generator[float, None, tuple[SourceData, ...]]:
    sources = []
    for fields in document.each("sources"):
        path = Path(os.path.normpath(Path(os.path.realpath(root)) / fields.text("path")))
        state = yield from _source_state(path, fields)
        sources.append(
            SourceData(
                id=fields.text("id"),
                name=fields.text("name"),
                path=path,
                sample_rate=fields.whole("sample_rate", 1),
                channels=fields.whole("channels", 1),
                length=fields.whole("length", 1),
                subtype=fields.text("subtype"),
                sha256=fields.text("sha256"),
                state=state,
            )
        )
    return tuple(sources)


def _source_state(path: Path, fields: Fields) -> Generator[float, None, SourceState]:
    try:
        status = path.stat()
        stamp = (status.st_size, status.st_mtime_ns)
        if stamp == (fields.values.get("size"), fields.values.get("modified_ns")):
            return SourceState.PRESENT
        hashing = file_hash_steps(path)
        while True:
            try:
                next(hashing)
            except StopIteration as stop:
                return SourceState.PRESENT if stop.value == fields.text("sha256") else SourceState.CHANGED
            yield 0.0
    except (OSError, ValueError):  # ValueError: a name with a null character
        return SourceState.MISSING


def _runs(root: Path, document: Fields) -> Generator[float, None, tuple[RunData, ...]]:
    run_fields = list(document.each("runs"))
    total = max(sum(len(list(stem.each("takes"))) for run in run_fields for stem in run.each("stems")), 1)
    done, runs = 0, []
    for fields in run_fields:
        start, stop = fields.whole("start"), fields.whole("stop", fields.whole("start") + 1)
        stems = []
        for stem in fields.each("stems"):
            takes = []
            for take in stem.each("takes"):
                takes.append((yield from part(_take(root, take), done, total)))
                done += 1
            stems.append(_stem(stem, tuple(takes)))
        runs.append(
            RunData(
                id=fields.text("id"),
                number=fields.whole("number", lowest=-(1 << 63)),
                method=fields.text("method"),
                params=fields.object("params"),
                seed=fields.whole("seed", lowest=-(1 << 63)),
                source_id=fields.text("source"),
                start=start,
                stop=stop,
                stems=tuple(stems),
                provenance=fields.object("provenance"),
                arrays={key: _array(root, fields.inner("arrays"), key) for key in fields.object("arrays")},
            )
        )
    return tuple(runs)


def _stem(fields: Fields, takes: tuple[AudioClip, ...]) -> StemData:
    try:
        return StemData(fields.text("id"), fields.text("name"), takes, fields.whole("take"))
    except ValueError as error:
        raise fields.damaged(str(error)) from error


def _take(root: Path, fields: Fields) -> Generator[float, None, AudioClip]:
    path = stored_path(root, fields.text("file"), AUDIO)
    try:
        clip = yield from open_audio_steps(path, memory_bytes=MEMORY_BYTES)
    except AudioFileError as error:
        raise ProjectError(error.what, error.why, "restore the project folder from a backup") from error
    wanted = (fields.whole("sample_rate", 1), fields.whole("channels", 1), fields.whole("length", 1))
    if (clip.sample_rate, clip.channels, clip.length) != wanted:
        raise fields.damaged(f"{path.name} is not of {wanted[0]} Hz, {wanted[1]} channels, {wanted[2]} samples")
    return clip


def _array(root: Path, fields: Fields, key: str) -> Any:
    path = stored_path(root, fields.text(key), ARRAYS)
    try:
        return load_array(path)
    except OSError as error:
        problem = unreadable(path, error)
        raise ProjectError(problem.what, problem.why, "restore the project folder from a backup") from error
    except ValueError as error:
        raise fields.damaged(f"{path.name} is no array file") from error


def _lane(fields: Fields) -> LaneData:
    return LaneData(fields.number("gain_db"), fields.flag("mute"), fields.flag("solo"))


def _selection(fields: Fields) -> SelectionData:
    start = fields.whole("start")
    return SelectionData(start, fields.whole("stop", start), None if fields.is_null("band") else _band(fields))


def _band(fields: Fields) -> tuple[float, float]:
    band = fields.values["band"]
    if not isinstance(band, list) or len(band) != 2:
        raise fields.damaged("band is no pair of numbers")
    edges = Fields({"low": band[0], "high": band[1]}, f"{fields.place}.band", fields.project)
    return edges.number("low"), edges.number("high")
