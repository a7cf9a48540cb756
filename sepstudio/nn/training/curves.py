"""Curves of training: losses per epoch and second, kept as JSON and CSV while a training runs."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepstudio.nn.training.curve_files import CurveFile, write_whole

CSV_NAME = "curves.csv"
_FILE = CurveFile("curves.json", "sepstudio training curves", "a training")
_COLUMNS = ("variant", "instrument", "seed", "epoch", "training", "validation", "seconds", "rate")
_SERIES = ("training", "validation", "seconds", "rate")


@dataclass(frozen=True)
class Curve:
    """How the loss of a network went down; sequences have one value for each epoch.

    Losses are mean squared errors of the amplitude over the variance of the target in the training set
    (the mean of the variances per bin): 1 is what the mean spectrum alone would reach there.

    Parameters
    ----------
    variant, instrument : str
    seed : int
    training, validation : tuple of float
    seconds : tuple of float
        Of work since the training of this seed began, all its networks together.
    rate : tuple of float
        The rate of learning in each epoch.
    """

    variant: str
    instrument: str
    seed: int
    training: tuple[float, ...] = ()
    validation: tuple[float, ...] = ()
    seconds: tuple[float, ...] = ()
    rate: tuple[float, ...] = ()

    @property
    def label(self) -> str:
        """A name for legends, for example ``a-dt-df vocals``."""
        return f"{self.variant} {self.instrument}"

    @property
    def best_epoch(self) -> int | None:
        """The epoch with the least validation loss, counted from 0; None before the first has ended."""
        return min(range(len(self.validation)), key=self.validation.__getitem__, default=None)

    @property
    def best(self) -> float:
        """The least validation loss; infinite before the first epoch has ended."""
        return min(self.validation, default=float("inf"))

    def grown(self, *, training: float, validation: float, seconds: float, rate: float) -> Curve:
        """Return the curve with one more epoch."""
        return dataclasses.replace(
            self,
            training=(*self.training, training),
            validation=(*self.validation, validation),
            seconds=(*self.seconds, seconds),
            rate=(*self.rate, rate),
        )

    @property
    def series(self) -> tuple[tuple[float, ...], ...]:
        """Training, validation, seconds and rate, one value for each epoch."""
        return self.training, self.validation, self.seconds, self.rate

    def with_series(self, series: Sequence[Sequence[float]]) -> Curve:
        """Return the curve with other values, as ``series`` gives them; ValueError for different lengths."""
        if len(series) != len(_SERIES) or len({len(numbers) for numbers in series}) != 1:
            raise ValueError("series of different lengths")
        values = {name: tuple(map(float, numbers)) for name, numbers in zip(_SERIES, series, strict=True)}
        return dataclasses.replace(self, **values)  # type: ignore[arg-type]  # all of them are series

    def to_json(self) -> dict[str, Any]:
        """Return the values as they are kept in a file."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Curve:
        """Return what ``to_json`` kept; TypeError, KeyError or ValueError for anything else."""
        curve = cls(str(values["variant"]), str(values["instrument"]), int(values["seed"]))
        return curve.with_series([values[name] for name in _SERIES])


def write_curves(folder: Path, curves: Sequence[Curve]) -> None:
    """Write ``curves.json`` and ``curves.csv``, each as a whole; CheckpointError if that fails."""
    _FILE.write(folder, [curve.to_json() for curve in curves])
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for curve in curves:
        rows = enumerate(zip(*curve.series, strict=True), 1)
        writer.writerows((curve.variant, curve.instrument, curve.seed, number, *row) for number, row in rows)
    write_whole(folder / CSV_NAME, table.getvalue())


def read_curves(path: Path) -> tuple[Curve, ...]:
    """Read the curves of a training.

    Parameters
    ----------
    path : Path
        ``curves.json``, or the folder of a training that holds it.

    Raises
    ------
    CheckpointError
        If the file cannot be read or holds something else.
    """
    return _FILE.read(path, Curve.from_json)
