"""Files that trainings go on from: the state between two steps as tensors, with the settings it was begun with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sepstudio.errors import CheckpointError
from sepstudio.io.failures import display_name
from sepstudio.nn.checkpoints import load_checkpoint, save_checkpoint
from sepstudio.nn.provenance import Provenance


def write_state(
    path: Path, tensors: Mapping[str, Tensor], *, kind: str, config: Mapping[str, Any], provenance: Provenance
) -> None:
    """Write a state, as a whole or not at all; CheckpointError if a weight is not finite or it cannot be written."""
    arrays = {name: tensor.contiguous().numpy() for name, tensor in tensors.items()}
    save_checkpoint(path, arrays, kind=kind, config=config, provenance=provenance)


def read_state(
    path: Path, *, kind: str, plan: Mapping[str, Any], material: Mapping[str, Any]
) -> tuple[Mapping[str, Any], dict[str, Tensor]]:
    """Return the configuration of a state and its tensors.

    Parameters
    ----------
    path : Path
    kind : str
    plan : mapping
        What decides on the numbers of the training that goes on, as JSON values; the configuration has it as ``plan``.
    material : mapping
        What is learnt from, under the name that it has in the configuration.

    Raises
    ------
    CheckpointError
        If the file cannot be read, or is of a training of other settings or material.
    """
    header, arrays = load_checkpoint(path, kind=kind)
    differing = _differing(header.config.get("plan", {}), plan)
    differing = differing or [name for name, value in material.items() if header.config.get(name) != value]
    if differing:
        why = f"is the state of a training with other {', '.join(differing)}"
        raise CheckpointError(display_name(path), why, "give the settings it was begun with, or another folder")
    # Copies: what is read from a file may not be written to.
    return header.config, {name: torch.from_numpy(values.copy()) for name, values in arrays.items()}


def unfitting_state(path: Path) -> CheckpointError:
    """Return the complaint about a state whose values are not those of its training."""
    why = "does not hold what a state of this training holds"
    return CheckpointError(display_name(path), why, "start again in another folder")


def _differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name))
