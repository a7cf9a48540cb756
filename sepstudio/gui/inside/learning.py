"""What is seen of a network at one moment while it learns, or after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from sepstudio.gui.exporting.view_data import Floats
from sepstudio.separation.base import Curve, Matrix

ALPHA, KERNELS = "alpha ", "kernels "
# What intervals are likely multiples of.
_ROUND = (20, 10, 5)
TRAINING, HELD_OUT = "training error", "held-out error"


@runtime_checkable
class LearningSnapshot(Protocol):
    """What a method tells of its network while it learns; errors after each step, or each so many."""

    @property
    def step(self) -> int:
        """How many steps were taken."""

    @property
    def training_error(self) -> npt.NDArray[np.float32]:
        """The error on what is learnt from."""

    @property
    def held_out_error(self) -> npt.NDArray[np.float32]:
        """The error on strokes that were kept back."""

    @property
    def alphas(self) -> Mapping[str, Matrix]:
        """The weights of learned combinations by layer."""

    @property
    def kernels(self) -> Mapping[str, Matrix]:
        """The kernels by layer."""


@dataclass(frozen=True, eq=False)
class Learning:
    """Errors after some numbers of steps, weights and kernels of a network; ``title`` names its run."""

    title: str
    step: int
    training: tuple[Floats, Floats]
    held_out: tuple[Floats, Floats]
    alphas: Mapping[str, Matrix] = field(default_factory=dict)
    kernels: Mapping[str, Matrix] = field(default_factory=dict)
    live: bool = False


def learning_of_snapshot(title: str, snapshot: LearningSnapshot) -> Learning:
    """Return what a snapshot says."""
    return Learning(
        title,
        snapshot.step,
        _over_steps(snapshot.training_error, snapshot.step),
        _over_steps(snapshot.held_out_error, snapshot.step),
        _named(ALPHA, snapshot.alphas),
        _named(KERNELS, snapshot.kernels),
        live=True,
    )


def learning_of_run(title: str, matrices: Mapping[str, Matrix], curves: Mapping[str, Curve]) -> Learning:
    """Return what a finished run has kept of its network."""
    training, held_out = (np.asarray(curves[name].values) if name in curves else np.zeros(0)
                          for name in (TRAINING, HELD_OUT))  # fmt: skip
    step = max(len(training), len(held_out))
    return Learning(
        title,
        step,
        _over_steps(training, step),
        _over_steps(held_out, step),
        {name: matrix for name, matrix in matrices.items() if name.startswith(ALPHA)},
        {name: matrix for name, matrix in matrices.items() if name.startswith(KERNELS)},
    )


def _named(kind: str, matrices: Mapping[str, Matrix]) -> dict[str, Matrix]:
    """Return matrices of layers by the names that they will have in the run."""
    return {f"{kind}{name.removeprefix(kind)}": matrix for name, matrix in matrices.items()}


def _over_steps(errors: npt.ArrayLike, step: int) -> tuple[Floats, Floats]:
    """Return the steps after which errors were measured, evenly and the last one at the end, and the errors."""
    values = np.atleast_1d(np.asarray(errors, np.float64))
    places = np.minimum(np.arange(1, len(values) + 1) * _period(step, len(values)), step).astype(np.float64)
    known = np.isfinite(values)
    return places[known], values[known]


def _period(step: int, count: int) -> int:
    """Return every how many steps an error was measured: the roundest number that makes as many by now."""
    lowest, highest = step // (count + 1) + 1, max(step // max(count, 1), 1)
    return max(range(lowest, highest + 1), key=lambda one: [one % by == 0 for by in _ROUND], default=highest)


def has_network(matrices: Mapping[str, Matrix]) -> bool:
    """Return whether a run has kept something of a network that can be looked into."""
    return any(name.startswith((ALPHA, KERNELS)) for name in matrices)
