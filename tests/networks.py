"""What a network tells of itself, for views of it: weights of combinations, kernels, errors."""

from dataclasses import dataclass

import numpy as np

from sepstudio.separation.base import Matrix

INPUTS = ("level", "difference in time", "deviation over 17 frames", "panning")


@dataclass(frozen=True)
class Told:
    """A moment of a network that learns, as its method tells it."""

    step: int
    training_error: np.ndarray
    held_out_error: np.ndarray
    alphas: dict
    kernels: dict


def alpha(outputs=3, inputs=INPUTS, seed=1):
    """Weights [outputs, inputs] whose rows sum to 1."""
    weights = np.random.default_rng(seed).random((outputs, len(inputs))).astype(np.float32)
    names = tuple(f"map {number}" for number in range(1, outputs + 1))
    return Matrix(weights / weights.sum(axis=1, keepdims=True), ("output", "input"), (names, tuple(inputs)))


def kernels(inputs=INPUTS, size=5, seed=2):
    """A kernel for each input."""
    values = np.random.default_rng(seed).standard_normal((len(inputs), size, size)).astype(np.float32)
    offsets = np.arange(size) - float(size // 2)
    return Matrix(values, ("input", "bands", "frames"), (tuple(inputs), offsets, offsets))


def told(step=40, outputs=3, seed=1):
    """A network after some steps."""
    steps = np.arange(1, step + 1, dtype=np.float32)
    return Told(
        step,
        1.0 / steps,
        2.0 / steps[9::10],
        {"layer 1": alpha(outputs, seed=seed), "layer 2": alpha(4, tuple("abc"[:outputs]), seed)},
        {"layer 1": kernels(seed=seed)},
    )
