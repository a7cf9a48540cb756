"""What ``sepstudio codec`` is to do with each of its inputs, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sepstudio.batch.inputs import AUDIO_EXTENSIONS, FileKind, Input, collect
from sepstudio.batch.naming import safe_track
from sepstudio.batch.outputs import destinations, prepare_folder
from sepstudio.codec.bitstream import SUFFIX
from sepstudio.commands.attempts import attempted, exit_status
from sepstudio.commands.exits import complain
from sepstudio.commands.overwriting import Overwriting
from sepstudio.commands.progress import ProgressLine
from sepstudio.errors import ParameterError, UserError
from sepstudio.io.formats import BY_EXTENSION

# Names of files: nobody wants a folder to be called like that.
_FILES = AUDIO_EXTENSIONS | BY_EXTENSION.keys() | {SUFFIX, ".mp3", ".m4a"}
# What is told of a result, as JSON values, and notes for people.
Told = tuple[dict[str, Any], Sequence[str]]
# Makes the file of a path from an input.
Work = Callable[[Input, Path, ProgressLine], Told]


@dataclass(frozen=True)
class Places:
    """Where the results go: a folder, or for a single input the file of a name that has the right extension."""

    output: Path
    extension: str
    overwriting: Overwriting
    extensions: frozenset[str]

    @property
    def is_file(self) -> bool:
        """Whether ``output`` names the file itself."""
        return self.output.suffix.lower() in self.extensions and not self.output.is_dir()

    def check(self) -> None:
        """Raise ParameterError for what looks like a file that cannot be written, rather than make a folder of it."""
        suffix = self.output.suffix.lower()
        if suffix in _FILES - self.extensions and not self.output.is_dir():
            names = ", ".join(sorted(self.extensions))
            raise ParameterError("-o", str(self.output), f"a folder, or a file whose name ends in {names}")

    def wanted(self, source: Input) -> Path:
        """Return the file of an input, if nothing is there yet."""
        return self.output if self.is_file else self.output / f"{safe_track(source.track)}{self.extension}"


@dataclass(frozen=True)
class Outcome:
    """What became of one input; without an error and an output, the output was there already."""

    source: Input
    output: Path | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()
    error: UserError | None = None

    @property
    def status(self) -> str:
        """``done``, ``skipped`` or ``failed``."""
        if self.error is not None:
            return "failed"
        return "done" if self.output is not None else "skipped"


def inputs_of(paths: Sequence[Path], places: Places, kind: FileKind) -> list[Input]:
    """Return the inputs after making the folder for their results.

    Raises UserError if there cannot be one, or several inputs are to become one file.
    """
    places.check()
    folder = places.output.absolute().parent if places.is_file else places.output
    prepare_folder(folder)
    # Files beside a result are no results.
    inputs = collect(paths, places.output, kind)
    if len(inputs) > 1 and places.is_file:
        raise ParameterError("-o", str(places.output), "a folder when there are several inputs")
    return inputs


def do_all(inputs: Sequence[Input], places: Places, work: Work, *, as_json: bool) -> int:
    """Work on all inputs, tell the results, and return the exit status."""
    failed = 0
    for number, source in enumerate(inputs, 1):
        title = source.track if len(inputs) == 1 else f"[{number}/{len(inputs)}] {source.track}"
        found = attempted(source.path, lambda: _done(source, places, work, title))  # noqa: B023 - called at once
        outcome = Outcome(source, error=found) if isinstance(found, UserError) else found
        _tell(outcome, as_json=as_json)
        failed += outcome.status == "failed"
    return exit_status(failed, len(inputs))


def _done(source: Input, places: Places, work: Work, title: str) -> Outcome:
    if source.problem is not None:
        raise source.problem
    wanted = places.wanted(source)
    target = destinations([wanted], places.overwriting.decide([wanted] if wanted.exists() else []))[0]
    if target is None:
        return Outcome(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    with ProgressLine(title) as line:
        facts, notes = work(source, target, line)
    return Outcome(source, target, facts, notes)


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_plain(outcome)), flush=True)  # noqa: T201
    elif outcome.output is not None:
        print(outcome.output, flush=True)  # noqa: T201
    if outcome.error is not None:
        complain(outcome.error)
    if outcome.status == "skipped":
        complain(f"{outcome.source.path}: the result exists already, so nothing was done")
    for note in outcome.notes:
        complain(f"note: {note}")


def _plain(outcome: Outcome) -> dict[str, Any]:
    plain: dict[str, Any] = {"input": str(outcome.source.path), "status": outcome.status}
    if outcome.error is not None:
        error = outcome.error
        return plain | {"error": {"what": error.what, "why": error.why, "remedy": error.remedy}}
    if outcome.output is not None:
        plain["output"] = str(outcome.output)
    return plain | outcome.facts
