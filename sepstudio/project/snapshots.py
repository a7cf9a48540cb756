"""An open document as its journal keeps it: after every edit, and so without reading or writing anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sepstudio.project.encoding import (
    Json,
    file_stamp,
    keyed,
    plain,
    project_json,
    run_json,
    source_json,
    stem_json,
)
from sepstudio.project.places import Places
from sepstudio.project.records import ProjectData, RunData, SourceData, SourceState
from sepstudio.project.shelf import Shelf


class Snapshots:
    """Makes documents of a project; what takes long is done once for each source and run."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._stamps: dict[Path, tuple[int | None, int | None]] = {}
        self._provenances: dict[str, tuple[Mapping[str, Any], Json]] = {}

    def document(self, data: ProjectData, places: Places) -> Json:
        """Return a project as a keyed document that names files of both places."""
        sources = [self._source(source, places) for source in data.sources]
        return keyed(project_json(data, sources, [self._run(run, places) for run in data.runs]))

    def _source(self, source: SourceData, places: Places) -> Json:
        if source.path not in self._stamps:
            self._stamps[source.path] = file_stamp(source.path)
        stamp = self._stamps[source.path] if source.state is SourceState.PRESENT else (source.size, None)
        return source_json(source, places.source_name(source.path), source.sha256, stamp)

    def _run(self, run: RunData, places: Places) -> Json:
        stems = [
            stem_json(stem, [self._shelf.clip_name(clip, f"{run.id} {stem.name}", places) for clip in stem.takes])
            for stem in run.stems
        ]
        arrays = {name: self._shelf.array_name(a, f"{run.id} {name}", places) for name, a in run.arrays.items()}
        return run_json(run, stems, arrays) | {"provenance": self._provenance(run)}

    def _provenance(self, run: RunData) -> Json:
        known = self._provenances.get(run.id)
        if known is None or known[0] is not run.provenance:
            known = (run.provenance, json.loads(json.dumps(run.provenance, default=plain)))
            self._provenances[run.id] = known
        return known[1]
