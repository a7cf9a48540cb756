"""From the content of a session to a project, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sepstudio.errors import AudioFileError, ParameterError, ProjectError
from sepstudio.io.audio import open_audio_steps
from sepstudio.io.clip import AudioClip, ComputedClip, FloatArray
from sepstudio.io.failures import display_name
from sepstudio.io.steps import part
from sepstudio.project import (
    LaneData,
    ProjectData,
    RunData,
    SelectionData,
    SourceData,
    SourceState,
    StemData,
    load_project_steps,
)
from sepstudio.project.leftovers import Leftover
from sepstudio.project.recover import places_of, recover_steps
from sepstudio.project.work import WorkFolder
from sepstudio.separation.codec_method import CHANNELS
from sepstudio.separation.parameters import from_json, to_json
from sepstudio.separation.registry import methods
from sepstudio.session.records import RESIDUAL_SUFFIX, LaneState, Run, Selection, Source, Stem
from sepstudio.session.session import Content

WHY_MISSING: Mapping[SourceState, str] = {
    SourceState.MISSING: "is missing",
    SourceState.CHANGED: "is not the recording that was saved",
}
REMEDY = "choose File, Locate recordings, to say where it is"


class MissingClip(ComputedClip):
    """Stands for a recording that is not there: its shape is known, reading it raises AudioFileError."""

    def __init__(self, source: SourceData, why: str) -> None:
        super().__init__(source.channels, source.length, source.sample_rate)
        self.source = source
        self.why = why

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        raise AudioFileError(str(self.source.path), self.why, REMEDY)


@dataclass(frozen=True)
class Kept:
    """What a project holds and a session does not: runs as they were read, and hashes of recordings."""

    runs: Mapping[str, RunData] = field(default_factory=dict)
    hashes: Mapping[Path, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Loaded:
    """A document that is ready to be shown; ``folder`` is None if it was never saved.

    ``problems`` has a line for each recording that is missing, ``notes`` one for everything that could
    not be restored after a crash. ``work`` is the folder of a crashed session, taken over, of which
    ``leftover`` tells the rest; it has unsaved edits.
    """

    folder: Path | None = None
    content: Content = field(default_factory=Content)
    kept: Kept = field(default_factory=Kept)
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    work: WorkFolder | None = None
    leftover: Leftover | None = None


# A run as it was made into a part of a project, with what it was made of.
KnownRuns = dict[str, tuple[tuple[object, ...], RunData]]


def project_of(content: Content, kept: Kept, known: KnownRuns | None = None) -> ProjectData:
    """Return a project that holds the content of a session.

    ``known`` spares the work for runs that are as they were the last time; it is brought up to date.
    """
    stems = {stem.id: stem for stem in content.stems}
    known = {} if known is None else known
    selection = content.selection
    return ProjectData(
        sources=tuple(_source_data(source, content.audio) for source in content.sources),
        runs=tuple(_known_run_data(run, stems, content, kept, known) for run in content.runs),
        lanes={key: LaneData(lane.gain_db, lane.mute, lane.solo, lane.pan) for key, lane in content.lanes.items()},
        selection=selection and SelectionData(selection.start, selection.stop, selection.band),
        current_source=content.current_source,
        true_stems=_true_stems(content),
        view=content.view,
        scores=content.scores,
        strokes=content.strokes,
        conventions=content.conventions,
    )


def _source_data(source: Source, audio: Mapping[str, tuple[AudioClip, ...]]) -> SourceData:
    data = SourceData(**{item.name: getattr(source, item.name) for item in dataclasses.fields(source)})
    clip = audio[source.id][0]
    if not isinstance(clip, MissingClip):
        return data
    return dataclasses.replace(data, sha256=clip.source.sha256, state=clip.source.state, size=clip.source.size)


def _true_stems(content: Content) -> dict[str, dict[str, str]]:
    """Return the true stems that are there: a recording may have been taken away."""
    known = {source.id for source in content.sources}
    found = {
        mixture: {name: true_id for name, true_id in stems.items() if true_id in known}
        for mixture, stems in content.true_stems.items()
        if mixture in known
    }
    return {mixture: stems for mixture, stems in found.items() if stems}


def _known_run_data(run: Run, stems: Mapping[str, Stem], content: Content, kept: Kept, known: KnownRuns) -> RunData:
    results = (content.matrices.get(run.id), content.curves.get(run.id))
    parts = (run, *results, *(part for key in run.stem_ids for part in (stems[key], content.audio[key])))
    old = known.get(run.id)
    if old is None or len(old[0]) != len(parts) or any(a is not b for a, b in zip(old[0], parts, strict=True)):
        known[run.id] = (parts, _run_data(run, stems, content, kept))
    return known[run.id][1]


def _run_data(run: Run, stems: Mapping[str, Stem], content: Content, kept: Kept) -> RunData:
    old = kept.runs.get(run.id)
    return RunData(
        id=run.id,
        number=run.number,
        method=run.method,
        params=to_json(run.params) if dataclasses.is_dataclass(run.params) else run.params,
        seed=old.seed if old is not None else int(run.provenance.get("seed", 0)),
        source_id=run.source_id,
        start=run.start,
        stop=run.stop,
        stems=tuple(StemData(key, stems[key].name, content.audio[key], stems[key].take) for key in run.stem_ids),
        provenance=run.provenance,
        arrays=old.arrays if old is not None else {},
        label=run.label,
        band=run.band,
        matrices=content.matrices.get(run.id, {}),
        curves=content.curves.get(run.id, {}),
        score=run.score,
        strokes=run.strokes,
    )


def open_project_steps(folder: Path) -> Generator[float, None, Loaded]:
    """Load a project and open its recordings; yields the fraction done.

    A recording that cannot be read as it was saved is replaced by a MissingClip.

    Raises
    ------
    ProjectError
        If the project cannot be loaded or does not fit together.
    """
    project = yield from part(load_project_steps(folder), 0, 2)
    return (yield from part(_opened_steps(folder, project, folder.name), 1, 2))


def restore_steps(leftover: Leftover, root: Path) -> Generator[float, None, Loaded]:
    """Bring back the unsaved work of a crashed session; ``root`` has the work folders. Yields the fraction done.

    Whatever goes wrong, the work stays where it is, and that it was tried is remembered.

    Raises
    ------
    ProjectError
        If the journal cannot be read, does not fit together, or is in use elsewhere.
    """
    name = display_name(leftover.journal)
    if leftover.state is None:
        raise ProjectError(name, "cannot be restored", leftover.problem)
    work = WorkFolder.adopt(leftover.work) if leftover.work.is_dir() else WorkFolder.create(root)
    if work is None:
        raise ProjectError(name, "is in use", "look for another window of SepStudio")
    try:
        leftover.note_attempt(leftover.attempts + 1)
        folder = leftover.project if leftover.project is not None and leftover.project.is_dir() else None
        places = places_of(work.path, folder)
        project, notes = yield from part(recover_steps(leftover.journal, leftover.state, places), 0, 2)
        loaded = yield from part(_opened_steps(folder, project, name), 1, 2)
        return dataclasses.replace(loaded, notes=notes, work=work, leftover=leftover)
    except BaseException:
        work.let_go()
        raise


def _opened_steps(folder: Path | None, project: ProjectData, name: str) -> Generator[float, None, Loaded]:
    _check(project, name)
    audio: dict[str, tuple[AudioClip, ...]] = {stem.id: stem.takes for run in project.runs for stem in run.stems}
    problems = []
    for index, source in enumerate(project.sources):
        clip = yield from part(_recording(source), index, len(project.sources))
        audio[source.id] = (clip,)
        if isinstance(clip, MissingClip):
            problems.append(f"{source.path} {clip.why}.")
    hashes = {source.path: source.sha256 for source in project.sources if source.state is SourceState.PRESENT}
    kept = Kept({run.id: run for run in project.runs}, hashes)
    return Loaded(folder, _content(project, audio), kept, tuple(problems))


def _recording(source: SourceData) -> Generator[float, None, AudioClip]:
    if source.state is not SourceState.PRESENT:
        return MissingClip(source, WHY_MISSING[source.state])
    changed = dataclasses.replace(source, state=SourceState.CHANGED)
    try:
        clip = yield from open_audio_steps(source.path)
    except AudioFileError as error:
        return MissingClip(changed, error.why)
    if (clip.sample_rate, clip.channels, clip.length) != (source.sample_rate, source.channels, source.length):
        return MissingClip(changed, WHY_MISSING[SourceState.CHANGED])
    return clip


def _check(project: ProjectData, name: str) -> None:
    """Refuse what could not be played: stems that do not fit to the stretch of the source that they are of."""
    sources = {source.id: source for source in project.sources}
    for run in project.runs:
        source = sources[run.source_id]
        takes = [take for stem in run.stems for take in stem.takes]
        reserved = any(stem.id.endswith(RESIDUAL_SUFFIX) for stem in run.stems)
        if run.stop > source.length or reserved or not all(_fits(take, run, source) for take in takes):
            why = f"its {run.id} does not fit to the recording {source.name}"
            raise ProjectError(name, why, "restore the folder from a backup")
    current = sources.get(project.current_source)
    if project.selection is not None and (current is None or project.selection.stop > current.length):
        raise ProjectError(name, "its selection lies outside the recording", "restore the folder from a backup")


def _fits(take: AudioClip, run: RunData, source: SourceData) -> bool:
    # A decoded scene may lack the channels of higher orders.
    same_time = (take.sample_rate, take.length) == (source.sample_rate, run.stop - run.start)
    return same_time and (take.channels == source.channels or CHANNELS == take.channels < source.channels)


def _content(project: ProjectData, audio: Mapping[str, tuple[AudioClip, ...]]) -> Content:
    selection = project.selection
    return Content(
        sources=tuple(
            Source(**{item.name: getattr(source, item.name) for item in dataclasses.fields(Source)})
            for source in project.sources
        ),
        runs=tuple(_run(run) for run in project.runs),
        stems=tuple(_stem(stem, run.id) for run in project.runs for stem in run.stems),
        lanes={key: LaneState(lane.gain_db, lane.mute, lane.solo, lane.pan) for key, lane in project.lanes.items()},
        audio=audio,
        selection=selection and Selection(selection.start, selection.stop, selection.band),
        current_source=project.current_source or (project.sources[-1].id if project.sources else ""),
        true_stems=project.true_stems,
        view=project.view,
        scores=project.scores,
        strokes=project.strokes,
        conventions=project.conventions,
        matrices={run.id: run.matrices for run in project.runs},
        curves={run.id: run.curves for run in project.runs},
    )


def _run(run: RunData) -> Run:
    return Run(
        id=run.id,
        number=run.number,
        method=run.method,
        params=_params(run),
        source_id=run.source_id,
        start=run.start,
        stop=run.stop,
        stem_ids=tuple(stem.id for stem in run.stems),
        provenance=run.provenance,
        label=run.label,
        band=run.band,
        score=run.score,
        strokes=run.strokes,
    )


def _params(run: RunData) -> Any:
    """Return the parameters of a method; those that this installation does not understand stay as they are."""
    spec = methods().get(run.method)
    try:
        return from_json(spec.params, run.params) if spec is not None else run.params
    except ParameterError:
        return run.params


def _stem(stem: StemData, run_id: str) -> Stem:
    # A single state without a number is a final one of which no earlier ones were kept.
    takes = len(stem.takes) if stem.take or len(stem.takes) > 1 else 0
    return Stem(stem.id, run_id, stem.name, stem.take, takes)
