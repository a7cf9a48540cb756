"""Nonnegative autoencoders of a spectrogram, with the constraints of a score as masks."""

from __future__ import annotations

import math
import time
from collections.abc import Generator

from sepstudio.io.steps import drain
from sepstudio.nn.devices import resolve_device
from sepstudio.separation.base import Progress
from sepstudio.separation.factor_run import SNAPSHOT_SECONDS, Driver, paced
from sepstudio.separation.factorization import Array, Factorization, MatrixLike, StoppingRule, matrix
from sepstudio.separation.nae_start import Plan, Problem, Rule, Start, prepared

# Multiplicative iterations that look for the encoder of a factorisation that has none.
ENCODER_ITERATIONS = 50


def factorize(  # noqa: PLR0913 - the literature has as many
    V: MatrixLike,
    encoder: MatrixLike | None,
    decoder: MatrixLike | None,
    *,
    activation_mask: MatrixLike | None = None,
    template_mask: MatrixLike | None = None,
    optimizer: Rule = "rmsprop",
    iterations: int | StoppingRule,
    learning_rate: float | None = None,
    start: Start = "warm",
    seed: int = 0,
    device: str = "cpu",
) -> Factorization:
    """Fit ``V ≈ W_D (H^C ⊙ relu(W_E V))``, all at once, by multiplicative or additive updates.

    "Nonnegative autoencoders with applications to music audio decomposing", section 3. Additive
    updates are followed by ``W_D ← max(W_D, 0) ⊙ W^C``; their squared error is a sum over all entries
    of ``V`` divided by its maximum, except for SGD, whose rate belongs to the mean over all entries in
    units of ``V``: of all optimisers it alone depends on the level of the recording.

    Parameters
    ----------
    V : nonnegative [K, N]
        Spectrogram: array or tensor. Computed in double precision if it is, else in float32.
    encoder : [R, K] or None
        ``W_E`` to start from, nonnegative where multiplicative updates come first; None draws it
        from 0 to 1.
    decoder : nonnegative [K, R] or None
        ``W_D`` to start from; None stands for the template mask.
    activation_mask : [R, N], optional
        ``H^C``: where a component may sound, not zero. All may sound everywhere if it is missing.
    template_mask : [K, R], optional
        ``W^C``: which bins a template may hold, not zero. All if it is missing.
    optimizer : {"multiplicative", "sgd", "rmsprop", "adam"}
        How to update.
    iterations : int or StoppingRule
        How many (those of a warm start not counted), or when to stop.
    learning_rate : float, optional
        Of additive updates; 0.1 for SGD and 0.001 for the others if it is missing. That of RMSprop falls
        after 500 updates.
    start : {"warm", "random", "given"}
        ``"warm"``: before additive updates, 20 multiplicative ones from the given weights, then columns of
        the decoder that sum to 1, with the encoder scaled to match. Without these the first steps of
        RMSprop and Adam kill components for ever.
        ``"random"``: such columns and a random encoder, scaled so that the model comes closest to ``V``.
        ``"given"``: the weights as they are, as to continue a run.
    seed : int
        Of the random encoder.
    device : {"cpu", "cuda", "cuda:N", "auto"}
        Where to compute; on the processor with the threads that torch is set to.

    Returns
    -------
    Factorization
        With its encoder; columns of the templates sum to 1, encoder and activations are scaled to match.

    Raises
    ------
    ParameterError
        If a matrix is not finite, is negative where it must not be or does not fit the others, or
        if the learning rate is so high that the loss overflows.
    DeviceError
        If there is no such device.
    """
    return drain(
        factorize_steps(
            V,
            encoder,
            decoder,
            activation_mask=activation_mask,
            template_mask=template_mask,
            optimizer=optimizer,
            iterations=iterations,
            learning_rate=learning_rate,
            start=start,
            seed=seed,
            device=device,
            snapshot_seconds=math.inf,
        )
    )


def factorize_steps(  # noqa: PLR0913 - as above
    V: MatrixLike,
    encoder: MatrixLike | None,
    decoder: MatrixLike | None,
    *,
    activation_mask: MatrixLike | None = None,
    template_mask: MatrixLike | None = None,
    optimizer: Rule = "rmsprop",
    iterations: int | StoppingRule,
    learning_rate: float | None = None,
    start: Start = "warm",
    seed: int = 0,
    device: str = "cpu",
    snapshot_seconds: float = SNAPSHOT_SECONDS,
) -> Generator[Progress, None, Factorization]:
    """Do what ``factorize`` does in steps of less than a tenth of a second.

    Yields
    ------
    Progress
        With a ``Snapshot`` as ``partial`` whenever ``snapshot_seconds`` have passed since the last.
    """
    begun = time.monotonic()
    rule, plan = StoppingRule.of(iterations), Plan(optimizer, start, learning_rate, seed)
    problem = Problem.of(V, decoder, activation_mask, template_mask, resolve_device(device, ("cpu", "cuda")))
    engine = yield from paced(prepared(problem, plan, encoder), "Starting the autoencoder")
    return (yield from Driver(engine, rule, problem.scale, problem.scale**2, snapshot_seconds, begun).go())


def encoder_for(V: MatrixLike, templates: MatrixLike, activations: MatrixLike, *, device: str = "cpu") -> Array:
    """Return an encoder with which an autoencoder continues a factorisation that has none.

    Fifty multiplicative updates towards ``min ||H − H^C ⊙ (W_E V)||²`` with ``H^C = 1`` where ``H > 0``: the
    start ``"given"`` of ``factorize``, with the templates as the decoder.

    Parameters
    ----------
    V : nonnegative [K, N]
    templates : nonnegative [K, R]
    activations : nonnegative [R, N]
        Of a ``Factorization`` of ``V``.
    device : {"cpu", "cuda", "cuda:N", "auto"}

    Returns
    -------
    nonnegative [R, K]
        In the precision of ``V``.

    Raises
    ------
    ParameterError, DeviceError
        As for ``factorize``.
    """
    return drain(encoder_steps(V, templates, activations, device=device))


def encoder_steps(
    V: MatrixLike, templates: MatrixLike, activations: MatrixLike, *, device: str = "cpu"
) -> Generator[Progress, None, Array]:
    """Do what ``encoder_for`` does in steps of less than a tenth of a second."""
    from sepstudio.separation.nae_rules import EncoderFit

    problem = Problem.of(V, templates, activations, None, resolve_device(device, ("cpu", "cuda")))
    goal = matrix(activations, "activations", nonnegative=True) / problem.scale
    fit = EncoderFit(problem.batches(), problem.held(problem.decoder.T), problem.held(goal))
    for _ in range(ENCODER_ITERATIONS):
        yield from paced(fit.step(), "Looking for an encoder")
    encoder: Array = fit.encoder().cpu().numpy()
    return encoder
