"""Drives the iterations of any factorisation: progress, snapshots, losses, stopping."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from sepstudio.separation.base import Curve, Progress
from sepstudio.separation.factorization import (
    Array,
    Factorization,
    Snapshot,
    Stopped,
    StoppingRule,
    dead_components,
    normalised,
)

if TYPE_CHECKING:
    from torch import Tensor

Result = TypeVar("Result")
# Work that pauses now and then, so that it can be cancelled, and returns a loss.
Work = Generator[None, None, float]
# Seconds between two yields, and between two snapshots, which cost copies.
_BEAT = 0.05
SNAPSHOT_SECONDS = 0.25


class Engine(Protocol):
    """The update rules of one method on a spectrogram whose maximum is 1."""

    def step(self) -> Work:
        """Do one iteration; return the loss of before it (of no meaning in the first)."""

    def loss(self) -> Work:
        """Return the loss as it is now."""

    def templates(self) -> Tensor:
        """Return the templates as they are now, transposed: [R, K]."""

    def activations(self) -> Tensor:
        """Return the activations as they are now, [R, N]."""

    def encoder(self) -> Tensor | None:
        """Return the encoder [R, K], if there is one."""


def paced(work: Generator[None, None, Result], stage: str) -> Generator[Progress, None, Result]:
    """Do the work before the first iteration, telling of it so often that cancelling is prompt."""
    told = time.monotonic()
    while True:
        try:
            next(work)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        if time.monotonic() - told >= _BEAT:
            yield Progress(0.0, stage)
            told = time.monotonic()


@dataclass
class Driver:
    """One run of an engine; ``scale`` is what the spectrogram was divided by, ``unit`` that of the loss."""

    engine: Engine
    rule: StoppingRule
    scale: float
    unit: float
    snapshot_seconds: float = SNAPSHOT_SECONDS
    begun: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._losses: list[float] = []
        self._seconds: list[float] = []
        self._told = self._pictured = time.monotonic()
        self._iteration = 0

    def go(self) -> Generator[Progress, None, Factorization]:
        """Iterate until the rule says stop."""
        stopped: Stopped = "iterations"
        ended = time.monotonic()
        for iteration in range(self.rule.iterations):
            before = yield from self._breathing(self.engine.step())
            if iteration:
                self._note(before, ended)
            ended = time.monotonic()
            self._iteration = iteration + 1
            if self.rule.met_by(self._losses):
                stopped = "converged"
                break
        self._note((yield from self._breathing(self.engine.loss())), ended)
        return self._result(stopped)

    def _breathing(self, work: Work) -> Generator[Progress, None, float]:
        """Do some work, and tell of it so often that cancelling is prompt."""
        while True:
            try:
                next(work)
            except StopIteration as stop:
                loss: float = stop.value
                return loss
            if time.monotonic() - self._told >= _BEAT:
                yield self._progress()
                self._told = time.monotonic()

    def _note(self, loss: float, at: float) -> None:
        self._losses.append(loss * self.unit)
        self._seconds.append(at - self.begun)

    def _progress(self) -> Progress:
        stage = f"Iteration {self._iteration + 1} of {self.rule.iterations}"
        return Progress(self._iteration / self.rule.iterations, stage, partial=self._snapshot())

    def _snapshot(self) -> Snapshot | None:
        if time.monotonic() - self._pictured < self.snapshot_seconds:
            return None
        templates, activations, _ = self._factors()
        self._pictured = time.monotonic()
        return Snapshot(self._iteration, templates, activations, self._curve())

    def _curve(self) -> Curve:
        return Curve(np.array(self._losses), np.array(self._seconds))

    def _factors(self) -> tuple[Array, Array, Array]:
        templates = self.engine.templates().t().cpu().numpy()
        activations = self.engine.activations().cpu().numpy()
        return normalised(templates, activations * self.scale)

    def _result(self, stopped: Stopped) -> Factorization:
        templates, activations, sums = self._factors()
        encoder = self.engine.encoder()
        scaled = None if encoder is None else (encoder.cpu().numpy() * sums[:, None]).astype(templates.dtype)
        dead = dead_components(templates, activations)
        return Factorization(templates, activations, self._curve(), self._iteration, stopped, scaled, dead)
