"""Weights of the codec's networks by name, and whether they are those of a configuration.

Importing this module loads torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from sepstudio.codec.config import CodecConfig
from sepstudio.codec.rvqgan import Rvqgan
from sepstudio.errors import ParameterError

Weights = Mapping[str, npt.NDArray[Any]]


def weights_of(network: Rvqgan) -> dict[str, npt.NDArray[Any]]:
    """Return copies of the weights of a network, float32 and read-only, as they are kept in a file."""
    copies = {name: weight.detach().cpu().numpy().copy() for name, weight in network.state_dict().items()}
    for values in copies.values():
        values.setflags(write=False)
    return copies


def network_of(config: CodecConfig, weights: Weights) -> Rvqgan:
    """Return a network with these weights, which are copied; on the processor.

    Raises
    ------
    ParameterError
        If names, types or shapes are not those of the configuration.
    """
    network = _empty(config)
    _check(network, weights)
    copies = {name: torch.from_numpy(values.copy()) for name, values in weights.items()}
    network.load_state_dict(copies, assign=True)
    return network


def check_weights(config: CodecConfig, weights: Weights) -> None:
    """Raise ParameterError unless names, types and shapes are those of a configuration."""
    _check(_empty(config), weights)


def _empty(config: CodecConfig) -> Rvqgan:
    with torch.device("meta"):
        return Rvqgan(config)


def _check(network: Rvqgan, weights: Weights) -> None:
    expected = {name: tuple(weight.shape) for name, weight in network.state_dict().items()}
    for name in sorted(expected.keys() | weights.keys()):
        found = weights[name].shape if name in weights else "missing"
        if found != expected.get(name):
            raise ParameterError(
                f"tensor {name}", found, f"of shape {expected[name]}" if name in expected else "absent"
            )
        if weights[name].dtype != np.float32:
            raise ParameterError(f"tensor {name}", str(weights[name].dtype), "float32")
