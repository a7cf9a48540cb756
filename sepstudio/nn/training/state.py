"""The state of a training between two steps, in a file that a training killed at any moment goes on from."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sepstudio.errors import ParameterError
from sepstudio.nn.provenance import Provenance
from sepstudio.nn.training.curves import Curve
from sepstudio.nn.training.learner import Learner
from sepstudio.nn.training.plan import TrainingPlan
from sepstudio.nn.training.state_files import read_state, unfitting_state, write_state

KIND = "training state"
# What may be changed when a training goes on; everything else decides on its numbers.
_FREE = {
    "output",
    "epochs",
    "device",
    "workers",
    "threads",
    "at_once",
    "resume",
    "checkpoint_minutes",
    "cache_bytes",
    "licence",
    "name",
    "data_licences",
    "program",
    "seeds",
}


@dataclass
class Progressing:
    """A learner with its curve, its best weights so far, and the loss of the epoch at hand."""

    learner: Learner
    curve: Curve
    best: Mapping[str, Tensor]
    loss: float = 0.0


@dataclass(frozen=True)
class Position:
    """Where a training is: the epoch and the batch that come next, and the seconds of work so far."""

    epoch: int = 0
    batch: int = 0
    seconds: float = 0.0


def state_path(plan: TrainingPlan, seed: int) -> Path:
    """Return where the state of a seed is kept."""
    return plan.output / f"training-seed{seed}.state"


def save_state(path: Path, plan: TrainingPlan, songs: Any, position: Position, all_: Sequence[Progressing]) -> None:
    """Write the state, as a whole or not at all; CheckpointError if a weight is not finite or it cannot be written."""
    tensors: dict[str, Tensor] = {}
    trainees: dict[str, Any] = {}
    for one in all_:
        label = one.learner.trainee.key
        moments, scale = one.learner.moments()
        parts = {"weights": one.learner.weights(), "best": one.best, "moments": moments}
        tensors |= {f"{label}/{part}/{name}": x for part, of in parts.items() for name, x in of.items()}
        tensors[f"{label}/curve"] = torch.tensor(one.curve.series, dtype=torch.float64)
        trainees[label] = {"loss": one.loss, "scale": scale}
    config = {"plan": _decisive(plan), "songs": songs, "position": dataclasses.asdict(position), "trainees": trainees}
    provenance = Provenance(plan.licence, (), plan.seeds[0], position.epoch, date.today().isoformat())
    write_state(path, tensors, kind=KIND, config=config, provenance=provenance)


def load_state(path: Path, plan: TrainingPlan, songs: Any, all_: Sequence[Progressing]) -> Position:
    """Give learners the state that a file holds, and return where the training goes on.

    Raises
    ------
    CheckpointError
        If the file cannot be read, or is of a training of other networks, songs or settings.
    """
    config, tensors = read_state(path, kind=KIND, plan=_decisive(plan), material={"songs": songs})
    try:
        for one in all_:
            label = one.learner.trainee.key
            parts = {part: _part(tensors, f"{label}/{part}/") for part in ("weights", "best", "moments")}
            kept = config["trainees"][label]
            one.learner.set_weights(parts["weights"])
            one.learner.set_moments(parts["moments"], float(kept["scale"]))
            one.best, one.loss = parts["best"], float(kept["loss"])
            one.curve = one.curve.with_series(tensors[f"{label}/curve"].tolist())
        return Position(**config["position"])
    except (KeyError, TypeError, ValueError, RuntimeError, ParameterError) as error:
        raise unfitting_state(path) from error


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): x for name, x in tensors.items() if name.startswith(prefix)}


def _decisive(plan: TrainingPlan) -> dict[str, Any]:
    """Return what decides on the numbers of a training, as JSON values."""
    values = {name: value for name, value in dataclasses.asdict(plan).items() if name not in _FREE}
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, Path) else value
