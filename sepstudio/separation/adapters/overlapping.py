"""A network for short stretches over a whole recording: stretches overlap and fade into one another.

The grid of the stretches, their triangular weights and the averaging of shifted passes are those of Demucs, so that
its own separation of a whole file is what comes out; unlike there, nothing is held that is longer than a stretch.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sepstudio.io.clip import AudioClip, FloatArray


class StretchNetwork(Protocol):
    """A network that takes a stretch of audio apart."""

    @property
    def stems(self) -> int:
        """How many stems it estimates."""

    def steps(self, source: AudioClip, start: int, stop: int) -> Generator[None, None, FloatArray]:
        """Estimate samples ``start`` to ``stop``; returns float32 [stems, channels, stop - start].

        It may read beyond both ends for context. It yields wherever work can be given up.
        """


@dataclass(frozen=True)
class Grid:
    """How long a stretch is and how far it is to the next, in samples."""

    segment: int
    stride: int

    @classmethod
    def overlapping(cls, segment: int, overlap: float) -> Grid:
        """Return the grid of stretches that share a part ``overlap`` in [0, 1) of their length with the next."""
        return cls(segment, max(int((1 - overlap) * segment), 1))


@dataclass(frozen=True)
class Pass:
    """One way over the recording: a network, the weight of each of its stems, and how much earlier it begins."""

    network: StretchNetwork
    weights: tuple[float, ...]
    shift: int = 0


def merged_steps(
    source: AudioClip, passes: Sequence[Pass], grid: Grid
) -> Generator[tuple[float, FloatArray | None], None, None]:
    """Separate a recording by the weighted mean of several passes.

    Parameters
    ----------
    source : AudioClip
        At the rate and with the channels that the networks take.
    passes : sequence of Pass
        At least one; for every stem at least one of the weights is positive.

    Yields
    ------
    fraction : float
        In [0, 1], never falling.
    block : float32 array [stems, channels, samples] or None
        The next samples of the stems, as soon as all passes are over them.
    """
    weights = np.array([one.weights for one in passes], np.float32)
    weights /= weights.sum(axis=0)
    running = [_stretches(source, one, grid) for one in passes]
    reached = [0] * len(passes)
    total = np.zeros((passes[0].network.stems, source.channels, 0), np.float32)
    emitted = 0
    while emitted < source.length:
        # The pass that is furthest behind goes on: none runs ahead, so little waits for the others.
        index = int(np.argmin(reached))
        block = next(running[index])
        if block is not None:
            begin = reached[index] - emitted
            reached[index] += block.shape[-1]
            total = _grown(total, begin + block.shape[-1])
            total[..., begin : begin + block.shape[-1]] += weights[index][:, None, None] * block
        ready = min(reached) - emitted
        emitted += ready
        yield sum(reached) / (len(passes) * source.length), total[..., :ready] if ready else None
        total = total[..., ready:]


def _stretches(source: AudioClip, one: Pass, grid: Grid) -> Generator[FloatArray | None, None, None]:
    """Yield the estimates of one pass in order, and None wherever work can be given up."""
    weight = _triangle(grid.segment)
    total = np.zeros((one.network.stems, source.channels, grid.segment), np.float32)
    weights = np.zeros(grid.segment, np.float32)
    for start in range(-one.shift, source.length, grid.stride):
        stop = min(start + grid.segment, source.length)
        steps = one.network.steps(source, start, stop)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                estimate: FloatArray = end.value
                break
            yield None
        length = stop - start
        total[..., :length] += weight[:length] * estimate
        weights[:length] += weight[:length]
        done = min(grid.stride, length)
        before = min(max(-start, 0), done)
        yield total[..., before:done] / weights[before:done]
        for array in (total, weights):
            array[..., : grid.segment - done] = array[..., done:].copy()
            array[..., grid.segment - done :] = 0


def _triangle(length: int) -> FloatArray:
    rising = np.arange(1, length // 2 + 1, dtype=np.float32)
    falling = np.arange(length - length // 2, 0, -1, dtype=np.float32)
    return np.asarray(np.concatenate([rising, falling]) / (length - length // 2), np.float32)


def _grown(array: FloatArray, length: int) -> FloatArray:
    missing = length - array.shape[-1]
    return np.pad(array, ((0, 0), (0, 0), (0, missing))) if missing > 0 else array
