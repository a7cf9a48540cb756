"""A spectrogram as groups of neighbouring frames, each with the components that may sound in it.

All products of a factorisation with the spectrogram are sums or stacks over groups of frames. That
bounds memory, lets a run pause between groups, reads the spectrogram once for several products,
and leaves out the components that a score forbids in the frames of a group.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sepstudio.separation.factorization import Array

if TYPE_CHECKING:
    from torch import Tensor

# Frames of a group when all components sound, and the multiplications that one may take on a processor and
# on a GPU: some tens of milliseconds.
_DENSE_FRAMES = 1024
_CPU_WORK, _CUDA_WORK = 5e8, 5e10
_SPARSE_FRAMES = (32, 64, 128, 256)
# Measured cost of a group beside its products: per component as so many frames more, and per group.
_COMPONENT_COST, _GROUP_COST = 24, 400
# Anything below is zero: numbers near the end of the range of single precision are six times as slow.
TINY = 1e-30
# What keeps quotients finite, beside a spectrogram whose maximum is 1.
EPSILON = 1e-20


@dataclass(frozen=True)
class Group:
    """Some frames: their place, their spectra [frames, K], and the components in them (None: all)."""

    columns: slice
    spectra: Tensor
    rows: Tensor | None = None
    pairs: Tensor | None = None

    def take(self, matrix: Tensor) -> Tensor:
        """Return the rows [..., S, K] of a matrix [..., R, K] that belong to the components of the group."""
        return matrix if self.rows is None else matrix.index_select(-2, self.rows)

    def take_square(self, matrix: Tensor) -> Tensor:
        """Return rows and columns [S, S] of a matrix [R, R]."""
        if self.rows is None or self.pairs is None:
            return matrix
        return matrix.take(self.pairs).view(len(self.rows), len(self.rows))

    def add(self, target: Tensor, left: Tensor, right: Tensor) -> None:
        """Add the product of ``left`` [... · S, frames] and ``right`` [frames, K] to rows of a matrix [..., R, K]."""
        if self.rows is None:
            target.view(-1, target.shape[-1]).addmm_(left, right)
            return
        product = (left @ right).view(*target.shape[:-2], len(self.rows), target.shape[-1])
        target.index_add_(target.ndim - 2, self.rows, product)

    def add_square(self, target: Tensor, h: Tensor) -> None:
        """Add ``h hᵀ`` of activations [S, frames] to a matrix [R, R]."""
        if self.pairs is None:
            target.addmm_(h, h.t())
        else:
            target.view(-1).index_add_(0, self.pairs, (h @ h.t()).view(-1))

    def part(self, activations: Tensor) -> Tensor:
        """Return what a matrix [R, N] holds for the group, as a copy [S, frames]."""
        return self.take(activations[:, self.columns]).clone()


def grouped(spectrogram: Array, active: npt.NDArray[np.bool_], scale: float, device: str) -> list[Group]:
    """Cut a spectrogram divided by ``scale`` into groups.

    Parameters
    ----------
    spectrogram : float [K, N]
        Copied once.
    active : bool [R, N]
        Which component may sound in which frame.
    scale : float
        The level that becomes 1.
    device : str
        Where the groups are held.
    """
    import torch

    spectra = np.multiply(spectrogram.T, 1 / scale, order="C", dtype=spectrogram.dtype)
    spectra[spectra < TINY] = 0
    on_device = torch.from_numpy(spectra).to(device)
    length, sparse = _group_length(active, spectrogram.shape[0], device)
    groups = []
    for columns in _even_parts(active.shape[1], length):
        rows = np.flatnonzero(active[:, columns].any(axis=1)) if sparse else None
        groups.append(_group(on_device, columns, rows, len(active)))
    return groups


def held(values: Array, dtype: npt.DTypeLike, device: str) -> Tensor:
    """Return a contiguous copy of a matrix on a device."""
    import torch

    return torch.from_numpy(np.array(values, dtype, order="C")).to(device)


def _group(spectra: Tensor, columns: slice, rows: npt.NDArray[np.intp] | None, rank: int) -> Group:
    import torch

    if rows is None:
        return Group(columns, spectra[columns])
    chosen = torch.from_numpy(rows).to(spectra.device)
    return Group(columns, spectra[columns], chosen, (chosen[:, None] * rank + chosen).flatten())


def _group_length(active: npt.NDArray[np.bool_], bins: int, device: str) -> tuple[int, bool]:
    """Return how many frames to take at once, and whether leaving out components pays."""
    rank, frames = active.shape
    work = _CPU_WORK if device == "cpu" else _CUDA_WORK
    longest = max(int(work / (bins * rank)), 32)
    if device != "cpu":
        # Starting a kernel takes longer than its work on few frames, however few components there are.
        return longest, False
    lengths = {length: _cost(active, length) for length in _SPARSE_FRAMES if length <= longest}
    best = min(lengths, key=lengths.__getitem__, default=0)
    if best and lengths[best] < rank * frames:
        return best, True
    return min(_DENSE_FRAMES, longest), False


def _cost(active: npt.NDArray[np.bool_], length: int) -> float:
    """Return the cost of groups of a length, in products of a frame with a component."""
    starts = [part.start for part in _even_parts(active.shape[1], length)]
    components = np.logical_or.reduceat(active, starts, axis=1).sum(axis=0)
    sizes = np.diff([*starts, active.shape[1]])
    return float((components * (sizes + _COMPONENT_COST) + _GROUP_COST).sum())


def _even_parts(total: int, longest: int) -> list[slice]:
    """Cut a range into the fewest parts of at most some length, all of nearly one length."""
    count = -(-total // longest)
    bounds = [total * k // count for k in range(count + 1)]
    return [slice(a, b) for a, b in itertools.pairwise(bounds)]


def assembled(groups: list[Group], parts: list[Tensor], rank: int) -> Tensor:
    """Return the whole matrix [R, N] of what the groups hold."""
    frames = groups[-1].columns.stop
    whole = parts[0].new_zeros(rank, frames)
    for group, values in zip(groups, parts, strict=True):
        if group.rows is None:
            whole[:, group.columns] = values
        else:
            whole[group.rows, group.columns] = values
    return whole


def energy(groups: list[Group]) -> float:
    """Return the sum of the squares of the grouped spectrogram, in double precision."""
    return sum(float(_squares(group.spectra)) for group in groups)


def _squares(values: Tensor) -> Any:
    import torch

    return values.square().sum(dtype=torch.float64)


def inner(left: Tensor, right: Tensor) -> float:
    """Return the sum of the products of the entries of two matrices, added in double precision."""
    import torch

    return float((left * right).sum(dtype=torch.float64))


def flush(values: Tensor) -> Tensor:
    """Set entries below 1e-30 to zero, in place."""
    import torch

    return torch.threshold_(values, TINY, 0.0)
