"""What a training found: losses of the variants beside each other, and the three claims of the paper."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sepstudio.nn.training.curves import Curve
from sepstudio.nn.training.variants import AMPLITUDE, BOTH, uncorrected

MEAN = "mean"
_RAW, _DERIVATIVES = "phase-raw", "phase-dt-df"


@dataclass(frozen=True)
class Ratio:
    """The losses of a network over those of another: mean over seeds, and deviation (0 for one seed)."""

    mean: float
    deviation: float
    seeds: int

    def __str__(self) -> str:
        return f"{self.mean:.3f}" + (f" ± {self.deviation:.3f}" if self.seeds > 1 else "")


@dataclass(frozen=True)
class Claim:
    """A claim of the paper and what was found; ``reached`` is None where the networks for it were not trained."""

    text: str
    reached: bool | None
    found: str


@dataclass(frozen=True)
class Comparison:
    """Curves of one training, compared by their best validation losses.

    Losses are divided by those of the variant ``reference`` for the same instrument and seed; a mean over
    instruments is that of these ratios. Without such a variant they are as they are.
    """

    curves: tuple[Curve, ...]

    @property
    def variants(self) -> tuple[str, ...]:
        """In the order of the training."""
        return tuple(dict.fromkeys(curve.variant for curve in self.curves))

    @property
    def instruments(self) -> tuple[str, ...]:
        """In the order of the training."""
        return tuple(dict.fromkeys(curve.instrument for curve in self.curves))

    @property
    def reference(self) -> str | None:
        """What the table divides by: the network of amplitudes, if it was trained."""
        return AMPLITUDE if AMPLITUDE in self.variants else None

    def ratio(self, variant: str, instrument: str, reference: str | None) -> Ratio:
        """Return the ratio of losses for an instrument, or for ``MEAN`` of all."""
        names = self.instruments if instrument == MEAN else (instrument,)
        seeds = dict.fromkeys(curve.seed for curve in self.curves)
        values = [
            statistics.fmean(self._best(variant, name, seed) / self._best(reference, name, seed) for name in names)
            for seed in seeds
        ]
        deviation = statistics.stdev(values) if len(values) > 1 else 0.0
        return Ratio(statistics.fmean(values), deviation, len(values))

    def best_epoch(self, variant: str) -> float:
        """Return the epoch of the least validation loss, counted from 1, as a mean over instruments and seeds."""
        return statistics.fmean((c.best_epoch or 0) + 1 for c in self.curves if c.variant == variant)

    def claims(self) -> tuple[Claim, ...]:
        """Return the claims of the paper, each reached if the mean ratio over instruments and seeds says so."""
        derivatives = [("phase-dt", _RAW), ("phase-df", _RAW), (_DERIVATIVES, _RAW)]
        corrected = [(name, uncorrected(name)) for name in ("phase-dt", "phase-df", _DERIVATIVES)]
        return (
            self._claim("derivatives beat raw phase", derivatives),
            self._claim("the correction helps", corrected),
            self._claim("DNN_A&φ is at least as good as DNN_A on average", [(BOTH, AMPLITUDE)]),
        )

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        reference = self.reference
        columns = (*self.instruments, MEAN)
        rows = {
            variant: {
                "best epoch": self.best_epoch(variant),
                "ratios": {name: vars(self.ratio(variant, name, reference)) for name in columns},
            }
            for variant in self.variants
        }
        claims = [vars(claim) for claim in self.claims()]
        return {
            "reference": reference,
            "variants": rows,
            "claims": claims,
            "curves": [c.to_json() for c in self.curves],
        }

    def _best(self, variant: str | None, instrument: str, seed: int) -> float:
        if variant is None:
            return 1.0
        return next(c.best for c in self.curves if (c.variant, c.instrument, c.seed) == (variant, instrument, seed))

    def _claim(self, text: str, pairs: Sequence[tuple[str, str]]) -> Claim:
        """Compare those of the pairs that were trained; the last one, of both derivatives, decides if it was."""
        known = [pair for pair in pairs if set(pair) <= set(self.variants)]
        if not known:
            needed = " and ".join(pairs[-1])
            return Claim(text, None, f"not compared: train {needed}")
        ratios = {pair: self.ratio(pair[0], MEAN, pair[1]) for pair in known}
        found = ", ".join(f"{first} has {ratio} of the loss of {second}" for (first, second), ratio in ratios.items())
        return Claim(text, ratios[known[-1]].mean <= 1.0, found)


def comparison_lines(comparison: Comparison) -> list[str]:
    """Return the table of a comparison and a line for each claim, as people read them."""
    columns = (*comparison.instruments, MEAN)
    reference = comparison.reference
    cells = [["variant", *columns, "best epoch"]]
    for variant in comparison.variants:
        ratios = [str(comparison.ratio(variant, name, reference)) for name in columns]
        cells.append([variant, *ratios, f"{comparison.best_epoch(variant):.1f}"])
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    unit = f"the loss of {reference}" if reference else "the variance of the target"
    table = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in cells
    ]
    words = {True: "reached", False: "not reached", None: "open"}
    claims = [f"{claim.text}: {words[claim.reached]} ({claim.found})" for claim in comparison.claims()]
    return [f"Least validation loss over {unit}; less is better.", *table, "", *claims]
