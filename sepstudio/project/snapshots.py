"""An open document as its journal keeps it: after every edit, and so without reading or writing anything."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator, Mapping
from pathlib import Path
from types import MappingProxyType

from sepstudio.io.papers import KnownPaper, Paper, kind_of, new_size, papers_json, size
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
from sepstudio.project.journal import Journal
from sepstudio.project.places import Places
from sepstudio.project.records import ProjectData, RunData, SourceData, SourceState
from sepstudio.project.shelf import Shelf

# By kind, as a document calls it, and source.
_Key = tuple[str, str]


class Draft:
    """A document of which scores and strokes are still to be written out, which may be done on another thread.

    ``size`` is how much that is, in notes, ``new_size`` what of it the last document did not have as it is.
    """

    def __init__(self, document: Json, papers: Mapping[_Key, Paper], known: Mapping[_Key, KnownPaper]) -> None:
        self._document = document
        self._papers = dict(papers)
        self._known = {key: known[key] for key in papers if key in known}
        self.written: dict[_Key, KnownPaper] = {}
        self.size = sum(map(size, papers.values()))
        self.new_size = sum(new_size(paper, self._known.get(key)) for key, paper in papers.items())

    def steps(self) -> Generator[float, None, Json]:
        """Return the whole document; yields the fraction done."""
        for number, (key, paper) in enumerate(self._papers.items(), 1):
            known = self._known.get(key)
            if known is None or known[0] is not paper:
                known = paper, kind_of(paper).to_json(paper, known)
            self.written[key] = known
            yield number / len(self._papers)
        return self._document | papers_json({key: values for key, (_, values) in self.written.items()})


class LongLine:
    """A line of a journal that takes long to make, on another thread. Taken back in time, it is never written."""

    def __init__(self, journal: Journal, draft: Draft, edits: int) -> None:
        self.draft = draft
        self._journal, self._edits = journal, edits
        self._lock = threading.Lock()
        self._is_wanted = True

    def steps(self) -> Generator[float, None, None]:
        """Make the line and write it; raises OSError as ``Journal.record`` does."""
        document = yield from self.draft.steps()
        with self._lock:
            if self._is_wanted:
                self._journal.record(document, edits=self._edits)

    def take_back(self) -> None:
        """Write nothing any more; what is just being written is written when this returns."""
        with self._lock:
            self._is_wanted = False


class Snapshots:
    """Makes documents of a project; what takes long is done once for each source and each record of a run.

    ``hashes`` are those of recordings that are known, by their paths.
    """

    def __init__(self, shelf: Shelf, hashes: Mapping[Path, str] = MappingProxyType({})) -> None:
        self._shelf = shelf
        self._hashes = hashes
        self._stamps: dict[Path, tuple[int | None, int | None]] = {}
        self._runs: dict[str, tuple[RunData, Json]] = {}
        self._papers: dict[_Key, KnownPaper] = {}
        self._places: Places | None = None

    def draft(self, data: ProjectData, places: Places) -> Draft:
        """Return a document but for its scores and strokes, which may be long."""
        if places != self._places:
            self._runs.clear()
            self._places = places
        sources = [self._source(source, places) for source in data.sources]
        document = keyed(project_json(data, sources, [self._run(run, places) for run in data.runs], {}))
        return Draft(document, data.papers, self._papers)

    def learn(self, draft: Draft) -> None:
        """Take what was written out of a draft as known."""
        self._papers |= draft.written

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
        papers = {name: self._shelf.paper_name(paper, places) for name, paper in run.papers.items()}
        found: Json = json.loads(json.dumps(run_json(run, stems, arrays, papers), default=plain))
        return found
