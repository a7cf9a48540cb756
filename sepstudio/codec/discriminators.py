"""Discriminators of the codec: networks that learn to tell decoded scenes from true ones.

Those of the Descript Audio Codec (Kumar et al. 2023), with as many channels as the scene in the first and last layer
(Hirvonen and Namazi 2024). For one channel, parameters have the names and shapes of the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from sepstudio.codec.discriminator_layers import (
    Filter,
    activated,
    in_periods,
    levelled,
    low_pass,
    maps_of,
    slower,
    spectrogram,
)
from sepstudio.errors import ParameterError

# Maps of one network: what its layers made of a signal, the last of them its verdict [batch, channels, ...].
Maps = list[Tensor]

_BANDS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)


class PeriodDiscriminator(nn.Module):
    """Sees every ``period``-th sample in a column of its own (Kong et al., "HiFi-GAN", 2020)."""

    def __init__(self, period: int, channels: int = 1, width: int = 32) -> None:
        super().__init__()
        self.period = period
        sizes = (channels, width, 4 * width, 16 * width, 32 * width)
        filters = [Filter((b, a, 5, 1), (3, 1), (2, 0)) for a, b in pairwise(sizes)]
        self.convs = activated(*filters, Filter((sizes[-1], sizes[-1], 5, 1), padding=(2, 0)))
        self.conv_post = Filter((channels, sizes[-1], 3, 1), padding=(1, 0))

    def forward(self, x: Tensor) -> Maps:
        """Return the maps of signals [batch, channels, samples]."""
        return maps_of(in_periods(x, self.period), [*self.convs, self.conv_post])


class ScaleDiscriminator(nn.Module):
    """Sees the waveform at a fraction of its sample rate (Kumar et al., "MelGAN", 2019)."""

    taps: Tensor

    def __init__(self, factor: int, channels: int = 1, width: int = 32) -> None:
        super().__init__()
        self.factor = factor
        self.register_buffer("taps", low_pass(factor), persistent=False)
        sizes = [width * times // 2 for times in (1, 4, 16, 64, 64)]
        groups = (4, 16, 64, 256)
        middle = [Filter((b, a // k, 41), 4, 20, k) for (a, b), k in zip(pairwise(sizes), groups, strict=True)]
        first, last = Filter((sizes[0], channels, 15), padding=7), Filter((sizes[-1], sizes[-1], 5), padding=2)
        self.convs = activated(first, *middle, last)
        self.conv_post = Filter((channels, sizes[-1], 3), padding=1)

    def forward(self, x: Tensor) -> Maps:
        """Return the maps of signals [batch, channels, samples]."""
        heard = slower(x, self.taps, self.factor) if self.factor > 1 else x
        return maps_of(heard, [*self.convs, self.conv_post])


class SpectrogramDiscriminator(nn.Module):
    """Sees the complex spectrogram in five bands, each with filters of its own."""

    window: Tensor

    def __init__(self, fft_size: int, channels: int = 1, width: int = 32) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(fft_size), persistent=False)
        edges = [int(edge * (fft_size // 2 + 1)) for edge in _BANDS]
        self._bands = list(pairwise(edges))
        self.band_convs = nn.ModuleList(self._stack(channels, width) for _ in self._bands)
        self.conv_post = Filter((channels, width, 3, 3), padding=1)

    @staticmethod
    def _stack(channels: int, width: int) -> nn.ModuleList:
        first = Filter((width, 2 * channels, 3, 9), padding=(1, 4))
        middle = [Filter((width, width, 3, 9), (1, 2), (1, 4)) for _ in range(3)]
        return activated(first, *middle, Filter((width, width, 3, 3), padding=1))

    def forward(self, x: Tensor) -> Maps:
        """Return the maps of signals [batch, channels, samples], band by band."""
        spectra = spectrogram(x, self.window)
        maps: Maps = []
        ends = []
        for (first, last), stack in zip(self._bands, self.band_convs, strict=True):
            assert isinstance(stack, nn.ModuleList)
            maps += maps_of(spectra[..., first:last], stack)
            ends.append(maps[-1])
        return [*maps, self.conv_post(torch.cat(ends, dim=-1))]


class Discriminators(nn.Module):
    """All networks together.

    Parameters
    ----------
    channels : int
        Of the scenes.
    periods, rates, fft_sizes : sequences of int
        A network for each: periods in samples, integer fractions of the sample rate, samples of a window. The
        configurations of the reference have no rates.
    width : int
        Maps of the narrowest layers, a multiple of eight; the reference has 32.
    folded : bool
        Whether networks of one channel judge every channel by itself: cheaper to hold, blind to what lies between
        channels.
    jointly : bool
        Whether one gain levels all channels of a scene (``levelled``).

    Raises
    ------
    ParameterError
        If the width is no multiple of eight, there are no channels or no networks.
    """

    def __init__(
        self,
        channels: int = 1,
        *,
        periods: Sequence[int] = (2, 3, 5, 7, 11),
        rates: Sequence[int] = (),
        fft_sizes: Sequence[int] = (2048, 1024, 512),
        width: int = 32,
        folded: bool = False,
        jointly: bool = False,
    ) -> None:
        super().__init__()
        if channels < 1:
            raise ParameterError("channels", channels, "at least 1")
        if width < 8 or width % 8:
            raise ParameterError("width", width, "a multiple of 8")
        if not (periods or rates or fft_sizes):
            raise ParameterError("periods", periods, "such that there is at least one network")
        self.channels, self.folded, self.jointly = channels, folded, jointly
        seen = 1 if folded else channels
        self.discriminators = nn.ModuleList(
            [
                *(PeriodDiscriminator(period, seen, width) for period in periods),
                *(ScaleDiscriminator(rate, seen, width) for rate in rates),
                *(SpectrogramDiscriminator(size, seen, width) for size in fft_sizes),
            ]
        )

    def forward(self, x: Tensor) -> list[Maps]:
        """Return the maps of every network for scenes [batch, channels, samples].

        Raises
        ------
        ParameterError
            If the scenes have other channels.
        """
        if x.ndim != 3 or x.shape[1] != self.channels:
            raise ParameterError("x", tuple(x.shape), f"of shape [batch, {self.channels}, samples]")
        x = levelled(x, jointly=self.jointly)
        if self.folded:
            x = x.flatten(0, 1)[:, None]
        return [network(x) for network in self.discriminators]
