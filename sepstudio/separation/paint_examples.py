"""What strokes teach: the painted cells of the coarse grid, and patches of maps around them to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.nn.paint_network import MARGIN
from sepstudio.separation.paint_grid import Floats, Ints, PaintGrid
from sepstudio.separation.stroke_bins import PaintedBins

# Bands and frames of a patch, without what the network sees around it.
PATCH = (16, 16)
# Patches at most: some 200 MB. A network learns from no more within seconds.
MOST_PATCHES = 1024


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
class Patch:
    """A patch of one stroke: its first band and frame, and the cells in it (indices into ``PaintedCells``)."""

    band: int
    frame: int
    cells: Ints
    stroke: int

    def rows(self, bands: int) -> Ints:
        """Return the bands that the network sees for this patch, of so many; those at the edges are repeated."""
        return np.clip(np.arange(self.band - MARGIN[0], self.band + PATCH[0] + MARGIN[0]), 0, bands - 1)


def patches_of(cells: PaintedCells, rng: np.random.Generator) -> list[Patch]:
    """Cut the cells of each stroke into patches; of more than ``MOST_PATCHES``, some of each stroke are drawn."""
    found: list[Patch] = []
    for stroke in np.unique(cells.strokes):
        own = np.flatnonzero(cells.strokes == stroke)
        tall = (cells.bands[own] - cells.bands[own].min()) // PATCH[0]
        wide = (cells.frames[own] - cells.frames[own].min()) // PATCH[1]
        _, number = np.unique(tall * (wide.max() + 1) + wide, return_inverse=True)
        for part in range(number.max() + 1):
            some = own[number == part]
            found.append(Patch(int(cells.bands[some].min()), int(cells.frames[some].min()), some, int(stroke)))
    return found if len(found) <= MOST_PATCHES else _thinned(found, rng)


def _thinned(patches: Sequence[Patch], rng: np.random.Generator) -> list[Patch]:
    """Draw patches so that strokes keep as equal a number as they can."""
    order = rng.permutation(len(patches))
    strokes = np.array([patches[place].stroke for place in order])
    turns = np.zeros(len(order), np.int64)
    for stroke in np.unique(strokes):
        own = strokes == stroke
        turns[own] = np.arange(own.sum())
    chosen = order[np.argsort(turns, kind="stable")[:MOST_PATCHES]]
    return [patches[place] for place in np.sort(chosen)]


@dataclass(frozen=True)
class Examples:
    """Patches side by side to learn from.

    ``maps`` [n, maps, PATCH + 2 MARGIN], ``shares`` [n, sources, PATCH] which sources a cell may belong to,
    ``weights`` [n, PATCH] of the cells, 0 where nothing was painted, and the ``strokes`` [n].
    """

    maps: Floats
    shares: Floats
    weights: Floats
    strokes: Ints


def filled(patch: Patch, cells: PaintedCells, weights: Floats) -> tuple[Floats, Floats]:
    """Return shares [sources, PATCH] and weights [PATCH] of a patch; unpainted cells are 0."""
    shares = np.zeros((cells.shares.shape[1], *PATCH), np.float32)
    weight = np.zeros(PATCH, np.float32)
    band, frame = cells.bands[patch.cells] - patch.band, cells.frames[patch.cells] - patch.frame
    shares[:, band, frame] = cells.shares[patch.cells].T
    weight[band, frame] = weights[patch.cells]
    return shares, weight


def cut(maps: Floats, patch: Patch, first: int) -> Floats:
    """Return the maps around a patch, from a stretch [maps, bands, frames] that begins at the frame ``first``.

    Beyond the edges of the stretch they are repeated.
    """
    bands = patch.rows(maps.shape[1])
    frames = np.arange(patch.frame - MARGIN[1], patch.frame + PATCH[1] + MARGIN[1]) - first
    return maps[:, bands[:, None], np.clip(frames, 0, maps.shape[2] - 1)[None, :]]


def balanced(cells: PaintedCells, energy: npt.NDArray[np.float32], emphasis: float) -> Floats:
    """Return the weights of cells, with a mean of 1: the same sum for every source.

    ``energy`` of each cell counts to the power of ``emphasis``: what is loud is to be right first. Cells that may
    belong to several sources weigh as they would without balance.
    """
    weights = cells.weights * np.maximum(energy, np.finfo(np.float32).tiny) ** np.float32(emphasis)
    weights /= max(float(weights.mean()), np.finfo(np.float32).tiny)
    one = np.isclose(cells.shares.sum(axis=1), 1.0, atol=1e-3)
    sums = (cells.shares[one] * weights[one, None]).sum(axis=0)
    factors = sums.mean() / np.maximum(sums, 1e-9)
    weights[one] *= cells.shares[one] @ factors
    return np.asarray(weights / max(float(weights.mean()), 1e-9), np.float32)
