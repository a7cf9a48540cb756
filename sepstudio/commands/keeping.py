"""Keeping a separation as a project that the studio opens."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sepstudio.batch.inputs import Input
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.io.audio import audio_info
from sepstudio.io.clip import AudioClip
from sepstudio.jobs.interrupts import uninterrupted
from sepstudio.project import ProjectData, RunData, SourceData, StemData, save_project_steps
from sepstudio.separation.base import Provenance, Separation

PROJECT_SUFFIX = ".sepstudio"


def project_folder(wanted: Path) -> Path:
    """Return the name of a project folder, which ends in ``.sepstudio``."""
    if not wanted.name:
        wanted = wanted.absolute()
    return wanted if wanted.suffix == PROJECT_SUFFIX else wanted.with_name(wanted.name + PROJECT_SUFFIX)


def save_as_project(
    folder: Path, recording: Input, span: tuple[int, int], separation: Separation, progress: ProgressLine
) -> None:
    """Save a recording, its score, its strokes and a separation of its samples ``span`` as a project.

    A folder that was not there is gone again after an error.

    Raises
    ------
    ProjectError
        If it cannot be written.
    """
    is_new = not folder.exists()
    folder.parent.mkdir(parents=True, exist_ok=True)
    saving = save_project_steps(folder, _project(recording, span, separation))
    try:
        drive(saving, lambda fraction: progress.show(fraction, "save the project"))
    except BaseException:
        if is_new:
            with uninterrupted():
                shutil.rmtree(folder, ignore_errors=True)
        raise


def _project(recording: Input, span: tuple[int, int], separation: Separation) -> ProjectData:
    path, score, strokes = recording.path, recording.score, recording.strokes
    info = audio_info(path)
    source = SourceData(
        id="source-1",
        name=path.name,
        path=path.absolute(),
        sample_rate=info.sample_rate,
        channels=info.channels,
        length=info.length,
        subtype=info.subtype,
    )
    provenance = separation.provenance
    # What stems of different iterations leave over is computed by the studio, not kept.
    names = [name for name in separation.stems if name != "residual"]
    run = RunData(
        id="run-1",
        number=1,
        method=provenance.method,
        params=provenance.params,
        seed=provenance.seed,
        source_id=source.id,
        start=span[0],
        stop=span[1],
        stems=tuple(_stem(name, separation) for name in names),
        provenance=plain_provenance(provenance),
        matrices={name: item.moved(span[0] / info.sample_rate) for name, item in separation.matrices.items()},
        curves=separation.curves,
        score=score,
        strokes=strokes,
    )
    scores = {} if score is None else {source.id: score}
    painted = {} if strokes is None else {source.id: strokes}
    return ProjectData((source,), (run,), current_source=source.id, scores=scores, strokes=painted)


def _stem(name: str, separation: Separation) -> StemData:
    final: AudioClip = separation.stems[name]
    takes = separation.takes.get(name, ())
    chosen = next((number for number, take in enumerate(takes, 1) if take is final), 0)
    return StemData(f"run-1/{name}", name, takes or (final,), chosen)


def plain_provenance(provenance: Provenance) -> dict[str, Any]:
    """Return a provenance as JSON values; its mappings may be read-only views, which json does not take."""
    values = {field.name: getattr(provenance, field.name) for field in dataclasses.fields(provenance)}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}
