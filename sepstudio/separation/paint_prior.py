"""What is usual in music: a network that has learned bass, drums, voices and the rest elsewhere, beside the strokes.

Strokes are few, and say nothing of places where nobody painted. What the prior knows of these is added to what was
learned from them. Sources may be anything, so which of its classes each source sounds like is asked of the strokes:
with ``q[j, k]`` the mean probability of class k where source j was painted, the share of source j in class k is

    a[j, k] = q[j, k]^4 / sum over j of q[j, k]^4,

a part of it spread over all sources. Two sources that the prior cannot tell apart have equal shares of every class:
there it says nothing. What it says of a cell is ``sum over k of a[j, k] p[k]``, and this to the power of the
parameter ``prior`` times what was learned, normalised, is the mask: a product of experts (G. Hinton, "Training products
of experts by minimizing contrastive divergence", 2002, equation 1).

A stroke where the prior hears another source than was painted may be wrong, and counts less.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from sepstudio.errors import CheckpointError
from sepstudio.nn.checkpoints import load_checkpoint
from sepstudio.nn.paint_network import PaintNetwork
from sepstudio.nn.torch_threads import one_thread_each
from sepstudio.paths import resource
from sepstudio.separation.paint_examples import PaintedCells
from sepstudio.separation.paint_grid import Floats, PaintGrid
from sepstudio.separation.paint_lessons import Cuts

KIND = "paint prior"
FILE = ("paint", "usual_music.safetensors")
# What it learned with: rates and hops, in Hz and seconds, may differ from these by so much of themselves.
SAMPLE_RATE, HOP_SECONDS, FFT_SECONDS, NEAR = 44_100, 1024 / 44_100, 4096 / 44_100, 0.25
# The power of the energy with which painted cells tell of a source, and of that of their stroke.
_CELL, _STROKE = 0.7, 0.5
# How clearly shares follow what strokes say, and the part of them that all sources have alike.
_CLEAR, _SPREAD = 4.0, 0.05
# Strokes count less, by the square, whose source has less than this part of what the likeliest source has.
_TRUSTED = 0.5
# What is added to probabilities that were learned from strokes, so that none is beyond doubt.
_LEAST = 1e-3


class UsualMusic(nn.Module):
    """The network, for maps of other names: those that it does not know are left out, missing ones are as usual."""

    def __init__(self, network: PaintNetwork, known: Sequence[str], names: Sequence[str]) -> None:
        super().__init__()
        self.network = network
        self._rows = [place for place, name in enumerate(known) if name in names]
        self._columns = [names.index(known[row]) for row in self._rows]
        self._count = len(known)
        self._same = tuple(known) == tuple(names)

    def forward(self, x: Tensor) -> Tensor:
        """Return scores of classes [batch, classes, bands, frames], as ``PaintNetwork`` does of sources."""
        if self._same:
            return self.network(x)  # type: ignore[no-any-return]
        seen = x.new_zeros(len(x), self._count, *x.shape[2:])
        seen[:, self._rows] = x[:, self._columns]
        return self.network(seen)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Prior:
    """What the prior says of the sources of a run: ``shares`` [sources, classes] sum to 1 over the sources."""

    network: UsualMusic
    shares: Floats
    weight: float

    def joined(self, said: Floats, classes: Floats) -> Floats:
        """Return what was learned [sources, ...] joined with probabilities of classes [classes, ...]; sums to 1."""
        usual = (self.shares @ classes.reshape(len(classes), -1)).reshape(said.shape)
        found = (said + np.float32(_LEAST)) * usual ** np.float32(self.weight)
        return np.asarray(found / found.sum(axis=0), np.float32)


def usual_music(names: Sequence[str], grid: PaintGrid) -> UsualMusic | None:
    """Return the network for maps of these names; None for a grid that is unlike that of its lessons.

    Raises CheckpointError if the file that ships with the program is damaged or missing.
    """
    near = (
        grid.sample_rate / SAMPLE_RATE,
        grid.hop_size / grid.sample_rate / HOP_SECONDS,
        grid.fft_size / grid.sample_rate / FFT_SECONDS,
    )
    if any(abs(math.log(ratio)) > math.log(1 + NEAR) for ratio in near):
        return None
    network, known = _loaded()
    return UsualMusic(network, known, tuple(names)).eval()


@lru_cache(maxsize=1)
def _loaded() -> tuple[PaintNetwork, tuple[str, ...]]:
    """Load the network once; it is never changed."""
    try:
        path = resource(*FILE)
    except FileNotFoundError as error:
        raise CheckpointError(FILE[-1], "is missing from the program", "install the program again") from error
    header, tensors = load_checkpoint(path, kind=KIND)
    names, classes = tuple(header.config["maps"]), tuple(header.config["classes"])
    network = PaintNetwork(len(names), len(classes), hidden=header.config["hidden"], generator=torch.Generator())
    network.load_state_dict({name: torch.from_numpy(values) for name, values in tensors.items()})
    return network.eval().requires_grad_(False), names


def shares_and_trust(
    network: UsualMusic, maps: Tensor, cuts: Cuts, cells: PaintedCells, grid: PaintGrid
) -> tuple[Floats, Floats]:
    """Return the share of each source in each class, and how much each stroke is to count.

    Parameters
    ----------
    network : UsualMusic
    maps : float32 [patches, maps, bands, frames]
        Those of ``cuts``, normalised.
    cuts, cells
        Where was painted what, and how loud it is there.
    grid : PaintGrid

    Returns
    -------
    shares : float32 [sources, classes]
        They sum to 1 over the sources.
    trust : float32 [strokes], from 0 to 1
    """
    with torch.no_grad(), one_thread_each():
        said = torch.softmax(network(maps), dim=1).numpy()
    kept = np.flatnonzero(cuts.patches.patch_of_cell >= 0)
    bands, frames = cells.bands[kept], cells.frames[kept]
    probabilities = said[cuts.patches.patch_of_cell[kept], :, bands % said.shape[2], frames % said.shape[3]]
    weights = cells.weights[kept] * (cuts.energies[kept] * grid.widths[bands]) ** _CELL
    strokes, count = cells.strokes[kept], int(cells.strokes.max(initial=0)) + 1
    energies = np.bincount(strokes, weights, count) + np.finfo(np.float32).tiny
    classes = _summed(strokes, weights, probabilities, count) / energies[:, None]
    painted = _summed(strokes, weights, cells.shares[kept], count) / energies[:, None]
    # Of a loud stroke and a faint one the loud one says more, but less so than by its energy: it may be wrong.
    sources = painted * (energies**_STROKE)[:, None]
    found = (sources.T @ classes) / np.maximum(sources.sum(axis=0), np.finfo(np.float32).tiny)[:, None]
    found = np.maximum(found / np.maximum(found.mean(axis=0), 1e-9), 1e-9) ** _CLEAR
    shares = (1 - _SPREAD) * found / found.sum(axis=0) + _SPREAD / len(found)
    heard = classes @ shares.T
    agreed = (heard * painted).sum(axis=1) / np.maximum(heard.max(axis=1), 1e-9)
    return shares.astype(np.float32), (np.minimum(agreed / _TRUSTED, 1.0) ** 2).astype(np.float32)


def _summed(strokes: np.ndarray, weights: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """Return weighted sums of values [n, columns] over each of so many strokes: float64 [strokes, columns]."""
    return np.stack([np.bincount(strokes, weights * column, count) for column in values.T], axis=1)
