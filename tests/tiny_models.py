"""Small random models of phase-feature networks, for tests."""

import numpy as np
import torch

from sepstudio.nn.phase_config import PhaseNetworkConfig
from sepstudio.nn.phase_models import save_model
from sepstudio.nn.phase_network import start_network
from sepstudio.nn.provenance import Provenance
from sepstudio.nn.statistics import AmplitudeStatistics, BinStatistics

ORIGIN = Provenance(
    licence="CC0 1.0",
    data_sets=("noise (CC0)",),
    seed=3,
    epochs=12,
    date="2026-11-21T10:00:00+00:00",
    figures={"validation loss": 0.125},
    program="sepstudio 0.1.0",
)
INSTRUMENTS = ("bass", "drums", "other", "vocals")


def tiny_config(instrument, **changes):
    """A configuration of fft 256, hop 64 and 8 hidden units."""
    values = {"fft_size": 256, "hop_size": 64, "context": 2, "hidden": 8, "bands": 12, "output_scale": True}
    return PhaseNetworkConfig(instrument, **(values | changes))


def network(instrument, seed=0, **changes):
    """A network whose estimates differ clearly from frame to frame, and its statistics."""
    config = tiny_config(instrument, **changes)
    generator = np.random.default_rng(seed)
    mixture, target = (BinStatistics.of(generator.gamma(2, 2.0, (1, config.bins, 20))) for _ in range(2))
    statistics = AmplitudeStatistics(mixture, target)
    made = start_network(config, statistics, seed=seed)
    with torch.no_grad():
        made.output.weight.mul_(20)
    return made, statistics


def tiny_model(path, instruments=INSTRUMENTS, **changes):
    """Write a model of random networks, seeds 0, 1, ..., called as the file; return the path."""
    networks = {name: network(name, seed, **changes) for seed, name in enumerate(instruments)}
    save_model(path, networks, ORIGIN, name=path.stem, summary="Random networks.")
    return path
