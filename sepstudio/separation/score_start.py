"""What a factorisation starts from: the matrices of the constraints, or those of an earlier run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.separation.base import Matrix
from sepstudio.separation.score_constraints import Constraints, Grid

Floats = npt.NDArray[np.float32]

# Templates that were not allowed to hold a bin get so much of what a first start gives it.
_NEW_SHARE = 0.1


@dataclass(frozen=True)
class Start:
    """Templates [bins, R] and activations [R, frames] to start from, and an encoder [R, bins] where one is known."""

    templates: Floats
    activations: Floats
    encoder: Floats | None = None


def first_start(allowed: Constraints) -> Start:
    """Return what a run without a past starts from."""
    return Start(allowed.templates, allowed.activations)


def warm_start(allowed: Constraints, grid: Grid, earlier: Mapping[str, Matrix]) -> Start | None:
    """Return what a run starts from that goes on from an earlier one.

    Components are found by their names and frames by their times. In frames where a component may sound that could
    not before, all start alike: the others have taken what belongs to it. What is not allowed any more is zero.

    Returns
    -------
    Start or None
        None if the matrices are of other bins, or share no component.
    """
    if not {"templates", "activations"} <= earlier.keys():
        return None
    templates, activations = earlier["templates"], earlier["activations"]
    names = {name: row for row, name in enumerate(templates.coordinates[1])}
    rows = np.array([names.get(name, -1) for name in allowed.names])
    if len(templates.values) != grid.bins or not (rows >= 0).any() or not np.any(activations.values):
        return None
    frames = _frames(grid, np.asarray(activations.coordinates[1], np.float64))
    encoder = earlier.get("encoder")
    return Start(
        _templates(allowed, rows, earlier),
        _activations(allowed, rows, frames, earlier),
        None if encoder is None or (rows < 0).any() else encoder.values[rows].astype(np.float32),
    )


def _templates(allowed: Constraints, rows: npt.NDArray[np.int64], earlier: Mapping[str, Matrix]) -> Floats:
    fresh = allowed.templates / np.maximum(allowed.templates.sum(axis=0), np.finfo(np.float32).tiny)
    known = np.where(rows >= 0, earlier["templates"].values[:, rows], fresh)
    was_allowed = _mask(earlier, "template-mask", earlier["templates"].values.shape)[:, rows] > 0
    opened = (rows >= 0) & ~was_allowed
    return np.asarray(np.where(opened, _NEW_SHARE * fresh, known) * allowed.template_mask, np.float32)


def _activations(
    allowed: Constraints, rows: npt.NDArray[np.int64], frames: npt.NDArray[np.int64], earlier: Mapping[str, Matrix]
) -> Floats:
    values = earlier["activations"].values
    known = values[np.ix_(rows, frames)]
    was_allowed = _mask(earlier, "activation-mask", values.shape)[np.ix_(rows, frames)] > 0
    carried = was_allowed & (rows >= 0)[:, None] & (frames >= 0)
    opened = ((allowed.activation_mask > 0) & ~carried).any(axis=0)
    level = float(values[values > 0].mean())
    return np.asarray(np.where(carried & ~opened, known, level) * allowed.activation_mask, np.float32)


def _mask(earlier: Mapping[str, Matrix], name: str, shape: tuple[int, ...]) -> npt.NDArray[np.floating]:
    found = earlier.get(name)
    return np.ones(shape, np.float32) if found is None else found.values


def _frames(grid: Grid, times: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the frame of the earlier run that is nearest to every frame of the grid; -1 where it has none."""
    after = np.clip(np.searchsorted(times, grid.times), 1, max(len(times) - 1, 1))
    before = np.clip(after - 1, 0, len(times) - 1)
    after = np.clip(after, 0, len(times) - 1)
    nearest = np.where(grid.times - times[before] <= times[after] - grid.times, before, after)
    return np.where(np.abs(times[nearest] - grid.times) <= grid.hop_s, nearest, -1)
