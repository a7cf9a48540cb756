"""How many inputs a learned combination takes: entropy, and what it means in numbers of inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Spread:
    """How the weights of each output are spread over the inputs, float64 [outputs].

    ``entropy`` is in nats, from 0 (one input) to the logarithm of their number (all alike); ``inputs`` is its
    exponential: the number of inputs that, taken alike, are as uncertain. ``sparsity`` goes from 0 (all alike) to 1.
    """

    entropy: npt.NDArray[np.float64]
    inputs: npt.NDArray[np.float64]
    sparsity: npt.NDArray[np.float64]


def spread_of(alphas: npt.NDArray[np.float32]) -> Spread:
    """Return how the rows of a matrix of weights [outputs, inputs], each from 0 to 1 and a row in all 1, are spread."""
    weights = np.clip(alphas.astype(np.float64), 0.0, 1.0)
    logarithms = np.log(weights, out=np.zeros_like(weights), where=weights > 0)
    entropy = np.maximum(-(weights * logarithms).sum(axis=1), 0.0)
    most = np.log(weights.shape[1]) if weights.shape[1] > 1 else 1.0
    return Spread(entropy, np.exp(entropy), np.clip(1.0 - entropy / most, 0.0, 1.0))
