"""Saving a project so that the old or the new one is there, whenever the program ends."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sepstudio.errors import AudioFileError, ProjectError
from sepstudio.io.atomic import replacing
from sepstudio.io.clip import AudioClip
from sepstudio.io.failures import display_name, unwritable
from sepstudio.io.papers import KINDS, kind_of, papers_json
from sepstudio.io.steps import drain, part
from sepstudio.project.encoding import (
    Json,
    file_stamp,
    project_json,
    relative_name,
    run_json,
    source_json,
    stem_json,
    text_of,
)
from sepstudio.project.files import (
    CONTENT,
    FOLDERS,
    SESSION,
    file_hash_steps,
    files_of_unsaved,
    remove_others,
    store_array,
    store_clip_steps,
    store_paper,
)
from sepstudio.project.records import ProjectData, RunData, SourceData, SourceState


@dataclass(frozen=True)
class Stored:
    """Where a save has put each take, and what it knows of the recordings: their hashes."""

    files: Mapping[AudioClip, Path]
    hashes: Mapping[Path, str]


def save_project(folder: str | os.PathLike[str], data: ProjectData) -> None:
    """Save a project; see ``save_project_steps``."""
    drain(save_project_steps(folder, data))


def save_project_steps(folder: str | os.PathLike[str], data: ProjectData) -> Generator[float, None, Stored]:
    """Save a project in short steps; yields the fraction done and returns where everything is now.

    Stems become 32-bit float WAV in ``audio/``, arrays, those of matrices and curves among them, npy in
    ``arrays/``, the scores and strokes of runs JSON in ``scores/`` and ``strokes/``; files that are there
    already are not written again. ``session.json`` is replaced last: until then, and after a kill
    or when the generator is closed, the folder holds the project that it held before.

    Raises
    ------
    ProjectError
        If the folder cannot be written or is full of other things.
    """
    root = Path(folder)
    files: dict[AudioClip, Path] = {}
    try:
        _prepare(root)
        document = yield from _document(root, data, files)
        with replacing(root / SESSION) as temp:
            temp.write_text(text_of(document), encoding="utf-8")
        remove_others(root, _named_files(document) | files_of_unsaved(root))
    except OSError as error:
        problem = unwritable(root, error)
        raise ProjectError(problem.what, problem.why, problem.remedy) from error
    except AudioFileError as error:
        raise ProjectError(error.what, error.why, error.remedy) from error
    hashes = {source.path: item["sha256"] for source, item in zip(data.sources, document["sources"], strict=True)}
    return Stored(files, hashes)


def _prepare(root: Path) -> None:
    if root.is_dir() and not (root / SESSION).exists():
        others = [path.name for path in root.iterdir() if path.name not in FOLDERS and not path.name.startswith(".")]
        if others:
            why = f"holds other things, {display_name(Path(sorted(others)[0]))} among them, and no project"
            raise ProjectError(display_name(root), why, "choose a new or empty folder")
    root.mkdir(exist_ok=True)
    for name in CONTENT:
        (root / name).mkdir(exist_ok=True)


def _document(root: Path, data: ProjectData, files: dict[AudioClip, Path]) -> Generator[float, None, Json]:
    """Store all files, note where the audio lies, and return what session.json will hold."""
    takes = sum(len(stem.takes) for run in data.runs for stem in run.stems)
    total = max(len(data.sources) + takes, 1)
    known = _known_hashes(root)
    sources = []
    for index, source in enumerate(data.sources):
        sources.append((yield from part(_source(root, source, known), index, total)))
    runs, done = [], len(data.sources)
    for run in data.runs:
        runs.append((yield from _run(root, run, files, done, total)))
        done += sum(len(stem.takes) for stem in run.stems)
    papers = {key: kind_of(paper).to_json(paper, None) for key, paper in data.papers.items()}
    return project_json(data, sources, runs, papers_json(papers))


def _source(root: Path, source: SourceData, known: Mapping[str, Json]) -> Generator[float, None, Json]:
    path = relative_name(root, source.path)
    stamp = file_stamp(source.path)
    old = known.get(path, {})
    sha256 = source.sha256
    if not sha256 and stamp[0] is not None and (old.get("size"), old.get("modified_ns")) == stamp:
        sha256 = str(old.get("sha256", ""))
    if not sha256 and stamp[0] is not None:
        sha256 = yield from file_hash_steps(source.path)
    if source.state is not SourceState.PRESENT:
        # The stamp of another file beside the old hash would make that file pass for the old one.
        stamp = (source.size, None)
    return source_json(source, path, sha256, stamp)


def _known_hashes(root: Path) -> dict[str, Json]:
    """Return the sources of the project that is in the folder, by path; none if it cannot be read."""
    try:
        sources = json.loads((root / SESSION).read_text(encoding="utf-8"))["sources"]
        return {source["path"]: dict(source) for source in sources}
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}


def _run(root: Path, run: RunData, files: dict[AudioClip, Path], done: int, total: int) -> Generator[float, None, Json]:
    stems = []
    for stem in run.stems:
        names = []
        for clip in stem.takes:
            names.append((yield from part(store_clip_steps(root, f"{run.id} {stem.name}", clip), done, total)))
            files[clip] = root / names[-1]
            done += 1
        stems.append(stem_json(stem, names))
    arrays = {}
    for name, values in run.all_arrays.items():
        arrays[name] = store_array(root, f"{run.id} {name}", values)
        yield done / total
    return run_json(run, stems, arrays, {name: store_paper(root, paper) for name, paper in run.papers.items()})


def _named_files(document: Json) -> set[str]:
    takes = (take["file"] for run in document["runs"] for stem in run["stems"] for take in stem["takes"])
    arrays = (name for run in document["runs"] for name in run["arrays"].values())
    papers = (run[kind.one] for run in document["runs"] for kind in KINDS if run[kind.one] is not None)
    return {*takes, *arrays, *papers}
