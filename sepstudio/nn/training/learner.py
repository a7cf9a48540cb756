"""A network in training: its steps, its optimiser, and its state."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from sepstudio.errors import TrainingError
from sepstudio.nn.phase_config import PhaseNetworkConfig
from sepstudio.nn.phase_network import start_network
from sepstudio.nn.statistics import AmplitudeStatistics
from sepstudio.nn.training.features import Batch, FeatureKey
from sepstudio.nn.training.learning_network import LearningNetwork
from sepstudio.nn.training.plan import Trainee, TrainingPlan
from sepstudio.nn.training.ranks import Ranks


class Learner:
    """A trainee with everything that decides on its next step.

    Parameters
    ----------
    trainee : Trainee
    config : PhaseNetworkConfig
    statistics : AmplitudeStatistics
    plan : TrainingPlan
    device : str
    ranks : Ranks
    """

    def __init__(
        self,
        trainee: Trainee,
        config: PhaseNetworkConfig,
        statistics: AmplitudeStatistics,
        plan: TrainingPlan,
        *,
        device: str,
        ranks: Ranks,
    ) -> None:
        self.trainee = trainee
        self.config = config
        self.statistics = statistics
        self.keys = FeatureKey.of(config)
        self._clip = plan.clip
        network = start_network(config, statistics, seed=trainee.seed)
        self.module = LearningNetwork(network, statistics, plan.precision, plan.every).to(device)
        self._parallel: nn.Module = self.module
        if ranks.together:
            self._parallel = nn.parallel.DistributedDataParallel(self.module)
        self._weights = [weight for weight in self.module.parameters() if weight.requires_grad]
        self._optimizer = torch.optim.Adam(self._weights, lr=plan.rate)
        self._scaler = torch.amp.GradScaler(device.partition(":")[0], enabled=plan.precision == "float16")
        self._ranks = ranks

    def step(self, batch: Batch, phase: Tensor | None, *, count: int, weight: float) -> float:
        """Take a step and return the share of this process in the loss of the batch, summed over its excerpts.

        Parameters
        ----------
        batch : Batch
        phase : Tensor or None
            What ``batch.phase(self.keys)`` returns.
        count : int
            Excerpts of the step in all processes, whose mean gradient is followed.
        weight : float
            Of the excerpts of this process.

        Raises
        ------
        TrainingError
            If the loss is not finite; names the trainee.
        """
        loss = self._loss(self._parallel, batch, phase) * weight
        value = float(loss.detach())
        self._optimizer.zero_grad(set_to_none=True)
        # Gradients are averaged over processes.
        self._scaler.scale(loss * (self._ranks.size / count)).backward()  # type: ignore[no-untyped-call]
        self._scaler.unscale_(self._optimizer)
        norm = nn.utils.clip_grad_norm_(self._weights, self._clip)
        self._check(value, "training")
        # Where half precision overflows, the scaler leaves the step out and takes smaller factors.
        if not self._scaler.is_enabled():
            self._check(float(norm), "training")
        self._scaler.step(self._optimizer)
        self._scaler.update()
        return value

    @torch.no_grad()
    def validate(self, batch: Batch, phase: Tensor | None) -> float:
        """Return the loss summed over the excerpts of a batch."""
        value = float(self._loss(self.module, batch, phase))
        self._check(value, "validation")
        return value

    def _loss(self, module: nn.Module, batch: Batch, phase: Tensor | None) -> Tensor:
        amplitude = batch.amplitude if self.config.hears_amplitude else None
        rows = {} if phase is None else {"phase": phase}
        loss: Tensor = module(rows, amplitude, batch.targets[self.config.instrument])
        return loss

    def _check(self, value: float, what: str) -> None:
        if not math.isfinite(value):
            why = f"the {what} loss or its gradient is {value}, no number"
            raise TrainingError(
                f"the network {self.trainee.label}",
                why,
                "train with a smaller rate, or in float32; look for noise in the data",
            )

    @property
    def rate(self) -> float:
        """The rate of learning from now on."""
        return float(self._optimizer.param_groups[0]["lr"])

    @rate.setter
    def rate(self, rate: float) -> None:
        self._optimizer.param_groups[0]["lr"] = rate

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of what is learnt, on the processor."""
        return _copied(self.module.state_dict())

    def set_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Take weights that ``weights`` returned."""
        self.module.load_state_dict(dict(weights))

    def moments(self) -> tuple[dict[str, Tensor], float]:
        """Return a copy of the moments of Adam, and the factor of half precision (1 where there is none)."""
        state = self._optimizer.state_dict()["state"]
        tensors = {f"{index}.{name}": value for index, of in state.items() for name, value in of.items()}
        return _copied(tensors), float(self._scaler.get_scale())

    def set_moments(self, tensors: Mapping[str, Tensor], scale: float) -> None:
        """Take what ``moments`` returned."""
        state: dict[int, dict[str, Any]] = {}
        for key, value in tensors.items():
            index, _, name = key.partition(".")
            state.setdefault(int(index), {})[name] = value
        self._optimizer.load_state_dict({**self._optimizer.state_dict(), "state": state})
        if self._scaler.is_enabled():
            self._scaler.load_state_dict({**self._scaler.state_dict(), "scale": scale})


def _copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return copies on the processor, which later steps do not change."""
    return {name: value.detach().cpu().clone() for name, value in tensors.items()}
