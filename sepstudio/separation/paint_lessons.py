"""From painted cells to lessons: the maps around strokes, cut out of a recording of any length."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from sepstudio.nn.paint_network import BLOCK as PATCH
from sepstudio.nn.paint_network import MARGIN
from sepstudio.separation.paint_blocks import BLOCK, Blocks, spread_out
from sepstudio.separation.paint_examples import Examples, PaintedCells, Patches, balanced, patches_of, targets_of
from sepstudio.separation.paint_grid import Floats, Ints
from sepstudio.separation.paint_maps import levels
from sepstudio.separation.paint_usual import Tally, Usual

# Blocks in which is found out what is usual in a recording.
USUAL_BLOCKS = 16


@dataclass
class Cuts:
    """Patches with the maps around them [n, maps, bands, frames], not normalised, and the energy of painted cells."""

    patches: Patches
    maps: Floats
    energies: Floats
    names: tuple[str, ...]


def cut_steps(
    blocks: Blocks, cells: PaintedCells, usual: Usual | None, rng: np.random.Generator
) -> Generator[float, None, tuple[Cuts, Usual]]:
    """Return patches of all strokes, and what is usual in the recording unless it is given; yields the fraction done.

    Only blocks with strokes, and some others to learn what is usual, are looked at.
    """
    patches, names = patches_of(cells, rng), blocks.maker.names
    size = (PATCH[0] + 2 * MARGIN[0], PATCH[1] + 2 * MARGIN[1])
    maps = np.empty((patches.bands.size, len(names), *size), np.float32)
    cuts, tally = Cuts(patches, maps, np.zeros(cells.bands.size, np.float32), names), Tally(names)
    common = spread_out(blocks.starts, USUAL_BLOCKS) if usual is None else []
    places = patches.frames // BLOCK * BLOCK
    starts = sorted({*places.tolist(), *common})
    for number, start in enumerate(starts, 1):
        if start in common:
            first, _ = blocks.span(start)
            tally.add(blocks.maps(start)[..., start - first : blocks.stop(start) - first])
        _cut(cuts, cells, blocks, start, np.flatnonzero(places == start))
        yield number / len(starts)
    return cuts, tally.usual() if usual is None else usual


def _cut(cuts: Cuts, cells: PaintedCells, blocks: Blocks, start: int, some: Ints) -> None:
    """Cut out the patches that begin in a block, and note how loud their cells are."""
    if not some.size:
        return
    maps, (first, stop) = blocks.maps(start), blocks.span(start)
    rows, columns = cuts.patches.rows(some, maps.shape[1]), cuts.patches.columns(some, first, stop)
    cuts.maps[some] = maps[:, rows[:, :, None], columns[:, None, :]].swapaxes(0, 1)
    own = np.flatnonzero(np.isin(cuts.patches.patch_of_cell, some))
    # The first map is the level, in nepers of energy.
    cuts.energies[own] = np.exp(maps[0, cells.bands[own], cells.frames[own] - first])


def examples_of(cuts: Cuts, cells: PaintedCells, usual: Usual, emphasis: float) -> Examples:
    """Return patches as examples; energies count to the power of ``emphasis``."""
    shares, weights = targets_of(cuts.patches, cells, balanced(cells, cuts.energies, emphasis))
    rows = cuts.patches.rows(np.arange(cuts.patches.bands.size), usual.mean.shape[1])
    mean, spread = (values[:, rows].swapaxes(0, 1)[..., None] for values in (usual.mean, usual.spread))
    # Maps of levels are in nepers of energy; the spread of one of them depends on the band.
    gains = np.where(levels(cuts.names), (np.log(10.0) / 10 / usual.spread).mean(axis=1), 0.0).astype(np.float32)
    return Examples((cuts.maps - mean) / spread, shares, weights, cuts.patches.strokes, gains)


def sources_of(patches: Patches, cells: PaintedCells) -> Ints:
    """Return the source that most of each stroke is painted for, by its number, as [n] of the patches."""
    sums = np.zeros((int(cells.strokes.max(initial=0)) + 1, cells.shares.shape[1]))
    np.add.at(sums, cells.strokes, cells.shares)
    return np.asarray(np.argmax(sums, axis=1)[patches.strokes], np.int64)
