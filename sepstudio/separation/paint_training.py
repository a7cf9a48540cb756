"""Learning from painted patches: networks side by side, each with other strokes held out, in steps."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sepstudio.dsp.parallel import over_rows
from sepstudio.nn.flat_adam import FlatAdam
from sepstudio.nn.layers import cross_entropy
from sepstudio.nn.paint_network import PaintNetwork
from sepstudio.nn.torch_threads import one_thread_each
from sepstudio.separation.paint_augmentation import Augmentation
from sepstudio.separation.paint_examples import Examples
from sepstudio.separation.paint_grid import Ints
from sepstudio.separation.paint_params import PaintParams

Flags = npt.NDArray[np.bool_]

# Patches of a step.
BATCH = 160
WEIGHT_DECAY = 0.01
# Steps between two looks at the held-out strokes, and looks without gain after which learning stops.
LOOK_EVERY, PATIENCE = 20, 6
# One in so many strokes is held out, of sources that have enough.
HOLD_OUT, ENOUGH = 8, 24
# Strokes that the network gives less of the probability than this count less, by its square: they may be wrong.
# Before so much of learning is done it does not know.
TRUSTED, TRUST_AFTER = 0.4, 0.4
# How much of what is known of a stroke each step leaves.
_MEMORY = 0.9
# Part of a correction's examples that are newly painted, and its learning rate beside that of the beginning.
FRESH, CORRECTION_RATE = 1 / 3, 0.3
# Seconds between two yields.
_BEAT = 0.04


@dataclass(frozen=True)
class Lessons:
    """Examples as tensors. ``fresh`` marks patches of strokes that an earlier run did not know."""

    maps: Tensor
    shares: Tensor
    weights: Tensor
    strokes: Ints
    fresh: Flags
    gains: Tensor

    @classmethod
    def of(cls, examples: Examples, fresh: Flags) -> Lessons:
        """Return lessons of examples; ``fresh`` tells of every stroke whether it is new."""
        maps, shares, weights = (torch.from_numpy(x) for x in (examples.maps, examples.shares, examples.weights))
        return cls(maps, shares, weights, examples.strokes, fresh[examples.strokes], torch.from_numpy(examples.gains))

    def weighted(self, strokes: npt.NDArray[np.float32]) -> Lessons:
        """Return the lessons with each stroke, by its number, counting so much."""
        factors = torch.from_numpy(strokes[self.strokes])
        return replace(self, weights=self.weights * factors[:, None, None])


def held_out(strokes: Ints, sources: Ints, member: int, rng: np.random.Generator) -> Ints:
    """Return the strokes that a member does not learn from: of each source with ``ENOUGH`` one in ``HOLD_OUT``."""
    found = []
    for source in np.unique(sources):
        own = rng.permutation(np.unique(strokes[sources == source]))
        count = own.size // HOLD_OUT if own.size >= ENOUGH else 0
        start = member * count % max(own.size, 1)
        found.append(np.roll(own, -start)[:count])
    return np.concatenate(found) if found else np.zeros(0, np.int64)


@dataclass
class Member:
    """One network that learns; ``go`` takes some steps."""

    network: PaintNetwork
    lessons: Lessons
    params: PaintParams
    out: Ints
    steps: int
    generator: torch.Generator
    rate: float
    errors: list[float] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    done: int = 0
    stopped: bool = False

    def __post_init__(self) -> None:
        self._optimizer = FlatAdam(self.network, weight_decay=WEIGHT_DECAY)
        own = ~np.isin(self.lessons.strokes, self.out)
        self._own = torch.from_numpy(np.flatnonzero(own))
        self._held = torch.from_numpy(np.flatnonzero(~own))
        self._chances = self._drawing(own)
        self._best, self._best_state = math.inf, self._copied()
        self._stale = 0
        strokes, self._stroke_of = np.unique(self.lessons.strokes, return_inverse=True)
        # Of each stroke: what its allowed sources had of the probability lately, and how much weight that was.
        self._agreed, self._counted = torch.zeros(strokes.size), torch.zeros(strokes.size)
        size = BATCH * self.lessons.maps[0].numel()
        self._augmentation = Augmentation(self.lessons.gains, self.params.augmentation, size, self.generator)
        self._begun = time.monotonic()

    def _drawing(self, own: Flags) -> Tensor:
        """Return the chances of patches: as their weights; ``FRESH`` of them new, where there are such and others."""
        chances = self.lessons.weights.sum(dim=(1, 2)).double()
        fresh = torch.from_numpy(self.lessons.fresh & own)
        mine = torch.from_numpy(own)
        old, new = chances[mine & ~fresh].sum(), chances[fresh].sum()
        if old > 0 and new > 0:
            chances = torch.where(fresh, chances / new * FRESH, chances / old * (1 - FRESH))
        return chances[self._own]

    def go(self, steps: int) -> None:
        """Take so many steps, or fewer to the end."""
        for _ in range(min(steps, self.steps - self.done)):
            if self.stopped:
                return
            self._step()
            self.done += 1
            if self.done % LOOK_EVERY == 0 or self.done == self.steps:
                self._look()

    def finish(self) -> PaintNetwork:
        """Return the network as it was best on what was held out, or as it is now."""
        if len(self._held):
            self.network.load_state_dict(self._best_state)
        return self.network.eval()

    def _step(self) -> None:
        drawn = torch.multinomial(self._chances, BATCH, replacement=True, generator=self.generator)
        batch = self._own[drawn]
        maps = self._augmentation.changed(self.lessons.maps[batch])
        self._optimizer.zero()
        loss = self._error(maps, batch, learns=True)
        self.errors.append(loss.item())
        self.seconds.append(time.monotonic() - self._begun)
        if self.params.sparsity != "none":
            for layer in self.network.combinations.values():
                loss = loss + self.params.sparsity_weight * layer.sparsity(self.params.sparsity)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step(self.rate * self._rate())

    def _rate(self) -> float:
        """Return the part of the learning rate: it rises over the first tenth, and then falls as a cosine."""
        position = self.done / max(self.steps, 1)
        return (position + 0.01) / 0.11 if position < 0.1 else 0.5 + 0.5 * math.cos(math.pi * (position - 0.1) / 0.9)

    def _error(self, maps: Tensor, batch: Tensor, *, learns: bool = False) -> Tensor:
        """Return the mean over patches of -log of what the allowed sources have of the probability.

        Its gradient is that of a cross-entropy whose targets share 1 among the allowed sources as the network
        does now. Patches were drawn by their weight, so cells weigh within their patch.
        """
        shares, weights = self.lessons.shares[batch], self.lessons.weights[batch]
        scores = self.network(maps)
        allowed = torch.softmax(scores.detach(), dim=1) * shares
        agreed = allowed.sum(dim=1)
        target = allowed / agreed.clamp_min(1e-12)[:, None]
        target = (1 - self.params.doubt) * target + self.params.doubt / target.shape[1]
        weights = weights / weights.sum(dim=(1, 2), keepdim=True).clamp_min(1e-12)
        if learns:
            weights = weights * self._trust(batch, (agreed * weights).sum(dim=(1, 2)))[:, None, None]
        return cross_entropy(scores, target, weights) / len(batch)

    def _trust(self, batch: Tensor, agreed: Tensor) -> Tensor:
        """Return how much the strokes of patches count, after noting how far the network agrees with them."""
        strokes = torch.from_numpy(self._stroke_of)[batch]
        self._agreed.mul_(_MEMORY).index_add_(0, strokes, agreed)
        self._counted.mul_(_MEMORY).index_add_(0, strokes, torch.ones_like(agreed))
        if self.done < TRUST_AFTER * self.steps:
            return torch.ones_like(agreed)
        usual = self._agreed / self._counted.clamp_min(1e-12)
        return (usual / TRUSTED).clamp(max=1.0).square()[strokes]

    @torch.no_grad()
    def _look(self) -> None:
        if not len(self._held):
            return
        error = self._error(self.lessons.maps[self._held], self._held).item()
        self.looks.append(error)
        if error < self._best:
            self._best, self._best_state, self._stale = error, self._copied(), 0
            return
        self._stale += 1
        self.stopped = self._stale >= PATIENCE

    def _copied(self) -> Mapping[str, Tensor]:
        return {name: values.detach().clone() for name, values in self.network.state_dict().items()}


def learn_steps(members: Sequence[Member], threads: int) -> Generator[float, None, None]:
    """Let networks learn, each on a thread of its own; yields the fraction done at least every 100 ms or so."""
    pace, longest = 1, max(member.steps for member in members)
    while any(member.done < member.steps and not member.stopped for member in members):
        begun = time.monotonic()

        def some(first: int, last: int, steps: int = pace) -> None:
            for member in members[first:last]:
                member.go(steps)

        with one_thread_each():
            over_rows(some, 0, len(members), threads)
        took = time.monotonic() - begun
        pace = max(1, min(int(pace * _BEAT / max(took, 1e-6)), 4 * pace))
        yield max(member.done if not member.stopped else longest for member in members) / longest
