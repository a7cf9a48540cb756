"""Curves of a training of the codec, kept as JSON while it runs, without torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepstudio.nn.training.curve_files import CurveFile

_FILE = CurveFile("codec-curves.json", "sepstudio codec training curves", "a training of the codec")
SERIES = ("steps", "training", "mel", "covariance", "seconds")


@dataclass(frozen=True)
class CodecCurve:
    """How a codec became better; sequences have one value for each validation, the first one before any step.

    Beside each other, the curves of a transferred and a random start are Fig. 1 of Hirvonen and Namazi (2024).

    Parameters
    ----------
    start : str
        What the network began as, for legends: ``random``, ``transfer`` or ``resumed weights``.
    steps : tuple of float
        Steps of training before each validation.
    training : tuple of float
        Mean multi-scale mel loss of the steps since the validation before; that of validation at the first.
    mel, covariance : tuple of float
        Losses of validation, without their weights.
    seconds : tuple of float
        Of work since the training began, that of all networks trained side by side.
    """

    start: str
    steps: tuple[float, ...] = ()
    training: tuple[float, ...] = ()
    mel: tuple[float, ...] = ()
    covariance: tuple[float, ...] = ()
    seconds: tuple[float, ...] = ()

    @property
    def best(self) -> float:
        """The least mel loss of validation; infinite before the first."""
        return min(self.mel, default=float("inf"))

    @property
    def best_step(self) -> int | None:
        """The step of the least mel loss of validation; None before the first."""
        return None if not self.mel else int(self.steps[self.mel.index(self.best)])

    @property
    def series(self) -> tuple[tuple[float, ...], ...]:
        """The values of all series, in the order of ``SERIES``."""
        return tuple(getattr(self, name) for name in SERIES)

    def grown(self, **values: float) -> CodecCurve:
        """Return the curve with one more validation; a value for each of ``SERIES``."""
        series = [(*getattr(self, name), float(values[name])) for name in SERIES]
        return self.with_series(series)

    def with_series(self, series: Sequence[Sequence[float]]) -> CodecCurve:
        """Return the curve with other values, as ``series`` gives them; ValueError for different lengths."""
        if len(series) != len(SERIES) or len({len(numbers) for numbers in series}) != 1:
            raise ValueError("series of different lengths")
        return CodecCurve(self.start, *(tuple(map(float, numbers)) for numbers in series))

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> CodecCurve:
        """Return what a file holds; TypeError, KeyError or ValueError for anything else."""
        return cls(str(values["start"])).with_series([values[name] for name in SERIES])


def write_codec_curves(folder: Path, curves: Sequence[CodecCurve]) -> None:
    """Write ``codec-curves.json`` as a whole; CheckpointError if that fails."""
    _FILE.write(folder, [dataclasses.asdict(curve) for curve in curves])


def read_codec_curves(path: Path) -> tuple[CodecCurve, ...]:
    """Read the curves of a training from ``codec-curves.json`` or from the folder that holds it.

    Raises
    ------
    CheckpointError
        If the file cannot be read or holds something else.
    """
    return _FILE.read(path, CodecCurve.from_json)
