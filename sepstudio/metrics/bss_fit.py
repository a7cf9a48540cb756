"""The decomposition behind BSS Eval: an estimate is its source, filtering, interference and artifacts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sepstudio.metrics.projections import Doubles, FloatArray, best_filters, correlations, filtered

FILTER_LENGTH = 512
MEASURES = ("sdr", "isr", "sir", "sar")


@dataclass(frozen=True)
class Fit:
    """Filters that project estimates onto references, float64 [references, targets, 512].

    ``everything`` leads from all channels of all sources to all channels of all estimates;
    ``own[j]`` from the channels of source j to those of its candidates.
    """

    everything: Doubles
    own: tuple[Doubles, ...]


def candidates(source: int, sources: int, *, permute: bool) -> range:
    """Return which estimates are compared with a source."""
    return range(sources) if permute else range(source, source + 1)


def fit(reference: FloatArray, estimate: FloatArray, *, permute: bool) -> Fit:
    """Find the filters for signals [sources, channels, samples]."""
    sources, channels, samples = reference.shape
    flat = reference.reshape(-1, samples)
    among = correlations(flat, flat, FILTER_LENGTH)
    onto = correlations(flat, estimate.reshape(-1, samples), FILTER_LENGTH)
    everything = best_filters(among, onto)
    if sources == 1:
        return Fit(everything, (everything,))
    own = []
    for source in range(sources):
        compared = candidates(source, sources, permute=permute)
        rows = slice(source * channels, (source + 1) * channels)
        targets = slice(compared.start * channels, compared.stop * channels)
        own.append(best_filters(among[rows, rows], onto[rows, targets]))
    return Fit(everything, tuple(own))


def ratios(reference: FloatArray, estimate: FloatArray, fitted: Fit, criterion: str, *, permute: bool) -> Doubles:
    """Return MEASURES in dB, float64 [4, sources, estimates]; ``nan`` for pairs that are not compared.

    Signals are [sources, channels, samples], a frame of what the filters were fitted to; outside
    it counts as silence, and the filters ring out.
    """
    sources, _, samples = reference.shape
    tail = ((0, 0), (0, FILTER_LENGTH - 1))
    values = np.full((len(MEASURES), sources, sources), np.nan)
    shape = (sources, reference.shape[1], -1)
    nearest = filtered(reference.reshape(-1, samples), fitted.everything).reshape(shape)
    for source in range(sources):
        compared = candidates(source, sources, permute=permute)
        projected = filtered(reference[source], fitted.own[source]).reshape(len(compared), *nearest.shape[1:])
        true = np.pad(reference[source].astype(np.float64), tail)
        for number, own in zip(compared, projected, strict=True):
            heard = np.pad(estimate[number].astype(np.float64), tail)
            values[:, source, number] = _criteria(true, own, nearest[number], heard, criterion)
    return values


def _criteria(true: Doubles, own: Doubles, nearest: Doubles, heard: Doubles, criterion: str) -> tuple[float, ...]:
    # What the estimate has in common with all sources, less what it has of its own, is interference.
    sir = _decibels(own, nearest - own)
    sar = _decibels(nearest, heard - nearest)
    if criterion == "sources":
        return _decibels(own, heard - own), np.nan, sir, sar
    return _decibels(true, heard - true), _decibels(true, own - true), sir, sar


def _decibels(wanted: Doubles, unwanted: Doubles) -> float:
    above, below = _energy(wanted), _energy(unwanted)
    if below == 0:
        return np.inf
    return float(10 * np.log10(above / below)) if above else -np.inf


def _energy(x: Doubles) -> float:
    # Not by BLAS: where another process holds a core, its threads wait a hundred times as long as this takes.
    return float(np.einsum("ij,ij->", x, x))
