"""Training of the codec as a job: from folders of scenes to a model."""

from __future__ import annotations

from collections.abc import Generator

from sepstudio.codec.training.course import Course
from sepstudio.codec.training.plan import CodecTrainingPlan, CodecTrainingProgress, CodecTrainingResult
from sepstudio.codec.training.products import save_product
from sepstudio.codec.training.recordings import Scenes, scenes_steps
from sepstudio.codec.training.starts import starts_of
from sepstudio.codec.training.state import state_path
from sepstudio.errors import CheckpointError
from sepstudio.io.failures import display_name, write_failure
from sepstudio.nn.devices import enough_memory, resolve_device
from sepstudio.nn.torch_threads import torch_threads
from sepstudio.nn.training.ranks import Ranks, joined

_SMALLER = "close them, or compute fewer excerpts at once"


def train_steps(
    plan: CodecTrainingPlan,
) -> Generator[CodecTrainingProgress, None, tuple[CodecTrainingResult, ...]]:
    """Train the codec; yields progress, with the curves after each validation, and returns the models.

    The state is kept at each validation and every few minutes: a training that is closed or killed goes on from there
    with ``resume``, on the processor to the same numbers to the last bit. Under ``torchrun`` the processes share each
    batch out.

    Raises
    ------
    DataSetError, AudioFileError
        If scenes cannot be read, are too short or of too low an order.
    CheckpointError
        If the folder holds a training and ``resume`` is not set, the state is of another training, the model to start
        from does not fit, or a file cannot be written.
    DeviceError
        If the device is not there, or its memory is too small.
    TrainingError
        If a gradient is no finite number.
    """
    with joined(plan.device) as ranks, torch_threads(plan.threads), enough_memory(plan.device, _SMALLER):
        device = resolve_device(ranks.device(plan.device), ("cpu", "cuda"))
        _check_output(plan, ranks)
        plan, starts = starts_of(plan)
        scenes = yield from _scenes_steps(plan)
        course = Course(plan, starts, scenes, device=device, ranks=ranks)
        yield from course.steps()
        alone = len(starts) == 1
        results = [save_product(plan, one, alone=alone, writes=ranks.leads) for one in course.progressing]
        ranks.wait()
    return tuple(results)


def _scenes_steps(plan: CodecTrainingPlan) -> Generator[CodecTrainingProgress, None, Scenes]:
    work = scenes_steps(plan)
    while True:
        try:
            fraction = next(work)
        except StopIteration as stop:
            scenes: Scenes = stop.value
            return scenes
        yield CodecTrainingProgress(0.0, f"opening scenes ({fraction:.0%})")


def _check_output(plan: CodecTrainingPlan, ranks: Ranks) -> None:
    """Make the folder, and refuse one with another training in it."""
    if ranks.leads:
        try:
            plan.output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CheckpointError(*write_failure(plan.output, error)) from error
        if not plan.resume and state_path(plan).exists():
            remedy = "give --resume to go on with it, or choose another folder"
            raise CheckpointError(display_name(plan.output), "holds a training already", remedy)
    ranks.wait()
