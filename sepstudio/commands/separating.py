"""One input on its way from the file to its stems."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sepstudio.batch.inputs import Input
from sepstudio.batch.naming import NameTemplate, safe_track
from sepstudio.batch.outputs import FileFormat, destinations
from sepstudio.batch.publishing import staging_folder, write_together
from sepstudio.batch.stems import expected_stems, results
from sepstudio.commands.attempts import attempted
from sepstudio.commands.keeping import project_folder, save_as_project
from sepstudio.commands.matrices import save_matrices
from sepstudio.commands.overwriting import Overwriting
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.commands.references import ReferenceOptions
from sepstudio.commands.results import Outcome
from sepstudio.commands.scores import ScoreOptions
from sepstudio.commands.strokes import StrokeOptions
from sepstudio.errors import ParameterError, UserError
from sepstudio.io.audio import open_audio_steps
from sepstudio.io.clip import AudioClip, excerpt, only_part
from sepstudio.io.scores.records import Score
from sepstudio.io.scratch import ScratchSink
from sepstudio.separation.base import MethodSpec, RunContext, Separation

# Parts of the progress of one input; how long each takes differs, but this is about right.
_READ_END, _ALIGN_END, _SEPARATE_END, _PROJECT_START = 0.1, 0.2, 0.85, 0.93
_TOO_BIG = "close other programs, or use --start and --stop"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """What is to be done with every input; ``start`` and ``stop`` are in seconds.

    ``project`` is the project folder of one input, and with ``many`` the folder that holds one
    of each. ``matrices`` is the file for those of the only input.
    """

    spec: MethodSpec
    params: Any
    context: RunContext
    output: Path
    template: NameTemplate
    file_format: FileFormat
    overwriting: Overwriting
    start: float = 0.0
    stop: float | None = None
    project: Path | None = None
    many: bool = False
    scores: ScoreOptions = field(default_factory=ScoreOptions)
    strokes: StrokeOptions = field(default_factory=StrokeOptions)
    references: ReferenceOptions = field(default_factory=ReferenceOptions)
    stems: ReferenceOptions = field(default_factory=ReferenceOptions)
    matrices: Path | None = None


def attempt(order: Order, source: Input, title: str) -> Outcome:
    """Separate one input and write its stems; every failure of it becomes part of the outcome."""
    found = attempted(source.path, lambda: _separate(order, source, title), _TOO_BIG)
    outcome = Outcome(source, error=found) if isinstance(found, UserError) else found
    _log.info("%s: %s", source.path, outcome.error or outcome.provenance or "skipped")
    return outcome


def _separate(order: Order, source: Input, title: str) -> Outcome:
    if source.problem is not None:
        raise source.problem
    stems = expected_stems(order.params)
    expected = _paths(order, source, stems) if stems else []
    existing = [path for path in expected if path.exists()]
    if existing:
        order = dataclasses.replace(order, overwriting=Overwriting(order.overwriting.decide(existing)))
        if len(existing) == len(expected) and order.overwriting.policy == "skip":
            return Outcome(source)
    with ProgressLine(title) as progress, staging_folder(order.output) as staging:
        progress.part(0.0, _READ_END)
        clip = drive(open_audio_steps(source.path), lambda fraction: progress.show(fraction, "read"))
        span = _span(order, clip, source)
        score = _score(order, source, clip, progress)
        progress.part(_READ_END if score is source.score else _ALIGN_END, _SEPARATE_END)
        begin, strokes = span[0] / clip.sample_rate, source.strokes
        context = dataclasses.replace(
            order.context,
            sink=ScratchSink(parent=staging),
            score=score and score.moved(-begin),
            strokes=strokes and strokes.moved(-begin),
            references=order.references.of(source.track, clip, span),
            stems=order.stems.of(source.track, clip, span),
        )
        run = order.spec.run(_section(clip, span), order.params, context=context)
        separation = drive(run, lambda step: progress.show(step.fraction, step.stage))
        return _write(order, dataclasses.replace(source, score=score), span, separation, staging, progress)


def _write(
    order: Order,
    source: Input,
    span: tuple[int, int],
    separation: Separation,
    staging: Path,
    progress: ProgressLine,
) -> Outcome:
    clips = _short(results(separation), order.params)
    wanted = _paths(order, source, tuple(clips))
    policy = order.overwriting.decide([path for path in wanted if path.exists()])
    places = destinations(wanted, policy)
    project = places.pop() if order.project else None
    matrices = places.pop() if order.matrices else None
    progress.part(_SEPARATE_END, _PROJECT_START if project else 1.0)
    stems = [(name, path, clip) for (name, clip), path in zip(clips.items(), places, strict=True) if path is not None]
    writing = write_together(stems, staging, order.file_format)
    written = drive(writing, lambda fraction: progress.show(fraction, "write"))
    if matrices:
        save_matrices(matrices, separation)
    if project:
        progress.part(_PROJECT_START, 1.0)
        save_as_project(project, source, span, separation, progress)
    return Outcome(source, tuple(written), separation.provenance, project)


def _paths(order: Order, source: Input, stems: tuple[str, ...]) -> list[Path]:
    """Return where the stems, and the project if there shall be one, belong."""
    extension = order.file_format.extension
    paths = order.template.files(order.output, source.track, order.spec.id, stems, extension)
    if order.matrices:
        paths.append(order.matrices)
    if order.project:
        paths.append(project_folder(order.project / safe_track(source.track) if order.many else order.project))
    return paths


def _short(clips: dict[str, AudioClip], params: Any) -> dict[str, AudioClip]:
    """Return stems of notes as no more than what sounds: a thousand files as long as the recording fit no disk."""
    if getattr(params, "group", "") != "note":
        return clips
    return {name: only_part(clip).clip for name, clip in clips.items()}


def _score(order: Order, source: Input, clip: AudioClip, progress: ProgressLine) -> Score | None:
    if source.score is None:
        return None
    progress.part(_READ_END, _ALIGN_END)
    return order.scores.aligned(source.score, clip, lambda step: progress.show(step.fraction, step.stage))


def _span(order: Order, clip: AudioClip, source: Input) -> tuple[int, int]:
    start = round(order.start * clip.sample_rate)
    stop = clip.length if order.stop is None else min(round(order.stop * clip.sample_rate), clip.length)
    if start >= stop:
        raise ParameterError("--start", order.start, f"before the end of {source.path} ({clip.duration:.3f} s)")
    return start, stop


def _section(clip: AudioClip, span: tuple[int, int]) -> AudioClip:
    return clip if span == (0, clip.length) else excerpt(clip, *span)
