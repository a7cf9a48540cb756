"""What a training of the codec starts from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import torch

from sepstudio.codec.cards import Widening
from sepstudio.codec.models import load
from sepstudio.codec.rvqgan import Rvqgan
from sepstudio.codec.training.plan import CodecTrainingPlan
from sepstudio.codec.widening import widen
from sepstudio.errors import CheckpointError
from sepstudio.io.failures import display_name

RANDOM, TRANSFER, FURTHER = "random", "transfer", "further"


@dataclass(frozen=True)
class Start:
    """A network before its first step.

    Parameters
    ----------
    name : str
        ``random``, ``transfer`` (from a mono model) or ``further`` (from one of as many channels).
    network : callable
        Returns it, a new one with each call.
    widening : Widening or None
        How it came from a mono model.
    """

    name: str
    network: Callable[[], Rvqgan]
    widening: Widening | None = None


def starts_of(plan: CodecTrainingPlan) -> tuple[CodecTrainingPlan, tuple[Start, ...]]:
    """Return the plan with the configuration that is trained, and all starts that it asks for.

    Raises
    ------
    CheckpointError
        If the model to start from cannot be read, or has other channels.
    """
    if plan.start is None:
        return plan, (Start(RANDOM, lambda: at_random(plan)),)
    codec = load(plan.start, device="cpu")
    name = FURTHER
    if codec.config.channels == 1 < plan.config.channels:
        name, codec = TRANSFER, widen(codec, plan.config.channels, plan.widening)
    if codec.config.channels != plan.config.channels:
        why = f"is a model of {codec.config.channels} channels, not of 1 or {plan.config.channels}"
        raise CheckpointError(display_name(plan.start), why, "choose another model to start from")
    settled = dataclasses.replace(plan, config=codec.config)
    starts = (Start(name, codec.trainable, codec.description.widening),)
    return settled, (*starts, Start(RANDOM, lambda: at_random(settled))) if plan.compare else starts


def at_random(plan: CodecTrainingPlan) -> Rvqgan:
    """Return the network of a plan at random, as its seed has it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed)
        return Rvqgan(plan.config)
