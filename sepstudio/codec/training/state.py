"""The state of a training of the codec between two steps, in a file that it goes on from."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sepstudio.codec.training.curves import CodecCurve
from sepstudio.codec.training.learner import Learner
from sepstudio.codec.training.plan import CodecTrainingPlan
from sepstudio.codec.training.starts import Start
from sepstudio.nn.provenance import Provenance
from sepstudio.nn.training.state_files import read_state, unfitting_state, write_state

KIND = "codec training state"
STATE_NAME = "codec-training.state"
# What may be changed when a training goes on; everything else decides on its numbers.
_FREE = {
    *("data", "output", "steps", "device", "workers", "threads", "resume", "checkpoint_minutes", "start"),
    *("name", "licence", "data_licences", "program"),
}


@dataclass
class Progressing:
    """A learner with its curve, its best weights so far, and the sum of losses since the last validation."""

    start: Start
    learner: Learner
    curve: CodecCurve
    best: Mapping[str, Tensor] = field(default_factory=dict)
    loss: float = 0.0
    count: int = 0


@dataclass(frozen=True)
class Position:
    """Steps that were taken, and the seconds of work so far."""

    step: int = 0
    seconds: float = 0.0


def state_path(plan: CodecTrainingPlan) -> Path:
    """Return where the state of a training is kept."""
    return plan.output / STATE_NAME


def save_state(plan: CodecTrainingPlan, scenes: str, position: Position, all_: Sequence[Progressing]) -> None:
    """Write the state, as a whole or not at all; CheckpointError if a weight is not finite or it cannot be written."""
    tensors: dict[str, Tensor] = {}
    sums: dict[str, Any] = {}
    for one in all_:
        parts = {**one.learner.state(), "best": one.best}
        tensors |= {f"{one.curve.start}/{part}/{name}": x for part, of in parts.items() for name, x in of.items()}
        tensors[f"{one.curve.start}/curve"] = torch.tensor(one.curve.series, dtype=torch.float64)
        sums[one.curve.start] = [one.loss, one.count]
    config = {"plan": _decisive(plan), "scenes": scenes, "position": dataclasses.asdict(position), "sums": sums}
    provenance = Provenance(plan.licence, (), plan.seed, position.step, date.today().isoformat())
    write_state(state_path(plan), tensors, kind=KIND, config=config, provenance=provenance)


def load_state(plan: CodecTrainingPlan, scenes: str, all_: Sequence[Progressing]) -> Position:
    """Give learners the state that is kept, and return where the training goes on.

    Raises
    ------
    CheckpointError
        If the file cannot be read, or is of a training of other scenes or settings.
    """
    path = state_path(plan)
    config, tensors = read_state(path, kind=KIND, plan=_decisive(plan), material={"scenes": scenes})
    try:
        for one in all_:
            prefix = f"{one.curve.start}/"
            parts: dict[str, dict[str, Tensor]] = {}
            for name, tensor in tensors.items():
                if name.startswith(prefix) and name.count("/") == 2:
                    _, part, own = name.split("/")
                    parts.setdefault(part, {})[own] = tensor
            one.best = parts.pop("best")
            one.learner.set_state(parts)
            one.curve = one.curve.with_series(tensors[f"{prefix}curve"].tolist())
            one.loss, one.count = config["sums"][one.curve.start]
        return Position(**config["position"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise unfitting_state(path) from error


def _decisive(plan: CodecTrainingPlan) -> dict[str, Any]:
    """Return what decides on the numbers of a training, as JSON values."""
    values = {name: value for name, value in dataclasses.asdict(plan).items() if name not in _FREE}
    return {**values, "config": plan.config.to_json()}
