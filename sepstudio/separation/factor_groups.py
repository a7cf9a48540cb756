"""A spectrogram as groups of neighbouring frames, each with the components that may sound in it.

All products of a factorisation with the spectrogram are sums or stacks over groups of frames. That
bounds memory, lets a run pause between groups, and leaves out the components that a score forbids in
the frames of a group. Groups of similar size form a batch, in which every product is one call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sepstudio.separation.factorization import Array

if TYPE_CHECKING:
    from torch import Tensor

Booleans = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]

# Multiplications that one batch may take: some ten milliseconds.
_CPU_WORK, _CUDA_WORK = 2.5e8, 5e10
# Lengths to choose from when components are left out, and how many such groups form a batch.
_SPARSE_FRAMES = (32, 64, 128)
_TOGETHER = 8
# Measured cost of a group beside its products: per component as so many frames more, and per group.
_COMPONENT_COST, _GROUP_COST = 24, 200
# Anything below is zero: numbers near the end of the range of single precision are six times as slow.
TINY = 1e-30
# What keeps quotients finite, beside a spectrogram whose maximum is 1.
EPSILON = 1e-20


@dataclass(frozen=True)
class Batch:
    """B groups of n frames with S components each.

    ``spectra`` [B, K, n]; ``columns`` [B, n] and ``rows`` [B, S] say where frames and components belong,
    with N and above, and R, for those that only fill a group up: their activations are zero and stay so.
    """

    spectra: Tensor
    columns: Tensor
    rows: Tensor
    # Flat places of all the components in a matrix [R, K], in two of them on top of each other, and of
    # their pairs in [R, R]; None where every component belongs to the one group.
    picks: tuple[Tensor, Tensor] | None
    pairs: Tensor | None

    @property
    def whole(self) -> bool:
        """Whether this is one group with every component."""
        return self.picks is None

    def project(self, templates: Tensor) -> Tensor:
        """Return templates [R, K] times the spectra, [B, S, n]; ``upright`` where the batch is whole."""
        if self.whole:
            return (self.spectra.mT @ templates.t()).mT
        return self.take(templates) @ self.spectra

    def mix(self, gram: Tensor, h: Tensor) -> Tensor:
        """Return a symmetric matrix [R, R] times activations [B, S, n], in memory as ``project``."""
        if self.whole:
            return (h.mT @ gram).mT
        return self.take_square(gram) @ h

    def take(self, matrix: Tensor, stacked: int = 1) -> Tensor:
        """Return the rows [B, stacked · S, K] of as many stacked matrices [stacked · R, K]."""
        if self.picks is None:
            return matrix.unsqueeze(0)
        chosen = matrix.index_select(0, self.picks[stacked - 1])
        return chosen.view(len(self.rows), -1, matrix.shape[-1])

    def take_square(self, matrix: Tensor) -> Tensor:
        """Return rows and columns [B, S, S] of a matrix [R, R]."""
        if self.pairs is None:
            return matrix.unsqueeze(0)
        return matrix.take(self.pairs).view(*self.rows.shape, -1)

    def add(self, target: Tensor, left: Tensor, right: Tensor, stacked: int = 1) -> None:
        """Add ``left`` [B, stacked · S, n] times ``right`` [B, n, K] to the rows of [stacked · R, K]."""
        if self.picks is None:
            target.addmm_(left[0], right[0])
        else:
            target.index_add_(0, self.picks[stacked - 1], (left @ right).view(-1, target.shape[-1]))

    def add_square(self, target: Tensor, h: Tensor) -> None:
        """Add ``h hᵀ`` of activations [B, S, n] to a matrix [R, R]."""
        if self.pairs is None:
            target.addmm_(h[0], h[0].t())
        else:
            target.view(-1).index_add_(0, self.pairs, (h @ h.mT).view(-1))

    def part(self, activations: Tensor) -> Tensor:
        """Return what a matrix [R, N] holds for the batch, as a copy [B, S, n]."""
        import torch

        excess = int(self.columns.max()) + 1 - activations.shape[1]
        padded = torch.nn.functional.pad(activations, (0, max(excess, 0), 0, 1))
        return padded[self.rows[:, :, None], self.columns[:, None, :]].contiguous()


def grouped(spectrogram: Array, active: Booleans, scale: float, device: str, longest: int = 4096) -> list[Batch]:
    """Cut a spectrogram divided by ``scale`` into batches of groups.

    Parameters
    ----------
    spectrogram : float [K, N]
        Copied once.
    active : bool [R, N]
        Which component may sound in which frame.
    scale : float
        The level that becomes 1.
    device : str
        Where the batches are held.
    longest : int
        Frames of a group at most; products as large as a group's spectra should fit the memory.
    """
    bins, frames = spectrogram.shape
    work = _CPU_WORK if device == "cpu" else _CUDA_WORK
    longest = max(min(longest, int(work / (bins * len(active)))), min(_SPARSE_FRAMES))
    # On a GPU, starting a kernel takes longer than its work on few frames.
    length = _sparse_length(active, longest) if device == "cpu" else 0
    if not length:
        every = np.arange(len(active))[None]
        parts = [np.arange(*bounds)[None] for bounds in _even_parts(frames, longest)]
        return [_batch(spectrogram, scale, columns, every, len(active), device) for columns in parts]
    return [_batch(spectrogram, scale, columns, rows, len(active), device) for columns, rows in _sparse(active, length)]


def _batch(spectrogram: Array, scale: float, columns: Indices, rows: Indices, rank: int, device: str) -> Batch:
    import torch

    frames = spectrogram.shape[1]
    spectra = np.multiply(spectrogram[:, np.minimum(columns, frames - 1)], 1 / scale, dtype=spectrogram.dtype)
    spectra[:, columns >= frames] = 0
    spectra[spectra < TINY] = 0
    spectra = np.ascontiguousarray(spectra.swapaxes(0, 1))
    on_device = [torch.from_numpy(array).to(device) for array in (spectra, columns, rows)]
    if rows.shape == (1, rank):
        return Batch(on_device[0], on_device[1], on_device[2], None, None)
    # Any component does for those that fill up, for their activations are zero.
    chosen = on_device[2].clamp(max=rank - 1)
    picks = chosen.flatten(), torch.cat((chosen, chosen + rank), dim=1).flatten()
    pairs = (chosen[:, :, None] * rank + chosen[:, None, :]).flatten()
    return Batch(on_device[0], on_device[1], on_device[2], picks, pairs)


def _sparse(active: Booleans, length: int) -> list[tuple[Indices, Indices]]:
    """Return columns [B, n] and rows [B, S] of batches of groups of a length, alike in number of components."""
    rank, frames = active.shape
    starts = np.arange(0, frames, length)
    present = [np.flatnonzero(components) for components in np.logical_or.reduceat(active, starts, axis=1).T]
    order = sorted(range(len(starts)), key=lambda group: len(present[group]))
    batches = []
    for first in range(0, len(order), _TOGETHER):
        chosen = order[first : first + _TOGETHER]
        rows = np.full((len(chosen), max(len(present[chosen[-1]]), 1)), rank)
        for row, group in zip(rows, chosen, strict=True):
            row[: len(present[group])] = present[group]
        batches.append((starts[chosen][:, None] + np.arange(length), rows))
    return batches


def _sparse_length(active: Booleans, longest: int) -> int:
    """Return how many frames to group for leaving out components; 0 if that does not pay."""
    costs = {length: _cost(active, length) for length in _SPARSE_FRAMES if length <= longest}
    best = min(costs, key=costs.__getitem__, default=0)
    return best if best and costs[best] < active.size else 0


def _cost(active: Booleans, length: int) -> float:
    """Return the cost of groups of a length, in products of a frame with a component."""
    starts = np.arange(0, active.shape[1], length)
    components = np.logical_or.reduceat(active, starts, axis=1).sum()
    return float(components) * (length + _COMPONENT_COST) + _GROUP_COST * len(starts)


def _even_parts(total: int, longest: int) -> list[tuple[int, int]]:
    """Cut a range into the fewest parts of at most some length, all of nearly one length."""
    count = -(-total // longest)
    return [(total * k // count, total * (k + 1) // count) for k in range(count)]


def held(values: npt.NDArray[Any], dtype: npt.DTypeLike, device: str) -> Tensor:
    """Return a contiguous copy of a matrix on a device."""
    import torch

    return torch.from_numpy(np.array(values, dtype, order="C")).to(device)


def assembled(batches: list[Batch], parts: list[Tensor], shape: tuple[int, int]) -> Tensor:
    """Return the whole matrix of a shape (R, N), of which batches hold parts [B, S, n]."""
    last = max(int(batch.columns.max()) for batch in batches)
    whole = parts[0].new_zeros(shape[0] + 1, max(last + 1, shape[1]))
    for batch, values in zip(batches, parts, strict=True):
        whole[batch.rows[:, :, None], batch.columns[:, None, :]] = values
    return whole[: shape[0], : shape[1]].contiguous()


def upright(values: Tensor) -> Tensor:
    """Return a copy that lies in memory column by column.

    Iterations on a whole spectrogram take about four fifths of the time on two threads when the factors lie so.
    """
    return values.mT.contiguous().mT


def energy(batches: list[Batch]) -> float:
    """Return the sum of the squares of the grouped spectrogram, added in double precision."""
    return sum(inner(batch.spectra, batch.spectra) for batch in batches)


def inner(left: Tensor, right: Tensor) -> float:
    """Return the sum of the products of the entries of two arrays, added in double precision."""
    import torch

    return float((left * right).sum(dtype=torch.float64))


def flush(values: Tensor) -> Tensor:
    """Set entries below 1e-30 to zero, in place."""
    import torch

    return torch.threshold_(values, TINY, 0.0)
