"""What a queue holds: recordings, what is to be done with each, and what became of it."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from sepstudio.batch.naming import NameTemplate
from sepstudio.batch.outputs import FileFormat, Policy
from sepstudio.errors import ParameterError, UserError
from sepstudio.io.scores.records import Score
from sepstudio.io.strokes.records import Strokes


class EntryState(Enum):
    """The states of an entry."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = frozenset({EntryState.RUNNING, EntryState.PAUSED})
FINISHED = frozenset({EntryState.DONE, EntryState.SKIPPED})
RETRYABLE = frozenset({EntryState.FAILED, EntryState.CANCELLED})


@dataclass(frozen=True)
class Placing:
    """Where stems go and what happens to files that are there already.

    Raises
    ------
    ParameterError
        For a template without the track, by which recordings would overwrite one another, and
        for the policy ``ask``: there is nobody to ask over night.
    """

    output: Path
    template: NameTemplate
    file_format: FileFormat
    policy: Policy = "skip"

    def __post_init__(self) -> None:
        if not self.template.names_the_track:
            raise ParameterError("name template", self.template.text, "with {track}")
        if self.policy not in ("skip", "rename", "replace"):
            raise ParameterError("policy", self.policy, "skip, rename or replace")


@dataclass(frozen=True)
class Recipe:
    """What is done with a recording; ``title`` says it to people, for example ``KAM, paper 2014``."""

    method: str
    params: Any
    title: str
    placing: Placing


@dataclass(frozen=True)
class Problem:
    """Why an entry failed, in the three parts of a UserError; ``details`` is a traceback."""

    what: str
    why: str
    remedy: str
    details: str = ""

    @classmethod
    def of(cls, error: BaseException, path: Path) -> Problem:
        """Return what is to be told of an exception that is being handled."""
        if isinstance(error, UserError):
            return cls(error.what, error.why, error.remedy)
        if isinstance(error, MemoryError):
            return cls(str(path), "needs more memory than there is", "close other programs, or cut the recording")
        why = f"failed because of a defect of the program ({type(error).__name__}: {error})"
        return cls(str(path), why, "copy the details for a report", traceback.format_exc())

    @property
    def line(self) -> str:
        """The problem without the name of the file, in one line."""
        return " ".join(f"{self.why}; {self.remedy}".split())

    def as_error(self) -> UserError:
        """Return it as the error that dialogs show."""
        return UserError(self.what, self.why, self.remedy)


@dataclass(frozen=True)
class Entry:
    """One recording in a queue.

    ``track`` is what its stems go by, ``score`` what is played in it and ``strokes`` what was painted on it, as they
    were when the entry was added; they are there where the method needs them. ``fraction`` (0 to 1), ``stage`` and
    ``seconds`` of work tell how far it is; ``kept`` says that it failed only when its stems were saved, so that it
    need not be computed again.
    """

    id: int
    path: Path
    track: str
    recipe: Recipe
    state: EntryState = EntryState.QUEUED
    fraction: float = 0.0
    stage: str = ""
    seconds: float = 0.0
    outputs: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    problem: Problem | None = None
    kept: bool = False
    score: Score | None = None
    strokes: Strokes | None = None
