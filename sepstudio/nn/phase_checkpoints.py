"""Files of the networks of the phase-feature paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from sepstudio.errors import ParameterError
from sepstudio.nn.checkpoints import CheckpointHeader, fitting, load_checkpoint, save_checkpoint
from sepstudio.nn.phase_cards import NETWORK_KIND
from sepstudio.nn.phase_config import PhaseNetworkConfig
from sepstudio.nn.phase_network import PhaseNetwork, weight_shapes
from sepstudio.nn.provenance import Provenance
from sepstudio.nn.statistics import AmplitudeStatistics, BinStatistics

KIND = NETWORK_KIND


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network ready to estimate, and what its file says of it; ``header.sha256`` names the model."""

    network: PhaseNetwork
    statistics: AmplitudeStatistics
    header: CheckpointHeader


def save_network(
    path: Path, network: PhaseNetwork, statistics: AmplitudeStatistics, provenance: Provenance
) -> CheckpointHeader:
    """Write a network with its configuration, the statistics of its training set and its provenance.

    Raises CheckpointError if a weight is not finite or the file cannot be written.
    """
    tensors = network_tensors(network, statistics)
    return save_checkpoint(path, tensors, kind=KIND, config=network.config.to_json(), provenance=provenance)


def load_network(path: Path, *, device: str = "cpu") -> TrainedNetwork:
    """Read a network, in evaluation mode on a device of torch.

    Raises
    ------
    CheckpointError
        If the file cannot be read, is damaged, or holds another network than it describes.
    """
    header, tensors = load_checkpoint(path, kind=KIND)
    with fitting(path):
        network, statistics = restored(PhaseNetworkConfig.from_json(header.config), tensors)
    return TrainedNetwork(network.to(device).eval(), statistics, header)


def network_tensors(network: PhaseNetwork, statistics: AmplitudeStatistics) -> dict[str, npt.NDArray[Any]]:
    """Return the weights of a network and the statistics of its training set as they are kept in a file."""
    weights = {name: weight.detach().cpu().numpy() for name, weight in network.state_dict().items()}
    return {f"weights.{name}": weight for name, weight in weights.items()} | _statistics_tensors(statistics)


def restored(
    config: PhaseNetworkConfig, tensors: Mapping[str, npt.NDArray[Any]]
) -> tuple[PhaseNetwork, AmplitudeStatistics]:
    """Return what ``network_tensors`` kept; ParameterError for tensors of another network."""
    _check_tensors(tensors, config)
    statistics = _statistics(tensors)
    weights = {name: torch.from_numpy(tensors[f"weights.{name}"]) for name in weight_shapes(config)}
    # Weights of hundreds of megabytes are there once: those of the file become those of the network.
    with torch.device("meta"):
        network = PhaseNetwork(config)
    network.load_state_dict(weights, assign=True)
    return network, statistics


def _check_tensors(tensors: Mapping[str, npt.NDArray[Any]], config: PhaseNetworkConfig) -> None:
    expected: dict[str, tuple[str, tuple[int, ...]]] = {
        f"weights.{name}": ("float32", shape) for name, shape in weight_shapes(config).items()
    }
    for part in ("mixture", "target"):
        expected |= {f"statistics.{part}.{name}": ("float64", (config.bins,)) for name in ("mean", "squares")}
    expected["statistics.counts"] = ("int64", (2,))
    found = {name: (values.dtype.name, values.shape) for name, values in tensors.items()}
    for name in sorted(expected.keys() | found.keys()):
        if found.get(name) != expected.get(name):
            raise ParameterError(f"tensor {name}", found.get(name, "missing"), str(expected.get(name, "absent")))


def _statistics_tensors(statistics: AmplitudeStatistics) -> dict[str, npt.NDArray[Any]]:
    mixture, target = statistics.mixture, statistics.target
    return {
        "statistics.counts": np.array([mixture.count, target.count], np.int64),
        "statistics.mixture.mean": mixture.mean,
        "statistics.mixture.squares": mixture.squares,
        "statistics.target.mean": target.mean,
        "statistics.target.squares": target.squares,
    }


def _statistics(tensors: Mapping[str, npt.NDArray[Any]]) -> AmplitudeStatistics:
    parts = [
        BinStatistics(int(count), tensors[f"statistics.{part}.mean"], tensors[f"statistics.{part}.squares"])
        for part, count in zip(("mixture", "target"), tensors["statistics.counts"], strict=True)
    ]
    return AmplitudeStatistics(*parts)
