"""From painted cells to lessons: the maps around strokes, cut out of a recording of any length."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from sepstudio.separation.paint_blocks import BLOCK, Blocks, spread_out
from sepstudio.separation.paint_examples import Examples, PaintedCells, Patch, balanced, cut, filled, patches_of
from sepstudio.separation.paint_grid import Floats
from sepstudio.separation.paint_usual import Tally, Usual

# Blocks in which is found out what is usual in a recording.
USUAL_BLOCKS = 16


@dataclass
class Cuts:
    """Patches with the maps around them, not normalised, and the energy of all painted cells."""

    patches: list[Patch]
    maps: list[Floats]
    energies: Floats


def cut_steps(
    blocks: Blocks, cells: PaintedCells, usual: Usual | None, rng: np.random.Generator
) -> Generator[float, None, tuple[Cuts, Usual]]:
    """Return patches of all strokes, and what is usual in the recording unless it is given; yields the fraction done.

    Only blocks with strokes, and some others to learn what is usual, are looked at.
    """
    by_block: dict[int, list[Patch]] = {}
    for patch in patches_of(cells, rng):
        by_block.setdefault(patch.frame // BLOCK * BLOCK, []).append(patch)
    common = spread_out(blocks.starts, USUAL_BLOCKS) if usual is None else []
    tally, cuts = Tally(blocks.maker.names), Cuts([], [], np.zeros(cells.bands.size, np.float32))
    starts = sorted({*by_block, *common})
    for number, start in enumerate(starts, 1):
        maps, (first, _) = blocks.maps(start), blocks.span(start)
        if start in common:
            tally.add(maps[..., start - first : blocks.stop(start) - first])
        for patch in by_block.get(start, []):
            cuts.patches.append(patch)
            cuts.maps.append(cut(maps, patch, first))
            # The first map is the level, in nepers of energy.
            levels = maps[0, cells.bands[patch.cells], cells.frames[patch.cells] - first]
            cuts.energies[patch.cells] = np.exp(levels)
        yield number / len(starts)
    return cuts, tally.usual() if usual is None else usual


def examples_of(cuts: Cuts, cells: PaintedCells, usual: Usual, emphasis: float) -> Examples:
    """Return patches as examples; energies count to the power of ``emphasis``."""
    weights = balanced(cells, cuts.energies, emphasis)
    pairs = [filled(patch, cells, weights) for patch in cuts.patches]
    maps = np.stack([_normalised(raw, patch, usual) for raw, patch in zip(cuts.maps, cuts.patches, strict=True)])
    strokes = np.array([patch.stroke for patch in cuts.patches], np.int64)
    return Examples(maps, np.stack([share for share, _ in pairs]), np.stack([weight for _, weight in pairs]), strokes)


def _normalised(maps: Floats, patch: Patch, usual: Usual) -> Floats:
    bands = patch.rows(usual.mean.shape[1])
    return Usual(usual.mean[:, bands], usual.spread[:, bands]).normalised(maps)


def sources_of(patches: Sequence[Patch], cells: PaintedCells) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the source that most of each patch is painted for, the first one where that is open."""
    return np.array([int(np.argmax(cells.shares[patch.cells].sum(axis=0))) for patch in patches], np.int64)
