"""An optimiser as the reference sets it up, whose state can be kept."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from sepstudio.errors import TrainingError
from sepstudio.nn.training.ranks import Ranks

_BETAS = (0.8, 0.99)


class Optimising:
    """AdamW over weights whose gradients are added up over processes and clipped.

    Parameters
    ----------
    weights : iterable of nn.Parameter
    clip : float
        The largest norm of the gradient.
    ranks : Ranks
    name : str
        What learns, for errors.
    """

    def __init__(self, weights: Iterable[nn.Parameter], *, clip: float, ranks: Ranks, name: str) -> None:
        self._weights = list(weights)
        self._clip = clip
        self._ranks = ranks
        self._name = name
        self._adam = torch.optim.AdamW(self._weights, betas=_BETAS)

    def add(self, loss: Tensor) -> None:
        """Add the gradient of a loss, which is a share of that of the batch, to the next step."""
        loss.backward()  # type: ignore[no-untyped-call]

    def step(self, rate: float) -> None:
        """Follow the gradient that was added up, over all processes.

        Raises
        ------
        TrainingError
            If it is not finite; the weights are as before then.
        """
        if self._ranks.together:
            for weight in self._weights:
                if weight.grad is None:
                    weight.grad = torch.zeros_like(weight)
            self._ranks.add_up([weight.grad for weight in self._weights if weight.grad is not None])
        norm = float(nn.utils.clip_grad_norm_(self._weights, self._clip))
        if not math.isfinite(norm):
            why = f"the gradient of {self._name} is {norm}, no number"
            remedy = "train with a smaller rate, or in float32; look for noise in the data"
            raise TrainingError("the training of the codec", why, remedy)
        for group in self._adam.param_groups:
            group["lr"] = rate
        self._adam.step()
        self._adam.zero_grad(set_to_none=True)

    def moments(self) -> dict[str, Tensor]:
        """Return a copy of the moments of Adam, on the processor."""
        state = self._adam.state_dict()["state"]
        return {f"{index}.{name}": copied(value) for index, of in state.items() for name, value in of.items()}

    def set_moments(self, moments: Mapping[str, Tensor]) -> None:
        """Take what ``moments`` returned; ValueError or KeyError for anything else."""
        state: dict[int, dict[str, Any]] = {}
        for key, value in moments.items():
            index, _, name = key.partition(".")
            state.setdefault(int(index), {})[name] = value
        for number, values in state.items():
            for name in ("exp_avg", "exp_avg_sq"):
                if values[name].shape != self._weights[number].shape:
                    raise ValueError(f"moment {number} of another shape")
        self._adam.load_state_dict({**self._adam.state_dict(), "state": state})


def copied(tensor: Tensor) -> Tensor:
    """Return a copy on the processor, which later steps do not change."""
    return tensor.detach().cpu().clone()
