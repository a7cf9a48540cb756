"""Training as a job: from the songs to the files of the networks."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from sepstudio.errors import CheckpointError, DeviceError
from sepstudio.io.failures import display_name, write_failure
from sepstudio.nn.devices import enough_memory, resolve_device
from sepstudio.nn.torch_threads import torch_threads
from sepstudio.nn.training.curves import Curve
from sepstudio.nn.training.material import PREPARED, material_steps
from sepstudio.nn.training.plan import TrainingPlan, TrainingProgress, TrainingResult
from sepstudio.nn.training.products import save_products
from sepstudio.nn.training.ranks import Ranks, joined
from sepstudio.nn.training.rounds import Round
from sepstudio.nn.training.state import state_path

_SMALLER = "close them, or train with smaller batches or fewer networks at a time"


def train_steps(plan: TrainingPlan) -> Generator[TrainingProgress, None, tuple[TrainingResult, ...]]:
    """Train networks side by side; yields progress, with all curves after each epoch, and returns the networks.

    All networks of a seed take their steps on the same examples in the same order, so that their curves may be
    compared; none depends on which others are trained beside it. The state is kept after each epoch and every
    few minutes: a training that is closed or killed goes on from there with ``resume``, on the processor to the
    same numbers to the last bit. Under ``torchrun`` the processes share each batch out.

    Raises
    ------
    DataSetError, AudioFileError
        If songs cannot be used or read.
    CheckpointError
        If the folder holds a training and ``resume`` is not set, the state is of another training, or a file
        cannot be written.
    DeviceError
        If the device is not there, lacks the precision, or its memory is too small.
    TrainingError
        If the loss of a network is no finite number.
    """
    with joined(plan.device) as ranks, torch_threads(plan.threads), enough_memory(plan.device, _SMALLER):
        device = _device(plan, ranks)
        _check_output(plan, ranks)
        material = yield from material_steps(plan, device, ranks)
        results: list[TrainingResult] = []
        past: tuple[Curve, ...] = ()
        share = (1.0 - PREPARED) / len(plan.seeds)
        for number, seed in enumerate(plan.seeds):
            one = Round(plan, seed, material, device=device, ranks=ranks, past=past)
            for step in one.steps():
                yield replace(step, fraction=PREPARED + share * (number + step.fraction))
            results += save_products(plan, one.progressing, writes=ranks.leads)
            past = one.curves
        ranks.wait()
    return tuple(results)


def _device(plan: TrainingPlan, ranks: Ranks) -> str:
    device = resolve_device(ranks.device(plan.device), ("cpu", "cuda"))
    if plan.precision == "float16" and device == "cpu":
        raise DeviceError("float16 on the processor", "only GPUs train with it", "choose bfloat16 or float32")
    return device


def _check_output(plan: TrainingPlan, ranks: Ranks) -> None:
    """Make the folder, and refuse one with another training in it."""
    if not ranks.leads:
        ranks.wait()
        return
    try:
        plan.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(*write_failure(plan.output, error)) from error
    if not plan.resume and any(state_path(plan, seed).exists() for seed in plan.seeds):
        remedy = "give --resume to go on with it, or choose another folder"
        raise CheckpointError(display_name(plan.output), "holds a training already", remedy)
    ranks.wait()
