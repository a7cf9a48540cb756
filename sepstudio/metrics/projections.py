"""Correlations of signals with their references, and filtering of references, as BSS Eval needs them.

Both come from short transforms of overlapping blocks, so that nothing is transformed at the length of
a song, and no more than a few blocks of it are held in double precision.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.fourier import irfft, rfft
from sepstudio.metrics.stems import Doubles, Stems

Spectra = npt.NDArray[np.complex128]
Part = tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]

TRANSFORM = 4096
# Transforms of so many blocks of all channels together still fit a cache that cores share.
_BATCH = 384
_THREADS = 2


@dataclass(frozen=True)
class Correlations:
    """Of references with themselves and with targets, float64 [references, references or targets, lags].

    ``c[i, j, τ] = Σ_t x_i(t) y_j(t + τ)`` for ``τ = 0 ... lags - 1``. ``sound`` is whether no source
    on either side is silent.
    """

    among: Doubles
    onto: Doubles
    sound: bool


def span_of(rows: int, samples: int, block: int) -> int:
    """Return how many samples to treat together: whole blocks of so many rows, and work for all threads."""
    return block * max(min(_BATCH // rows, -(-samples // (block * _THREADS))), 1)


def sum_steps(work: Callable[[int], Part], length: int, span: int) -> Generator[float, None, Part]:
    """Add up what ``work`` finds from each ``span``-th sample on; yields the fraction done.

    ``work`` runs on a few threads and returns sums, and which of the sources on both sides are heard.
    """
    total: Part | None = None
    starts = range(0, length, span)
    # The calling thread takes a part itself: handing over costs more than a short piece of work.
    with ThreadPoolExecutor(_THREADS - 1) as pool:
        for first in range(0, len(starts), _THREADS):
            yield starts[first] / length
            others = [pool.submit(work, start) for start in starts[first + 1 : first + _THREADS]]
            for sums, heard in [work(starts[first]), *(other.result() for other in others)]:
                total = (sums, heard) if total is None else (total[0] + sums, total[1] | heard)
    assert total is not None, "no samples"
    return total


def heard_sources(reference: Doubles, estimate: Doubles, sources: int) -> npt.NDArray[np.bool_]:
    """Return which sources of both sides are not all zeros, bool [2, sources]."""
    return np.stack([signals.reshape(sources, -1).any(axis=1) for signals in (reference, estimate)])


def correlation_steps(reference: Stems, estimate: Stems, lags: int) -> Generator[float, None, Correlations]:
    """Correlate in steps; yields the fraction done. Zeros surround both.

    ``lags`` is at most half of TRANSFORM.
    """
    block = TRANSFORM - lags + 1
    rows = reference.rows
    span = span_of(2 * rows + estimate.rows, reference.length, block)

    def cross_spectra(start: int) -> Part:
        x, y = (stems.read(start, start + span + lags - 1) for stems in (reference, estimate))
        first = np.conj(transformed(x[:, :span], block, block).transpose(2, 0, 1))
        both = [transformed(signals, block, TRANSFORM) for signals in (x, y)]
        # [bins, references, blocks] times [bins, blocks, signals] adds up the blocks.
        return first @ np.concatenate(both).transpose(2, 1, 0), heard_sources(x, y, reference.sources)

    cross, heard = yield from sum_steps(cross_spectra, reference.length, span)
    found = irfft(cross, TRANSFORM, axis=0)[:lags].transpose(1, 2, 0)
    return Correlations(found[:, :rows], found[:, rows:], bool(heard.all()))


def transformed(x: Doubles, hop: int, width: int) -> Spectra:
    """Return spectra [rows, blocks, bins] of the blocks of ``width`` samples that begin every ``hop`` samples."""
    blocks = np.lib.stride_tricks.sliding_window_view(x, width, axis=1)[:, ::hop]
    spectra: Spectra = rfft(blocks, TRANSFORM, axis=2)
    return spectra


def valid(spectra: Spectra, lags: int) -> Doubles:
    """Return the signals [rows, samples] whose filtered blocks have these spectra [rows, blocks, bins].

    Each block is preceded by ``lags - 1`` samples that its filters remember.
    """
    blocks = irfft(spectra, TRANSFORM, axis=2)[..., lags - 1 :]
    signals: Doubles = blocks.reshape(blocks.shape[0], -1)
    return signals
