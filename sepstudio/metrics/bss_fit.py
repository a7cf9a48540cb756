"""The decomposition behind BSS Eval: an estimate is its source, filtering, interference and artifacts."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from sepstudio.dsp.fourier import rfft
from sepstudio.metrics.projections import (
    TRANSFORM,
    Correlations,
    Part,
    Spectra,
    heard_sources,
    span_of,
    sum_steps,
    transformed,
    valid,
)
from sepstudio.metrics.stems import Doubles, Stems
from sepstudio.metrics.toeplitz import best_filters

FILTER_LENGTH = 512
MEASURES = ("sdr", "isr", "sir", "sar")
_BLOCK = TRANSFORM - FILTER_LENGTH + 1


@dataclass(frozen=True)
class Fit:
    """Spectra of the filters that project estimates onto references.

    ``everything`` leads from all channels of all sources to all channels of all estimates,
    [bins, targets, references]; ``own`` from the channels of each source to those of its candidates,
    [sources, channels, candidates, channels, bins]. Candidates are all estimates, or the one of its number.
    """

    everything: Spectra
    own: Spectra


def fit(correlations: Correlations, sources: int, *, permute: bool) -> Fit:
    """Find the filters."""
    among, onto = correlations.among, correlations.onto
    channels = among.shape[0] // sources
    blocks = [slice(first, first + channels) for first in range(0, among.shape[0], channels)]
    with ThreadPoolExecutor(1) as pool:
        solving = pool.submit(best_filters, among, onto)
        own = [best_filters(among[rows, rows], onto[rows, slice(None) if permute else rows]) for rows in blocks]
        everything = solving.result()
    own = [filters.reshape(channels, -1, channels, FILTER_LENGTH) for filters in own]
    spectra = rfft(everything, TRANSFORM, axis=2)
    return Fit(np.ascontiguousarray(spectra.transpose(2, 1, 0)), rfft(np.stack(own), TRANSFORM, axis=4))


def ratio_steps(reference: Stems, estimate: Stems, fitted: Fit, criterion: str) -> Generator[float, None, Doubles]:
    """Measure in steps; yields the fraction done, returns MEASURES in dB, float64 [4, sources, candidates].

    Signals are a section of what the filters were fitted to; outside it counts as silence, and the
    filters ring out. All is ``nan`` where a source or an estimate is silent.
    """
    outputs = fitted.everything.shape[1] + fitted.own[..., 0, 0].size // fitted.own.shape[1] * fitted.own.shape[3]
    length = reference.length + FILTER_LENGTH - 1
    span = span_of(outputs, length, _BLOCK)

    def energies(start: int) -> Part:
        x = reference.read(start - FILTER_LENGTH + 1, start + span)
        y = estimate.read(start, start + span)
        return _energies(*_parts(x, y, fitted), criterion), heard_sources(x, y, reference.sources)

    sums, heard = yield from sum_steps(energies, length, span)
    return _decibels(*sums) if heard.all() else np.full(sums.shape[1:], np.nan)


def _parts(x: Doubles, y: Doubles, fitted: Fit) -> tuple[Doubles, Doubles, Doubles, Doubles]:
    # True, projected onto itself, projected onto all, and estimated: [sources, candidates, channels, samples],
    # or 1 where all sources have the same candidates and all candidates the same source.
    sources, channels, count = fitted.own.shape[:3]
    x_hat = transformed(x, _BLOCK, TRANSFORM)
    nearest = valid((fitted.everything @ x_hat.transpose(2, 0, 1)).transpose(1, 2, 0), FILTER_LENGTH)
    own = nearest
    if sources > 1:
        by_source = x_hat.reshape(sources, channels, *x_hat.shape[1:])
        own_hat = np.einsum("sckdf,scbf->skdbf", fitted.own, by_source)
        own = valid(own_hat.reshape(-1, *x_hat.shape[1:]), FILTER_LENGTH)
    judged = (1, count, channels, -1) if count > 1 else (sources, 1, channels, -1)
    true = x[:, FILTER_LENGTH - 1 :].reshape(sources, 1, channels, -1)
    return true, own.reshape(sources, count, channels, -1), nearest.reshape(judged), y.reshape(judged)


def _energies(true: Doubles, own: Doubles, nearest: Doubles, heard: Doubles, criterion: str) -> Doubles:
    # Above and below the line of each measure. What the estimate has in common with all sources, less what it
    # has of its own, is interference.
    error = heard - nearest
    spread = _energy(own)
    common = [(spread, _energy(nearest - own)), (_energy(nearest), _energy(error))]
    if criterion == "sources":
        pairs = [(spread, _energy(heard - own)), (np.nan, np.nan), *common]
    else:
        wanted = _energy(true)
        pairs = [(wanted, _energy(heard - true)), (wanted, _energy(own - true)), *common]
    sums = np.empty((2, len(MEASURES), *own.shape[:2]))
    for number, (above, below) in enumerate(pairs):
        sums[0, number], sums[1, number] = above, below
    return sums


def _energy(x: Doubles) -> Doubles:
    # Not by BLAS: where another process holds a core, its threads wait a hundred times as long as this takes.
    energy: Doubles = np.einsum("skcn,skcn->sk", x, x)
    return energy


def _decibels(above: Doubles, below: Doubles) -> Doubles:
    with np.errstate(divide="ignore", invalid="ignore"):
        found = 10 * np.log10(above / below)
    return np.where(below == 0, np.inf, found)
