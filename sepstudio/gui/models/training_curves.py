"""The losses of trainings as curves, of several trainings in one plot."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sepstudio.gui.panels.error_curves import CurveWords, ErrorCurve
from sepstudio.nn.training.curves import Curve

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
_KINDS = (("validation", 0), ("training", _COLOURS))


@dataclass(frozen=True)
class Training:
    """The curves in the folder of a training, of the kind that it has; ``live`` while it runs."""

    folder: Path
    curves: tuple[Any, ...]
    live: bool = False


class Places:
    """Gives each network its colour, and keeps it: its validation is drawn through, its training dashed."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Path, str, int], int] = {}
        self._free = itertools.count()

    def of(self, folder: Path, curve: Curve) -> int:
        """Return the place of the validation of a network."""
        key = (folder, curve.label, curve.seed)
        if key not in self._numbers:
            self._numbers[key] = next(self._free)
        number = self._numbers[key]
        return number % _COLOURS + 2 * _COLOURS * (number // _COLOURS)


def drawn_curves(trainings: Sequence[Training], places: Places, kinds: Sequence[str]) -> Iterator[ErrorCurve]:
    """Give the curves of trainings as the plot shows them; ``kinds`` are some of validation and training."""
    seeds = len({curve.seed for training in trainings for curve in training.curves}) > 1
    for training in trainings:
        before = f"{training.folder.name}: " if len(trainings) > 1 else ""
        for curve in training.curves:
            title = f"{before}{curve.label}" + (f" seed {curve.seed}" if seeds else "")
            place = places.of(training.folder, curve)
            for kind, further in _KINDS:
                if kind in kinds:
                    yield ErrorCurve(
                        f"{training.folder}|{curve.label}|{curve.seed}|{kind}",
                        f"{title}, {kind}" if len(kinds) > 1 else title,
                        np.asarray(_series(curve)[kind]),
                        np.asarray(curve.seconds),
                        place + further,
                        training.live,
                    )


def _series(curve: Curve) -> Mapping[str, tuple[float, ...]]:
    return {"validation": curve.validation, "training": curve.training}
