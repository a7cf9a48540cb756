"""Layers and views of signals that the discriminators are made of."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from sepstudio.codec.layers import NormedConvolution

_SLOPE = 0.1
# Crossings of zero on either side of the low-pass before samples are left out, and how much it lets through.
_CROSSINGS = 16
_ROLL_OFF = 0.9


class Filter(NormedConvolution):
    """A weight-normed convolution of one or two dimensions.

    Parameters
    ----------
    shape : tuple of int
        Of the weights: outputs, inputs of a group, width along each dimension.
    stride, padding : int or tuple of int
        For all dimensions or each.
    groups : int
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] = 0,
        groups: int = 1,
    ) -> None:
        super().__init__(shape, shape[0])
        if not self.bias.is_meta:
            with torch.no_grad():
                self.bias.uniform_(-self.bound, self.bound)
        self._convolve = functional.conv1d if len(shape) == 3 else functional.conv2d
        self._stride, self._padding, self._groups = stride, padding, groups

    def forward(self, x: Tensor) -> Tensor:
        """Return [batch, outputs, ...] for ``x`` [batch, inputs, ...]."""
        filtered: Tensor = self._convolve(x, self.kernel(), self.bias, self._stride, self._padding, groups=self._groups)
        return filtered


def activated(*filters: Filter) -> nn.ModuleList:
    """Return filters with a leaky rectifier behind each; nested as the reference names them."""
    return nn.ModuleList(nn.Sequential(one, nn.LeakyReLU(_SLOPE)) for one in filters)


def maps_of(x: Tensor, stack: Sequence[nn.Module] | nn.ModuleList) -> list[Tensor]:
    """Return what each of some layers makes of what the one before it made."""
    maps = []
    for layer in stack:
        x = layer(x)
        maps.append(x)
    return maps


def levelled(x: Tensor, *, jointly: bool) -> Tensor:
    """Return signals [batch, channels, samples] without their means, with peaks of 0.8.

    By the reference every channel has a peak of its own, which hides errors of level between channels from a
    discriminator; jointly, the loudest channel sets the gain of all.
    """
    x = x - x.mean(dim=-1, keepdim=True)
    peak = x.abs().amax(dim=(1, 2) if jointly else 2, keepdim=True)
    return 0.8 * x / (peak + 1e-9)


def in_periods(x: Tensor, period: int) -> Tensor:
    """Return [batch, channels, periods, period]; filled up by reflection, by a whole period where none is broken."""
    x = functional.pad(x, (0, period - x.shape[-1] % period), mode="reflect")
    return x.view(*x.shape[:2], -1, period)


def spectrogram(x: Tensor, window: Tensor) -> Tensor:
    """Return the transform [batch, 2 channels, frames, bins] of signals: real and imaginary part of each channel.

    The hop is a quarter of the window. Frames tile the signal: as many as hops, rounded up.
    """
    size, samples = len(window), x.shape[-1]
    hop = size // 4
    # Half a window comes from the transform itself, which would begin two frames earlier and end two later.
    missing = -samples % hop
    x = functional.pad(x, ((size - hop) // 2, (size - hop) // 2 + missing), mode="reflect")
    spectra = torch.stft(x.flatten(0, 1), size, hop, window=window, center=True, return_complex=True)[..., 2:-2]
    parts = torch.view_as_real(spectra).reshape(len(x), -1, *spectra.shape[1:], 2)
    return parts.permute(0, 1, 4, 3, 2).flatten(1, 2)


def low_pass(factor: int) -> Tensor:
    """Return the filter [1, 1, taps] before every ``factor``-th sample is kept."""
    reach = _CROSSINGS * factor
    times = torch.arange(-reach, reach + 1) * (_ROLL_OFF / factor)
    taps = torch.sinc(times) * torch.kaiser_window(2 * reach + 1, periodic=False, beta=8.0)
    return (taps / taps.sum())[None, None]


def slower(x: Tensor, taps: Tensor, factor: int) -> Tensor:
    """Return every ``factor``-th sample [batch, channels, samples / factor] of what a low-pass leaves."""
    rows = functional.conv1d(x.flatten(0, 1)[:, None], taps, stride=factor, padding=taps.shape[-1] // 2)
    return rows.view(*x.shape[:2], -1)
