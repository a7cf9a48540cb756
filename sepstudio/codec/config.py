"""What a network of the codec is made of, without torch."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sepstudio.errors import ParameterError
from sepstudio.nn.provenance import need_fields

_LIMITS = {
    "channels": (1, 64),
    "sample_rate": (1, 1 << 22),
    "encoder_dim": (1, 1 << 12),
    "decoder_dim": (1, 1 << 14),
    "latent_dim": (1, 1 << 14),
    "codebooks": (1, 256),
    "codebook_size": (2, 1 << 16),
    "codebook_dim": (1, 1 << 10),
}
_RATES = ("encoder_rates", "decoder_rates")
# With a stride of 1 the reference's padding gives one frame too many; none of its models has one.
_STRIDES = (2, 64)
_LONGEST_HOP = 1 << 20


@dataclass(frozen=True)
class CodecConfig:
    """A residual-vector-quantised autoencoder of waveforms.

    After Kumar et al., "High-fidelity audio compression with improved RVQGAN" (2023); the defaults
    are those of its 16 kbit/s model at 44.1 kHz, widened as by Hirvonen and Namazi, "Compression of
    Higher Order Ambisonics with Multichannel RVQGAN" (2024).

    Parameters
    ----------
    channels : int
        Of recordings; 16 is third-order Ambisonics.
    sample_rate : int
        In Hz.
    encoder_dim : int
        Channels behind the first convolution; every block doubles them.
    encoder_rates : tuple of int
        Stride of each block of the encoder, at least 2.
    decoder_dim : int
        Channels behind the first convolution of the decoder; every block halves them.
    decoder_rates : tuple of int
        Stride of each block of the decoder; their product is that of the encoder's.
    latent_dim : int
        Channels between encoder, quantizer and decoder.
    codebooks, codebook_size, codebook_dim : int
        How many, how many entries each, and numbers of an entry.
    quantizer_dropout : float
        Share of a batch, in training, of which a random number of codebooks is used.
    tanh : bool
        Whether the output goes through a tanh, as in the mono models.

    Raises
    ------
    ParameterError
        For values out of range, and rates that do not fit together.
    """

    channels: int = 16
    sample_rate: int = 44100
    encoder_dim: int = 64
    encoder_rates: tuple[int, ...] = (2, 4, 8, 8)
    decoder_dim: int = 1536
    decoder_rates: tuple[int, ...] = (8, 8, 4, 2)
    latent_dim: int = 128
    codebooks: int = 18
    codebook_size: int = 1024
    codebook_dim: int = 8
    quantizer_dropout: float = 0.5
    tanh: bool = False

    def __post_init__(self) -> None:
        for name, (low, high) in _LIMITS.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise ParameterError(name, value, f"a whole number from {low} to {high}")
        self._check_rates()
        if type(self.tanh) is not bool:
            raise ParameterError("tanh", self.tanh, "true or false")
        dropout = self.quantizer_dropout
        if type(dropout) not in (int, float) or not 0 <= dropout <= 1:
            raise ParameterError("quantizer_dropout", dropout, "a number from 0 to 1")

    def _check_rates(self) -> None:
        low, high = _STRIDES
        for name in _RATES:
            rates = getattr(self, name)
            if not isinstance(rates, tuple) or not 1 <= len(rates) <= 8 or not all(type(rate) is int for rate in rates):
                raise ParameterError(name, rates, "one to eight whole numbers")
            if not all(low <= rate <= high for rate in rates):
                raise ParameterError(name, rates, f"whole numbers from {low} to {high}")
        if self.hop_size > _LONGEST_HOP:
            raise ParameterError("encoder_rates", self.encoder_rates, f"of a product up to {_LONGEST_HOP}")
        if math.prod(self.decoder_rates) != self.hop_size:
            raise ParameterError(
                "decoder_rates", self.decoder_rates, f"of the product {self.hop_size} of encoder_rates"
            )
        if self.decoder_dim % (1 << len(self.decoder_rates)):
            halves = f"a multiple of {1 << len(self.decoder_rates)}: every block halves it"
            raise ParameterError("decoder_dim", self.decoder_dim, halves)

    @property
    def hop_size(self) -> int:
        """Samples of a frame."""
        return math.prod(self.encoder_rates)

    @property
    def frame_rate(self) -> float:
        """Frames of a second."""
        return self.sample_rate / self.hop_size

    @property
    def code_bits(self) -> int:
        """Bits that a code takes: 10 of a codebook of 1024 entries."""
        return (self.codebook_size - 1).bit_length()

    def bits_per_second(self, codebooks: int | None = None) -> float:
        """Return the nominal rate of all channels together when the first ``codebooks`` (None: all) are sent."""
        return self.frame_rate * self.code_bits * (self.codebooks if codebooks is None else codebooks)

    def frames(self, length: int) -> int:
        """Return how many frames so many samples take, the last one filled up with silence."""
        return -(-length // self.hop_size)

    def to_json(self) -> dict[str, Any]:
        """Return the values as they are kept in a file."""
        return {**dataclasses.asdict(self), **{name: list(getattr(self, name)) for name in _RATES}}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> CodecConfig:
        """Return what ``to_json`` kept; ParameterError for missing or unknown names and wrong values."""
        need_fields(cls, values, "config")
        rates = {name: tuple(values[name]) if isinstance(values[name], list) else values[name] for name in _RATES}
        return cls(**{**values, **rates})


# The widths of encoder and decoder decide the speed; "full" is the published one.
PRESETS = MappingProxyType(
    {
        "full": CodecConfig(),
        "medium": CodecConfig(encoder_dim=32, decoder_dim=512),
        "small": CodecConfig(encoder_dim=16, decoder_dim=256),
        "tiny": CodecConfig(encoder_dim=8, decoder_dim=128),
    }
)
