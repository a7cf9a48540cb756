"""What a training of the codec leaves: a model for each start."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import torch

from sepstudio.codec.cards import CodecDescription
from sepstudio.codec.codec import Codec
from sepstudio.codec.models import save
from sepstudio.codec.training.plan import CodecTrainingPlan, CodecTrainingResult
from sepstudio.codec.training.state import Progressing
from sepstudio.nn.provenance import Provenance


def save_product(plan: CodecTrainingPlan, one: Progressing, *, alone: bool, writes: bool) -> CodecTrainingResult:
    """Write a model with the weights of its best validation; CheckpointError if it cannot be written."""
    path = plan.output / ("codec.safetensors" if alone else f"codec-{one.start.name}.safetensors")
    if writes:
        network = one.start.network()
        network.load_state_dict(dict(one.best))
        save(path, Codec.of(network, _description(plan, one, path), device="cpu"))
    return CodecTrainingResult(one.curve, path)


def _description(plan: CodecTrainingPlan, one: Progressing, path: Path) -> CodecDescription:
    curve = one.curve
    best = curve.best_step or 0
    place = curve.steps.index(best)
    figures = {"validation mel": curve.best, "validation covariance": curve.covariance[place], "best step": float(best)}
    names = [item.resolve().name for item in plan.data]
    licences = [*plan.data_licences, *[""] * len(names)]
    data = tuple(f"{name} ({licence})" if licence else name for name, licence in zip(names, licences, strict=False))
    return CodecDescription(
        name=plan.name or path.stem,
        summary=f"{plan.config.channels} channels, trained for {int(curve.steps[-1])} steps on {', '.join(names[:3])}",
        config=plan.config,
        provenance=Provenance(
            licence=plan.licence,
            data_sets=data,
            seed=plan.seed,
            epochs=0,
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            figures=figures,
            program=", ".join(filter(None, [plan.program, f"torch {torch.__version__}"])),
        ),
        widening=one.start.widening,
    )
