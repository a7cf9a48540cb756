"""From a mono model to one of many channels: only the first and the last convolution change.

Hirvonen and Namazi, "Compression of Higher Order Ambisonics with Multichannel RVQGAN" (2024), section 2:
every channel gets the mono model's kernel, at the input and at the output. Importing this module does not load torch.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from sepstudio.codec.cards import MODES, Mode, Widening
from sepstudio.codec.config import CodecConfig
from sepstudio.errors import ParameterError

if TYPE_CHECKING:
    from sepstudio.codec.codec import Codec

# Weight normalisation divides by the length of all input kernels together, √n times that of one. The sum over channels
# of a diffuse field normalised to SN3D has √n times the power of its first channel.
_POWERS: dict[Mode, float] = {"replicate": 1 / 2, "level": 1 / 4, "mean": -1 / 2}


def widen(mono: Codec, channels: int, mode: Mode = "replicate") -> Codec:
    """Return a model of many channels that begins as a mono one.

    Every output channel is what the mono model decodes (before its tanh, which is left out).

    Parameters
    ----------
    mono : Codec
        Of one channel.
    channels : int
        Of the new model.
    mode : {"replicate", "level", "mean"}
        What the kernels of input channels are: the mono kernel itself, as in the paper (the sum of
        equal channels is ``channels`` times as loud as one); divided by the fourth root of
        ``channels``, so that diffuse Ambisonics are as loud as their first channel; or divided by
        ``channels``, so that equal channels give the codes of one.

    Returns
    -------
    Codec
        On the same device; ``description.widening`` tells of the source and the mode.

    Raises
    ------
    ParameterError
        If the model is not mono, or for another mode or number of channels.
    """
    config = mono.config
    if config.channels != 1:
        raise ParameterError("mono", f"{config.channels} channels", "a model of one channel")
    if mode not in MODES:
        raise ParameterError("mode", mode, ", ".join(MODES))
    wide = dataclasses.replace(config, channels=channels, tanh=False)
    first, last = end_keys(config)
    weights = dict(mono.weights)
    weights[f"{first}.weight_v"] = np.repeat(weights[f"{first}.weight_v"], channels, axis=1)
    weights[f"{first}.weight_g"] = weights[f"{first}.weight_g"] * np.float32(channels ** _POWERS[mode])
    for name in ("bias", "weight_g", "weight_v"):
        weights[f"{last}.{name}"] = np.repeat(weights[f"{last}.{name}"], channels, axis=0)
    description = dataclasses.replace(
        mono.description,
        name=f"{mono.description.name} for {channels} channels",
        config=wide,
        widening=Widening(mono.sha256, mode),
    )
    return type(mono)(description, weights, device=mono.device)


def end_keys(config: CodecConfig) -> tuple[str, str]:
    """Return the names of the first convolution of the encoder and of the last one of the decoder."""
    return "encoder.block.0", f"decoder.model.{len(config.decoder_rates) + 2}"
