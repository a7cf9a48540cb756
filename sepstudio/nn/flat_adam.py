"""Adam for small networks that learn while somebody waits."""

from __future__ import annotations

import math

import torch
from torch import nn


class FlatAdam:
    """Adam with decoupled weight decay, over all parameters of a module as one vector.

    It gives the same as ``torch.optim.AdamW``. That loads 800 modules when the first one is made, which takes more
    than a second, and then spends as long on the interpreter as a small network on learning. Sources: D. Kingma,
    J. Ba, "Adam: A method for stochastic optimization" (2015), algorithm 1; I. Loshchilov, F. Hutter, "Decoupled
    weight decay regularization" (2019), algorithm 2.

    Parameters
    ----------
    module : Module
        From then on its parameters and their gradients are parts of two vectors: they are to be written in place.
    weight_decay : float
        What each step takes of the weights, times its rate.
    decay : (float, float)
        What each step leaves of the means of gradients and of their squares.
    least : float
        What is added to the root of the mean square.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        weight_decay: float = 0.0,
        decay: tuple[float, float] = (0.9, 0.999),
        least: float = 1e-8,
    ) -> None:
        parameters = list(module.parameters())
        self._values = torch.cat([parameter.detach().reshape(-1) for parameter in parameters])
        self._gradient = torch.zeros_like(self._values)
        sizes = [parameter.numel() for parameter in parameters]
        parts = zip(parameters, torch.split(self._values, sizes), torch.split(self._gradient, sizes), strict=True)
        for parameter, values, gradient in parts:
            parameter.data = values.view_as(parameter)
            parameter.grad = gradient.view_as(parameter)
        self._mean, self._square = torch.zeros_like(self._values), torch.zeros_like(self._values)
        self._weight_decay, self._decay, self._least = weight_decay, decay, least
        self._steps = 0

    def zero(self) -> None:
        """Begin with no gradient, before a step's error is propagated back."""
        self._gradient.zero_()

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move all parameters along their gradients."""
        first, second = self._decay
        self._steps += 1
        self._mean.lerp_(self._gradient, 1.0 - first)
        self._square.mul_(second).addcmul_(self._gradient, self._gradient, value=1.0 - second)
        root = self._square.sqrt().div_(math.sqrt(1.0 - second**self._steps)).add_(self._least)
        self._values.mul_(1.0 - rate * self._weight_decay)
        self._values.addcdiv_(self._mean, root, value=-rate / (1.0 - first**self._steps))
