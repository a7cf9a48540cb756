"""Nonnegative matrix factorisation of a spectrogram, with the constraints of a score as zeros."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Literal, get_args

import numpy as np

from sepstudio.errors import ParameterError
from sepstudio.io.steps import drain
from sepstudio.nn.devices import resolve_device
from sepstudio.separation.base import Progress
from sepstudio.separation.factor_groups import flush, grouped, held
from sepstudio.separation.factor_run import SNAPSHOT_SECONDS, Driver
from sepstudio.separation.factorization import (
    Array,
    Factorization,
    MatrixLike,
    StoppingRule,
    matrix,
    need_shapes,
    scale_of,
)

Loss = Literal["euclidean", "kullback-leibler", "itakura-saito"]


def factorize(
    V: MatrixLike,
    W: MatrixLike,
    H: MatrixLike,
    *,
    iterations: int | StoppingRule,
    loss: Loss = "euclidean",
    device: str = "cpu",
) -> Factorization:
    """Factorise ``V ≈ W H`` by multiplicative updates that start from ``W`` and ``H``.

    Zeros of ``W`` and ``H`` stay zero: a score constrains the factorisation through them (Ewert and
    Müller 2012; "Nonnegative autoencoders", section 2). Every iteration updates first H and then W
    with the new H, after which the loss is not higher than before, but for rounding.

    Parameters
    ----------
    V : nonnegative [K, N]
        Spectrogram: array or tensor. Computed in double precision if it is, else in float32; divided
        by its maximum while computing, so that its level is of no matter.
    W : nonnegative [K, R]
        Templates to start from.
    H : nonnegative [R, N]
        Activations to start from.
    iterations : int or StoppingRule
        How many, or when to stop.
    loss : {"euclidean", "kullback-leibler", "itakura-saito"}
        ``Σ (V − WH)²``, ``Σ V log(V ⊘ WH) − V + WH``, or ``Σ V ⊘ WH − log(V ⊘ WH) − 1``.
    device : {"cpu", "cuda", "cuda:N", "auto"}
        Where to compute; on the processor with the threads that torch is set to.

    Returns
    -------
    Factorization
        Columns of the templates sum to 1, the activations are scaled to match.

    Raises
    ------
    ParameterError
        If a matrix is negative, not finite or of a shape that does not fit.
    DeviceError
        If there is no such device.
    """
    return drain(factorize_steps(V, W, H, iterations=iterations, loss=loss, device=device, snapshot_seconds=math.inf))


def factorize_steps(
    V: MatrixLike,
    W: MatrixLike,
    H: MatrixLike,
    *,
    iterations: int | StoppingRule,
    loss: Loss = "euclidean",
    device: str = "cpu",
    snapshot_seconds: float = SNAPSHOT_SECONDS,
) -> Generator[Progress, None, Factorization]:
    """Do what ``factorize`` does in steps of less than a tenth of a second.

    Yields
    ------
    Progress
        With a ``Snapshot`` as ``partial`` whenever ``snapshot_seconds`` have passed since the last.
    """
    from sepstudio.separation import nmf_rules

    if loss not in get_args(Loss):
        raise ParameterError("loss", loss, f"one of {', '.join(get_args(Loss))}")
    v, w, h = (matrix(values, name, nonnegative=True) for values, name in ((V, "V"), (W, "W"), (H, "H")))
    need_shapes(v.shape, w.shape, h.shape)
    rule, place, scale = StoppingRule.of(iterations), resolve_device(device, ("cpu", "cuda")), scale_of(v)
    engines = (nmf_rules.Euclidean, nmf_rules.KullbackLeibler, nmf_rules.ItakuraSaito)
    engine = dict(zip(get_args(Loss), engines, strict=True))[loss]
    unit = {"euclidean": scale**2, "kullback-leibler": scale, "itakura-saito": 1.0}[loss]
    batches = grouped(v, h > 0, scale, place, engine.longest)
    rules = engine(batches, flush(held(w.T, v.dtype, place)), flush(held(h / scale, v.dtype, place)))
    return (yield from Driver(rules, rule, scale, unit, snapshot_seconds).go())


def random_start(V: MatrixLike, rank: int, seed: int = 0) -> tuple[Array, Array]:
    """Return positive random templates and activations for a factorisation without a score.

    Parameters
    ----------
    V : nonnegative [K, N]
        The spectrogram to factorise; the mean of the start's product is its mean.
    rank : int
        Number of components, at least 1.
    seed : int
        The same seed gives the same start.

    Returns
    -------
    templates [K, rank], activations [rank, N]
        In the precision of ``V``.

    Raises
    ------
    ParameterError
        If the rank is below 1, or ``V`` is negative or not finite.
    """
    v = matrix(V, "V", nonnegative=True)
    if isinstance(rank, bool) or not isinstance(rank, int | np.integer) or rank < 1:
        raise ParameterError("rank", rank, "a whole number of at least 1")
    random = np.random.default_rng(seed)
    # Away from zero, which multiplicative rules leave only slowly.
    templates, activations = random.uniform(0.1, 1.0, (v.shape[0], rank)), random.uniform(0.1, 1.0, (rank, v.shape[1]))
    mean = float(v.mean(dtype=np.float64)) or 1.0
    activations *= mean / (rank * templates.mean() * activations.mean())
    return templates.astype(v.dtype), activations.astype(v.dtype)
