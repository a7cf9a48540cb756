"""What a model of the codec says of itself, read without torch."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from sepstudio.codec.config import CodecConfig
from sepstudio.errors import ParameterError
from sepstudio.nn.checkpoints import CheckpointHeader, fitting
from sepstudio.nn.model_kinds import ModelKinds
from sepstudio.nn.provenance import Provenance, need_fields

KIND = "codec"

Mode = Literal["replicate", "level", "mean"]
MODES: tuple[Mode, ...] = get_args(Mode)

_DESCRIBED = {"name", "summary", "network", "widening"}


@dataclass(frozen=True)
class Widening:
    """How a model of many channels came from one of a single channel; see ``widening.widen``.

    Parameters
    ----------
    source_sha256 : str
        Of the weights of the mono model, in hexadecimal.
    mode : {"replicate", "level", "mean"}
        How loud the sum over input channels was made.

    Raises
    ------
    ParameterError
        For other values.
    """

    source_sha256: str
    mode: Mode

    def __post_init__(self) -> None:
        if not isinstance(self.source_sha256, str) or not re.fullmatch(r"[0-9a-f]{64}", self.source_sha256):
            raise ParameterError("source_sha256", self.source_sha256, "64 characters 0 to 9 and a to f")
        if self.mode not in MODES:
            raise ParameterError("mode", self.mode, ", ".join(MODES))


@dataclass(frozen=True)
class CodecDescription:
    """What is kept of a model beside its weights.

    Parameters
    ----------
    name, summary : str
        For people; the name in one printable line.
    config : CodecConfig
    provenance : Provenance
    widening : Widening or None
        Of a model that began as a mono one.

    Raises
    ------
    ParameterError
        For a name that is empty or cannot be printed.
    """

    name: str
    summary: str
    config: CodecConfig
    provenance: Provenance
    widening: Widening | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip() or not self.name.isprintable():
            raise ParameterError("name", self.name, "a printable name")
        if not isinstance(self.summary, str):
            raise ParameterError("summary", self.summary, "a text")

    def to_json(self) -> dict[str, Any]:
        """Return all but the provenance, which checkpoints keep apart, as it is kept in a file."""
        widening = None if self.widening is None else dataclasses.asdict(self.widening)
        network = self.config.to_json()
        return {"name": self.name, "summary": self.summary, "network": network, "widening": widening}

    @classmethod
    def from_json(cls, values: Mapping[str, Any], provenance: Provenance) -> CodecDescription:
        """Return what ``to_json`` kept; ParameterError for missing or unknown names and wrong values."""
        if set(values) != _DESCRIBED:
            raise ParameterError("config", sorted(values), "exactly " + ", ".join(sorted(_DESCRIBED)))
        network, widening = values["network"], values["widening"]
        if not isinstance(network, dict) or not isinstance(widening, dict | None):
            raise ParameterError("network", network, "described by names and values, and the widening too")
        if widening is not None:
            need_fields(Widening, widening, "widening")
        origin = None if widening is None else Widening(**widening)
        return cls(values["name"], values["summary"], CodecConfig.from_json(network), provenance, origin)


@dataclass(frozen=True)
class CodecCard:
    """A model as its file describes it; ``sha256`` is that of its weights, ``size`` bytes are those of the file."""

    description: CodecDescription
    sha256: str
    parameters: int
    size: int

    @property
    def name(self) -> str:
        """For people."""
        return self.description.name

    @property
    def summary(self) -> str:
        """For people."""
        return self.description.summary

    @property
    def provenance(self) -> Provenance:
        """Where it comes from."""
        return self.description.provenance

    @property
    def figures(self) -> Mapping[str, float]:
        """What was measured."""
        return self.provenance.figures


def card_of(header: CheckpointHeader, path: Path, size: int) -> CodecCard:
    """Return the card of a header that was read from a file of some size; CheckpointError if it does not fit."""
    # All weights are single precision.
    return CodecCard(described(header, path), header.sha256, header.size // 4, size)


def described(header: CheckpointHeader, path: Path) -> CodecDescription:
    """Return the description in a header; CheckpointError naming the file if it does not fit."""
    with fitting(path):
        return CodecDescription.from_json(header.config, header.provenance)


_CODECS = ModelKinds((KIND,), card_of)


def read_codec_card(path: Path) -> CodecCard:
    """Return what the file of a model says of itself; its weights are not read.

    Raises
    ------
    CheckpointError
        If the file cannot be read, is damaged, or is no such file.
    """
    return _CODECS.read(path)
