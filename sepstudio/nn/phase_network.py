"""The networks of the phase-feature paper, for one instrument each.

Muth, Uhlich, Perraudin, Kemp, Cardinaux and Mitsufuji, "Improving DNN-based music source separation
using phase features" (2018), Figs. 4 and 8:

- amplitudes: ``(A + bias) * scale`` per bin, started as ``(A - mean) / deviation`` of the mixtures
- each branch: ``relu(dense(context))``, ``relu(dense)``
- the branches stacked: ``relu(dense + bias)``, the bias per bin started as the mean of the target

Bias and scale layers hold one value for each bin, the same in all channels, and learn as all else.
The first dense layer over 2 c + 1 frames is a convolution along time, without copies of frames.
The last one has no bias of its own: it would be the bias layer again.

**Borders.** Before the first frame and after the last one is silence: amplitude 0, which the bias and
scale layers then see as they see any silence, and phase features 0, which is what ``sepstudio.dsp.phase``
gives for silence. ``pad=False`` takes the context from the frames that are given and returns that many less.

Importing this module loads torch; ``phase_config`` describes networks without it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from sepstudio.errors import ParameterError
from sepstudio.nn.phase_config import PhaseNetworkConfig
from sepstudio.nn.statistics import FLOOR, AmplitudeStatistics

# Of the spread of the target: what a new network estimates is near the mean, where no unit is cut off by the last ReLU.
_FIRST_SPREAD = 0.1


class PhaseNetwork(nn.Module):
    """Estimates the amplitudes of an instrument; all weights are 0 until they are started or loaded."""

    def __init__(self, config: PhaseNetworkConfig) -> None:
        super().__init__()
        self.config = config
        if config.hears_amplitude:
            self.input_bias = nn.Parameter(torch.zeros(config.used_bins))
            self.input_scale = nn.Parameter(torch.ones(config.used_bins))
        self.branches = nn.ModuleDict({name: _Branch(size, config) for name, size in config.branches().items()})
        self.output = _Dense(config.hidden * len(self.branches), config.channels * config.bins, bias=False)
        if config.output_scale:
            self.output_scale = nn.Parameter(torch.ones(config.bins))
        self.output_bias = nn.Parameter(torch.zeros(config.bins))
        self.register_buffer("_averages", _averages(config), persistent=False)

    def forward(self, amplitude: Tensor | None = None, phase: Tensor | None = None, *, pad: bool = True) -> Tensor:
        """Return the estimated amplitudes of the instrument.

        Parameters
        ----------
        amplitude : float32 [batch, channels, bins, frames]
            Magnitudes of the mixture, at least 0; not looked at by a network of phases.
        phase : float32 [batch, kinds, channels, bins, frames]
            Features of the phase in radians, ``phase_kinds`` in their order; not looked at by
            a network of amplitudes.
        pad : bool
            Whether silence surrounds the frames; otherwise the first and last ``context``
            frames are only looked at.

        Returns
        -------
        float32 [batch, channels, bins, frames]
            At least 0, in the unit of the training set; ``2 * context`` frames less without ``pad``.

        Raises
        ------
        ParameterError
            If an input is missing or of another shape, or there are too few frames.
        """
        return torch.relu(self.unclipped(amplitude, phase, pad=pad))

    def unclipped(self, amplitude: Tensor | None = None, phase: Tensor | None = None, *, pad: bool = True) -> Tensor:
        """Return what ``forward`` returns before its last ReLU: below 0 where the estimate is 0."""
        inputs = self._checked(amplitude, phase, pad)
        if pad:
            inputs = {name: functional.pad(x, (self.config.context,) * 2) for name, x in inputs.items()}
        return self._unclipped(self.hidden({name: self.rows(name, x) for name, x in inputs.items()}))

    def rows(self, name: str, x: Tensor) -> Tensor:
        """Return what the first layer is given of ``amplitude`` or ``phase``, [batch, ..., features, frames].

        ``x`` is [batch, ..., bins, frames]; bins that are not looked at may be missing.
        """
        x = x[..., : self.config.used_bins, :]
        averages = self.get_buffer("_averages")
        if name != "amplitude":
            return x if averages is None else averages @ x
        if averages is None:
            return (x + self.input_bias[:, None]) * self.input_scale[:, None]
        # The average of scaled bins as one product: neither the scaled bins nor their gradients are ever in memory.
        weights = averages * self.input_scale
        return weights @ x + (weights @ self.input_bias)[:, None]

    def hidden(self, rows: Mapping[str, Tensor], *, every: int = 1) -> Tensor:
        """Return the last hidden layer [batch, units, frames] for what ``rows`` returned, of some frames or all."""
        given = {name: x.flatten(1, -2) for name, x in rows.items()}
        if self.config.inputs == "early":
            given = {"joint": torch.cat([given["amplitude"], given["phase"]], dim=1)}
        return torch.cat([branch(given[name], every) for name, branch in self.branches.items()], dim=1)

    def head(self) -> tuple[Tensor, Tensor]:
        """Return the weights [channels * bins, units] and the bias [channels * bins] before the last ReLU."""
        weight, channels = self.output.weight[..., 0], self.config.channels
        if self.config.output_scale:
            weight = weight * self.output_scale.repeat(channels)[:, None]
        return weight, self.output_bias.repeat(channels)

    def estimated(self, hidden: Tensor) -> Tensor:
        """Return what is estimated from the last hidden layer, [batch, channels, bins, frames]."""
        return torch.relu(self._unclipped(hidden))

    def _unclipped(self, hidden: Tensor) -> Tensor:
        weight, bias = self.head()
        estimate = functional.conv1d(hidden, weight[..., None], bias)
        return estimate.reshape(len(hidden), self.config.channels, self.config.bins, -1)

    def _checked(self, amplitude: Tensor | None, phase: Tensor | None, pad: bool) -> dict[str, Tensor]:
        config, kinds = self.config, len(self.config.phase_kinds)
        shapes = {"amplitude": (config.channels, config.bins), "phase": (kinds, config.channels, config.bins)}
        wanted = {"amplitude": config.hears_amplitude, "phase": kinds > 0}
        inputs: dict[str, Tensor] = {}
        for name, x in (("amplitude", amplitude), ("phase", phase)):
            if not wanted[name]:
                continue
            shape = None if x is None else tuple(x.shape)
            if x is None or shape is None or len(shape) != len(shapes[name]) + 2 or shape[1:-1] != shapes[name]:
                sizes = ", ".join(str(size) for size in shapes[name])
                raise ParameterError(name, shape, f"a tensor [batch, {sizes}, frames]")
            inputs[name] = x
        if len({(x.shape[0], x.shape[-1]) for x in inputs.values()}) > 1:
            raise ParameterError("phase", tuple(inputs["phase"].shape), "of the batch and frames of the amplitude")
        frames = next(iter(inputs.values())).shape[-1]
        least = 1 if pad else 2 * config.context + 1
        if frames < least:
            raise ParameterError("frames", frames, f"{least} or more")
        return inputs


class _Branch(nn.Module):
    """Two dense layers of the hidden size, the first one over the context of each frame."""

    def __init__(self, size: int, config: PhaseNetworkConfig) -> None:
        super().__init__()
        self.first = _Dense(size, config.hidden, span=2 * config.context + 1)
        self.second = _Dense(config.hidden, config.hidden)

    def forward(self, rows: Tensor, every: int) -> Tensor:
        return torch.relu(self.second(torch.relu(self.first(rows, every))))


class _Dense(nn.Module):
    """A dense layer for each frame, over ``span`` of them: ``nn.Conv1d`` without its start from a global seed."""

    def __init__(self, inputs: int, outputs: int, *, span: int = 1, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs, span))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None

    def forward(self, x: Tensor, every: int = 1) -> Tensor:
        return functional.conv1d(x, self.weight, self.bias, stride=every)


def start_network(
    config: PhaseNetworkConfig, statistics: AmplitudeStatistics, *, seed: int, floor: float = FLOOR
) -> PhaseNetwork:
    """Return a network ready to be trained, on the processor.

    Bias and scale layers are started from the statistics. Weights are drawn evenly, with the
    variance 2 / inputs of He et al. (2015) before a ReLU; those of the last layer with a tenth of
    the spread of the target, so that a new network estimates little else than the mean.

    Parameters
    ----------
    config : PhaseNetworkConfig
    statistics : AmplitudeStatistics
        Of the training set, in the unit that the network shall be used with.
    seed : int, 0 or more
        Equal seeds give equal weights; torch's global generator is left alone.
    floor : float
        Of the deviations, see ``BinStatistics.deviation``.

    Raises
    ------
    ParameterError
        If the statistics are of other bins.
    """
    if statistics.target.bins != config.bins:
        raise ParameterError("statistics", statistics.target.bins, f"of {config.bins} bins")
    network = PhaseNetwork(config)
    generator = torch.Generator().manual_seed(seed)
    spread = _floats(statistics.target.deviation(floor))
    with torch.no_grad():
        for layer in (module for module in network.modules() if isinstance(module, _Dense)):
            bound = math.sqrt(6 / layer.weight[0].numel())
            layer.weight.uniform_(-bound, bound, generator=generator)
        network.output.weight.mul_(_FIRST_SPREAD / math.sqrt(2))
        if config.output_scale:
            network.output_scale.copy_(spread)
        else:
            network.output.weight.mul_(spread.repeat(config.channels)[:, None, None])
        if config.hears_amplitude:
            network.input_bias.copy_(_floats(-statistics.mixture.mean[: config.used_bins]))
            network.input_scale.copy_(_floats(1 / statistics.mixture.deviation(floor)[: config.used_bins]))
        network.output_bias.copy_(_floats(statistics.target.mean))
    return network


def weight_shapes(config: PhaseNetworkConfig) -> dict[str, tuple[int, ...]]:
    """Return name and shape of all weights of a network, without taking memory for them."""
    with torch.device("meta"):
        network = PhaseNetwork(config)
    return {name: tuple(weight.shape) for name, weight in network.state_dict().items()}


def parameter_count(config: PhaseNetworkConfig) -> int:
    """Return how many numbers a network learns."""
    return sum(math.prod(shape) for shape in weight_shapes(config).values())


def _averages(config: PhaseNetworkConfig) -> Tensor | None:
    """Return the matrix [bands, bins] that averages bins, None where they are taken one by one."""
    edges = config.band_edges()
    if edges is None:
        return None
    # In numpy: on torch's meta device these operations take seconds the first time.
    bands = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
    averages = np.zeros((len(edges) - 1, config.used_bins), np.float32)
    averages[bands, np.arange(config.used_bins)] = (1 / np.diff(edges))[bands]
    return torch.from_numpy(averages)


def _floats(values: npt.NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
