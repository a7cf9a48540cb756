"""What a model of phase-feature networks says of itself, read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sepstudio.errors import ParameterError
from sepstudio.nn.checkpoints import CheckpointHeader, fitting, kind_of
from sepstudio.nn.library import InstalledModel, find_model, installed
from sepstudio.nn.model_kinds import ModelKinds
from sepstudio.nn.phase_config import PhaseNetworkConfig
from sepstudio.nn.provenance import Provenance

MODEL_KIND = "phase model"
NETWORK_KIND = "phase network"
PHASE_KINDS = (MODEL_KIND, NETWORK_KIND)

_SHARED = ("channels", "sample_rate", "fft_size", "hop_size")
_CONFIG = {"name", "summary", "networks"}
# Of one network: how many amplitudes were counted, and mean and squares of two sets for each bin.
_COUNTS_BYTES, _STATISTICS_BYTES = 16, 32


@dataclass(frozen=True)
class ModelCard:
    """A model as its file describes it.

    Parameters
    ----------
    name, summary : str
        For people; a file of one network is called as the file and described by its variant.
    configs : tuple of PhaseNetworkConfig
        Of its networks, one for each instrument.
    provenance : Provenance
    sha256 : str
        Of all weights; the same for the same model, wherever its file lies.
    parameters : int
        Numbers that were learned.
    size : int
        Bytes of the file.
    """

    name: str
    summary: str
    configs: tuple[PhaseNetworkConfig, ...]
    provenance: Provenance
    sha256: str
    parameters: int
    size: int

    @property
    def instruments(self) -> tuple[str, ...]:
        """What it finds, in its order."""
        return tuple(config.instrument for config in self.configs)

    @property
    def sample_rate(self) -> int:
        """Hz of the recordings that it was trained with."""
        return self.configs[0].sample_rate

    @property
    def channels(self) -> int:
        """Channels of the recordings that it was trained with."""
        return self.configs[0].channels

    @property
    def fft_size(self) -> int:
        """Samples of a frame."""
        return self.configs[0].fft_size

    @property
    def hop_size(self) -> int:
        """Samples between frames."""
        return self.configs[0].hop_size

    @property
    def licence(self) -> str:
        """Of the weights."""
        return self.provenance.licence

    @property
    def data_sets(self) -> tuple[str, ...]:
        """What it was trained with."""
        return self.provenance.data_sets

    @property
    def figures(self) -> Mapping[str, float]:
        """What was measured."""
        return self.provenance.figures


def installed_phase_models() -> tuple[InstalledModel, ...]:
    """Return the models at hand without those of another kind; files that cannot be read may have been of this one."""
    return tuple(model for model in installed() if kind_of(model.path) in (*PHASE_KINDS, ""))


def find_phase_model(name_or_path: str) -> Path:
    """Return the file of a model as ``nn.library.find_model``; if there is none, those that separate are offered."""
    return find_model(name_or_path, lambda path: kind_of(path) in PHASE_KINDS)


def card_of(header: CheckpointHeader, path: Path, size: int) -> ModelCard:
    """Return the card of a header that was read from a file of some size; CheckpointError if it does not fit."""
    with fitting(path):
        name, summary, configs = _described(header, path)
        check_together(configs)
    statistics = sum(_COUNTS_BYTES + _STATISTICS_BYTES * config.bins for config in configs)
    return ModelCard(name, summary, configs, header.provenance, header.sha256, (header.size - statistics) // 4, size)


PHASE_MODELS = ModelKinds(PHASE_KINDS, card_of)


def read_model_card(path: Path) -> ModelCard:
    """Return what a file of a model, or of a single network, says of itself; its weights are not read.

    Raises
    ------
    CheckpointError
        If the file cannot be read, is damaged, or is no such file.
    """
    return PHASE_MODELS.read(path)


def model_config(name: str, summary: str, configs: tuple[PhaseNetworkConfig, ...]) -> dict[str, object]:
    """Return the configuration of a model as it is kept in its file; ParameterError for an empty name."""
    if not name.strip() or not name.isprintable():
        raise ParameterError("name", name, "a printable name")
    return {"name": name, "summary": summary, "networks": [config.to_json() for config in configs]}


def check_together(configs: tuple[PhaseNetworkConfig, ...]) -> None:
    """Raise ParameterError unless networks can share one spectrum and find an instrument each."""
    if not configs:
        raise ParameterError("networks", "none", "at least one")
    instruments = [config.instrument for config in configs]
    if len(set(instruments)) < len(instruments):
        raise ParameterError("instruments", instruments, "each there once")
    for field in _SHARED:
        values = [getattr(config, field) for config in configs]
        if len(set(values)) > 1:
            raise ParameterError(field, values, "the same for all networks of a model")


def _described(header: CheckpointHeader, path: Path) -> tuple[str, str, tuple[PhaseNetworkConfig, ...]]:
    if header.kind == NETWORK_KIND:
        config = PhaseNetworkConfig.from_json(header.config)
        return path.stem, f"One network, which finds {config.instrument}.", (config,)
    values = header.config
    if set(values) != _CONFIG:
        raise ParameterError("config", sorted(values), "exactly " + ", ".join(sorted(_CONFIG)))
    name, summary, networks = values["name"], values["summary"], values["networks"]
    if not isinstance(name, str) or not isinstance(summary, str):
        raise ParameterError("name", name, "a text, and the summary too")
    if not isinstance(networks, list) or not all(isinstance(network, dict) for network in networks):
        raise ParameterError("networks", networks, "a list of configurations")
    return name, summary, tuple(PhaseNetworkConfig.from_json(network) for network in networks)
