"""Approximation errors of NMF and autoencoders on recordings with scores: Table I of the autoencoder paper."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.stft import frame_count
from sepstudio.io.clip import AudioClip
from sepstudio.io.resampled import at_rate
from sepstudio.io.scores.records import Score
from sepstudio.separation.base import Progress
from sepstudio.separation.factorization import Factorization, StoppingRule, l1_error
from sepstudio.separation.score_constraints import ConstraintParams, Constraints, Grid, constraints
from sepstudio.separation.score_masking import mono_magnitude, spectrum

Floats = npt.NDArray[np.float32]

Rule = Literal["multiplicative", "sgd", "adam", "rmsprop"]
StartKind = Literal["random", "warm"]

RATE, FFT_SIZE, HOP_SIZE = 22050, 2048, 1024
# Columns of the table and their optimisers.
REFERENCE = "NMF mult."
COLUMNS: Mapping[str, Rule | None] = MappingProxyType(
    {
        REFERENCE: None,
        "NAE mult.": "multiplicative",
        "NAE SGD": "sgd",
        "NAE Adam": "adam",
        "NAE RMSprop": "rmsprop",
    }
)
_SCAN_FRAMES = 256
_RESAMPLE_SECONDS = 20


@dataclass(frozen=True)
class Problem:
    """A spectrogram [1025, frames] with what its score allows."""

    spectrogram: Floats
    allowed: Constraints


@dataclass(frozen=True)
class Trial:
    """What became of one factorisation.

    ``error`` is the mean over frames of the l1 norm of ``V - W H``, in the units of an STFT that is not scaled;
    ``seconds`` those of the factorisation alone.
    """

    column: str
    seed: int
    error: float
    seconds: float
    iterations: int
    dead: int


def problem_steps(clip: AudioClip, score: Score, params: ConstraintParams) -> Generator[Progress, None, Problem]:
    """Return the spectrogram of a recording as in the paper: mono, 22.05 kHz, Hann 2048, hop 1024.

    Raises
    ------
    MissingInputError
        If the score has no notes.
    """
    mono = yield from _mono_steps(clip)
    frames = frame_count(mono.length, fft_size=FFT_SIZE, hop_size=HOP_SIZE)
    grid = Grid(RATE, FFT_SIZE, HOP_SIZE, frames)
    values = np.empty((grid.bins, frames), np.float32)
    for first in range(0, frames, _SCAN_FRAMES):
        stop = min(first + _SCAN_FRAMES, frames)
        values[:, first:stop] = mono_magnitude(spectrum(mono, grid, first, stop))
        yield Progress(stop / frames, "spectrum")
    return Problem(values, constraints(score, grid, params))


def trial_steps(
    problem: Problem, column: str, *, iterations: int, start: StartKind = "random", seed: int = 0, device: str = "cpu"
) -> Generator[Progress, None, Trial]:
    """Factorise a spectrogram by the method of a column; yields progress.

    ``start`` is that of the autoencoders, ``random`` as in the paper or ``warm``.
    """
    begun = time.perf_counter()
    factors = yield from _factors(problem, COLUMNS[column], StoppingRule(iterations), start, seed, device)
    seconds = time.perf_counter() - begun
    error = l1_error(problem.spectrogram, factors.templates, factors.activations)
    return Trial(column, seed, error, seconds, factors.iterations, len(factors.dead))


def _factors(
    problem: Problem, optimizer: Rule | None, rule: StoppingRule, start: StartKind, seed: int, device: str
) -> Generator[Progress, None, Factorization]:
    """Return the steps of a factorisation."""
    from sepstudio.separation import nae, nmf

    allowed = problem.allowed
    if optimizer is None:
        return nmf.factorize_steps(
            problem.spectrogram,
            allowed.templates,
            allowed.activations,
            iterations=rule,
            device=device,
            snapshot_seconds=math.inf,
        )
    return nae.factorize_steps(
        problem.spectrogram,
        None,
        None,
        activation_mask=allowed.activation_mask,
        template_mask=allowed.template_mask,
        optimizer=optimizer,
        iterations=rule,
        start=start,
        seed=seed,
        device=device,
        snapshot_seconds=math.inf,
    )


def _mono_steps(clip: AudioClip) -> Generator[Progress, None, AudioClip]:
    """Return the mean of the channels at 22.05 kHz, resampled piece by piece."""
    source = at_rate(clip, RATE)
    step = _RESAMPLE_SECONDS * RATE
    parts = []
    for first in range(0, source.length, step):
        parts.append(source.read(first, min(first + step, source.length)).mean(axis=0))
        yield Progress(0.0, "mixing down")
    samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return AudioClip(samples[np.newaxis], RATE)
