"""The problem that an autoencoder is given, and how its weights start."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError
from sepstudio.separation.factor_groups import Batch, grouped, held
from sepstudio.separation.factorization import Array, MatrixLike, matrix, need_shapes, scale_of
from sepstudio.separation.optimizers import RATES, Adam, GradientDescent, Optimizer, RMSprop

if TYPE_CHECKING:
    from torch import Tensor

    from sepstudio.separation.nae_rules import Additive, Autoencoder, Multiplicative

Rule = Literal["multiplicative", "sgd", "rmsprop", "adam"]
Start = Literal["warm", "random", "given"]
Booleans = npt.NDArray[np.bool_]

WARM_ITERATIONS = 20


@dataclass(frozen=True)
class Plan:
    """How to start and to update."""

    rule: Rule
    start: Start
    learning_rate: float | None
    seed: int

    def __post_init__(self) -> None:
        for name, value, known in (("optimizer", self.rule, get_args(Rule)), ("start", self.start, get_args(Start))):
            if value not in known:
                raise ParameterError(name, value, f"one of {', '.join(known)}")
        if self.learning_rate is not None and not 0 < self.learning_rate < math.inf:
            raise ParameterError("learning_rate", self.learning_rate, "above 0 and finite")

    @property
    def multiplicative(self) -> bool:
        """Whether all updates are multiplicative."""
        return self.rule == "multiplicative"

    @property
    def needs_nonnegative(self) -> bool:
        """Whether multiplicative updates come first."""
        return self.multiplicative or self.start == "warm"

    def optimizer(self, problem: Problem) -> Optimizer:
        """Return the optimiser of additive updates of the squared error of the scaled spectrogram."""
        rate = RATES[self.rule] if self.learning_rate is None else self.learning_rate
        if self.rule == "sgd":
            return GradientDescent(rate * problem.scale**2 / problem.spectrogram.size)
        return RMSprop(rate) if self.rule == "rmsprop" else Adam(rate)


@dataclass(frozen=True)
class Problem:
    """Checked input: spectrogram [K, N], decoder [K, R] within its mask, both masks as booleans."""

    spectrogram: Array
    decoder: Array
    active: Booleans
    allowed: Booleans
    scale: float
    device: str

    @classmethod
    def of(
        cls,
        spectrogram: MatrixLike,
        decoder: MatrixLike | None,
        activation_mask: MatrixLike | None,
        template_mask: MatrixLike | None,
        device: str,
    ) -> Problem:
        """Check what was given and fill in what was not.

        Raises
        ------
        ParameterError
            If a matrix is missing, negative, not finite or of a shape that does not fit.
        """
        v = matrix(spectrogram, "V", nonnegative=True)
        allowed = None if template_mask is None else matrix(template_mask, "template_mask") != 0
        w = allowed if decoder is None else matrix(decoder, "decoder", nonnegative=True)
        if w is None:
            raise ParameterError("decoder", None, "given, or else a template mask to start it from")
        allowed = np.ones(w.shape, np.bool_) if allowed is None else allowed
        if w.shape != allowed.shape:
            raise ParameterError("template_mask", allowed.shape, f"of the shape of the decoder, {w.shape}")
        shape = (w.shape[1], v.shape[1])
        active = np.ones(shape, np.bool_) if activation_mask is None else matrix(activation_mask, "mask") != 0
        need_shapes(v.shape, w.shape, active.shape)
        return cls(v, (w * allowed).astype(v.dtype), active, allowed, scale_of(v), device)

    def held(self, values: npt.NDArray[Any]) -> Tensor:
        """Return a tensor of a matrix in the precision of the spectrogram."""
        return held(values, self.spectrogram.dtype, self.device)

    def batches(self) -> list[Batch]:
        """Return the spectrogram in batches of groups of frames."""
        return grouped(self.spectrogram, self.active, self.scale, self.device)

    def encoder(self, given: MatrixLike | None, plan: Plan) -> Array:
        """Return the encoder [R, K] to start from: the given one, or a random one."""
        shape = self.decoder.shape[::-1]
        if given is None or plan.start == "random":
            return np.random.default_rng(plan.seed).random(shape).astype(self.spectrogram.dtype)
        encoder = matrix(given, "encoder", nonnegative=plan.needs_nonnegative)
        if encoder.shape != shape:
            raise ParameterError("encoder", encoder.shape, f"of shape {shape}, that of the transposed decoder")
        return encoder


def prepared(
    problem: Problem, plan: Plan, encoder: MatrixLike | None
) -> Generator[None, None, Multiplicative | Additive]:
    """Return the engine that a plan asks for, started."""
    import torch

    from sepstudio.separation.nae_rules import Additive, Multiplicative

    weights = torch.cat((problem.held(problem.encoder(encoder, plan)), problem.held(problem.decoder.T)))
    batches, mask = problem.batches(), problem.held(problem.active)
    first = Multiplicative(batches, weights, mask)
    if plan.start == "random":
        yield from _fit_scales(first)
    if plan.multiplicative:
        return first
    if plan.start == "warm":
        yield from _warm_up(first)
    return Additive(batches, weights, mask, problem.held(problem.allowed.T), plan.optimizer(problem))


def _fit_scales(engine: Autoencoder) -> Generator[None, None, None]:
    """Normalise the decoder, and scale the encoder so that the model comes closest in least squares."""
    _normalise(engine.templates())
    engine.encoder().mul_((yield from engine.fit()))


def _warm_up(engine: Multiplicative) -> Generator[None, None, None]:
    """Come near by multiplicative updates, then normalise without changing the model."""
    for _ in range(WARM_ITERATIONS):
        yield from engine.step()
    engine.encoder().mul_(_normalise(engine.templates()))


def _normalise(decoder: Tensor) -> Tensor:
    """Let the rows of a transposed decoder sum to 1, in place, where they are not zero; return the sums [R, 1]."""
    sums = decoder.sum(dim=1, keepdim=True)
    sums[sums == 0] = 1
    decoder.div_(sums)
    return sums
