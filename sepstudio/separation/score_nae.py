"""The method ``nae``: a nonnegative autoencoder of a recording, informed by its score."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from sepstudio.io.clip import AudioClip
from sepstudio.separation.base import MethodSpec, Preset, Progress, RunContext, Separation
from sepstudio.separation.score_params import NaeParams

if TYPE_CHECKING:
    from sepstudio.separation.score_run import Factors, Task


def separate(mixture: AudioClip, params: NaeParams, *, context: RunContext) -> Generator[Progress, None, Separation]:
    """Separate a mixture by a one-layer autoencoder whose code is masked by the score.

    "Nonnegative autoencoders with applications to music audio decomposing", section 3. Takes, returns and raises
    what the method ``nmf`` does, and adds the matrix ``encoder``; it has no blind form.
    """
    from sepstudio.nn.devices import resolve_device
    from sepstudio.separation.score_run import ScoreRun

    def factorise(task: Task) -> Factors:
        return (yield from _factorise(task, params))

    device = resolve_device(context.device, METHOD.devices)
    return (yield from ScoreRun("nae", mixture, params, context, device, factorise).go())


def _factorise(task: Task, params: NaeParams) -> Factors:
    from sepstudio.separation.factorization import StoppingRule
    from sepstudio.separation.nae import encoder_for, factorize_steps

    allowed, start = task.allowed, task.start
    if allowed is None or start is None:
        raise ValueError("an autoencoder needs constraints")
    encoder = decoder = None
    if task.is_warm:
        decoder, encoder = start.templates, start.encoder
        # Gradient descent leaves negative weights, which multiplicative rules cannot go on from.
        if encoder is None or params.optimizer == "multiplicative":
            encoder = encoder_for(task.spectrogram, start.templates, start.activations, device=task.device)
            yield Progress(0.0, "encoder")
    return (
        yield from factorize_steps(
            task.spectrogram,
            encoder,
            decoder,
            activation_mask=allowed.activation_mask,
            template_mask=allowed.template_mask,
            optimizer=params.optimizer,
            iterations=StoppingRule(params.iterations, params.tolerance),
            learning_rate=params.learning_rate or None,
            start="given" if task.is_warm else params.start,
            seed=task.seed,
            device=task.device,
        )
    )


def _memory(mixture: AudioClip, params: NaeParams, context: RunContext) -> int:
    from sepstudio.separation.score_run import memory

    return memory(mixture, params, context)


METHOD = MethodSpec(
    id="nae",
    title="Score-informed autoencoder",
    summary="Takes notes, hands or voices out as NMF does, with activations that an encoder learns.",
    params=NaeParams,
    run=separate,
    memory=_memory,
    needs=frozenset({"score"}),
    devices=("cpu", "cuda"),
    presets=(
        Preset("rmsprop", "RMSprop", NaeParams()),
        Preset("multiplicative", "Multiplicative rules", NaeParams(optimizer="multiplicative")),
        Preset("adam", "Adam", NaeParams(optimizer="adam")),
        Preset("sgd", "SGD", NaeParams(optimizer="sgd")),
        Preset("quick", "Quick", NaeParams(iterations=100)),
        Preset("onsets", "With onset templates", NaeParams(onset_templates=True)),
        Preset(
            "paper", "As in the paper: random start, 10 000 iterations", NaeParams(iterations=10_000, start="random")
        ),
    ),
)
