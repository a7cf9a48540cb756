"""A pyramid of envelopes: extremes and effective level of blocks of 256, 4096 and 65536 samples."""

from __future__ import annotations

import weakref
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.io.clip import AudioClip, FloatArray
from sepstudio.tiles.build import GrowingPyramid, TileKey
from sepstudio.tiles.cache import TileCache
from sepstudio.tiles.memory import paged_copy

BLOCK_SIZES = (1 << 8, 1 << 12, 1 << 16)
CHUNK_SAMPLES = 1 << 16
OVERVIEW_COLUMNS = 512
_POOL = 16
_LOOK_SAMPLES = 512
_MINIMUM, _MAXIMUM, _RMS = range(3)


@dataclass(frozen=True, eq=False)
class Envelope:
    """Lowest and highest sample and root mean square, each float32 [channels, columns]."""

    minimum: FloatArray
    maximum: FloatArray
    rms: FloatArray


class WaveformPyramid(GrowingPyramid):
    """The envelope of a recording at three resolutions, and its samples in chunks for close views.

    Stored as float16, whose relative error of 0.05 % is below a pixel. Safe to read while
    another thread builds.
    """

    def __init__(self, clip: AudioClip, cache: TileCache | None = None) -> None:
        super().__init__(clip)
        self._cache = cache or TileCache()
        self._owner = self._cache.new_owner()
        weakref.finalize(self, self._cache.retire, self._owner).atexit = False
        counts = [-(-clip.length // size) for size in BLOCK_SIZES]
        self._levels = [np.zeros((3, clip.channels, count), np.float16) for count in counts]
        self._filled = [0] * len(BLOCK_SIZES)
        self._overview: npt.NDArray[np.float16] | None = None
        self._rest = np.zeros((clip.channels, 0), np.float32)

    # -- reading, never computing ------------------------------------------------------------

    @property
    def kept_bytes(self) -> int:
        """How much memory the levels take."""
        return sum(level.nbytes for level in self._levels)

    def level_for(self, samples_per_column: float) -> int | None:
        """Return the coarsest level with at least one block a column, or None when samples are needed."""
        fitting = [level for level, size in enumerate(BLOCK_SIZES) if size <= samples_per_column]
        return fitting[-1] if fitting else None

    def envelope(self, edges: npt.NDArray[np.float64]) -> Envelope | None:
        """Return the envelope between rising positions in samples, one column between each two.

        The best that is there: chunks of samples for close views, else the level that fits,
        else the first look over the whole recording; None when there is nothing (yet).
        """
        if self.clip.length == 0:
            return None
        level = self.level_for((edges[-1] - edges[0]) / (len(edges) - 1))
        if level is None:
            samples = self._samples_between(int(np.floor(edges[0])), int(np.ceil(edges[-1])) + 1)
            if samples is not None:
                return _reduce(_of_samples(samples), edges - np.floor(edges[0]))
            level = 0
        if self._filled[level] * BLOCK_SIZES[level] >= min(edges[-1], self.clip.length):
            return _reduce(self._levels[level], edges / BLOCK_SIZES[level])
        return self._unfinished(edges, level)

    def samples(self, start: int, stop: int) -> FloatArray | None:
        """Return float32 [channels, samples] out of the chunks that are there, or None if one is missing."""
        return self._samples_between(max(start, 0), min(stop, self.clip.length))

    def chunks_for(self, start: int, stop: int) -> range:
        """Return the numbers of the chunks that hold samples ``start`` to ``stop``."""
        start, stop = max(start, 0), min(stop, self.clip.length)
        return range(start // CHUNK_SAMPLES, -(-stop // CHUNK_SAMPLES)) if stop > start else range(0)

    def has_chunk(self, index: int) -> bool:
        """Return whether a chunk of samples is there."""
        return self._cache.get((self._owner, 0, index)) is not None

    def _samples_between(self, start: int, stop: int) -> FloatArray | None:
        chunks = self.chunks_for(start, stop)
        found = [self._cache.get((self._owner, 0, index)) for index in chunks]
        held = [chunk for chunk in found if chunk is not None]
        if not held or len(held) < len(found):
            return None
        inside = np.concatenate(held, axis=1)
        origin = chunks.start * CHUNK_SAMPLES
        before, after = max(origin - start, 0), max(stop - origin - inside.shape[1], 0)
        piece = inside[:, max(start - origin, 0) : stop - origin]
        return np.pad(piece, ((0, 0), (before, after)))

    def _unfinished(self, edges: npt.NDArray[np.float64], level: int) -> Envelope | None:
        built = _reduce(self._levels[level], edges / BLOCK_SIZES[level])
        overview = self._overview
        if overview is None:
            return built if self._filled[level] else None
        rough = _reduce(overview, edges * (overview.shape[2] / max(self.clip.length, 1)))
        known = edges[1:] <= self._filled[level] * BLOCK_SIZES[level]
        pick = [np.where(known, fine, coarse) for fine, coarse in zip(_fields(built), _fields(rough), strict=True)]
        return Envelope(*pick)

    # -- computing, on a worker --------------------------------------------------------------

    def overview(self, columns: int = OVERVIEW_COLUMNS) -> None:
        """Look at short pieces spread evenly over the recording, for a first picture."""
        count = max(min(columns, self.clip.length // _LOOK_SAMPLES), 1)
        starts = (np.arange(count) * self.clip.length) // count
        looks = [_of_blocks(self.clip.read(int(start), int(start) + _LOOK_SAMPLES), _LOOK_SAMPLES) for start in starts]
        self._overview = np.concatenate(looks, axis=2).astype(np.float16)

    def compute(self, level: int, index: int) -> None:
        """Read a chunk of samples into the cache; samples are level 0, the only one that comes and goes."""
        del level
        start = index * CHUNK_SAMPLES
        samples = self.clip.read(start, min(start + CHUNK_SAMPLES, self.clip.length))
        # A clip in memory hands out views: the copy lets the cache count what it holds, and nothing else.
        self._cache.put((self._owner, 0, index), paged_copy(samples))

    def feed(self, samples: FloatArray) -> tuple[TileKey, ...]:
        """Take the next samples, float32 [channels, samples]."""
        self._position += samples.shape[1]
        samples = np.concatenate([self._rest, samples], axis=1)
        whole = samples.shape[1] if self.complete else samples.shape[1] // BLOCK_SIZES[0] * BLOCK_SIZES[0]
        self._rest = samples[:, whole:].copy()
        if whole:
            self._append(_of_blocks(samples[:, :whole], BLOCK_SIZES[0]))
        return ()

    def _append(self, blocks: FloatArray) -> None:
        stop = self._filled[0] + blocks.shape[2]
        self._levels[0][:, :, self._filled[0] : stop] = blocks
        self._filled[0] = stop
        for level in range(1, len(BLOCK_SIZES)):
            self._pool_into(level)

    def _pool_into(self, level: int) -> None:
        finer, levels = self._filled[level - 1], self._levels
        done = self._filled[level]
        stop = levels[level].shape[2] if self.complete else finer // _POOL
        if stop <= done:
            return
        edges = np.minimum(np.arange(done, stop + 1) * _POOL, finer).astype(np.float64)
        levels[level][:, :, done:stop] = np.stack(_fields(_reduce(levels[level - 1], edges)))
        self._filled[level] = stop


def _fields(envelope: Envelope) -> tuple[FloatArray, FloatArray, FloatArray]:
    return envelope.minimum, envelope.maximum, envelope.rms


def _of_samples(samples: FloatArray) -> FloatArray:
    return np.stack([samples, samples, np.abs(samples)])


def _of_blocks(samples: FloatArray, size: int) -> FloatArray:
    """Return minima, maxima and RMS of blocks, float32 [3, channels, blocks]; the last block may be shorter."""
    rest = -samples.shape[1] % size
    blocks = np.pad(samples, ((0, 0), (0, rest)), mode="edge") if rest and samples.shape[1] else samples
    blocks = blocks.reshape(samples.shape[0], -1, size)
    power = np.einsum("cbs,cbs->cb", blocks, blocks) / size
    return np.stack([blocks.min(axis=2), blocks.max(axis=2), np.sqrt(power)])


def _reduce(blocks: npt.NDArray[np.floating], edges: npt.NDArray[np.float64]) -> Envelope:
    """Reduce blocks [3, channels, blocks] to one column between each two edges (in blocks); silence outside."""
    count = blocks.shape[2]
    first = np.floor(edges[:-1]).astype(np.intp)
    last = np.maximum(np.ceil(edges[1:]).astype(np.intp), first + 1)
    outside = (last <= 0) | (first >= count)
    start = np.clip(first, 0, max(count - 1, 0))
    stop = np.clip(last, start + 1, count)
    origin, end = int(start.min()), int(stop.max())
    part = blocks[:, :, origin:end].astype(np.float32)
    minimum = _over(np.minimum, part[_MINIMUM], start - origin, stop - origin)
    maximum = _over(np.maximum, part[_MAXIMUM], start - origin, stop - origin)
    power = _over(np.add, np.square(part[_RMS]), start - origin, stop - origin) / (stop - start)
    fields = (minimum, maximum, np.sqrt(power).astype(np.float32))
    return Envelope(*(np.where(outside, np.float32(0), field) for field in fields))


def _over(ufunc: np.ufunc, values: FloatArray, start: npt.NDArray[np.intp], stop: npt.NDArray[np.intp]) -> FloatArray:
    """Apply ``ufunc`` over values[:, start:stop] for each column."""
    # reduceat takes pairs of indices; a neutral column at the end lets the last pair end there.
    padded = np.concatenate([values, values[:, -1:]], axis=1)
    pairs = np.stack([start, stop], axis=1).ravel()
    result: FloatArray = ufunc.reduceat(padded, pairs, axis=1)[:, ::2]
    return result
