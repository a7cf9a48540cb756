"""What a training leaves: a file for each network, and a model of all instruments for each variant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import torch

from sepstudio.nn.phase_checkpoints import save_network
from sepstudio.nn.phase_models import save_model
from sepstudio.nn.phase_network import PhaseNetwork
from sepstudio.nn.provenance import Provenance
from sepstudio.nn.training.curves import Curve
from sepstudio.nn.training.plan import TrainingPlan, TrainingResult
from sepstudio.nn.training.state import Progressing
from sepstudio.nn.training.variants import VARIANTS


def save_products(plan: TrainingPlan, all_: Sequence[Progressing], *, writes: bool) -> list[TrainingResult]:
    """Write the networks of a seed with the weights of their best epochs, and the models that they make up.

    Raises CheckpointError if a file cannot be written.
    """
    results = []
    for variant in plan.variants:
        members = [one for one in all_ if one.learner.trainee.variant == variant]
        networks = {}
        for one in members:
            trainee = one.learner.trainee
            path = plan.output / f"{trainee.label}.safetensors"
            network = _best(one)
            if writes:
                save_network(path, network, one.learner.statistics, _provenance(plan, [one.curve]))
            networks[trainee.instrument] = (network, one.learner.statistics)
            results.append(TrainingResult(trainee, one.curve, path))
        if writes:
            seed = members[0].learner.trainee
            name = variant + (f"-seed{seed.seed}" if seed.numbered else "")
            save_model(
                plan.output / f"{name}.safetensors",
                networks,
                _provenance(plan, [one.curve for one in members]),
                name=plan.name or name,
                summary=f"{VARIANTS[variant].title}, trained on {', '.join(_data_sets(plan)[:3])}",
            )
    return results


def _best(one: Progressing) -> PhaseNetwork:
    now = one.learner.weights()
    one.learner.set_weights(one.best)
    network = one.learner.module.trained()
    one.learner.set_weights(now)
    return network


def _provenance(plan: TrainingPlan, curves: Sequence[Curve]) -> Provenance:
    figures: dict[str, float] = {}
    for curve in curves:
        if curve.best_epoch is not None:
            figures[f"validation loss, {curve.instrument}"] = curve.best
            figures[f"best epoch, {curve.instrument}"] = curve.best_epoch + 1
    return Provenance(
        licence=plan.licence,
        data_sets=_data_sets(plan),
        seed=curves[0].seed,
        epochs=max(len(curve.validation) for curve in curves),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        figures=figures,
        program=", ".join(filter(None, [plan.program, f"torch {torch.__version__}"])),
    )


def _data_sets(plan: TrainingPlan) -> tuple[str, ...]:
    names = [path.resolve().name for path in plan.data]
    licences = [*plan.data_licences, *[""] * len(names)]
    return tuple(f"{name} ({licence})" if licence else name for name, licence in zip(names, licences, strict=False))
