"""From the JSON document of a project to its records and its audio."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

from sepstudio.errors import AudioFileError, ProjectError
from sepstudio.io.audio import open_audio_steps
from sepstudio.io.clip import AudioClip
from sepstudio.io.failures import unreadable
from sepstudio.io.hoa import Convention
from sepstudio.io.papers import KINDS, Paper, PaperKind
from sepstudio.io.steps import part
from sepstudio.project.fields import Fields
from sepstudio.project.files import ARRAYS, AUDIO, file_hash_steps, load_array
from sepstudio.project.places import Places
from sepstudio.project.records import (
    LaneData,
    ProjectData,
    RunData,
    SelectionData,
    SourceData,
    SourceState,
    StemData,
)
from sepstudio.project.results import results_of

# The kept iterations of some runs add up to gigabytes, so that all but snippets stay in their files.
MEMORY_BYTES = 1 << 20


def project_steps(document: Fields, places: Places) -> Generator[float, None, ProjectData]:
    """Read what a document of the current version holds and names, in short steps; yields the fraction done.

    Raises
    ------
    ProjectError
        If the document or one of its files is damaged, or a file lies where none may lie.
    """
    sources = yield from _sources(places, document)
    runs = yield from _runs(places, document)
    lanes = {key: _lane(document.inner("lanes").inner(key)) for key in document.object("lanes")}
    true_stems = document.inner("true_stems")
    try:
        return ProjectData(
            sources=sources,
            runs=runs,
            lanes=lanes,
            selection=None if document.is_null("selection") else _selection(document.inner("selection")),
            current_source=document.text("current_source"),
            true_stems={key: _texts(true_stems.inner(key)) for key in true_stems.values},
            view=document.object("view"),
            conventions=_conventions(document),
            **{kind.many: _papers(document, kind) for kind in KINDS},
        )
    except ValueError as error:
        raise document.damaged(str(error)) from error


def _conventions(document: Fields) -> dict[str, Convention]:
    known = document.inner("conventions")
    return {
        key: Convention(fields.text("ordering"), fields.text("normalisation"))
        for key, fields in ((key, known.inner(key)) for key in known.values)
    }


def _papers(document: Fields, kind: PaperKind) -> Any:
    return {key: kind.from_json(paper) for key, paper in document.object(kind.many).items()}


def _texts(fields: Fields) -> dict[str, str]:
    return {key: fields.text(key) for key in fields.values}


def _sources(places: Places, document: Fields) -> Generator[float, None, tuple[SourceData, ...]]:
    sources = []
    for fields in document.each("sources"):
        path = Path(os.path.normpath(Path(os.path.realpath(places.folder)) / fields.text("path")))
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
                size=None if fields.is_null("size") else fields.whole("size"),
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


def _runs(places: Places, document: Fields) -> Generator[float, None, tuple[RunData, ...]]:
    run_fields = list(document.each("runs"))
    total = max(sum(len(list(stem.each("takes"))) for run in run_fields for stem in run.each("stems")), 1)
    done, runs = 0, []
    papers: dict[Path, Paper] = {}
    for fields in run_fields:
        start, stop = fields.whole("start"), fields.whole("stop", fields.whole("start") + 1)
        stems = []
        for stem in fields.each("stems"):
            takes, files = [], []
            for take in stem.each("takes"):
                files.append(places.path(take.text("file"), AUDIO))
                takes.append((yield from part(_take(files[-1], take), done, total)))
                done += 1
            stems.append(_stem(stem, tuple(takes), tuple(files)))
        array_files = {key: places.path(name, ARRAYS) for key, name in _texts(fields.inner("arrays")).items()}
        matrices, curves, arrays = results_of(fields, {key: _array(path, fields) for key, path in array_files.items()})
        paper_files = _paper_files(fields, places, papers)
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
                arrays=arrays,
                label=fields.text("label"),
                band=None if fields.is_null("band") else _band(fields),
                array_files=array_files,
                matrices=matrices,
                curves=curves,
                paper_files=paper_files,
                **_papers_in(paper_files, papers),
            )
        )
    return tuple(runs)


def _stem(fields: Fields, takes: tuple[AudioClip, ...], files: tuple[Path, ...]) -> StemData:
    try:
        return StemData(fields.text("id"), fields.text("name"), takes, fields.whole("take"), files)
    except ValueError as error:
        raise fields.damaged(str(error)) from error


def _take(path: Path, fields: Fields) -> Generator[float, None, AudioClip]:
    try:
        clip = yield from open_audio_steps(path, memory_bytes=MEMORY_BYTES)
    except AudioFileError as error:
        raise ProjectError(error.what, error.why, "restore the project folder from a backup") from error
    wanted = (fields.whole("sample_rate", 1), fields.whole("channels", 1), fields.whole("length", 1))
    if (clip.sample_rate, clip.channels, clip.length) != wanted:
        raise fields.damaged(f"{path.name} is not of {wanted[0]} Hz, {wanted[1]} channels, {wanted[2]} samples")
    return clip


def _array(path: Path, fields: Fields) -> Any:
    try:
        return load_array(path)
    except OSError as error:
        problem = unreadable(path, error)
        raise ProjectError(problem.what, problem.why, "restore the project folder from a backup") from error
    except ValueError as error:
        raise fields.damaged(f"{path.name} is no array file") from error


def _paper_files(fields: Fields, places: Places, papers: dict[Path, Paper]) -> dict[str, Path]:
    """Return where the papers of a run lie, and read those that no other run has read."""
    files = {}
    for kind in KINDS:
        if not fields.is_null(kind.one):
            files[kind.one] = path = places.path(fields.text(kind.one), kind.many)
            papers[path] = papers.get(path) or _paper(path, kind, fields)
    return files


def _papers_in(files: dict[str, Path], papers: dict[Path, Paper]) -> dict[str, Any]:
    return {name: papers[path] for name, path in files.items()}


def _paper(path: Path, kind: PaperKind, fields: Fields) -> Paper:
    try:
        return kind.from_json(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        problem = unreadable(path, error)
        raise ProjectError(problem.what, problem.why, "restore the project folder from a backup") from error
    except (ValueError, RecursionError) as error:
        raise fields.damaged(f"{path.name} is no file of {kind.many} ({error})") from error


def _lane(fields: Fields) -> LaneData:
    pan = fields.number("pan")
    if not -1.0 <= pan <= 1.0:
        raise fields.damaged("pan is no number from -1 to 1")
    return LaneData(fields.number("gain_db"), fields.flag("mute"), fields.flag("solo"), pan)


def _selection(fields: Fields) -> SelectionData:
    start = fields.whole("start")
    return SelectionData(start, fields.whole("stop", start), None if fields.is_null("band") else _band(fields))


def _band(fields: Fields) -> tuple[float, float]:
    band = fields.values["band"]
    if not isinstance(band, list) or len(band) != 2:
        raise fields.damaged("band is no pair of numbers")
    edges = Fields({"low": band[0], "high": band[1]}, f"{fields.place}.band", fields.project)
    return edges.number("low"), edges.number("high")
