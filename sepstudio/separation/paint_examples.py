"""What strokes teach: the painted cells of the coarse grid, and patches of maps around them to learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.nn.paint_network import BLOCK, MARGIN
from sepstudio.separation.paint_grid import Floats, Ints, PaintGrid
from sepstudio.separation.stroke_bins import PaintedBins

# Patches at most: some 100 MB. A network learns from no more within seconds.
MOST_PATCHES = 8192


@dataclass(frozen=True)
class PaintedCells:
    """Painted cells of the grid, sorted by band and frame.

    ``shares`` [n, sources] are the parts of the painted bins that may belong to each source, up to 1 for those that
    all of them may; ``weights`` is the painted part of the band times its opacity, ``strokes`` who said it.
    """

    bands: Ints
    frames: Ints
    shares: Floats
    weights: Floats
    strokes: Ints


def painted_cells(painted: PaintedBins, grid: PaintGrid) -> PaintedCells:
    """Join the painted bins of each band; of several strokes in a cell, the last one counts as its own."""
    frames = int(painted.frames.max(initial=0)) + 1
    bands = grid.band_of_bin[painted.bins]
    cells, cell_of = np.unique(bands * frames + painted.frames, return_inverse=True)
    weights = np.bincount(cell_of, painted.weights, cells.size)
    sums = [np.bincount(cell_of, painted.weights * column, cells.size) for column in painted.allowed.T]
    shares = np.stack(sums, axis=1) / np.maximum(weights, np.finfo(np.float32).tiny)[:, None]
    strokes = np.zeros(cells.size, np.int64)
    np.maximum.at(strokes, cell_of, painted.strokes)
    of_band = cells // frames
    return PaintedCells(
        of_band,
        cells % frames,
        shares.astype(np.float32),
        (weights / grid.widths[of_band]).astype(np.float32),
        strokes,
    )


@dataclass(frozen=True)
class Patches:
    """Blocks of cells that the network answers for at once, each with cells of one stroke.

    ``bands`` and ``frames`` [n] are the first of each, ``strokes`` [n] who painted in it; ``patch_of_cell`` tells in
    which patch each painted cell is, and is -1 for cells of patches that were left out.
    """

    bands: Ints
    frames: Ints
    strokes: Ints
    patch_of_cell: Ints

    def rows(self, some: Ints, bands: int) -> Ints:
        """Return the bands that the network sees for some patches, of so many: [n, BLOCK + 2 MARGIN].

        Those beyond the edges are repeated.
        """
        around = np.arange(-MARGIN[0], BLOCK[0] + MARGIN[0])
        return np.asarray(np.clip(self.bands[some, None] + around, 0, bands - 1), np.int64)

    def columns(self, some: Ints, first: int, stop: int) -> Ints:
        """Return the same for frames, counted from ``first``; those not in ``first`` to ``stop`` are repeated."""
        around = np.arange(-MARGIN[1], BLOCK[1] + MARGIN[1])
        return np.asarray(np.clip(self.frames[some, None] + around, first, stop - 1) - first, np.int64)


def patches_of(cells: PaintedCells, rng: np.random.Generator) -> Patches:
    """Cut the painted cells into patches; of more than ``MOST_PATCHES``, as many of each stroke as can be."""
    keys = np.stack([cells.strokes, cells.bands // BLOCK[0], cells.frames // BLOCK[1]], axis=1)
    found, patch_of_cell = np.unique(keys, axis=0, return_inverse=True)
    patch_of_cell = patch_of_cell.reshape(-1)
    if len(found) > MOST_PATCHES:
        chosen = _chosen(found[:, 0], rng)
        number = np.full(len(found), -1, np.int64)
        number[chosen] = np.arange(chosen.size)
        found, patch_of_cell = found[chosen], number[patch_of_cell]
    strokes, bands, frames = found.T
    return Patches(bands * BLOCK[0], frames * BLOCK[1], strokes, patch_of_cell)


def _chosen(strokes: Ints, rng: np.random.Generator) -> Ints:
    """Draw patches so that strokes keep as equal a number as they can."""
    order = rng.permutation(strokes.size)
    drawn = strokes[order]
    turns = np.zeros(strokes.size, np.int64)
    for stroke in np.unique(drawn):
        own = drawn == stroke
        turns[own] = np.arange(own.sum())
    return np.sort(order[np.argsort(turns, kind="stable")[:MOST_PATCHES]])


@dataclass(frozen=True)
class Examples:
    """Patches side by side to learn from.

    ``maps`` [n, maps, BLOCK + 2 MARGIN] are normalised, ``shares`` [n, sources, BLOCK] tell which sources a cell may
    belong to, ``weights`` [n, BLOCK] how much cells count, 0 where nothing was painted, and
    ``strokes`` [n] who painted. ``gains`` [maps] is what 1 dB more adds to each map, 0 to those that do not tell it.
    """

    maps: Floats
    shares: Floats
    weights: Floats
    strokes: Ints
    gains: Floats


def targets_of(patches: Patches, cells: PaintedCells, weights: Floats) -> tuple[Floats, Floats]:
    """Return the shares [n, sources, BLOCK] and weights [n, BLOCK] of patches from those of their cells."""
    shares = np.zeros((patches.bands.size, cells.shares.shape[1], *BLOCK), np.float32)
    weight = np.zeros((patches.bands.size, *BLOCK), np.float32)
    kept = np.flatnonzero(patches.patch_of_cell >= 0)
    patch, band, frame = patches.patch_of_cell[kept], cells.bands[kept] % BLOCK[0], cells.frames[kept] % BLOCK[1]
    shares[patch, :, band, frame] = cells.shares[kept]
    weight[patch, band, frame] = weights[kept]
    return shares, weight


def balanced(cells: PaintedCells, energy: npt.NDArray[np.float32], emphasis: float) -> Floats:
    """Return the weights of cells, with a mean of 1, on half the way to the same sum for every source.

    Half: with all sources alike, what is faint took from what is loud wherever it was unsure.

    ``energy`` of each cell counts to the power of ``emphasis``: what is loud is to be right first. Cells that may
    belong to several sources weigh as they would without balance.
    """
    weights = cells.weights * np.maximum(energy, np.finfo(np.float32).tiny) ** np.float32(emphasis)
    weights /= max(float(weights.mean()), 1e-30)
    one = np.isclose(cells.shares.sum(axis=1), 1.0, atol=1e-3)
    sums = (cells.shares[one] * weights[one, None]).sum(axis=0)
    factors = np.sqrt(sums.mean() / np.maximum(sums, 1e-9))
    weights[one] *= cells.shares[one] @ factors
    return np.asarray(weights / max(float(weights.mean()), 1e-9), np.float32)
