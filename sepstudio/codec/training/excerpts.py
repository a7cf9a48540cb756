"""Excerpts of scenes, drawn for every step anew and the same whenever the step is taken again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sepstudio.codec.training.plan import CodecTrainingPlan
from sepstudio.codec.training.recordings import Scenes, Stretch
from sepstudio.dsp.ambisonics import order_of, rotation_matrix
from sepstudio.io.clip import FloatArray

_LOUDEST = 1.0


def drawn(plan: CodecTrainingPlan, *numbers: int) -> np.random.Generator:
    """Return chance that depends on the seed of a plan and on numbers alone: what is resumed draws the same again."""
    return np.random.default_rng([plan.seed, *numbers])


class TrainingExcerpts:
    """Excerpts of a plan by step and place in the batch; long scenes give more of them.

    Parameters
    ----------
    scenes : sequence of Stretch
    plan : CodecTrainingPlan
    """

    def __init__(self, scenes: Sequence[Stretch], plan: CodecTrainingPlan) -> None:
        self._scenes = tuple(scenes)
        self._plan = plan
        lengths = np.array([stretch.length for stretch in self._scenes], np.float64)
        self._shares = lengths / lengths.sum()
        self._order = order_of(plan.config.channels)

    def read(self, step: int, place: int) -> FloatArray:
        """Return float32 [channels, plan.samples]: turned, and louder or softer, where the plan says so."""
        rng = drawn(self._plan, 1, step, place)
        stretch = self._scenes[rng.choice(len(self._scenes), p=self._shares)]
        start = stretch.start + int(rng.integers(max(stretch.length - self._plan.samples, 0) + 1))
        stop = min(start + self._plan.samples, stretch.stop)
        excerpt = stretch.clip.read(start, stop)
        excerpt = np.pad(excerpt, ((0, 0), (0, self._plan.samples - excerpt.shape[1])))
        return augmented(excerpt, rng, self._plan, self._order)


def augmented(excerpt: FloatArray, rng: np.random.Generator, plan: CodecTrainingPlan, order: int) -> FloatArray:
    """Return a scene [channels, samples] as it would sound from elsewhere: turned, at another level, never clipping.

    All channels get one gain: levels of channels against each other are where things are.
    """
    if plan.rotate:
        # Even over all rotations: with the sine of the pitch drawn evenly.
        yaw, roll = rng.uniform(-np.pi, np.pi, 2)
        matrix = rotation_matrix(yaw, float(np.arcsin(rng.uniform(-1, 1))), roll, order)
        excerpt = matrix.astype(np.float32) @ excerpt
    gain = 10 ** (rng.uniform(-plan.gain, plan.gain) / 20)
    peak = float(np.abs(excerpt).max(initial=0.0))
    return np.asarray(excerpt * np.float32(min(gain, _LOUDEST / peak) if peak > 0 else gain), np.float32)


def validation_excerpts(scenes: Scenes, plan: CodecTrainingPlan) -> tuple[Stretch, ...]:
    """Return the same excerpts for every validation, spread evenly over what is kept for it, of whole frames each."""
    hop = plan.config.hop_size
    found = []
    for stretch in scenes.validation:
        length = min(plan.samples, stretch.length // hop * hop)
        count = min(plan.validation_excerpts, max(stretch.length // length, 1))
        starts = np.linspace(stretch.start, stretch.stop - length, count, dtype=np.int64)
        found += [Stretch(stretch.clip, int(start), int(start) + length) for start in starts]
    return tuple(found)
