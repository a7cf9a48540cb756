"""Log mel distances of recordings, and their gradient in the same pass.

Written by hand because with small models the mel loss takes most of a training step: this takes half of the time of
the same terms under automatic differentiation, and keeps nothing for the way back but the gradient itself. A few rows
at a time go through everything while they lie in the cache.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad

# Mel bands below this magnitude are all alike.
FLOOR = 1e-5

# Samples that are transformed at a time on the CPU; four times as many lie in overlapping frames.
_CHUNK = 1 << 18
# Mel bands that are summed at a time: of a quarter of them, a quarter of the bins is far from most.
_GROUP = 80


@dataclass(frozen=True)
class Scale:
    """One transform: its ``window`` [size] and ``filters`` [size / 2 - 1, mels].

    Filters say nothing of 0 Hz and half of the sample rate, where they are zero. ``spans`` are bins and mel bands
    outside of which no filter is anything else.
    """

    window: Tensor
    filters: Tensor
    spans: tuple[tuple[slice, slice], ...]

    @property
    def size(self) -> int:
        """Samples of a frame; the hop is a quarter of them."""
        return len(self.window)

    def mels(self, magnitude: Tensor) -> Tensor:
        """Return the mel bands [..., mels] of magnitudes [..., bins]."""
        return torch.cat([magnitude[..., bins] @ self.filters[bins, mels] for bins, mels in self.spans], dim=-1)

    def spread(self, mels: Tensor) -> Tensor:
        """Return gradients in magnitudes [..., bins] from those in mel bands [..., mels]."""
        found = mels.new_zeros((*mels.shape[:-1], len(self.filters)))
        for bins, some in self.spans:
            found[..., bins] += mels[..., some] @ self.filters[bins, some].T
        return found


def spans_of(filters: Tensor) -> tuple[tuple[slice, slice], ...]:
    """Return the spans of filters [bins, mels] whose centres grow."""
    spans = []
    for first in range(0, filters.shape[1], _GROUP):
        used = filters[:, first : first + _GROUP].any(dim=1).nonzero().flatten().tolist() or [0]
        spans.append((slice(used[0], used[-1] + 1), slice(first, first + _GROUP)))
    return tuple(spans)


class MelDistance(torch.autograd.Function):
    """Sum over scales of the mean absolute difference of log10 mel magnitudes, differentiable in the first argument.

    Rows [rows, samples] are longer than half of the longest window.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, target: Tensor, scales: Sequence[Scale]) -> Tensor:
        """Return the scalar distance; the gradient is found on the way."""
        wanted = bool(ctx.needs_input_grad[0])
        step = max(1, _CHUNK // rows.shape[1]) if rows.device.type == "cpu" else len(rows)
        gradient = torch.empty_like(rows) if wanted else None
        total = rows.new_zeros(())
        with torch.autocast(rows.device.type, enabled=False):
            for first in range(0, len(rows), step):
                part = slice(first, first + step)
                share = len(rows[part]) / len(rows)
                loss, slope = _distance(rows[part], target[part], scales, wanted)
                total += loss * share
                if gradient is not None:
                    torch.mul(slope, share, out=gradient[part])
        if gradient is not None:
            ctx.save_for_backward(gradient)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, None, None]:
        """Return the gradient in ``rows`` times the one of the scalar."""
        (gradient,) = ctx.saved_tensors
        return gradient * outer[0], None, None


def _distance(rows: Tensor, target: Tensor, scales: Sequence[Scale], wanted: bool) -> tuple[Tensor, Tensor]:
    margin = max(scale.size for scale in scales) // 2
    wide, goal = (pad(x, (margin, margin), mode="reflect") for x in (rows, target))
    slope = torch.zeros_like(wide) if wanted else wide
    total = rows.new_zeros(())
    for scale in scales:
        inner = slice(margin - scale.size // 2, margin + rows.shape[1] + scale.size // 2)
        total += _scale_distance(wide[:, inner], goal[:, inner], scale, slope[:, inner] if wanted else None)
    return total, _unpadded(slope, margin) if wanted else slope


def _scale_distance(wide: Tensor, goal: Tensor, scale: Scale, slope: Tensor | None) -> Tensor:
    """Return the distance at one scale, and add its gradient to ``slope``."""
    spectrum = _spectrum(wide, scale)
    magnitude = _magnitude(spectrum)
    mels = scale.mels(magnitude)
    difference = _log(mels) - _log(scale.mels(_magnitude(_spectrum(goal, scale))))
    if slope is not None:
        _descend(difference, mels, magnitude, spectrum, scale, slope)
    distance: Tensor = difference.abs_().mean()
    return distance


def _spectrum(wide: Tensor, scale: Scale) -> Tensor:
    """Return the transforms of all frames, complex [rows, frames, size / 2 + 1]."""
    frames = wide.unfold(1, scale.size, scale.size // 4)
    spectra: Tensor = torch.fft.rfft(frames * scale.window)
    return spectra


def _magnitude(spectrum: Tensor) -> Tensor:
    inner = spectrum[..., 1:-1]
    power: Tensor = inner.real.square().addcmul_(inner.imag, inner.imag)
    return power.sqrt_()


def _log(mels: Tensor) -> Tensor:
    floored: Tensor = mels.clamp_min(FLOOR)
    return floored.log10()


def _descend(
    difference: Tensor, mels: Tensor, magnitude: Tensor, spectrum: Tensor, scale: Scale, slope: Tensor
) -> None:
    # d|log10 a - log10 b| / da = sign / (a ln 10), and nothing below the floor.
    by_mel = torch.where(mels > FLOOR, difference.sign() / mels, 0.0).mul_(1 / (math.log(10) * difference.numel()))
    by_magnitude = scale.spread(by_mel)
    # The gradient of a magnitude points along its number; where that is zero it is taken for zero. Both bins of a
    # real signal hold half of it.
    by_magnitude.div_(magnitude.clamp_min_(torch.finfo(magnitude.dtype).tiny)).mul_(0.5)
    spectrum[..., 1:-1].mul_(by_magnitude)
    spectrum[..., 0] = 0
    spectrum[..., -1] = 0
    frames = torch.fft.irfft(spectrum, n=scale.size, norm="forward").mul_(scale.window)
    hop = scale.size // 4
    for quarter in range(4):
        place = slice(quarter * hop, (quarter + frames.shape[1]) * hop)
        slope[:, place].view(len(slope), -1, hop).add_(frames[..., quarter * hop : (quarter + 1) * hop])


def _unpadded(slope: Tensor, margin: int) -> Tensor:
    """Return the gradient of rows from that of rows reflected at their ends."""
    inner = slope[:, margin:-margin]
    inner[:, 1 : margin + 1] += slope[:, :margin].flip(1)
    inner[:, -margin - 1 : -1] += slope[:, -margin:].flip(1)
    return inner
