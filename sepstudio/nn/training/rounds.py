"""All networks of one seed in training: epochs, validations, and the state between them."""

from __future__ import annotations

import contextlib
import os
import statistics
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

from sepstudio.nn.training.batches import BatchStream, Share
from sepstudio.nn.training.curves import Curve, write_curves
from sepstudio.nn.training.features import FeatureKey
from sepstudio.nn.training.learner import Learner
from sepstudio.nn.training.material import Material
from sepstudio.nn.training.plan import Trainee, TrainingPlan, TrainingProgress
from sepstudio.nn.training.ranks import Ranks
from sepstudio.nn.training.schedules import is_finished, next_rate
from sepstudio.nn.training.state import Position, Progressing, load_state, save_state, state_path
from sepstudio.nn.training.variants import variant_config

Steps = Generator[TrainingProgress, None, None]

# Of the time of an epoch that training takes; the rest is validation.
_LEARNING = 0.85


class Round:
    """The trainees of one seed.

    Parameters
    ----------
    plan : TrainingPlan
    seed : int
    material : Material
    device : str
    ranks : Ranks
    past : tuple of Curve
        Of the seeds before, which are told and written as well.
    """

    def __init__(
        self,
        plan: TrainingPlan,
        seed: int,
        material: Material,
        *,
        device: str,
        ranks: Ranks,
        past: tuple[Curve, ...] = (),
    ) -> None:
        self._plan = plan
        self._seed = seed
        self._material = material
        self._device = device
        self._ranks = ranks
        self._past = past
        # The mean of the last validation, for who watches.
        self._loss = ""
        self._pool: ThreadPoolExecutor | None = None
        self.progressing = tuple(self._begun(trainee) for trainee in plan.trainees(seed))

    @property
    def curves(self) -> tuple[Curve, ...]:
        """All curves so far, those of the seeds before among them."""
        return (*self._past, *(one.curve for one in self.progressing))

    def steps(self) -> Steps:
        """Train to the end, from the state that is kept if there is one; fractions are of this seed."""
        position = self._kept_position()
        yield TrainingProgress(0.0, "beginning", self.curves)
        training = self._material.training(self._plan, self._seed)
        validation = self._material.validation
        with self._stream(training) as stream, self._stream(validation) as judging, self._computing():
            for epoch in range(position.epoch, self._plan.epochs):
                active = [one for one in self.progressing if not is_finished(self._plan, one.curve)]
                if not active:
                    break
                clock = _Clock(position.seconds)
                yield from self._epoch_steps(epoch, position.batch, active, stream, clock)
                yield from self._validation_steps(epoch, active, judging, len(training), clock)
                position = Position(epoch + 1, 0, clock.seconds)
                self._keep(position)
                self._loss = f", loss {statistics.fmean(one.curve.validation[-1] for one in active):.4f}"
                yield replace(self._progress(epoch, 1.0), curves=self.curves)

    @contextlib.contextmanager
    def _computing(self) -> Iterator[None]:
        """Have threads in which networks compute side by side, where that is of use."""
        plan = self._plan
        count = min(plan.at_once or max(1, (os.cpu_count() or 1) // plan.threads), len(self.progressing))
        # Processes that train together exchange the gradients of one network after the other.
        if count == 1 or self._ranks.together or self._device != "cpu":
            yield
            return
        with ThreadPoolExecutor(count, thread_name_prefix="networks") as self._pool:
            yield
        self._pool = None

    def _begun(self, trainee: Trainee) -> Progressing:
        plan = self._plan
        learner = Learner(
            trainee,
            variant_config(trainee.variant, trainee.instrument, plan.size),
            self._material.statistics[trainee.instrument],
            plan,
            device=self._device,
            ranks=self._ranks,
        )
        curve = Curve(trainee.variant, trainee.instrument, trainee.seed)
        return Progressing(learner, curve, learner.weights())

    def _kept_position(self) -> Position:
        path = state_path(self._plan, self._seed)
        # The leading process may already write the next state when another one looks for the first.
        exists = self._ranks.told(self._plan.resume and path.exists())
        position = load_state(path, self._plan, self._material.identity, self.progressing) if exists else Position()
        self._ranks.wait()
        return position

    def _stream(self, excerpts: Any) -> BatchStream:
        plan = self._plan
        return BatchStream(
            excerpts,
            self._material.analysis,
            plan.instruments,
            batch=plan.batch,
            workers=plan.workers,
            device=self._device,
            ranks=self._ranks,
        )

    def _epoch_steps(
        self, epoch: int, first: int, active: Sequence[Progressing], stream: BatchStream, clock: _Clock
    ) -> Steps:
        if not first:
            for one in active:
                one.loss = 0.0
        for one in active:
            one.learner.rate = next_rate(self._plan, one.curve)
        saved = time.monotonic()
        for number, share in enumerate(stream.shares(epoch, first), first):
            if self._is_due(saved) and number > first:
                self._save(Position(epoch, number, clock.seconds))
                saved = time.monotonic()
            shown = _Shown(share)

            def step(one: Progressing, share: Share = share, shown: _Shown = shown) -> float:
                phase = shown.phase(one.learner.keys)
                return one.learner.step(share.batch, phase, count=share.count, weight=share.weight)

            for index, loss in enumerate(self._at_once(step, active)):
                active[index].loss += loss
                done = (number + (index + 1) / len(active)) / len(stream)
                yield self._progress(epoch, _LEARNING * done)

    def _at_once(self, work: Callable[[Progressing], float], active: Sequence[Progressing]) -> Iterator[float]:
        """Yield what the work returns for each, in their order, some computing at the same time."""
        if self._pool is None:
            yield from map(work, active)
            return
        begun = [self._pool.submit(work, one) for one in active]
        try:
            for future in begun:
                yield future.result()
        finally:
            for future in begun:
                future.cancel()
            wait(begun)

    def _is_due(self, saved: float) -> bool:
        # Together, the sums of losses of an epoch are spread over the processes.
        return not self._ranks.together and time.monotonic() - saved >= 60.0 * self._plan.checkpoint_minutes

    def _validation_steps(
        self, epoch: int, active: Sequence[Progressing], stream: BatchStream, examples: int, clock: _Clock
    ) -> Steps:
        losses = [0.0] * len(active)
        for number, share in enumerate(stream.shares(0)):
            shown = _Shown(share)

            def judge(one: Progressing, share: Share = share, shown: _Shown = shown) -> float:
                return one.learner.validate(share.batch, shown.phase(one.learner.keys)) * share.weight

            for index, loss in enumerate(self._at_once(judge, active)):
                losses[index] += loss
            yield self._progress(epoch, _LEARNING + (1.0 - _LEARNING) * (number + 1) / len(stream))
        training = self._ranks.total([one.loss for one in active], self._device)
        validation = self._ranks.total(losses, self._device)
        for one, learnt, judged in zip(active, training, validation, strict=True):
            loss = judged / len(self._material.validation)
            if loss < one.curve.best:
                one.best = one.learner.weights()
            one.curve = one.curve.grown(
                training=learnt / examples, validation=loss, seconds=clock.seconds, rate=one.learner.rate
            )

    def _progress(self, epoch: int, part: float) -> TrainingProgress:
        epochs = self._plan.epochs
        return TrainingProgress((epoch + part) / epochs, f"epoch {epoch + 1} of {epochs}{self._loss}")

    def _keep(self, position: Position) -> None:
        if self._ranks.leads:
            self._save(position)
            write_curves(self._plan.output, self.curves)

    def _save(self, position: Position) -> None:
        path = state_path(self._plan, self._seed)
        save_state(path, self._plan, self._material.identity, position, self.progressing)


class _Clock:
    """Seconds of work, those before a training was resumed among them."""

    def __init__(self, before: float) -> None:
        self._begin = time.monotonic() - before

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begin


class _Shown:
    """The phase features of a batch as the networks want them, put together once for those that want the same."""

    def __init__(self, share: Share) -> None:
        self._batch = share.batch
        self._found: dict[tuple[FeatureKey, ...], Any] = {}
        self._lock = threading.Lock()

    def phase(self, keys: tuple[FeatureKey, ...]) -> Any:
        with self._lock:
            if keys not in self._found:
                self._found[keys] = self._batch.phase(keys)
            return self._found[keys]
