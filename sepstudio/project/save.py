"""Saving a project so that the old or the new one is there, whenever the program ends."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sepstudio import __version__
from sepstudio.errors import AudioFileError, ProjectError
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import display_name, unwritable
from sepstudio.io.steps import drain, part
from sepstudio.project.files import (
    ARRAYS,
    AUDIO,
    FOLDERS,
    SESSION,
    file_hash_steps,
    remove_others,
    store_array,
    store_clip_steps,
)
from sepstudio.project.migrations import SCHEMA_VERSION
from sepstudio.project.records import ProjectData, RunData, SourceData, SourceState

_Json = dict[str, Any]


def save_project(folder: str | os.PathLike[str], data: ProjectData) -> None:
    """Save a project; see ``save_project_steps``."""
    drain(save_project_steps(folder, data))


def save_project_steps(folder: str | os.PathLike[str], data: ProjectData) -> Generator[float, None, None]:
    """Save a project in short steps; yields the fraction done.

    Stems become 32-bit float WAV in ``audio/``, arrays npy in ``arrays/``; files that are there
    already are not written again. ``session.json`` is replaced last: until then, and after a kill
    or when the generator is closed, the folder holds the project that it held before.

    Raises
    ------
    ProjectError
        If the folder cannot be written or is full of other things.
    """
    root = Path(folder)
    try:
        _prepare(root)
        document = yield from _document(root, data)
        with replacing(root / SESSION) as temp:
            temp.write_text(json.dumps(document, indent=1, default=_plain), encoding="utf-8")
        remove_others(root, _named_files(document))
    except OSError as error:
        problem = unwritable(root, error)
        raise ProjectError(problem.what, problem.why, problem.remedy) from error
    except AudioFileError as error:
        raise ProjectError(error.what, error.why, error.remedy) from error


def _prepare(root: Path) -> None:
    if root.is_dir() and not (root / SESSION).exists():
        others = [path.name for path in root.iterdir() if path.name not in FOLDERS and not path.name.startswith(".")]
        if others:
            why = f"holds other things, {display_name(Path(sorted(others)[0]))} among them, and no project"
            raise ProjectError(display_name(root), why, "choose a new or empty folder")
    root.mkdir(exist_ok=True)
    (root / AUDIO).mkdir(exist_ok=True)
    (root / ARRAYS).mkdir(exist_ok=True)


def _document(root: Path, data: ProjectData) -> Generator[float, None, _Json]:
    """Store all files and return what session.json will hold."""
    takes = sum(len(stem.takes) for run in data.runs for stem in run.stems)
    total = max(len(data.sources) + takes, 1)
    known = _known_hashes(root)
    sources = []
    for index, source in enumerate(data.sources):
        sources.append((yield from part(_source(root, source, known), index, total)))
    runs, done = [], len(data.sources)
    for run in data.runs:
        runs.append((yield from _run(root, run, done, total)))
        done += sum(len(stem.takes) for stem in run.stems)
    selection = data.selection
    return {
        "schema_version": SCHEMA_VERSION,
        "app_version": __version__,
        "sources": sources,
        "runs": runs,
        "lanes": {key: {"gain_db": v.gain_db, "mute": v.mute, "solo": v.solo} for key, v in data.lanes.items()},
        "current_source": data.current_source,
        "selection": selection and {"start": selection.start, "stop": selection.stop, "band": selection.band},
    }


def _source(root: Path, source: SourceData, known: Mapping[str, _Json]) -> Generator[float, None, _Json]:
    path = _relative(root, source.path)
    size, modified = _stamp(source.path)
    old = known.get(path, {})
    sha256 = source.sha256
    if not sha256 and size is not None and (old.get("size"), old.get("modified_ns")) == (size, modified):
        sha256 = str(old.get("sha256", ""))
    if not sha256 and size is not None:
        sha256 = yield from file_hash_steps(source.path)
    if source.state is not SourceState.PRESENT:
        # The stamp of another file beside the old hash would make that file pass for the old one.
        size = modified = None
    return {
        "id": source.id,
        "name": source.name,
        "path": path,
        "sha256": sha256,
        "size": size,
        "modified_ns": modified,
        "sample_rate": source.sample_rate,
        "channels": source.channels,
        "length": source.length,
        "subtype": source.subtype,
    }


def _relative(root: Path, path: Path) -> str:
    """Return a path relative to the project folder, with slashes; absolute where that is impossible."""
    # Links in the folders are followed, because ".." leads elsewhere behind them; a linked file stays a link.
    target = Path(os.path.realpath(path.absolute().parent)) / path.name
    try:
        return Path(os.path.relpath(target, os.path.realpath(root))).as_posix()
    except ValueError:  # another drive
        return target.as_posix()


def _stamp(path: Path) -> tuple[int | None, int | None]:
    """Return size and time of change of a file; None if it is missing."""
    try:
        status = path.stat()
    except OSError:
        return None, None
    return status.st_size, status.st_mtime_ns


def _known_hashes(root: Path) -> dict[str, _Json]:
    """Return the sources of the project that is in the folder, by path; none if it cannot be read."""
    try:
        sources = json.loads((root / SESSION).read_text(encoding="utf-8"))["sources"]
        return {source["path"]: dict(source) for source in sources}
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}


def _run(root: Path, run: RunData, done: int, total: int) -> Generator[float, None, _Json]:
    stems = []
    for stem in run.stems:
        takes = []
        for clip in stem.takes:
            name = yield from part(store_clip_steps(root, f"{run.id} {stem.name}", clip), done, total)
            takes.append(
                {"file": name, "sample_rate": clip.sample_rate, "channels": clip.channels, "length": clip.length}
            )
            done += 1
        stems.append({"id": stem.id, "name": stem.name, "take": stem.take, "takes": takes})
    return {
        "id": run.id,
        "number": run.number,
        "method": run.method,
        "params": run.params,
        "seed": run.seed,
        "source": run.source_id,
        "start": run.start,
        "stop": run.stop,
        "provenance": run.provenance,
        "stems": stems,
        "arrays": {name: store_array(root, f"{run.id} {name}", values) for name, values in run.arrays.items()},
    }


def _named_files(document: _Json) -> set[str]:
    takes = (take["file"] for run in document["runs"] for stem in run["stems"] for take in stem["takes"])
    return {*takes, *(name for run in document["runs"] for name in run["arrays"].values())}


def _plain(value: Any) -> Any:
    """Return a value that JSON has no word for as one that it has."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be saved as JSON")
