"""The network of the codec: encoder, residual quantizer and decoder of waveforms.

Kumar et al., "High-fidelity audio compression with improved RVQGAN" (2023), with any number of channels
at both ends (Hirvonen and Namazi, "Compression of Higher Order Ambisonics with Multichannel RVQGAN",
2024). Parameters bear the names of the published models. Nothing depends on ``train()`` and ``eval()``:
what differs in training is an argument. Importing this module loads torch.
"""

from __future__ import annotations

import copy

from torch import Tensor, nn
from torch.nn import functional

from sepstudio.codec.config import CodecConfig
from sepstudio.codec.layers import Convolution, NormedConvolution, Snake, Upsampling
from sepstudio.codec.quantizer import Quantized, ResidualQuantizer
from sepstudio.errors import ParameterError

_DILATIONS = (1, 3, 9)


class ResidualUnit(nn.Module):
    """Two convolutions that add to their input, the first one dilated."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            Snake(channels),
            Convolution(channels, channels, 7, dilation=dilation, padding=3 * dilation),
            Snake(channels, in_place=True),
            Convolution(channels, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the shape of ``x`` [batch, channels, samples]."""
        return self.block(x).add_(x)  # type: ignore[no-any-return]


class EncoderBlock(nn.Module):
    """Residual units, and a convolution that doubles the channels and keeps one of ``stride`` samples."""

    def __init__(self, outputs: int, stride: int) -> None:
        super().__init__()
        inputs = outputs // 2
        self.block = nn.Sequential(
            *(ResidualUnit(inputs, dilation) for dilation in _DILATIONS),
            Snake(inputs, in_place=True),
            Convolution(inputs, outputs, 2 * stride, stride=stride, padding=-(-stride // 2)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return [batch, outputs, samples // stride] for ``x`` [batch, outputs // 2, samples]."""
        return self.block(x)  # type: ignore[no-any-return]


class Encoder(nn.Module):
    """From samples to latents."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        width = config.encoder_dim
        layers: list[nn.Module] = [Convolution(config.channels, width, 7, padding=3)]
        for stride in config.encoder_rates:
            width *= 2
            layers.append(EncoderBlock(width, stride))
        self.block = nn.Sequential(
            *layers, Snake(width, in_place=True), Convolution(width, config.latent_dim, 3, padding=1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return [batch, latent_dim, frames] for ``x`` [batch, channels, frames * hop_size]."""
        return self.block(x)  # type: ignore[no-any-return]


class DecoderBlock(nn.Module):
    """A transposed convolution that halves the channels and makes ``stride`` samples of one, and residual units."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            Snake(inputs, in_place=True),
            Upsampling(inputs, outputs, stride),
            *(ResidualUnit(outputs, dilation) for dilation in _DILATIONS),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return [batch, outputs, stride * samples] for ``x`` [batch, inputs, samples]."""
        return self.block(x)  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """From latents to samples."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        width = config.decoder_dim
        layers: list[nn.Module] = [Convolution(config.latent_dim, width, 7, padding=3)]
        for stride in config.decoder_rates:
            layers.append(DecoderBlock(width, width // 2, stride))
            width //= 2
        layers += [Snake(width, in_place=True), Convolution(width, config.channels, 7, padding=3)]
        if config.tanh:
            layers.append(nn.Tanh())
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Return [batch, channels, frames * hop_size] for ``x`` [batch, latent_dim, frames]."""
        return self.model(x)  # type: ignore[no-any-return]


class Rvqgan(nn.Module):
    """The codec as a network; starts at random."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.quantizer = ResidualQuantizer(config)
        self.decoder = Decoder(config)

    def forward(self, x: Tensor, codebooks: int | Tensor | None = None) -> tuple[Tensor, Quantized]:
        """Encode and decode.

        Parameters
        ----------
        x : float32 [batch, channels, samples]
            Full scale is 1.0.
        codebooks : int, int64 tensor [batch] or None
            How many of the first codebooks are used; see ``quantizer.drawn_codebooks`` for training.

        Returns
        -------
        decoded : float32 [batch, channels, samples]
            Of the length of ``x``.
        quantized : Quantized

        Raises
        ------
        ParameterError
            For another number of channels, no samples, or too many codebooks.
        """
        quantized = self.encode(x, codebooks)
        return self.decode(quantized.latent)[..., : x.shape[-1]], quantized

    def encode(self, x: Tensor, codebooks: int | Tensor | None = None) -> Quantized:
        """Return latents and codes of ``x`` [batch, channels, samples], filled up with silence to whole frames."""
        return self.quantizer(self.encoder(self._whole_frames(x)), codebooks)  # type: ignore[no-any-return]

    def codes_of(self, x: Tensor, codebooks: int | None = None) -> Tensor:
        """Return the codes alone, int64 [batch, codebooks, frames]; see ``encode``."""
        return self.quantizer.encode(self.encoder(self._whole_frames(x)), codebooks)

    def latent_of(self, codes: Tensor, left_out: int | None = None) -> Tensor:
        """Return float32 [batch, latent_dim, frames] of codes [batch, codebooks, frames], as of one codebook less."""
        return self.quantizer.latent_of(codes, left_out)

    def decode(self, latent: Tensor) -> Tensor:
        """Return float32 [batch, channels, frames * hop_size] for latents [batch, latent_dim, frames]."""
        return self.decoder(latent)  # type: ignore[no-any-return]

    def folded(self) -> Rvqgan:
        """Return a copy for use alone: weights are multiplied out, nothing learns, nothing is shared."""
        return fold(copy.deepcopy(self))

    def _whole_frames(self, x: Tensor) -> Tensor:
        if x.ndim != 3 or x.shape[1] != self.config.channels or not x.shape[-1]:
            expected = f"of shape [batch, {self.config.channels} channels, samples]"
            raise ParameterError("x", tuple(x.shape), expected)
        missing = -x.shape[-1] % self.config.hop_size
        return functional.pad(x, (0, missing)) if missing else x


def fold(network: Rvqgan) -> Rvqgan:
    """Multiply out the weights of a network that nobody else has, for good; return it."""
    for module in network.modules():
        if isinstance(module, NormedConvolution):
            module.fold()
    return network.requires_grad_(requires_grad=False)
