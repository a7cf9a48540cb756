"""The course of a training of the codec: steps, validations, and the state between them."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import replace

import torch

from sepstudio.codec.training.batches import BatchStream, Share
from sepstudio.codec.training.curves import CodecCurve, write_codec_curves
from sepstudio.codec.training.excerpts import TrainingExcerpts, validation_excerpts
from sepstudio.codec.training.learner import Learner
from sepstudio.codec.training.plan import CodecTrainingPlan, CodecTrainingProgress
from sepstudio.codec.training.recordings import Scenes
from sepstudio.codec.training.starts import Start
from sepstudio.codec.training.state import Position, Progressing, load_state, save_state, state_path
from sepstudio.nn.training.ranks import Ranks

Steps = Generator[CodecTrainingProgress, None, None]


class Course:
    """All networks of a plan, trained side by side on the same excerpts.

    Parameters
    ----------
    plan : CodecTrainingPlan
        As ``starts.starts_of`` returns it.
    starts : tuple of Start
    scenes : Scenes
    device : str
    ranks : Ranks
    """

    def __init__(
        self, plan: CodecTrainingPlan, starts: tuple[Start, ...], scenes: Scenes, *, device: str, ranks: Ranks
    ) -> None:
        self._plan = plan
        self._scenes = scenes
        self._device = device
        self._ranks = ranks
        self._judged = validation_excerpts(scenes, plan)
        self._position = Position()
        self._begun = time.monotonic()
        self.progressing = tuple(
            Progressing(start, Learner(start.network(), plan, device=device, ranks=ranks), CodecCurve(start.name))
            for start in starts
        )

    @property
    def curves(self) -> tuple[CodecCurve, ...]:
        """All curves so far."""
        return tuple(one.curve for one in self.progressing)

    def steps(self) -> Steps:
        """Train to the end, from the state that is kept if there is one."""
        self._resume()
        yield self._progress("beginning", self.curves)
        if not self.curves[0].steps:
            yield from self._validation_steps()
        saved = time.monotonic()
        excerpts = TrainingExcerpts(self._scenes.training, self._plan)
        with BatchStream(excerpts, self._plan, self._device, self._ranks) as stream:
            for share in stream.shares(self._position.step):
                yield from self._share_steps(share)
                self._position = Position(share.step + 1, self._seconds)
                last = self._position.step == self._plan.steps
                if last or self._position.step % self._plan.validate_every == 0:
                    yield from self._validation_steps()
                # Sums of losses are spread over processes between validations.
                due = not self._ranks.together and time.monotonic() - saved >= 60 * self._plan.checkpoint_minutes
                if due and not last:
                    self._save()
                    saved = time.monotonic()

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._begun

    def _resume(self) -> None:
        # The leading process may already write the next state when another one looks for the first.
        if self._ranks.told(self._plan.resume and state_path(self._plan).exists()):
            self._position = load_state(self._plan, self._scenes.identity, self.progressing)
        self._ranks.wait()
        self._begun = time.monotonic() - self._position.seconds

    def _share_steps(self, share: Share) -> Steps:
        for one in self.progressing:
            work = one.learner.steps(share)
            while True:
                try:
                    next(work)
                except StopIteration as stop:
                    one.loss += stop.value
                    break
                yield self._progress(f"step {share.step + 1} of {self._plan.steps}{self._told}")
            one.count += 1

    def _validation_steps(self) -> Steps:
        """Judge all networks, keep the best weights and the curves, and save the state."""
        for one in self.progressing:
            sums = [0.0, 0.0]
            for excerpt in self._judged[self._ranks.rank :: self._ranks.size]:
                scenes = torch.from_numpy(excerpt.clip.read(excerpt.start, excerpt.stop))[None]
                sums = [a + b for a, b in zip(sums, one.learner.validate(scenes), strict=True)]
                yield self._progress(f"validation at step {self._position.step}{self._told}")
            mel, covariance, loss = self._ranks.total([*sums, one.loss], self._device)
            mel, covariance = mel / len(self._judged), covariance / len(self._judged)
            if mel < one.curve.best:
                one.best = one.learner.weights()
            training = loss / one.count if one.count else mel
            one.curve = one.curve.grown(
                steps=self._position.step, training=training, mel=mel, covariance=covariance, seconds=self._seconds
            )
            one.loss, one.count = 0.0, 0
        self._save()
        if self._ranks.leads:
            write_codec_curves(self._plan.output, self.curves)
        yield self._progress(f"step {self._position.step} of {self._plan.steps}{self._told}", self.curves)

    @property
    def _told(self) -> str:
        """The last validation, for who watches."""
        curve = self.curves[0]
        return f", mel {curve.mel[-1]:.3f}, covariance {curve.covariance[-1]:.1f}" if curve.mel else ""

    def _progress(self, text: str, curves: tuple[CodecCurve, ...] | None = None) -> CodecTrainingProgress:
        return CodecTrainingProgress(self._position.step / self._plan.steps, text, curves)

    def _save(self) -> None:
        if self._ranks.leads:
            position = replace(self._position, seconds=self._seconds)
            save_state(self._plan, self._scenes.identity, position, self.progressing)
