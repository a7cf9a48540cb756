"""One run of a factorisation that a score informs: spectrogram, constraints, factors, stems."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.stft import CHUNK, frame_count
from sepstudio.errors import MissingInputError
from sepstudio.io.clip import AudioClip, difference
from sepstudio.io.scores.records import Score
from sepstudio.separation.base import Matrix, Progress, Provenance, RunContext, Separation, staged
from sepstudio.separation.factorization import Factorization
from sepstudio.separation.parameters import to_json
from sepstudio.separation.score_constraints import Constraints, Grid, constraints
from sepstudio.separation.score_groups import RESIDUAL, Group, claims_steps, groups_of
from sepstudio.separation.score_masking import Model, mono_magnitude, spectrum, stems_steps
from sepstudio.separation.score_params import NaeParams, NmfParams
from sepstudio.separation.score_start import Start, first_start, warm_start

Floats = npt.NDArray[np.float32]
Result = TypeVar("Result")
Factors = Generator[Progress, None, Factorization]

SCAN_FRAMES = 8 * CHUNK
# Where the parts of a run end on the progress bar; the factorisation takes nearly all of the time.
_SPECTRUM_END, _FACTORS_END, _NOTES_END = 0.05, 0.8, 0.81


@dataclass(frozen=True)
class Task:
    """What a factorisation gets: the spectrogram [bins, frames], what is allowed, and what to start from.

    ``allowed`` is None for a blind factorisation, ``start`` too; ``is_warm`` says whether the start is that of
    an earlier run. ``device`` is resolved.
    """

    spectrogram: Floats
    allowed: Constraints | None
    start: Start | None
    is_warm: bool
    seed: int
    device: str


@dataclass
class ScoreRun:
    """One run: ``go`` yields progress and returns the separation.

    ``factorise`` does the factorising; it is what methods differ in.
    """

    method: str
    mixture: AudioClip
    params: NmfParams | NaeParams
    context: RunContext
    device: str
    factorise: Callable[[Task], Factors]
    notes: list[str] = field(default_factory=list)

    def go(self) -> Generator[Progress, None, Separation]:
        """Run to the end."""
        started = time.perf_counter()
        allowed = self._constraints()
        task = yield from self._task(allowed)
        factors = yield from _within(self.factorise(task), _SPECTRUM_END, _FACTORS_END)
        self._tell(factors, allowed)
        names = allowed.names if allowed else _numbered(factors.templates.shape[1])
        groups = yield from self._groups(allowed, names)
        stems = yield from self._stems(factors, groups)
        return Separation(
            stems,
            self._provenance(started),
            matrices=matrices(self._grid, names, factors, allowed),
            curves={"error": factors.loss},
        )

    # -- before ------------------------------------------------------------------------------

    @property
    def _grid(self) -> Grid:
        return grid_of(self.mixture, self.params)

    @property
    def _score(self) -> Score | None:
        is_blind = isinstance(self.params, NmfParams) and self.params.rank > 0
        score: Score | None = None if is_blind else self.context.score
        return score

    def _constraints(self) -> Constraints | None:
        score = self._score
        if score is not None:
            return constraints(score, self._grid, self.params)
        if isinstance(self.params, NmfParams) and self.params.rank:
            return None
        blind = ", or say into how many components to factorise blindly" if self.method == "nmf" else ""
        raise MissingInputError(self.method.upper(), "it needs the score of the recording", f"load a score{blind}")

    def _task(self, allowed: Constraints | None) -> Generator[Progress, None, Task]:
        spectrogram = yield from self._magnitudes()
        warm = None
        if allowed is not None and self.context.warm:
            warm = warm_start(allowed, self._grid, self.context.warm)
            self.notes.append("went on from an earlier run" if warm else "the earlier run does not fit: started anew")
        start = warm or (first_start(allowed) if allowed else None)
        return Task(spectrogram, allowed, start, warm is not None, self.context.seed, self.device)

    def _magnitudes(self) -> Generator[Progress, None, Floats]:
        grid = self._grid
        values = np.empty((grid.bins, grid.frames), np.float32)
        for first in range(0, grid.frames, SCAN_FRAMES):
            stop = min(first + SCAN_FRAMES, grid.frames)
            part = spectrum(self.mixture, grid, first, stop, threads=self.context.threads)
            values[:, first:stop] = mono_magnitude(part)
            done = stop / grid.frames
            yield Progress(_SPECTRUM_END * done, "spectrum", stage_fraction=done)
        return values

    # -- after -------------------------------------------------------------------------------

    def _groups(self, allowed: Constraints | None, names: tuple[str, ...]) -> Generator[Progress, None, list[Group]]:
        score, frames = self._score, self._grid.frames
        if allowed is None or score is None:
            ones = np.ones((1, frames), np.float32)
            return [Group(name, (row,), 0, ones) for row, name in enumerate(names)]
        work = claims_steps(score, allowed.components, self._grid, self.params)
        parts = yield from _within(staged(work, "notes"), _FACTORS_END, _NOTES_END)
        return groups_of(self.params.group, score, allowed.components, parts, frames)

    def _stems(self, factors: Factorization, groups: list[Group]) -> Generator[Progress, None, dict[str, AudioClip]]:
        model = Model(self._grid, _single(factors.templates), _single(factors.activations), self.params.leftover)
        work = stems_steps(self.mixture, model, groups, self.context.sink, threads=self.context.threads)
        fragments = yield from _within(staged(work, "stems"), _NOTES_END, 1.0)
        stems = {name: fragment.placed(self.mixture.length) for name, fragment in fragments.items()}
        rest = difference(self.mixture, 0, self.mixture.length, list(stems.values()))
        return {**stems, RESIDUAL: rest}

    def _tell(self, factors: Factorization, allowed: Constraints | None) -> None:
        if factors.stopped == "converged":
            self.notes.append(f"stopped after {factors.iterations} iterations: the loss hardly fell any more")
        if allowed is None:
            return
        used = allowed.activation_mask.max(axis=1, initial=0.0)
        dead = [allowed.names[index] for index in factors.dead if used[index] > 0]
        if dead:
            self.notes.append("components without any energy: " + ", ".join(dead))

    def _provenance(self, started: float) -> Provenance:
        from sepstudio.separation.provenance import peak_memory, versions

        return Provenance(
            method=self.method,
            params=to_json(self.params),
            seed=self.context.seed,
            versions=versions("numpy", "scipy", "torch"),
            device=self.device,
            wall_seconds=time.perf_counter() - started,
            peak_memory_bytes=peak_memory(),
            notes=tuple(self.notes),
        )


def grid_of(mixture: AudioClip, params: NmfParams | NaeParams) -> Grid:
    """Return bins and frames of the spectrogram that a recording is factorised in."""
    fft_size, hop_size = params.fft_size_at(mixture.sample_rate), params.hop_size_at(mixture.sample_rate)
    frames = frame_count(mixture.length, fft_size=fft_size, hop_size=hop_size)
    return Grid(mixture.sample_rate, fft_size, hop_size, frames)


def matrices(
    grid: Grid, names: tuple[str, ...], factors: Factorization, allowed: Constraints | None
) -> Mapping[str, Matrix]:
    """Return templates, activations, their masks where there are any, and the encoder if there is one.

    Axes are ``frequency`` in Hz, ``time`` in seconds of the mixture, and ``component`` by name.
    """
    over_frequency = (("frequency", "component"), (grid.frequencies, names))
    over_time = (("component", "time"), (names, grid.times))
    found = {
        "templates": Matrix(_single(factors.templates), *over_frequency),
        "activations": Matrix(_single(factors.activations), *over_time),
    }
    if allowed is not None:
        found["template-mask"] = Matrix(allowed.template_mask, *over_frequency)
        found["activation-mask"] = Matrix(allowed.activation_mask, *over_time)
    if factors.encoder is not None:
        found["encoder"] = Matrix(_single(factors.encoder), ("component", "frequency"), (names, grid.frequencies))
    return found


def memory(mixture: AudioClip, params: NmfParams | NaeParams, context: RunContext) -> int:
    """Estimate the bytes above its input that a run needs: spectrogram, factors and stems."""
    grid = grid_of(mixture, params)
    rank, stems = 88, 1
    if isinstance(params, NmfParams) and params.rank:
        rank = stems = params.rank
    elif context.score is not None:
        score = context.score
        rank = max(len(score.pitches), 1) * (2 if params.onset_templates else 1)
        stems = {"track": max(len(score.tracks), 1), "pitch": len(score.pitches), "all": 1, "note": 2}[params.group]
    # The spectrogram, its scaled copy and a margin; factors, masks and starts.
    factors = 4 * (3 * grid.bins * grid.frames + 6 * rank * (grid.bins + grid.frames))
    return factors + 4 * mixture.length * mixture.channels * stems


def _within(steps: Generator[Progress, None, Result], low: float, high: float) -> Generator[Progress, None, Result]:
    """Pass on progress as that of a part of the run, from ``low`` to ``high``; return the result."""
    while True:
        try:
            step = next(steps)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        yield dataclasses.replace(step, fraction=low + (high - low) * step.fraction, stage_fraction=step.fraction)


def _numbered(count: int) -> tuple[str, ...]:
    width = len(str(count))
    return tuple(f"component {number:0{width}d}" for number in range(1, count + 1))


def _single(values: npt.NDArray[np.floating[Any]]) -> Floats:
    return values.astype(np.float32, copy=False)
