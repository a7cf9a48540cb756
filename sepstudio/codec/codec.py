"""A codec ready for use: recordings to codes and back.

Importing this module loads torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from sepstudio.codec.cards import CodecDescription
from sepstudio.codec.codes import Codes
from sepstudio.codec.config import CodecConfig
from sepstudio.codec.rvqgan import Rvqgan, fold
from sepstudio.codec.weights import Weights, network_of, weights_of
from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.nn.checkpoints import tensor_hash
from sepstudio.nn.devices import resolve_device

DEVICES = ("cpu", "cuda")


class Codec:
    """A model of the codec on a device; nothing about it ever changes.

    Parameters
    ----------
    description : CodecDescription
    weights : mapping of str to float32 array
        By the names of ``Rvqgan``; not copied, and not to be written to.
    source : callable or None
        Reads the weights again for who asks for them; without it they are kept, beside the network made of them.
    device : {"auto", "cpu", "cuda", "cuda:N"}
    sha256 : str
        Of the weights where it is known already.

    Attributes
    ----------
    size : int
        Bytes that the weights take.
    network : Rvqgan
        Folded, hence for use and not for training; ``trainable`` returns one that learns.

    Raises
    ------
    ParameterError
        If the weights are not those of the configuration.
    DeviceError
        If there is no such device.
    """

    def __init__(
        self,
        description: CodecDescription,
        weights: Weights,
        *,
        device: str = "auto",
        sha256: str = "",
        source: Callable[[], Weights] | None = None,
    ) -> None:
        self.description = description
        self._kept: Weights = weights if source is None else {}
        self._source = source
        self.size = sum(tensor.nbytes for tensor in weights.values())
        self.device = resolve_device(device, DEVICES)
        self.network = fold(network_of(description.config, weights)).to(self.device)
        self.sha256 = sha256 or tensor_hash(weights)

    @classmethod
    def of(cls, network: Rvqgan, description: CodecDescription, *, device: str = "auto") -> Codec:
        """Return a codec with the weights that a network has at this moment."""
        return cls(description, weights_of(network), device=device)

    @property
    def config(self) -> CodecConfig:
        """What the network is made of."""
        return self.description.config

    @property
    def weights(self) -> Weights:
        """The weights as they are kept in a file.

        Raises CheckpointError if they are to be read again, and the file that they came from holds others now or none.
        """
        if self._source is None:
            return self._kept
        found = self._source()
        if tensor_hash(found) != self.sha256:
            why = "are not those any more that its file was read for"
            raise CheckpointError(f"the weights of {self.description.name}", why, "load the model again")
        return found

    def trainable(self) -> Rvqgan:
        """Return a network with these weights, on the processor, that learns and is the caller's own."""
        return network_of(self.config, self.weights)

    def encode(
        self, samples: npt.ArrayLike, sample_rate: int, *, codebooks: int | None = None, gain: float = 1.0
    ) -> Codes:
        """Encode a recording that is in memory; ``stream.encode_steps`` reads one as it goes on.

        Parameters
        ----------
        samples : array or torch tensor [channels, samples], or [samples] for a mono model
            Full scale is 1.0. Ambisonics in the order ACN, normalised to SN3D.
        sample_rate : int
            In Hz; resampled to that of the model where it is another one.
        codebooks : int or None
            How many of the first codebooks are used; None for all.
        gain : float
            All samples of all channels are multiplied with it, and divided by it after decoding.

        Raises
        ------
        ParameterError
            For another number of channels, samples that are not finite, and values out of range.
        """
        from sepstudio.codec.stream import encode_steps

        clip = AudioClip(np.atleast_2d(_array(samples)), sample_rate)
        return drain(encode_steps(self, clip, codebooks=codebooks, gain=gain))

    def decode(self, codes: Codes, codebooks: int | None = None, left_out: int | None = None) -> AudioClip:
        """Return a recording of the length and sample rate of the one that was encoded.

        Parameters
        ----------
        codes : Codes
        codebooks : int or None
            How many of the first codebooks are used; None for all that there are codes of.
        left_out : int or None
            The index of a codebook that is left out.

        Raises
        ------
        CheckpointError
            If another model made the codes.
        ParameterError
            If there are no such codebooks.
        """
        from sepstudio.codec.stream import decode_steps

        return drain(decode_steps(self, codes, codebooks=codebooks, left_out=left_out))

    def check(self, channels: int, codebooks: int | None, gain: float = 1.0) -> None:
        """Raise ParameterError unless a recording of so many channels can be encoded in this way."""
        if channels != self.config.channels:
            expected = f"of {self.config.channels} channels, as {self.description.name} was made for"
            raise ParameterError("samples", f"{channels} channels", expected)
        check_codebooks(codebooks, self.config.codebooks)
        if not 0 < gain < float("inf"):
            raise ParameterError("gain", gain, "positive and finite")

    def check_codes(self, codes: Codes, codebooks: int | None = None, left_out: int | None = None) -> None:
        """Raise CheckpointError for codes of another model, and ParameterError for codebooks that are not there."""
        if codes.model_sha256 != self.sha256:
            why = (
                f"come from the model {codes.model_sha256[:12]}, not from {self.description.name} ({self.sha256[:12]})"
            )
            raise CheckpointError("these codes", why, "load the model that made them")
        check_codebooks(codebooks, codes.codebooks)
        used = codes.codebooks if codebooks is None else codebooks
        if left_out is not None and not (0 <= left_out < used and used > 1):
            raise ParameterError(
                "left_out", left_out, f"one of the {used} codebooks that are used, and not the only one"
            )


def check_codebooks(codebooks: int | None, available: int) -> None:
    """Raise ParameterError unless so many codebooks, or None for all, are there."""
    if codebooks is not None and not 1 <= codebooks <= available:
        raise ParameterError("codebooks", codebooks, f"from 1 to {available}, or nothing for all")


def model_length(codes: Codes) -> int:
    """Return how many samples a recording has at the rate of its model."""
    return -(-codes.length * codes.config.sample_rate // codes.sample_rate)


def _array(samples: Any) -> npt.NDArray[np.float32]:
    if isinstance(samples, torch.Tensor):
        samples = samples.detach().cpu()
    return np.asarray(samples, np.float32)
