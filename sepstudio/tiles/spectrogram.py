"""A pyramid of spectrogram tiles: every hop at the bottom, maxima of four columns on each level above."""

from __future__ import annotations

import math
import threading
import time
import weakref
from collections.abc import Generator
from typing import Any

import numpy as np

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip, FloatArray
from sepstudio.tiles.analysis import DEFAULT_FFT_SIZE, DEFAULT_HOP_SIZE, FrameAnalysis
from sepstudio.tiles.build import BuildStep, GrowingPyramid, TileKey
from sepstudio.tiles.cache import TileCache
from sepstudio.tiles.decibels import Cells, Codes
from sepstudio.tiles.histogram import LevelHistogram, Levels
from sepstudio.tiles.memory import paged_copy, paged_zeros
from sepstudio.tiles.pooling import POOL, Integers, coarse_to_fine, max_pool, nearest

TILE_COLUMNS = 512
OVERVIEW_COLUMNS = 512
OVERVIEW_BUDGET_S = 0.4
# A level that is larger than this as a whole is not kept but computed again when it is looked at.
KEPT_LEVEL_BYTES = 64 << 20
_OVERVIEW_FRAMES_AT_ONCE = 32


class SpectrogramPyramid(GrowingPyramid):
    """Levels of a recording over time and frequency as uint8 tiles [bins, up to 512 columns].

    Cells cover -120 to 0 dBFS (``tiles.decibels``), 0 dBFS is a full-scale sine. Column ``t``
    of level 0 is the spectrum around sample ``t * hop_size - lead``; each column of level ``k`` is the
    maximum of four columns of level ``k - 1``, so that a click stays visible at every level.
    Channels join by the maximum of their magnitudes. Safe to read while another thread builds.

    Parameters
    ----------
    clip : AudioClip
    fft_size, hop_size : int
        In samples; ``hop_size`` is at most ``fft_size``.
    cache : TileCache or None
        Holds the fine levels of long recordings; share one among pyramids.
    padding : int
        How many times as long as ``fft_size`` the transform is; the rest is zeros.
    lead : int
        By how many samples, fewer than ``hop_size``, the first column lies before the recording.

    Attributes
    ----------
    cell : numpy.dtype
        Of an entry of a tile; the larger of two entries is seen.
    blends : bool
        Whether there is something in between two entries.
    """

    cell: np.dtype[np.unsignedinteger[Any]] = np.dtype(np.uint8)
    blends = True

    def __init__(
        self,
        clip: AudioClip,
        fft_size: int = DEFAULT_FFT_SIZE,
        hop_size: int = DEFAULT_HOP_SIZE,
        cache: TileCache | None = None,
        *,
        padding: int = 1,
        lead: int = 0,
    ) -> None:
        if fft_size < 2 or fft_size % 2:
            raise ParameterError("fft_size", fft_size, "an even number of samples")
        if not 1 <= hop_size <= fft_size:
            raise ParameterError("hop_size", hop_size, f"between 1 and fft_size = {fft_size}")
        if padding < 1:
            raise ParameterError("padding", padding, "1 or more")
        if not 0 <= lead < hop_size:
            raise ParameterError("lead", lead, f"at least 0 and below hop_size = {hop_size}")
        super().__init__(clip)
        self.analysis = FrameAnalysis(fft_size, hop_size, padding, lead)
        self.histogram = LevelHistogram()
        self.columns = 1 + (clip.length + lead) // hop_size
        self._cache = cache or TileCache()
        self._owner = self._cache.new_owner()
        weakref.finalize(self, self._cache.retire, self._owner).atexit = False
        self._kept: dict[TileKey, Cells] = {}
        self._growing: dict[int, tuple[int, Cells, int]] = {}
        self._overview: Cells | None = None
        self._look_levels: Levels | None = None
        self._tail = np.zeros((clip.channels, fft_size // 2 + lead), np.float32)
        self._lock = threading.Lock()

    # -- measures ----------------------------------------------------------------------------

    @property
    def bins(self) -> int:
        """Rows of a tile: frequencies from 0 Hz to half the sample rate."""
        return self.analysis.bins

    @property
    def bin_hz(self) -> float:
        """Distance of neighbouring bins in Hz."""
        return self.clip.sample_rate / self.analysis.transform_size

    @property
    def column_seconds(self) -> float:
        """Distance of neighbouring columns of level 0 in seconds."""
        return self.analysis.hop_size / self.clip.sample_rate

    @property
    def lead_seconds(self) -> float:
        """How long before the recording the first column lies."""
        return self.analysis.lead / self.clip.sample_rate

    @property
    def top_level(self) -> int:
        """The coarsest level, which has one tile."""
        level = 0
        while self.columns_at(level) > TILE_COLUMNS:
            level += 1
        return level

    @property
    def first_kept_level(self) -> int:
        """The finest level that is always kept once it is built; finer tiles come and go."""
        level = min(1, self.top_level)
        while level < self.top_level and self.columns_at(level) * self.bins * self.cell.itemsize > KEPT_LEVEL_BYTES:
            level += 1
        return level

    def columns_at(self, level: int) -> int:
        """Return the number of columns of a level."""
        group: int = POOL**level
        return -(-self.columns // group)

    def tiles_at(self, level: int) -> int:
        """Return the number of tiles of a level."""
        return -(-self.columns_at(level) // TILE_COLUMNS)

    def tile_width(self, level: int, index: int) -> int:
        """Return the number of columns of a tile; only the last one of a level may be narrower than 512."""
        return min(TILE_COLUMNS, self.columns_at(level) - index * TILE_COLUMNS)

    # -- reading, never computing ------------------------------------------------------------

    def tile(self, level: int, index: int) -> Cells | None:
        """Return a complete tile, [bins, columns], or None when it is not there (any more)."""
        with self._lock:
            kept = self._kept.get((level, index))
        return kept if kept is not None else self._cache.get((self._owner, level, index))

    def growing(self, level: int, index: int) -> Cells | None:
        """Return the columns that an unfinished tile has so far, [bins, columns], or None."""
        with self._lock:
            at, codes, filled = self._growing.get(level, (-1, None, 0))
        return codes[:, :filled] if codes is not None and at == index and filled else None

    @property
    def first_look(self) -> Cells | None:
        """What ``overview`` found, [bins, columns] evenly over the whole recording, or None."""
        return self._overview

    def levels(self) -> Levels | None:
        """Return the contrast that suits the whole recording: as the build counted it, or the first look."""
        return self.histogram.levels() if self.complete else self._look_levels

    @property
    def kept_bytes(self) -> int:
        """How much memory the levels take that are never dropped."""
        with self._lock:
            return sum(codes.nbytes for codes in self._kept.values())

    def level_for(self, column_s: float) -> int:
        """Return the coarsest level with at least one column in ``column_s`` seconds."""
        ratio = max(column_s / self.column_seconds, 1.0)
        return min(int(math.log(ratio, POOL) + 1e-9), self.top_level)

    def code_at(self, seconds: float, hertz: float, *, column_s: float = 0.0, row_hz: float = 0.0) -> int | None:
        """Return the loudest code around a time and frequency, or None where there is nothing (yet).

        ``column_s`` and ``row_hz`` are what a point of a picture covers: the loudest of it is what the
        picture shows. The level that suits the picture comes first, then what else is there.
        """
        found = self.codes_around(seconds, hertz, column_s=column_s, row_hz=row_hz)
        return None if found is None else int(found[1].max())

    def codes_around(
        self, seconds: float, hertz: float, *, column_s: float = 0.0, row_hz: float = 0.0
    ) -> tuple[int, Cells] | None:
        """Return what ``code_at`` chooses from, [bins, columns], and the number of its first bin."""
        column = round((seconds + self.lead_seconds) / self.column_seconds)
        bin_index = round(hertz / self.bin_hz)
        if not (0 <= column < self.columns and 0 <= bin_index < self.bins):
            return None
        lowest = min(max(math.ceil((hertz - row_hz / 2) / self.bin_hz), 0), bin_index)
        highest = max(min(math.floor((hertz + row_hz / 2) / self.bin_hz), self.bins - 1), bin_index)
        first, last = self._columns_touched(seconds, column_s) if column_s > self.column_seconds else (column, column)
        wanted = self.level_for(column_s)
        for level in (*range(wanted, self.top_level + 1), *reversed(range(wanted))):
            index, inside = divmod(column // POOL**level, TILE_COLUMNS)
            codes = self.tile(level, index)
            if codes is not None:
                start = max(first // POOL**level - index * TILE_COLUMNS, 0)
                stop = max(min(last // POOL**level - index * TILE_COLUMNS, codes.shape[1] - 1), inside)
                return lowest, codes[lowest : highest + 1, min(start, inside) : stop + 1]
        overview = self._overview
        if overview is None:
            return None
        place = column * overview.shape[1] // self.columns
        return lowest, overview[lowest : highest + 1, place : place + 1]

    def _columns_touched(self, seconds: float, column_s: float) -> tuple[int, int]:
        """Return the first and last column that a column of a picture shows the loudest of."""
        middle, half = (seconds + self.lead_seconds) / self.column_seconds + 0.5, column_s / self.column_seconds / 2
        return max(math.floor(middle - half), 0), min(math.ceil(middle + half) - 1, self.columns - 1)

    # -- computing, on a worker --------------------------------------------------------------

    def overview(self, columns: int = OVERVIEW_COLUMNS, *, budget_s: float = OVERVIEW_BUDGET_S) -> Cells | None:
        """Look at the whole recording as ``look`` does and return the ``first_look``."""
        for _ in self.look(columns, budget_s=budget_s):
            pass
        return self._overview

    def look(
        self, columns: int = OVERVIEW_COLUMNS, *, budget_s: float = OVERVIEW_BUDGET_S
    ) -> Generator[BuildStep, None, None]:
        """Look at single frames spread evenly over the recording, in steps that each refine ``first_look``.

        Columns are visited from coarse to fine; those not reached, above all when ``budget_s``
        seconds are over, repeat their nearest neighbour. A recording that has fewer frames
        gets fewer columns.
        """
        count = min(columns, self.columns)
        deadline = time.perf_counter() + budget_s
        order = coarse_to_fine(count)
        codes = np.empty((self.bins, count), self.cell)
        done = 0
        while done < count and (done == 0 or time.perf_counter() < deadline):
            some = order[done : done + _OVERVIEW_FRAMES_AT_ONCE]
            codes[:, some] = self._single_frames(((some + 0.5) * self.columns / count).astype(np.intp))
            done += len(some)
            self._overview = codes[:, nearest(np.sort(order[:done]), count)]
            yield BuildStep(0.0)
        counted = LevelHistogram()
        counted.add(self.levels_of(codes[:, np.sort(order[:done])]))
        self._look_levels = counted.levels()

    def compute(self, level: int, index: int) -> Cells:
        """Return a tile, computed if need be: a tile of level ``k`` may take ``4**k`` tiles of level 0."""
        codes = self.tile(level, index)
        if codes is not None:
            return codes
        if level == 0:
            start = index * TILE_COLUMNS
            codes = self._columns(start, start + self.tile_width(0, index))
        else:
            children = range(index * POOL, min((index + 1) * POOL, self.tiles_at(level - 1)))
            codes = np.concatenate([max_pool(self.compute(level - 1, child)) for child in children], axis=1)
        codes = paged_copy(codes)
        self._store(level, index, codes, make_room=True)
        return codes

    def feed(self, samples: FloatArray) -> tuple[TileKey, ...]:
        """Take the next samples, float32 [channels, samples]; return the tiles that became complete."""
        position = self._position + samples.shape[1]
        parts = [self._tail, samples]
        if position >= self.clip.length:
            parts.append(np.zeros((self.clip.channels, self.analysis.fft_size // 2), np.float32))
        samples = np.concatenate(parts, axis=1)
        frames = self.analysis.frame_count(samples.shape[1])
        self._tail = samples[:, frames * self.analysis.hop_size :].copy()
        ready: tuple[TileKey, ...] = ()
        if frames:
            codes = self._following(samples)
            self.histogram.add(self.levels_of(codes))
            ready = tuple(self._append(0, codes))
        # Last: others take it for complete from then on.
        self._position = position
        return ready

    def levels_of(self, cells: Cells) -> Codes:
        """Return the level codes of entries of tiles."""
        return np.asarray(cells, np.uint8)

    def _following(self, samples: FloatArray) -> Cells:
        """Return the columns of samples that follow those before."""
        return self.analysis.codes(samples)

    def _single_frames(self, columns: Integers) -> Cells:
        size = self.analysis.fft_size
        starts = columns * self.analysis.hop_size - self.analysis.lead - size // 2
        frames = [self.clip.read(int(start), int(start) + size) for start in starts]
        return self.analysis.codes_of_frames(np.stack(frames, axis=1), at_once=True)

    def _columns(self, start: int, stop: int) -> Cells:
        hop, size = self.analysis.hop_size, self.analysis.fft_size
        before = size // 2 + self.analysis.lead
        return self.analysis.codes(self.clip.read(start * hop - before, (stop - 1) * hop - before + size))

    def _append(self, level: int, codes: Cells) -> Generator[TileKey, None, None]:
        while codes.shape[1]:
            index, growing, filled = self._growing_tile(level)
            taken = min(growing.shape[1] - filled, codes.shape[1])
            growing[:, filled : filled + taken] = codes[:, :taken]
            codes = codes[:, taken:]
            with self._lock:
                self._growing[level] = (index, growing, filled + taken)
            if filled + taken == growing.shape[1]:
                self._store(level, index, growing, make_room=False)
                yield level, index
                if level < self.top_level:
                    yield from self._append(level + 1, max_pool(growing))

    def _growing_tile(self, level: int) -> tuple[int, Cells, int]:
        index, growing, filled = self._growing.get(level, (-1, np.empty((self.bins, 0), self.cell), 0))
        if filled < growing.shape[1]:
            return index, growing, filled
        return index + 1, paged_zeros((self.bins, self.tile_width(level, index + 1)), self.cell), 0

    def _store(self, level: int, index: int, codes: Cells, *, make_room: bool) -> None:
        codes.setflags(write=False)
        if level < self.first_kept_level:
            self._cache.put((self._owner, level, index), codes, make_room=make_room)
            return
        with self._lock:
            self._kept[level, index] = codes
