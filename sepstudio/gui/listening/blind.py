"""A comparison in which nobody can tell which run is which: aliases, ratings and notes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

HIGHEST_RATING = 100


@dataclass(frozen=True)
class Judgement:
    """What was said of one run; ``rating`` from 0 to 100, or None."""

    rating: int | None = None
    notes: str = ""


class BlindTest:
    """Runs under the names X1, X2, …; the seed decides which is which."""

    def __init__(self, run_ids: Sequence[str], seed: int) -> None:
        self.seed = seed
        order = list(run_ids)
        random.Random(seed).shuffle(order)
        self._aliases = {run_id: f"X{number}" for number, run_id in enumerate(order, 1)}
        self._judgements: dict[str, Judgement] = {}

    @property
    def aliases(self) -> dict[str, str]:
        """The alias of each run, in the order of the aliases."""
        return dict(self._aliases)

    def judgement(self, run_id: str) -> Judgement:
        """Return what was said of a run."""
        return self._judgements.get(run_id, Judgement())

    @property
    def judgements(self) -> dict[str, Judgement]:
        """All that was said, by run."""
        return dict(self._judgements)

    def rate(self, run_id: str, rating: int | None) -> None:
        """Rate a run, or take its rating back; a number beyond the scale counts as its end."""
        kept = None if rating is None else min(max(rating, 0), HIGHEST_RATING)
        self._judgements[run_id] = Judgement(kept, self.judgement(run_id).notes)

    def note(self, run_id: str, notes: str) -> None:
        """Write a note on a run."""
        self._judgements[run_id] = Judgement(self.judgement(run_id).rating, notes)
