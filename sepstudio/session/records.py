"""The frozen records of an open document; everything refers to everything else by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sepstudio.io.scores.records import Score
from sepstudio.io.strokes.records import Strokes
from sepstudio.separation.registry import methods

RESIDUAL_SUFFIX = "/residual"


def method_text(method: str) -> str:
    """Return what a method goes by in short, as ``Networks``; one that is not installed here by its id: ``DNN``."""
    known = methods().get(method)
    return (known.short if known is not None else "") or method.replace("_", " ").upper()


@dataclass(frozen=True)
class Source:
    """A recording that was opened; ``length`` in samples per channel."""

    id: str
    name: str
    path: Path
    sample_rate: int
    channels: int
    length: int
    subtype: str


@dataclass(frozen=True)
class Selection:
    """A stretch of the timeline in samples of the current source, optionally a frequency band in Hz."""

    start: int
    stop: int
    band: tuple[float, float] | None = None


@dataclass(frozen=True)
class Stem:
    """One result of a run.

    ``take`` chooses among ``takes`` kept states, counted from 1 (KAM: after how many
    iterations); both are 0 when only the final state was kept.
    """

    id: str
    run_id: str
    name: str
    take: int = 0
    takes: int = 0


@dataclass(frozen=True)
class Run:
    """A finished separation of the samples ``start`` to ``stop`` of a source.

    ``label`` is a name that the user gave, ``band`` the frequencies in Hz to which the stems were
    restricted: what lies outside it is left to the residual. ``score`` and ``strokes`` are those that the run was
    given, as they were then, in seconds of the source's timeline.
    """

    id: str
    number: int
    method: str
    params: Any
    source_id: str
    start: int
    stop: int
    stem_ids: tuple[str, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""
    band: tuple[float, float] | None = None
    score: Score | None = None
    strokes: Strokes | None = None

    @property
    def title(self) -> str:
        """What the user calls the run, else its number and method."""
        return self.label or f"Run {self.number}  {method_text(self.method)}"

    @property
    def residual_id(self) -> str:
        """The audio id of what the mixture holds beyond the stems of this run."""
        return self.id + RESIDUAL_SUFFIX


@dataclass(frozen=True)
class LaneState:
    """How one audio lane (a source, a stem or a residual) is heard; gain in dB, pan from -1 (left) to 1."""

    gain_db: float = 0.0
    mute: bool = False
    solo: bool = False
    pan: float = 0.0
