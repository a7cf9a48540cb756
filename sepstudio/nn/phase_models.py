"""Models of phase-feature networks: one file with a network for each instrument.

The networks of a model are of the same channels, sample rate, FFT size and hop, so that they share one
spectrum and its features; all else may differ. A file of a single network is a model of one instrument.

Importing this module does not load torch: ``read_model_card`` needs only the header of a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError
from sepstudio.nn.checkpoints import CheckpointHeader, fitting, load_checkpoint, save_checkpoint
from sepstudio.nn.phase_cards import (
    MODEL_KIND,
    NETWORK_KIND,
    ModelCard,
    card_of,
    check_together,
    model_config,
    read_model_card,
)
from sepstudio.nn.provenance import Provenance

if TYPE_CHECKING:
    from sepstudio.nn.phase_config import PhaseNetworkConfig
    from sepstudio.nn.phase_network import PhaseNetwork
    from sepstudio.nn.statistics import AmplitudeStatistics

__all__ = ["MODEL_KIND", "ModelCard", "PhaseModel", "load_model", "read_model_card", "save_model"]


@dataclass(frozen=True, eq=False)
class PhaseModel:
    """Networks by instrument, ready to estimate on one device; ``header.sha256`` names the model."""

    name: str
    networks: Mapping[str, PhaseNetwork]
    statistics: Mapping[str, AmplitudeStatistics]
    header: CheckpointHeader

    @property
    def configs(self) -> tuple[PhaseNetworkConfig, ...]:
        """Of its networks, in their order."""
        return tuple(network.config for network in self.networks.values())

    @property
    def device(self) -> str:
        """Where its weights are, for example ``"cpu"`` or ``"cuda:0"``."""
        return str(next(next(iter(self.networks.values())).parameters()).device)

    @property
    def size(self) -> int:
        """Bytes of memory that its weights take on the device."""
        weights = (weight for network in self.networks.values() for weight in network.state_dict().values())
        return sum(weight.nbytes for weight in weights)


def save_model(
    path: Path,
    networks: Mapping[str, tuple[PhaseNetwork, AmplitudeStatistics]],
    provenance: Provenance,
    *,
    name: str,
    summary: str,
) -> CheckpointHeader:
    """Write networks as one model, as a whole or not at all.

    Parameters
    ----------
    path : Path
        An existing file is replaced.
    networks : mapping of str to (PhaseNetwork, AmplitudeStatistics)
        By instrument, as their configurations call it, in the order in which stems shall appear.
    provenance : Provenance
        Of the model as a whole.
    name, summary : str
        What people read: the name in one printable line.

    Raises
    ------
    ParameterError
        If there is no network, a key is not the network's instrument, or networks do not fit together.
    CheckpointError
        If a weight is not finite or the file cannot be written.
    """
    from sepstudio.nn.phase_checkpoints import network_tensors

    for instrument, (network, _) in networks.items():
        if network.config.instrument != instrument:
            raise ParameterError("instrument", instrument, f"that of its network, {network.config.instrument!r}")
    configs = tuple(network.config for network, _ in networks.values())
    check_together(configs)
    tensors = {
        f"{index}.{key}": values
        for index, of in enumerate(networks.values())
        for key, values in network_tensors(*of).items()
    }
    config = model_config(name, summary, configs)
    return save_checkpoint(path, tensors, kind=MODEL_KIND, config=config, provenance=provenance)


def load_model(path: Path, *, device: str = "cpu") -> PhaseModel:
    """Read a model, or a single network as a model of one instrument, in evaluation mode on a device of torch.

    Raises
    ------
    CheckpointError
        If the file cannot be read, is damaged, or holds other networks than it describes.
    """
    from sepstudio.nn.phase_checkpoints import restored

    header, tensors = load_checkpoint(path, kind=(MODEL_KIND, NETWORK_KIND))
    card = card_of(header, path, 0)
    networks, statistics = {}, {}
    with fitting(path):
        parts = [tensors] if header.kind == NETWORK_KIND else _parts(tensors, len(card.configs))
        for config, part in zip(card.configs, parts, strict=True):
            network, statistics[config.instrument] = restored(config, part)
            networks[config.instrument] = network.to(device).eval()
    return PhaseModel(card.name, networks, statistics, header)


def _parts(tensors: Mapping[str, npt.NDArray[np.generic]], count: int) -> list[dict[str, npt.NDArray[Any]]]:
    """Return the tensors of each network."""
    parts: list[dict[str, npt.NDArray[Any]]] = [{} for _ in range(count)]
    for key, values in tensors.items():
        index, _, name = key.partition(".")
        if not index.isdecimal() or int(index) >= count:
            raise ParameterError(f"tensor {key}", values.shape, f"of one of the {count} networks")
        parts[int(index)][name] = values
    return parts
