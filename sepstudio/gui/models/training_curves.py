"""The losses of trainings as curves, of several trainings in one plot."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sepstudio.gui.panels.error_curves import CurveWords, ErrorCurve

WORDS = CurveWords(
    name="training.curves",
    title="Training curves",
    run="training",
    step="epoch",
    short="ep",
    value="loss",
    about="mean squared error over the variance of the target",
    plot="Losses of networks in training",
    legend=320,
    axis_tip="Epochs compare networks, seconds what they cost on this machine",
    hint="Train, or open the folder of an earlier training: this plots how the losses fall, of several at once.",
)
# The view has seven colours: what follows seven places later has the same colour and another line.
_COLOURS = 7
_KINDS = ("validation", "training")


@dataclass(frozen=True)
class Training:
    """The curves in the folder of a training, of the kind that it has; ``live`` while it runs."""

    folder: Path
    curves: tuple[Any, ...]
    live: bool = False


class Places:
    """Gives each network its colour, and keeps it: its validation is drawn through, its training dashed."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Hashable, ...], int] = {}
        self._free = itertools.count()

    def of(self, *network: Hashable, dashed: bool) -> int:
        """Return the place of a curve of a network, which anything may stand for that it does not share with others."""
        if network not in self._numbers:
            self._numbers[network] = next(self._free)
        number = self._numbers[network]
        return number % _COLOURS + 2 * _COLOURS * (number // _COLOURS) + (_COLOURS if dashed else 0)


def drawn_curves(trainings: Sequence[Training], places: Places, kinds: Sequence[str]) -> Iterator[ErrorCurve]:
    """Give the curves of trainings as the plot shows them; ``kinds`` are some of validation and training."""
    seeds = len({curve.seed for training in trainings for curve in training.curves}) > 1
    for training in trainings:
        before = f"{training.folder.name}: " if len(trainings) > 1 else ""
        for curve in training.curves:
            title = f"{before}{curve.label}" + (f" seed {curve.seed}" if seeds else "")
            for kind in _KINDS:
                if kind in kinds:
                    yield ErrorCurve(
                        f"{training.folder}|{curve.label}|{curve.seed}|{kind}",
                        f"{title}, {kind}" if len(kinds) > 1 else title,
                        np.asarray(getattr(curve, kind)),
                        np.asarray(curve.seconds),
                        places.of(training.folder, curve.label, curve.seed, dashed=kind == "training"),
                        training.live,
                    )
