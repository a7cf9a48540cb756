"""An open document as its journal keeps it: after every edit, and so without reading or writing anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from sepstudio.io.scores.plain import score_to_json
from sepstudio.io.scores.records import Score
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
    """Makes documents of a project; what takes long is done once for each source and each record of a run.

    ``hashes`` are those of recordings that are known, by their paths.
    """

    def __init__(self, shelf: Shelf, hashes: Mapping[Path, str] = MappingProxyType({})) -> None:
        self._shelf = shelf
        self._hashes = hashes
        self._stamps: dict[Path, tuple[int | None, int | None]] = {}
        self._runs: dict[str, tuple[RunData, Json]] = {}
        self._scores: dict[str, tuple[Score, Json]] = {}
        self._places: Places | None = None

    def document(self, data: ProjectData, places: Places) -> Json:
        """Return a project as a keyed document that names files of both places."""
        if places != self._places:
            self._runs.clear()
            self._places = places
        sources = [self._source(source, places) for source in data.sources]
        scores = {key: self._score(key, score) for key, score in data.scores.items()}
        return keyed(project_json(data, sources, [self._run(run, places) for run in data.runs], scores))

    def forget(self, hashes: Mapping[Path, str]) -> None:
        """Ask again where everything lies, because a save has moved it; ``hashes`` are those that it found."""
        self._runs.clear()
        self._stamps.clear()
        self._hashes = hashes

    def _source(self, source: SourceData, places: Places) -> Json:
        if source.path not in self._stamps:
            self._stamps[source.path] = file_stamp(source.path)
        stamp = self._stamps[source.path] if source.state is SourceState.PRESENT else (source.size, None)
        sha256 = source.sha256 or self._hashes.get(source.path, "")
        return source_json(source, places.source_name(source.path), sha256, stamp)

    def _score(self, source_id: str, score: Score) -> Json:
        known = self._scores.get(source_id)
        if known is None or known[0] is not score:
            known = self._scores[source_id] = (score, score_to_json(score, known))
        return known[1]

    def _run(self, run: RunData, places: Places) -> Json:
        # The same record is the same run: nothing is written of it again.
        known = self._runs.get(run.id)
        if known is None or known[0] is not run:
            known = self._runs[run.id] = (run, self._new_run(run, places))
        return known[1]

    def _new_run(self, run: RunData, places: Places) -> Json:
        stems = [
            stem_json(stem, [self._shelf.clip_name(clip, f"{run.id} {stem.name}", places) for clip in stem.takes])
            for stem in run.stems
        ]
        arrays = {name: self._shelf.array_name(a, f"{run.id} {name}", places) for name, a in run.all_arrays.items()}
        score = None if run.score is None else self._shelf.score_name(run.score, places)
        found: Json = json.loads(json.dumps(run_json(run, stems, arrays, score), default=plain))
        return found
