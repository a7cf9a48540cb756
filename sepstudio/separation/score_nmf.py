"""The method ``nmf``: nonnegative matrix factorisation of a recording, informed by its score or blind."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np

from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.separation.base import MethodSpec, Preset, Progress, RunContext, Separation
from sepstudio.separation.score_params import NmfParams

if TYPE_CHECKING:
    from sepstudio.separation.score_run import Factors, Task

PREPARED_SAMPLES = 16384


def separate(mixture: AudioClip, params: NmfParams, *, context: RunContext) -> Generator[Progress, None, Separation]:
    """Separate a mixture by factorising its magnitude spectrogram with multiplicative updates.

    Parameters
    ----------
    mixture : AudioClip
        Any number of channels and samples, at any rate; factorised as the root of the mean energy of its channels.
    params : NmfParams
        With a ``rank`` the factorisation is blind and every component becomes a stem.
    context : RunContext
        Its score, with times of the mixture; matrices of an earlier run to go on from.

    Returns
    -------
    Separation
        A stem per group and the residual, which sum to the mixture. Matrices ``templates``, ``activations``,
        ``template-mask`` and ``activation-mask``; curve ``error``, the loss after every iteration.

    Raises
    ------
    MissingInputError
        Without a score, or with an empty one, unless a rank is given.
    DeviceError
        If the device is not there.
    """
    from sepstudio.nn.devices import resolve_device
    from sepstudio.separation.score_run import ScoreRun

    def factorise(task: Task) -> Factors:
        from sepstudio.separation.factorization import StoppingRule
        from sepstudio.separation.nmf import factorize_steps, random_start

        if task.start is None:
            templates, activations = random_start(task.spectrogram, params.rank, task.seed)
        else:
            templates, activations = task.start.templates, task.start.activations
        return factorize_steps(
            task.spectrogram,
            templates,
            activations,
            iterations=StoppingRule(params.iterations, params.tolerance),
            loss=params.loss,
            device=task.device,
        )

    device = resolve_device(context.device, METHOD.devices)
    return (yield from ScoreRun("nmf", mixture, params, context, device, factorise).go())


def _memory(mixture: AudioClip, params: NmfParams, context: RunContext) -> int:
    from sepstudio.separation.score_run import memory

    return memory(mixture, params, context)


def prepare() -> None:
    """Load torch, which keeps other threads from the interpreter for up to 0.3 s, and all that a run imports."""
    noise = np.random.default_rng(0).standard_normal((1, PREPARED_SAMPLES), dtype=np.float32)
    drain(separate(AudioClip(noise, 44100), NmfParams(rank=1, iterations=1), context=RunContext()))


METHOD = MethodSpec(
    id="nmf",
    title="Score-informed NMF",
    summary="Takes notes, hands or voices out of a recording of which there is a score.",
    params=NmfParams,
    run=separate,
    memory=_memory,
    prepare=prepare,
    needs=frozenset({"score"}),
    devices=("cpu", "cuda"),
    presets=(
        Preset("standard", "Standard", NmfParams()),
        Preset("quick", "Quick", NmfParams(iterations=30)),
        Preset("onsets", "With onset templates", NmfParams(onset_templates=True)),
        Preset("paper", "Reference of the paper, 10 000 iterations", NmfParams(iterations=10_000)),
    ),
)
