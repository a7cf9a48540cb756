"""From the content of a session to a project, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sepstudio.errors import AudioFileError, ParameterError, ProjectError
from sepstudio.io.audio import open_audio_steps
from sepstudio.io.clip import AudioClip, FloatArray
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
from sepstudio.separation.parameters import from_json, to_json
from sepstudio.separation.registry import methods
from sepstudio.session.records import RESIDUAL_SUFFIX, LaneState, Run, Selection, Source, Stem
from sepstudio.session.session import Content

WHY_MISSING: Mapping[SourceState, str] = {
    SourceState.MISSING: "is missing",
    SourceState.CHANGED: "is not the recording that was saved",
}
REMEDY = "put the recording back and open the project again"


class MissingClip(AudioClip):
    """Stands for a recording that is not there: its shape is known, reading it raises AudioFileError."""

    def __init__(self, source: SourceData, why: str) -> None:
        self.sample_rate = source.sample_rate
        self._channels = source.channels
        self._length = source.length
        self._path = source.path
        self.why = why

    @property
    def samples(self) -> FloatArray:
        """Not there."""
        return self._read_inside(0, self._length)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self._channels

    @property
    def length(self) -> int:
        """Number of samples per channel."""
        return self._length

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        raise AudioFileError(str(self._path), self.why, REMEDY)


@dataclass(frozen=True)
class Kept:
    """What a project holds and a session does not: recordings that are missing, and runs as they were read."""

    missing: Mapping[str, SourceData] = field(default_factory=dict)
    runs: Mapping[str, RunData] = field(default_factory=dict)


@dataclass(frozen=True)
class Loaded:
    """A document that is ready to be shown; ``folder`` is None if it was never saved.

    ``problems`` has a line for each recording that is missing.
    """

    folder: Path | None = None
    content: Content = field(default_factory=Content)
    kept: Kept = field(default_factory=Kept)
    problems: tuple[str, ...] = ()


def project_of(content: Content, kept: Kept) -> ProjectData:
    """Return a project that holds the content of a session."""
    stems = {stem.id: stem for stem in content.stems}
    selection = content.selection
    return ProjectData(
        sources=tuple(_source_data(source, kept) for source in content.sources),
        runs=tuple(_run_data(run, stems, content.audio, kept) for run in content.runs),
        lanes={key: LaneData(lane.gain_db, lane.mute, lane.solo) for key, lane in content.lanes.items()},
        selection=selection and SelectionData(selection.start, selection.stop, selection.band),
        current_source=content.current_source,
    )


def _source_data(source: Source, kept: Kept) -> SourceData:
    data = SourceData(**{item.name: getattr(source, item.name) for item in dataclasses.fields(source)})
    old = kept.missing.get(source.id)
    return data if old is None else dataclasses.replace(data, sha256=old.sha256, state=old.state)


def _run_data(run: Run, stems: Mapping[str, Stem], audio: Mapping[str, tuple[AudioClip, ...]], kept: Kept) -> RunData:
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
        stems=tuple(StemData(key, stems[key].name, audio[key], stems[key].take) for key in run.stem_ids),
        provenance=run.provenance,
        arrays=old.arrays if old is not None else {},
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
    _check(project, folder.name)
    audio: dict[str, tuple[AudioClip, ...]] = {stem.id: stem.takes for run in project.runs for stem in run.stems}
    missing, problems = {}, []
    for index, source in enumerate(project.sources):
        clip = yield from part(part(_recording(source), index, len(project.sources)), 1, 2)
        audio[source.id] = (clip,)
        if isinstance(clip, MissingClip):
            state = source.state if source.state is not SourceState.PRESENT else SourceState.CHANGED
            missing[source.id] = dataclasses.replace(source, state=state)
            problems.append(f"{source.path} {clip.why}.")
    kept = Kept(missing, {run.id: run for run in project.runs})
    return Loaded(folder, _content(project, audio), kept, tuple(problems))


def _recording(source: SourceData) -> Generator[float, None, AudioClip]:
    if source.state is not SourceState.PRESENT:
        return MissingClip(source, WHY_MISSING[source.state])
    try:
        clip = yield from open_audio_steps(source.path)
    except AudioFileError as error:
        return MissingClip(source, error.why)
    if (clip.sample_rate, clip.channels, clip.length) != (source.sample_rate, source.channels, source.length):
        return MissingClip(source, WHY_MISSING[SourceState.CHANGED])
    return clip


def _check(project: ProjectData, name: str) -> None:
    """Refuse what could not be played: stems that do not fit to the stretch of the source that they are of."""
    sources = {source.id: source for source in project.sources}
    for run in project.runs:
        source = sources[run.source_id]
        wanted = (source.sample_rate, source.channels, run.stop - run.start)
        takes = [(take.sample_rate, take.channels, take.length) for stem in run.stems for take in stem.takes]
        reserved = any(stem.id.endswith(RESIDUAL_SUFFIX) for stem in run.stems)
        if run.stop > source.length or reserved or any(take != wanted for take in takes):
            why = f"its {run.id} does not fit to the recording {source.name}"
            raise ProjectError(name, why, "restore the folder from a backup")
    current = sources.get(project.current_source)
    if project.selection is not None and (current is None or project.selection.stop > current.length):
        raise ProjectError(name, "its selection lies outside the recording", "restore the folder from a backup")


def _content(project: ProjectData, audio: Mapping[str, tuple[AudioClip, ...]]) -> Content:
    selection = project.selection
    return Content(
        sources=tuple(
            Source(**{item.name: getattr(source, item.name) for item in dataclasses.fields(Source)})
            for source in project.sources
        ),
        runs=tuple(_run(run) for run in project.runs),
        stems=tuple(_stem(stem, run.id) for run in project.runs for stem in run.stems),
        lanes={key: LaneState(lane.gain_db, lane.mute, lane.solo) for key, lane in project.lanes.items()},
        audio=audio,
        selection=selection and Selection(selection.start, selection.stop, selection.band),
        current_source=project.current_source or (project.sources[-1].id if project.sources else ""),
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
