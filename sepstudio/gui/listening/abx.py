"""Trials in which a hidden X is A or B, and what guessing would have to do with the answers."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Literal

Letter = Literal["A", "B"]


@dataclass(frozen=True)
class Trial:
    """What X was, and what the listener said."""

    hidden: Letter
    answer: Letter

    @property
    def right(self) -> bool:
        """Whether the listener was right."""
        return self.hidden == self.answer


class AbxTest:
    """A series of trials; the seed decides what X is in each of them."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._random = random.Random(seed)
        self._trials: list[Trial] = []
        self.hidden: Letter = self._draw()

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All answered trials."""
        return tuple(self._trials)

    @property
    def right(self) -> int:
        """How many answers were right."""
        return sum(trial.right for trial in self._trials)

    @property
    def p_value(self) -> float:
        """The probability that mere guessing gives as many right answers, or more."""
        count = len(self._trials)
        return sum(math.comb(count, k) for k in range(self.right, count + 1)) / 2**count

    def answer(self, letter: Letter) -> bool:
        """Say what X is; returns whether that is right, and hides another X."""
        trial = Trial(self.hidden, letter)
        self._trials.append(trial)
        self.hidden = self._draw()
        return trial.right

    def _draw(self) -> Letter:
        return self._random.choice(("A", "B"))
