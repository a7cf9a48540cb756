"""A project as the JSON document that session.json holds, once it is known where its files lie."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from sepstudio import __version__
from sepstudio.io.clip import AudioClip
from sepstudio.io.papers import KINDS
from sepstudio.project.migrations import SCHEMA_VERSION
from sepstudio.project.records import ProjectData, RunData, SourceData, StemData
from sepstudio.project.results import matrices_json

Json = dict[str, Any]


def project_json(data: ProjectData, sources: Sequence[Json], runs: Sequence[Json], papers: Json) -> Json:
    """Return a whole document from its sources, runs, what ``papers_json`` returned, and the rest of a project."""
    selection = data.selection
    return {
        "schema_version": SCHEMA_VERSION,
        "app_version": __version__,
        "sources": list(sources),
        "runs": list(runs),
        "lanes": {
            key: {"gain_db": lane.gain_db, "mute": lane.mute, "solo": lane.solo, "pan": lane.pan}
            for key, lane in data.lanes.items()
        },
        "current_source": data.current_source,
        "selection": selection
        and {"start": selection.start, "stop": selection.stop, "band": selection.band and list(selection.band)},
        "true_stems": {key: dict(stems) for key, stems in data.true_stems.items()},
        "view": dict(data.view),
        "conventions": {key: asdict(convention) for key, convention in data.conventions.items()},
        **papers,
    }


def source_json(source: SourceData, path: str, sha256: str, stamp: tuple[int | None, int | None]) -> Json:
    """Return a source; ``stamp`` is size and time of change of its file in nanoseconds."""
    return {
        "id": source.id,
        "name": source.name,
        "path": path,
        "sha256": sha256,
        "size": stamp[0],
        "modified_ns": stamp[1],
        "sample_rate": source.sample_rate,
        "channels": source.channels,
        "length": source.length,
        "subtype": source.subtype,
    }


def run_json(run: RunData, stems: Sequence[Json], arrays: Mapping[str, str], papers: Mapping[str, str]) -> Json:
    """Return a run; ``arrays`` and ``papers`` are names of files, by name of the array and kind of the paper."""
    return {
        "id": run.id,
        "number": run.number,
        "method": run.method,
        "params": run.params,
        "seed": run.seed,
        "source": run.source_id,
        "start": run.start,
        "stop": run.stop,
        "label": run.label,
        "band": run.band and list(run.band),
        "provenance": run.provenance,
        "stems": list(stems),
        "arrays": dict(arrays),
        "matrices": matrices_json(run.matrices),
        "curves": list(run.curves),
        **{kind.one: papers.get(kind.one) for kind in KINDS},
    }


def stem_json(stem: StemData, files: Iterable[str]) -> Json:
    """Return a stem; ``files`` are the names of its takes."""
    takes = [_take_json(clip, name) for clip, name in zip(stem.takes, files, strict=True)]
    return {"id": stem.id, "name": stem.name, "take": stem.take, "takes": takes}


def _take_json(clip: AudioClip, name: str) -> Json:
    return {"file": name, "sample_rate": clip.sample_rate, "channels": clip.channels, "length": clip.length}


def keyed(document: Json) -> Json:
    """Return a document whose sources and runs go by id, so that a change of one is a small change."""
    return document | {name: _keyed(document[name]) for name in ("sources", "runs")}


def _keyed(items: Sequence[Json]) -> Json:
    return {"order": [item["id"] for item in items], "items": {item["id"]: item for item in items}}


def listed(document: Json) -> Json:
    """Return the document from which ``keyed`` made this one; raises LookupError or TypeError."""
    return document | {
        name: [document[name]["items"][key] for key in document[name]["order"]] for name in ("sources", "runs")
    }


def relative_name(root: Path, path: Path) -> str:
    """Return a path relative to a folder, with slashes; absolute where that is impossible."""
    # Links in the folders are followed, because ".." leads elsewhere behind them; a linked file stays a link.
    target = Path(os.path.realpath(path.absolute().parent)) / path.name
    try:
        return Path(os.path.relpath(target, os.path.realpath(root))).as_posix()
    except ValueError:  # another drive
        return target.as_posix()


def file_stamp(path: Path) -> tuple[int | None, int | None]:
    """Return size and time of change of a file; None if it is missing."""
    try:
        status = path.stat()
    except (OSError, ValueError):  # ValueError: a name with a null character
        return None, None
    return status.st_size, status.st_mtime_ns


def text_of(value: Any, indent: str = "") -> str:
    """Return JSON as a text to be read: what holds no lists or objects is on one line, and so is a path of points."""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    if not any(isinstance(item, Mapping | list | tuple) for item in inner) or _is_path(value):
        return json.dumps(value, default=plain)
    deeper = indent + " "
    if isinstance(value, Mapping):
        rows = [f"{json.dumps(str(key))}: {text_of(item, deeper)}" for key, item in value.items()]
        opening, closing = "{}"
    else:
        rows = [text_of(item, deeper) for item in value]
        opening, closing = "[]"
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(rows) + f"\n{indent}{closing}"


def _is_path(value: Any) -> bool:
    return isinstance(value, list) and all(
        type(point) is list and list(map(type, point)) == [float, float] for point in value
    )


def plain(value: Any) -> Any:
    """Return a value that JSON has no word for as one that it has."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be saved as JSON")
