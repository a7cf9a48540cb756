"""A loss that tells a generator where sound comes from."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool1d

from sepstudio.errors import ParameterError

_WINDOW, _HOP = 1024, 512
# As ``metrics.intensity`` measures directions.
_FRAMES = 8
_RANGE_HZ = (200.0, 4000.0)
_DIRECTED = 0.5
_AXES = [3, 1, 2]
# Of the strongest vector; below it directions are those of noise, and gradients would be without bound.
_FAINT = 1e-6


def intensity_loss(x: Tensor, target: Tensor, sample_rate: int) -> Tensor:
    """Return how far the directions of arrival of two scenes in ambiX differ, ``1 - cos`` of the angle.

    A spatial consistency loss: the cosine of the intensity vectors ``Re{W* (X, Y, Z)}`` of each bin from 200 Hz to
    4 kHz, averaged over eight frames (0.1 s at 44.1 kHz), where those of the target are directed: where their length is
    over half of the energy (FOA Tokenizer, arXiv 2510.22241, has the masked cosine). The mean is weighted by the length
    of the target's vectors.

    Parameters
    ----------
    x, target : tensors [batch, channels, samples]
        Of equal shape; four channels or more, of which the first four count, in ACN. The target receives no gradient.
    sample_rate : int
        In Hz.

    Returns
    -------
    scalar tensor
        From 0, the same directions, over 1, at right angles, to 2, opposite ones; 0 for a target without directions.

    Raises
    ------
    ParameterError
        If the shapes differ, there are fewer than four channels or fewer than 4096 samples.
    """
    shortest = _FRAMES * _HOP
    if x.shape != target.shape or x.ndim != 3 or x.shape[1] < 4 or x.shape[2] < shortest:
        shapes = (tuple(x.shape), tuple(target.shape))
        raise ParameterError("x", shapes, f"two tensors [batch, 4 or more channels, {shortest} or more samples]")
    low, high = (round(hertz * _WINDOW / sample_rate) for hertz in _RANGE_HZ)
    found, _ = _vectors(x, slice(low, high))
    with torch.no_grad():
        wanted, energy = _vectors(target, slice(low, high))
        length = wanted.norm(dim=1)
        weight = torch.where(length > (1 - _DIRECTED) * energy, length, 0.0)
        weight = weight / weight.sum().clamp_min(torch.finfo(weight.dtype).tiny)
        floor = (_FAINT * length.max()).clamp_min(torch.finfo(weight.dtype).tiny)
        goal = wanted / length.clamp_min(floor)[:, None]
    # Where nothing is left the vector counts as one across.
    cosine = (found * goal).sum(dim=1) / found.square().sum(dim=1).add(floor**2).sqrt()
    loss: Tensor = (weight * (1 - cosine)).sum()
    return loss


def _vectors(x: Tensor, bins: slice) -> tuple[Tensor, Tensor]:
    """Return intensity vectors [batch, 3, bins, cells] and energies [batch, bins, cells], means over frames."""
    x = x[:, :4].to(torch.promote_types(x.dtype, torch.float32))
    window = torch.hann_window(_WINDOW, dtype=x.dtype, device=x.device)
    spectra = torch.stft(x.flatten(0, 1), _WINDOW, _HOP, window=window, return_complex=True)[:, bins]
    parts = torch.view_as_real(spectra).reshape(len(x), 4, *spectra.shape[1:], 2)
    vectors = (parts[:, :1] * parts[:, _AXES]).sum(dim=-1)
    energy = parts.square().sum(dim=(1, -1)) / 2
    return avg_pool1d(vectors.flatten(0, 2), _FRAMES).reshape(*vectors.shape[:3], -1), avg_pool1d(energy, _FRAMES)
