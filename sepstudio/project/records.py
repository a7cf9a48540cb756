"""What a project folder holds, as plain records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import numpy.typing as npt

from sepstudio.io.clip import AudioClip
from sepstudio.io.hoa import Convention
from sepstudio.io.papers import KINDS, Paper
from sepstudio.io.scores.records import Score
from sepstudio.io.strokes.records import Strokes
from sepstudio.project.results import arrays_of
from sepstudio.separation.base import Curve, Matrix


class SourceState(Enum):
    """How the file of a source was found when the project was loaded."""

    PRESENT = "present"
    MISSING = "missing"
    CHANGED = "changed"


@dataclass(frozen=True)
class SourceData:
    """A recording outside or inside the folder; ``length`` in samples per channel.

    ``path`` is absolute here and relative to the folder in the file. ``sha256`` of the file's bytes
    is found out on saving where it is "". ``size`` of the file in bytes and ``state`` are set by
    loading; only the size of one that is missing or changed is saved on.
    """

    id: str
    name: str
    path: Path
    sample_rate: int
    channels: int
    length: int
    subtype: str
    sha256: str = ""
    state: SourceState = SourceState.PRESENT
    size: int | None = None


@dataclass(frozen=True)
class StemData:
    """One result of a run: its kept states, the last of which is the final one.

    ``take`` chooses among them, counted from 1; it is 0 if only the final state was kept. ``files``,
    where the takes lie, is set by loading and not saved.

    Raises
    ------
    ValueError
        If there is no take, or none of that number.
    """

    id: str
    name: str
    takes: tuple[AudioClip, ...]
    take: int = 0
    files: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if not self.takes or not 0 <= self.take <= len(self.takes):
            raise ValueError(f"{self.id} chooses take {self.take} of {len(self.takes)}")


@dataclass(frozen=True)
class RunData:
    """A finished separation of the samples ``start`` to ``stop`` of a source.

    ``params`` and ``provenance`` are JSON values and kept as they are, those of a method that this
    installation does not know included. ``matrices`` and ``curves`` go by name, and so do ``arrays``, which
    are neither. ``label`` is the name that the user gave the run, ``band`` the frequencies in Hz that it was
    limited to, ``score`` and ``strokes`` those that it was given. ``array_files`` and ``paper_files``, where all
    arrays and the score and strokes lie, are set by loading and not saved.
    """

    id: str
    number: int
    method: str
    params: Mapping[str, Any]
    seed: int
    source_id: str
    start: int
    stop: int
    stems: tuple[StemData, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    label: str = ""
    band: tuple[float, float] | None = None
    array_files: Mapping[str, Path] = field(default_factory=dict)
    matrices: Mapping[str, Matrix] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)
    score: Score | None = None
    strokes: Strokes | None = None
    paper_files: Mapping[str, Path] = field(default_factory=dict)

    @property
    def all_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All arrays by the names that they are saved under, those of matrices and curves among them."""
        return {**self.arrays, **arrays_of(self.matrices, self.curves)}

    @property
    def papers(self) -> dict[str, Paper]:
        """The score and the strokes that there are, by what a run calls them."""
        return {kind.one: paper for kind in KINDS if (paper := getattr(self, kind.one)) is not None}


@dataclass(frozen=True)
class LaneData:
    """How an audio id is heard; gain in dB, ``pan`` from -1 (left) to 1."""

    gain_db: float = 0.0
    mute: bool = False
    solo: bool = False
    pan: float = 0.0


@dataclass(frozen=True)
class SelectionData:
    """A stretch of the current source in samples, optionally a frequency band in Hz."""

    start: int
    stop: int
    band: tuple[float, float] | None = None


@dataclass(frozen=True)
class ProjectData:
    """Everything that is saved; ``lanes`` by audio id.

    ``true_stems`` names for a source the recordings that are its true stems: source id to stem name
    to source id. ``view`` is a JSON value and kept as it is. ``scores``, ``strokes`` and ``conventions``, of scenes in
    Ambisonics, go by source id.

    Raises
    ------
    ValueError
        If an id is used twice, or a run, a true stem, a score, strokes, a convention or the current source refer to
        nothing: such a project could be saved and never loaded again.
    """

    sources: tuple[SourceData, ...] = ()
    runs: tuple[RunData, ...] = ()
    lanes: Mapping[str, LaneData] = field(default_factory=dict)
    selection: SelectionData | None = None
    current_source: str = ""
    true_stems: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    view: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Score] = field(default_factory=dict)
    strokes: Mapping[str, Strokes] = field(default_factory=dict)
    conventions: Mapping[str, Convention] = field(default_factory=dict)

    @property
    def papers(self) -> dict[tuple[str, str], Paper]:
        """The scores and strokes by kind, as a document calls it, and source id."""
        return {(kind.many, key): paper for kind in KINDS for key, paper in getattr(self, kind.many).items()}

    def __post_init__(self) -> None:
        source_ids = [source.id for source in self.sources]
        ids = source_ids + [run.id for run in self.runs] + [stem.id for run in self.runs for stem in run.stems]
        name, count = next(iter(Counter(ids).most_common(1)), ("", 0))
        if count > 1:
            raise ValueError(f"the id {name} is used twice")
        for run in self.runs:
            if run.source_id not in source_ids:
                raise ValueError(f"{run.id} belongs to the unknown source {run.source_id}")
        for mixture, stems in self.true_stems.items():
            unknown = [name for name in (mixture, *stems.values()) if name not in source_ids]
            if unknown:
                raise ValueError(f"the true stems of {mixture} name the unknown source {unknown[0]}")
        for many, source_id in self.papers:
            if source_id not in source_ids:
                raise ValueError(f"{many} belong to the unknown source {source_id}")
        for source_id in self.conventions:
            if source_id not in source_ids:
                raise ValueError(f"a convention belongs to the unknown source {source_id}")
        if self.current_source and self.current_source not in source_ids:
            raise ValueError(f"the current source {self.current_source} is unknown")
