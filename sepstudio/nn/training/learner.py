"""A network in training: its loss, its optimiser, and its state."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from sepstudio.errors import TrainingError
from sepstudio.nn.phase_config import PhaseNetworkConfig
from sepstudio.nn.phase_network import PhaseNetwork, start_network
from sepstudio.nn.statistics import AmplitudeStatistics, BinStatistics
from sepstudio.nn.training.features import Batch, FeatureKey
from sepstudio.nn.training.plan import Precision, Trainee, TrainingPlan
from sepstudio.nn.training.ranks import Ranks
from sepstudio.nn.training.squared_error import squared_error

_TYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class LearningNetwork(nn.Module):
    """A network whose bias and scale layers learn in units of what they started from.

    Adam takes steps of one size for all weights. A bias per bin in the unit of amplitudes would need steps of a
    thousand in one bin and of a thousandth in another. What is learnt here are ``changes`` in units of the
    deviation of each bin, and of the first scale; the loss of training does not depend on the unit at all.
    """

    def __init__(
        self, network: PhaseNetwork, statistics: AmplitudeStatistics, precision: Precision, every: int
    ) -> None:
        super().__init__()
        self._inner = _Inner(network, every)
        self._type = _TYPES.get(precision)
        units = _units(network)
        self.changes = nn.ParameterDict({name: torch.zeros_like(unit) for name, unit in units.items()})
        for name, unit in units.items():
            network.get_parameter(name).requires_grad_(False)
            self.register_buffer(f"_unit_{name}", unit, persistent=False)
        self.variance = variance(statistics.target)

    def forward(self, rows: Mapping[str, Tensor], amplitude: Tensor | None, target: Tensor) -> Tensor:
        """Return the sum over excerpts of the mean squared error over the variance of the target.

        Parameters
        ----------
        rows : mapping
            What the first layer is given of the phase, [excerpts, kinds, channels, features, frames].
        amplitude : float32 [excerpts, channels, used bins, frames], or None
        target : float32 [excerpts, channels, bins, frames less context]
        """
        values = {f"network.{name}": value for name, value in self._values().items()}
        kind = target.device.type
        with torch.autocast(kind, dtype=self._type or torch.bfloat16, enabled=self._type is not None):
            hidden, weight, bias = functional_call(self._inner, values, (rows, amplitude))
        target = target.flatten(1, 2)
        fused = kind == "cpu" and self._type is None
        error = squared_error(hidden, weight, bias, target) if fused else self._plain(hidden, weight, bias, target)
        return error / (target[0].numel() * self.variance)

    def _plain(self, hidden: Tensor, weight: Tensor, bias: Tensor, target: Tensor) -> Tensor:
        with torch.autocast(target.device.type, dtype=self._type or torch.bfloat16, enabled=self._type is not None):
            # Half precision ends before the scale: what is scaled spans many orders of magnitude.
            scale = self._values()["output_scale"].repeat(self.network.config.channels)
            estimate = torch.matmul(weight / scale[:, None], hidden)
        return torch.square(torch.relu(estimate.float() * scale[:, None] + bias[:, None]) - target).sum()

    @property
    def network(self) -> PhaseNetwork:
        """The network, its bias and scale layers as they were started."""
        return self._inner.network

    def _values(self) -> dict[str, Tensor]:
        return {
            name: self.network.get_parameter(name) + self.get_buffer(f"_unit_{name}") * change
            for name, change in self.changes.items()
        }

    def trained(self) -> PhaseNetwork:
        """Return a copy of the network as it is now, on the processor."""
        network = copy.deepcopy(self.network).cpu()
        with torch.no_grad():
            for name, value in self._values().items():
                network.get_parameter(name).copy_(value)
        return network


class _Inner(nn.Module):
    """A network up to its last layer, which is returned instead of applied."""

    def __init__(self, network: PhaseNetwork, every: int) -> None:
        super().__init__()
        self.network = network
        self._every = every

    def forward(self, rows: Mapping[str, Tensor], amplitude: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        network = self.network
        own: dict[str, Tensor] = {}
        if amplitude is not None:
            # Amplitudes span more than half precision does; their scaled averages do not.
            with torch.autocast(amplitude.device.type, enabled=False):
                own["amplitude"] = network.rows("amplitude", amplitude)
        return network.hidden({**own, **rows}, every=self._every), *network.head()


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


def variance(target: BinStatistics) -> float:
    """Return the mean variance of the bins of a target: what losses are measured in."""
    return float(target.squares.mean() / target.count)


def _units(network: PhaseNetwork) -> dict[str, Tensor]:
    """Return how much a change of 1 shall be in the bias and scale layers of a network that was just started."""
    units: dict[str, Tensor] = {"output_bias": network.output_scale, "output_scale": network.output_scale}
    if network.config.hears_amplitude:
        units |= {"input_bias": 1 / network.input_scale, "input_scale": network.input_scale}
    return {name: unit.detach().clone() for name, unit in units.items()}
