"""What the codec makes of a recording: codes, and what is needed to decode them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.codec.config import CodecConfig
from sepstudio.errors import ParameterError


@dataclass(frozen=True, eq=False)
class Codes:
    """A recording in codes.

    Parameters
    ----------
    codes : uint16 array [codebooks, frames]
        Stored read-only.
    length : int
        Samples of each channel of the recording, at ``sample_rate``.
    sample_rate : int
        Of the recording, in Hz; the model may have another one.
    gain : float
        What all samples of all channels were multiplied with before they were encoded.
    model_sha256 : str
        Of the weights that made the codes, in hexadecimal.
    config : CodecConfig
        Of the model.
    ordering, normalisation : str
        Of the channels that decoding gives: ``"ACN"`` and ``"SN3D"``, ``""`` if that is not known.
    lost : tuple of (int, int)
        Stretches of frames, first and behind the last, that were damaged in a file; their codes mean nothing
        and decode to silence. One that begins at the end was cut off.

    Raises
    ------
    ParameterError
        If the values do not fit together.
    """

    codes: npt.NDArray[np.uint16]
    length: int
    sample_rate: int
    gain: float
    model_sha256: str
    config: CodecConfig
    ordering: str = "ACN"
    normalisation: str = "SN3D"
    lost: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        self._take_codes(np.asarray(self.codes))
        if self.sample_rate <= 0:
            raise ParameterError("sample_rate", self.sample_rate, "positive")
        if self.length < 0 or self.frames != frames_of(self.length, self.sample_rate, self.config):
            raise ParameterError("length", self.length, f"that of {self.frames} frames")
        if not 0 < self.gain < math.inf:
            raise ParameterError("gain", self.gain, "positive and finite")

    def _take_codes(self, codes: npt.NDArray[Any]) -> None:
        most, size = self.config.codebooks, self.config.codebook_size
        if codes.ndim != 2 or not 1 <= len(codes) <= most or codes.dtype.kind not in "iu":
            raise ParameterError("codes", codes.shape, f"integers of shape [up to {most} codebooks, frames]")
        if codes.size and not 0 <= int(codes.min()) <= int(codes.max()) < size:
            raise ParameterError("codes", (int(codes.min()), int(codes.max())), f"from 0 to {size - 1}")
        codes = codes.astype(np.uint16)
        codes.setflags(write=False)
        object.__setattr__(self, "codes", codes)

    @property
    def codebooks(self) -> int:
        """How many codebooks there are codes of."""
        return int(self.codes.shape[0])

    @property
    def frames(self) -> int:
        """How many codes there are of each codebook."""
        return int(self.codes.shape[1])

    @property
    def channels(self) -> int:
        """Channels of the recording."""
        return self.config.channels

    @property
    def bits_per_second(self) -> float:
        """The nominal rate of all channels together."""
        return self.config.bits_per_second(self.codebooks)


def frames_of(length: int, sample_rate: int, config: CodecConfig) -> int:
    """Return how many frames a recording of ``length`` samples at ``sample_rate`` has."""
    return config.frames(-(-length * config.sample_rate // sample_rate))
