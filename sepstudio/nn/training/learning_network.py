"""A network as it learns: bias and scale layers in units of their own, and the loss."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call

from sepstudio.nn.phase_network import PhaseNetwork
from sepstudio.nn.statistics import AmplitudeStatistics, BinStatistics
from sepstudio.nn.training.plan import Precision
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


def variance(target: BinStatistics) -> float:
    """Return the mean variance of the bins of a target: what losses are measured in."""
    return float(target.squares.mean() / target.count)


def _units(network: PhaseNetwork) -> dict[str, Tensor]:
    """Return how much a change of 1 shall be in the bias and scale layers of a network that was just started."""
    units: dict[str, Tensor] = {"output_bias": network.output_scale, "output_scale": network.output_scale}
    if network.config.hears_amplitude:
        units |= {"input_bias": 1 / network.input_scale, "input_scale": network.input_scale}
    return {name: unit.detach().clone() for name, unit in units.items()}
