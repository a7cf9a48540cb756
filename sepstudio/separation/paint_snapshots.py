"""What is to be seen of networks that learn from strokes: while they learn, and of a finished run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from sepstudio.nn.paint_network import PaintNetwork
from sepstudio.separation.base import Matrix
from sepstudio.separation.paint_training import Member
from sepstudio.separation.paint_usual import Usual

TRAINING_ERROR, HELD_OUT_ERROR = "training error", "held-out error"
WEIGHTS, ALPHA, KERNELS = "weights ", "alpha ", "kernels "
MEAN, SPREAD, KNOWN = f"{WEIGHTS}mean", f"{WEIGHTS}spread", f"{WEIGHTS}known strokes"
SHARES = f"{WEIGHTS}shares of classes"
_NUMBERED = "number"


@dataclass(frozen=True)
class PaintSnapshot:
    """Where learning stands after ``step`` steps; errors are float32 [steps so far or fewer], in nats a cell."""

    step: int
    training_error: npt.NDArray[np.float32]
    held_out_error: npt.NDArray[np.float32]
    alphas: Mapping[str, Matrix]
    kernels: Mapping[str, Matrix]


def snapshot_of(member: Member, names: Sequence[str]) -> PaintSnapshot:
    """Return where a network stands that sees maps of these names."""
    return PaintSnapshot(
        member.done,
        np.array(member.errors, np.float32),
        np.array(member.looks, np.float32),
        alphas_of(member.network, names),
        kernels_of(member.network, names),
    )


def alphas_of(network: PaintNetwork, names: Sequence[str]) -> dict[str, Matrix]:
    """Return the shares of inputs in each output of the learned combinations: [outputs, inputs] by name."""
    found = {}
    for name, layer in network.combinations.items():
        inputs = tuple(names) if layer.inputs == len(names) else _numbers("map", layer.inputs)
        values = layer.alpha.numpy().copy()
        found[name] = Matrix(values, ("outputs", "inputs"), (_numbers("map", layer.outputs), inputs))
    return found


def kernels_of(network: PaintNetwork, names: Sequence[str]) -> dict[str, Matrix]:
    """Return the kernels of the learned combinations: [inputs, bands, frames] by name."""
    found = {}
    for name, layer in network.combinations.items():
        inputs = tuple(names) if layer.inputs == len(names) else _numbers("map", layer.inputs)
        values = layer.kernels.detach().numpy().copy()
        found[name] = Matrix(values, ("inputs", "bands", "frames"), (inputs, *map(_offsets, values.shape[1:])))
    return found


def weight_matrices(
    networks: Sequence[PaintNetwork], names: Sequence[str], sources: Sequence[str], usual: Usual, known: npt.ArrayLike
) -> dict[str, Matrix]:
    """Return all that a later run needs to go on from these networks, by names that begin with ``WEIGHTS``."""
    found = {
        f"{WEIGHTS}{number} {name}": _indexed(values.detach().numpy().copy())
        for number, network in enumerate(networks, 1)
        for name, values in network.state_dict().items()
    }
    bands = np.arange(usual.mean.shape[1], dtype=np.float64)
    for name, values in ((MEAN, usual.mean), (SPREAD, usual.spread)):
        found[name] = Matrix(values, ("maps", "bands"), (tuple(names), bands))
    strokes = np.asarray(known, np.float64)
    found[KNOWN] = Matrix(strokes, (_NUMBERED,), (np.arange(strokes.size, dtype=np.float64),))
    found[f"{WEIGHTS}sources"] = Matrix(np.zeros(len(sources), np.float32), ("sources",), (tuple(sources),))
    return found


def shares_matrix(shares: npt.NDArray[np.float32], sources: Sequence[str]) -> Matrix:
    """Return the shares of sources in the classes of the prior as a matrix; it is to be called ``SHARES``."""
    return Matrix(shares, ("sources", "classes"), (tuple(sources), _numbers("class", shares.shape[1])))


@dataclass(frozen=True)
class Earlier:
    """The networks of an earlier run, by their state, and what they know."""

    states: tuple[Mapping[str, torch.Tensor], ...]
    names: tuple[str, ...]
    sources: tuple[str, ...]
    usual: Usual
    known: frozenset[int]

    @property
    def hidden(self) -> int:
        """How many feature maps its layers have."""
        return len(self.states[0]["points.bias"])


def earlier_of(matrices: Mapping[str, Matrix] | None) -> Earlier | None:
    """Return what the matrices of an earlier run hold of networks; None where they hold nothing whole."""
    if not matrices or not {MEAN, SPREAD, KNOWN, f"{WEIGHTS}sources"} <= matrices.keys():
        return None
    states: dict[str, dict[str, torch.Tensor]] = {}
    for name, matrix in matrices.items():
        number, _, key = name.removeprefix(WEIGHTS).partition(" ")
        if name.startswith(WEIGHTS) and number.isdecimal():
            states.setdefault(number, {})[key] = torch.from_numpy(np.array(matrix.values, np.float32))
    mean, spread = matrices[MEAN], matrices[SPREAD]
    names, sources = mean.coordinates[0], matrices[f"{WEIGHTS}sources"].coordinates[0]
    if not states or not isinstance(names, tuple) or not isinstance(sources, tuple):
        return None
    usual = Usual(np.asarray(mean.values, np.float32), np.asarray(spread.values, np.float32))
    known = frozenset(int(value) for value in matrices[KNOWN].values)
    return Earlier(tuple(states[number] for number in sorted(states, key=int)), names, sources, usual, known)


def _indexed(values: npt.NDArray[np.float32]) -> Matrix:
    axes = tuple(f"axis {place}" for place in range(1, values.ndim + 1))
    return Matrix(values, axes, tuple(np.arange(length, dtype=np.float64) for length in values.shape))


def _numbers(word: str, count: int) -> tuple[str, ...]:
    return tuple(f"{word} {number}" for number in range(1, count + 1))


def _offsets(length: int) -> npt.NDArray[np.float64]:
    return np.arange(length, dtype=np.float64) - length // 2
