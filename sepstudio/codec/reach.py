"""How far the network of the codec looks around a frame, worked out from its configuration."""

from __future__ import annotations

from dataclasses import dataclass

from sepstudio.codec.config import CodecConfig

# Of the layers in ``rvqgan``: residual units of width 7 with dilations 1, 3 and 9; at the ends widths 7, and 3 for the
# last convolution of the encoder.
_RESIDUAL = 3 * (1 + 3 + 9)
_OUTER = 3
_LAST_OF_ENCODER = 1


@dataclass(frozen=True)
class Reach:
    """How many frames before and after a frame have a part in it."""

    before: int
    after: int


def encoder_reach(config: CodecConfig) -> Reach:
    """Return which frames of samples the codes of a frame depend on: 8 and 8 for the published strides."""
    # The samples, relative to the first of the frame, that are seen; from the last layer back to the first.
    low, high = -_LAST_OF_ENCODER, _LAST_OF_ENCODER
    for stride in reversed(config.encoder_rates):
        padding = -(-stride // 2)
        low = low * stride - padding - _RESIDUAL
        high = high * stride - padding + 2 * stride - 1 + _RESIDUAL
    hop = config.hop_size
    return Reach(-((low - _OUTER) // hop), -((hop - 1 - high - _OUTER) // hop))


def decoder_reach(config: CodecConfig) -> Reach:
    """Return which frames of codes the samples of a frame depend on: 10 and 10 for the published strides."""
    low, high = -_OUTER, config.hop_size - 1 + _OUTER
    for stride in reversed(config.decoder_rates):
        padding = -(-stride // 2)
        low = -((2 * stride - 1 - padding - low + _RESIDUAL) // stride)
        high = (high + _RESIDUAL + padding) // stride
    return Reach(_OUTER - low, _OUTER + high)
