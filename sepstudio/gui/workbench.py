"""What the user has done: open recordings, separate them, export the results, each as a job."""

from __future__ import annotations

import dataclasses
import functools
import json
import logging
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from sepstudio.errors import MissingInputError
from sepstudio.gui.bridge import JobBridge
from sepstudio.io.audio import open_audio_steps, write_audio_steps
from sepstudio.io.clip import AudioClip, excerpt
from sepstudio.io.decode import probe
from sepstudio.io.scratch import ScratchSink
from sepstudio.io.steps import part
from sepstudio.separation.band import Band, restrict
from sepstudio.separation.base import Matrix, MethodSpec, Progress, RunContext, Separation, needed, staged
from sepstudio.separation.parameters import to_json
from sepstudio.session.commands import AddRun, AddSource
from sepstudio.session.earlier_runs import learned_before
from sepstudio.session.records import Run, Source, Stem, method_text
from sepstudio.session.session import Session

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Opened:
    """A recording that was read and can become a source."""

    path: Path
    clip: AudioClip
    subtype: str


@dataclasses.dataclass(frozen=True)
class Export:
    """One file to write."""

    path: Path
    clip: AudioClip
    subtype: str


class Workbench(QObject):
    """Turns wishes into jobs, and finished jobs into undoable edits of the session.

    ``runBegun`` carries the id of a job and the Run that it will become, which has no id, number and stems
    yet, or those of a run that learns on: whoever listens to ``JobBridge.snapshot`` learns from it what a snapshot
    is of.
    """

    runBegun = Signal(int, object)
    sourceOpened = Signal(str)
    runFinished = Signal(str)
    exported = Signal(object)

    def __init__(self, session: Session, bridge: JobBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._bridge = bridge
        # Results live in the undo history as long as the window, and their files with them.
        self._sinks: list[ScratchSink] = []
        self._scratch: Path | None = None
        # What methods may use of the machine; each run gets a sink of its own in place of the one here.
        self.context = RunContext()
        self.preview_seconds = 10.0
        # The job of the preview that was asked for last, by any tab.
        self.previewing = 0

    def set_scratch(self, folder: Path | None) -> None:
        """Put results that do not fit in memory into a folder from now on; None for the common one."""
        self._scratch = folder

    def new_sink(self) -> ScratchSink:
        """Return where a result is put; it stays as long as the window."""
        sink = ScratchSink(parent=self._scratch)
        self._sinks.append(sink)
        return sink

    def open_files(self, paths: Sequence[Path]) -> None:
        """Open recordings one by one; each that cannot be read fails for itself."""
        for path in paths:
            self._bridge.start(f"Opening {path.name}", opening_steps(path), self._add_source)

    def separate(
        self,
        spec: MethodSpec,
        params: Any,
        span: tuple[int, int] | None = None,
        band: Band | None = None,
        *,
        warm: Mapping[str, Matrix] | None = None,
    ) -> int:
        """Separate the current source, or its samples ``span``, with a method; ``band`` in Hz restricts the stems.

        A method that needs a score, strokes or true stems gets those of the source; where there are none, the job
        fails and says so.
        ``warm`` holds matrices to begin with, such as ``session.matrices`` of an earlier run of the source; a method
        that learns from strokes goes on from the last run that learned the same sources, or anew where it is empty.
        Returns the id of the job, or 0 where there is no source.
        """
        source = self._session.current_source
        if source is None:
            return 0
        start, stop = span or (0, source.length)
        score = self._session.score(source.id) if "score" in spec.needs else None
        references = self._references(source, (start, stop)) if "references" in spec.needs else None
        strokes = self._session.strokes(source.id) if "strokes" in spec.needs else None
        context = dataclasses.replace(self.context, sink=self.new_sink(), score=score, warm=warm, references=references)
        if strokes is not None and warm is None:
            warm = learned_before(self._session, spec.id, source.id, strokes)
        context = dataclasses.replace(context, strokes=strokes, warm=warm)
        work = _separate(spec, self._session.clip(source.id), (start, stop), band, params, context)
        run = Run("", 0, spec.id, params, source.id, start, stop, (), band=band, score=score, strokes=strokes)
        job = self._bridge.start(f"{method_text(spec.id)} {source.name}", work, functools.partial(self.keep, run))
        self.runBegun.emit(job, run)
        _log.info("job %d is %s on %d to %d with %s", job, spec.id, start, stop, json.dumps(to_json(params)))
        return job

    def _references(self, source: Source, span: tuple[int, int]) -> dict[str, AudioClip]:
        """Return the true stems by name and in that order: files of a folder arrive in any."""
        session, true = self._session, self._session.true_stems(source.id)
        return {
            name: excerpt(session.clip(true[name]), *span) for name in sorted(true) if true[name] in session.sources
        }

    def preview_span(self, playhead: int) -> tuple[int, int]:
        """Return the samples of a preview: the selection, else ``preview_seconds`` from the playhead on."""
        source, selection = self._session.current_source, self._session.selection
        if source is None:
            return (0, 0)
        if selection is not None:
            return selection.start, selection.stop
        length = min(round(self.preview_seconds * source.sample_rate), source.length)
        start = min(playhead, source.length - length)
        return start, start + length

    def export(self, files: Sequence[Export]) -> None:
        """Write files; none is left half-written."""
        name = files[0].path.parent.name if files else ""
        self._bridge.start(f"Exporting to {name}", _export(files), self.exported.emit)

    def close(self) -> None:
        """Delete the temporary files of all results."""
        for sink in self._sinks:
            sink.close()

    def _add_source(self, opened: Opened) -> None:
        source = self.store(opened)
        self._session.stack.push(AddSource(self._session, source))
        self.sourceOpened.emit(source.id)

    def store(self, opened: Opened) -> Source:
        """Keep the audio of a recording that was read, and return the source that it can become."""
        session, clip = self._session, opened.clip
        source = Source(
            id=session.new_id("source"),
            name=opened.path.name,
            path=opened.path,
            sample_rate=clip.sample_rate,
            channels=clip.channels,
            length=clip.length,
            subtype=opened.subtype,
        )
        session.store_audio(source.id, [clip])
        return source

    def keep(self, draft: Run, separation: Separation) -> None:
        """Make a result a run of the session; ``draft`` says of what, its id, number and stems are filled in.

        Times of matrices are those of the source.
        """
        session = self._session
        if draft.source_id not in session.sources:
            # The source was undone while its separation ran: there is nothing left to hang it on.
            return
        run_id = session.new_id("run")
        # What stems of different iterations leave is the residual lane of the run, not a stem.
        names = [name for name in separation.stems if name != "residual"]
        stems = [self._keep_stem(run_id, name, separation) for name in names]
        run = dataclasses.replace(
            draft,
            id=run_id,
            number=1 + max((run.number for run in session.runs.values()), default=0),
            stem_ids=tuple(stem.id for stem in stems),
            provenance=dataclasses.asdict(separation.provenance),
        )
        session.store_results(run_id, separation.matrices, separation.curves)
        session.stack.push(AddRun(session, run, stems))
        made = separation.provenance
        _log.info("%s: %s on %s in %.3f s %s", run_id, made.method, made.device, made.wall_seconds, made.notes)
        self.runFinished.emit(run_id)

    def _keep_stem(self, run_id: str, name: str, separation: Separation) -> Stem:
        clip, takes = separation.stems[name], separation.takes.get(name, ())
        stem_id = f"{run_id}/{name}"
        self._session.store_audio(stem_id, takes or [clip])
        chosen = next((n for n, take in enumerate(takes, 1) if take is clip), 0)
        return Stem(stem_id, run_id, name, chosen, len(takes))


def opening_steps(path: Path) -> Generator[float, None, Opened]:
    """Read a recording in steps; yields the fraction done."""
    clip = yield from open_audio_steps(path)
    # Only the header: counting the exact length of an MP3 would decode it a second time.
    return Opened(path, clip, probe(path).info.subtype)


def _separate(
    spec: MethodSpec, clip: AudioClip, span: tuple[int, int], band: Band | None, params: Any, context: RunContext
) -> Generator[Progress, None, Separation]:
    if "score" in needed(spec, params) and context.score is None:
        raise MissingInputError(
            f"{spec.title} cannot begin", "it needs a score of the recording", "attach a score: Score > Import score…"
        )
    if "strokes" in needed(spec, params) and not (context.strokes and context.strokes.strokes):
        raise MissingInputError(
            f"{spec.title} cannot begin", "nothing is painted over the recording", "choose Paint > Brush, and paint"
        )
    if "references" in needed(spec, params) and not context.references:
        remedy = "assign them: Compare > True stems, or From a folder… in the method panel"
        raise MissingInputError(f"{spec.title} cannot begin", "it needs the true stems of the recording", remedy)
    yield Progress(0.0, "reading")
    mixture = clip if span == (0, clip.length) else clip.section(*span)
    begin = span[0] / clip.sample_rate
    separation = yield from spec.run(mixture, params, context=_moved(context, -begin))
    kept = {}
    for name, matrix in separation.matrices.items():
        yield Progress(1.0, "keeping matrices")
        kept[name] = dataclasses.replace(matrix, values=context.sink.keep(matrix.values)).moved(begin)
    separation = dataclasses.replace(separation, matrices=kept)
    return separation if band is None else restrict(separation, band)


def _moved(context: RunContext, seconds: float) -> RunContext:
    """Return a context whose score, strokes and matrices begin where the mixture does."""
    if not seconds:
        return context
    warm = context.warm and {name: matrix.moved(seconds) for name, matrix in context.warm.items()}
    score, strokes = (given and given.moved(seconds) for given in (context.score, context.strokes))
    return dataclasses.replace(context, score=score, strokes=strokes, warm=warm)


def _export(files: Sequence[Export]) -> Generator[Progress, None, tuple[Path, ...]]:
    for number, file in enumerate(files):
        file.path.parent.mkdir(parents=True, exist_ok=True)
        steps = write_audio_steps(file.path, file.clip, file.subtype)
        yield from staged(part(steps, number, len(files)), file.path.name)
    return tuple(file.path for file in files)
