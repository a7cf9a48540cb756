"""Scores of one result over a stretch of a recording: against true stems, or by what it leaves of the mixture."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from sepstudio.io.clip import AudioClip, excerpt
from sepstudio.metrics.song_scores import Scores, energy, song_scores_steps

RESIDUAL = "residual"
_BLOCK = 1 << 18

Steps = Generator[float, None, Scores]


@dataclass(frozen=True)
class Stretch:
    """Samples ``start`` to ``stop`` of a recording."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """Number of samples; 0 when it is empty."""
        return max(self.stop - self.start, 0)

    def cut(self, clip: AudioClip, offset: int = 0) -> AudioClip:
        """Return the stretch of a clip that begins at sample ``offset`` of the recording; read as it is needed."""
        return excerpt(clip, self.start - offset, self.start - offset + self.length)

    def common(self, other: Stretch) -> Stretch:
        """Return what is in both."""
        return Stretch(max(self.start, other.start), min(self.stop, other.stop))


@dataclass(frozen=True)
class StemTask:
    """Compare stems with the true ones by BSS Eval; equal tasks have equal results.

    ``judged`` begin at sample ``offset`` of the recording, ``true`` at its start; ``names`` are theirs, in order.
    """

    names: tuple[str, ...]
    true: tuple[AudioClip, ...]
    judged: tuple[AudioClip, ...]
    offset: int
    stretch: Stretch
    version: str = "v4"

    def steps(self) -> Steps:
        """Measure in steps; yields the fraction done. Interference counts from the stems of the task alone."""
        true = {name: self.stretch.cut(clip) for name, clip in zip(self.names, self.true, strict=True)}
        judged = {name: self.stretch.cut(clip, self.offset) for name, clip in zip(self.names, self.judged, strict=True)}
        return (yield from song_scores_steps(true, judged, self.version)).scores


@dataclass(frozen=True)
class ResidualTask:
    """Measure the energy of a residual, which begins at ``offset``, against that of the mixture."""

    mixture: AudioClip
    residual: AudioClip
    offset: int
    stretch: Stretch

    def steps(self) -> Steps:
        """Measure in steps; yields the fraction done. ``-inf`` where nothing is left, ``nan`` for a silent mixture."""
        whole, rest = self.stretch.cut(self.mixture), self.stretch.cut(self.residual, self.offset)
        energies = np.zeros(2)
        for start in range(0, whole.length, _BLOCK):
            stop = min(start + _BLOCK, whole.length)
            energies += [energy(clip.read(start, stop)) for clip in (whole, rest)]
            yield stop / whole.length
        return {(RESIDUAL, ""): _against(*energies)}


Task = StemTask | ResidualTask


def mean_score(scores: Scores, measure: str) -> float:
    """Return the mean of a measure over all stems that have a value; ``nan`` when none has."""
    values = [value for (name, _), value in scores.items() if name == measure and not math.isnan(value)]
    return sum(values) / len(values) if values else math.nan


def _against(whole: float, rest: float) -> float:
    if whole == 0:
        return math.nan
    return 10 * math.log10(rest / whole) if rest else -math.inf
