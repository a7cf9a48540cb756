"""One input on its way from the file to its stems."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from sepstudio.commands.exits import confess
from sepstudio.commands.inputs import Input
from sepstudio.commands.naming import NameTemplate
from sepstudio.commands.outputs import FileFormat, Overwriting, destinations
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.commands.publishing import StemFile, staging_folder, write_together
from sepstudio.commands.results import Outcome
from sepstudio.errors import ParameterError, UserError
from sepstudio.io.audio import open_audio_steps
from sepstudio.io.clip import AudioClip, DifferenceClip
from sepstudio.io.scratch import ScratchSink
from sepstudio.separation.base import MethodSpec, RunContext, Separation
from sepstudio.separation.kernels import SourceSet

# Parts of the progress of one input; how long each takes differs, but this is about right.
_READ_END, _SEPARATE_END = 0.1, 0.85


@dataclass(frozen=True)
class Order:
    """What is to be done with every input; ``start`` and ``stop`` are in seconds."""

    spec: MethodSpec
    params: Any
    context: RunContext
    output: Path
    template: NameTemplate
    file_format: FileFormat
    overwriting: Overwriting
    start: float = 0.0
    stop: float | None = None


@runtime_checkable
class NamesItsSources(Protocol):
    """Parameters that tell the names of the stems before anything is computed."""

    @property
    def source_set(self) -> SourceSet:
        """The sources of a run."""


def attempt(order: Order, source: Input, title: str) -> Outcome:
    """Separate one input and write its stems; every failure of it becomes part of the outcome."""
    try:
        return _separate(order, source, title)
    except UserError as error:
        return Outcome(source, error=error)
    except MemoryError:
        return Outcome(source, error=_too_big(source))
    except Exception:  # noqa: BLE001 - a defect met by one recording must not cost the others
        confess()
        return Outcome(source, error=UserError(str(source.path), "failed unexpectedly", "see the lines above"))


def _separate(order: Order, source: Input, title: str) -> Outcome:
    if source.problem is not None:
        raise source.problem
    expected = _paths(order, source, _expected_stems(order.params))
    existing = [path for path in expected if path.exists()]
    decided = (
        dataclasses.replace(order, overwriting=Overwriting(order.overwriting.decide(existing))) if existing else order
    )
    if expected and len(existing) == len(expected) and decided.overwriting.policy == "skip":
        return Outcome(source)
    with ProgressLine(title) as progress, staging_folder(order.output) as staging:
        progress.part(0.0, _READ_END)
        clip = drive(open_audio_steps(source.path), lambda fraction: progress.show(fraction, "read"))
        sink = ScratchSink(parent=staging)
        context = dataclasses.replace(order.context, sink=sink)
        progress.part(_READ_END, _SEPARATE_END)
        run = order.spec.run(_section(order, clip, source), order.params, context=context)
        separation = drive(run, lambda step: progress.show(step.fraction, step.stage))
        progress.part(_SEPARATE_END, 1.0)
        stems = _write(decided, source, separation, staging, progress)
    return Outcome(source, tuple(stems), separation.provenance)


def _write(
    order: Order, source: Input, separation: Separation, staging: Path, progress: ProgressLine
) -> list[StemFile]:
    clips = results(separation)
    wanted = _paths(order, source, tuple(clips))
    policy = order.overwriting.decide([path for path in wanted if path.exists()])
    places = zip(clips.items(), destinations(wanted, policy), strict=True)
    stems = [(name, path, clip) for (name, clip), path in places if path is not None]
    return write_together(stems, staging, order.file_format, progress)


def results(separation: Separation) -> dict[str, AudioClip]:
    """Return the stems by name, and behind them those of earlier iterations that were kept (``harmonic-1``, ...)."""
    earlier = {
        f"{name}-{number}": clip
        for name, takes in separation.takes.items()
        for number, clip in enumerate(takes, 1)
        if clip is not separation.stems.get(name)
    }
    return {**separation.stems, **earlier}


def _paths(order: Order, source: Input, stems: tuple[str, ...]) -> list[Path]:
    extension = order.file_format.extension
    names = (order.template.path(source.track, stem, order.spec.id, number) for number, stem in enumerate(stems, 1))
    return [order.output / f"{name}{extension}" for name in names]


def _expected_stems(params: Any) -> tuple[str, ...]:
    return tuple(part.name for part in params.source_set.sources) if isinstance(params, NamesItsSources) else ()


def _section(order: Order, clip: AudioClip, source: Input) -> AudioClip:
    if order.start == 0.0 and order.stop is None:
        return clip
    start = round(order.start * clip.sample_rate)
    stop = clip.length if order.stop is None else min(round(order.stop * clip.sample_rate), clip.length)
    if start >= stop:
        raise ParameterError("--start", order.start, f"before the end of {source.path} ({clip.duration:.3f} s)")
    # The difference from no stems is the section itself, read as it is needed.
    return DifferenceClip(clip, start, stop, ())


def _too_big(source: Input) -> UserError:
    return UserError(
        str(source.path), "needs more memory than there is", "close other programs, or use --start and --stop"
    )
