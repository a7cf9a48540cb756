"""Which stems a run gives: those foretold by its parameters, and those of its result."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from sepstudio.io.clip import AudioClip
from sepstudio.separation.base import Separation
from sepstudio.separation.kernels import SourceSet


@runtime_checkable
class NamesItsSources(Protocol):
    """Parameters that tell the names of the stems before anything is computed."""

    @property
    def source_set(self) -> SourceSet:
        """The sources of a run."""


def expected_stems(params: Any) -> tuple[str, ...]:
    """Return the names of the stems that a run with these parameters gives; empty where they do not tell."""
    return tuple(part.name for part in params.source_set.sources) if isinstance(params, NamesItsSources) else ()


def results(separation: Separation) -> dict[str, AudioClip]:
    """Return the stems by name, and behind them those of earlier iterations that were kept (``harmonic-1``, ...)."""
    earlier = {
        f"{name}-{number}": clip
        for name, takes in separation.takes.items()
        for number, clip in enumerate(takes, 1)
        if clip is not separation.stems.get(name)
    }
    return {**separation.stems, **earlier}
