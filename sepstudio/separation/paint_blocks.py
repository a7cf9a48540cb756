"""Maps of a recording in blocks of frames, each with exact surroundings: blocks give what the whole would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sepstudio.dsp.stft import frame_count
from sepstudio.io.clip import AudioClip
from sepstudio.nn.paint_network import BLOCK as COARSE
from sepstudio.nn.paint_network import MARGIN
from sepstudio.separation.paint_grid import Floats, PaintGrid, Spectrum
from sepstudio.separation.paint_maps import REACH, MapMaker
from sepstudio.separation.paint_usual import Usual

# Frames of a block: a multiple of those that the network joins, and some 50 ms of work for a core.
BLOCK = 64 * COARSE[1]
# Of a prior: bass, drums, voices and the rest.
CLASSES = 4


@dataclass
class Blocks:
    """The blocks of a recording: their spectra, and their maps with what networks see around them.

    Spectra and maps are kept where ``keeps``, else made again whenever they are asked for, to the same numbers.
    """

    clip: AudioClip
    grid: PaintGrid
    maker: MapMaker
    keeps: bool

    def __post_init__(self) -> None:
        self.frames = frame_count(self.clip.length, fft_size=self.grid.fft_size, hop_size=self.grid.hop_size)
        self._spectra: dict[int, Spectrum] = {}
        self._maps: dict[int, Floats] = {}
        self._answered: Usual | None = None
        self._answers: dict[int, Floats] = {}

    @property
    def starts(self) -> range:
        """The first frame of every block."""
        return range(0, self.frames, BLOCK)

    def stop(self, start: int) -> int:
        """Return the frame after the last one of a block."""
        return min(start + BLOCK, self.frames)

    def span(self, start: int) -> tuple[int, int]:
        """Return the frames of a block with what patches and networks see around them, within the recording."""
        return max(start - MARGIN[1], 0), min(start + BLOCK + MARGIN[1], self.frames)

    def spectrum(self, start: int) -> Spectrum:
        """Return the spectrum of a block: [channels, bins, frames]."""
        found = self._spectra.get(start)
        if found is None:
            found = self.grid.spectrum(self.clip, start, self.stop(start), self.maker.threads)
            if self.keeps:
                self._spectra[start] = found
        return found

    def maps(self, start: int) -> Floats:
        """Return the maps of the ``span`` of a block, not normalised: [maps, bands, frames]."""
        found = self._maps.get(start)
        if found is None:
            first, stop = self.span(start)
            low, high = max(first - REACH, 0), min(stop + REACH, self.frames)
            maps = self.maker.maps(self._around(low, high))
            found = np.ascontiguousarray(maps[..., first - low : maps.shape[-1] - (high - stop)])
            if self.keeps:
                self._maps[start] = found
        return found

    def prior_answers(self, usual: Usual) -> dict[int, Floats]:
        """Return what a prior has said of blocks whose maps were normalised so, by their start; to be added to.

        Empty, and forgotten at once, where nothing is kept.
        """
        if self._answered is None or not self._answered.equals(usual):
            self._answered, self._answers = usual, {}
        return self._answers if self.keeps else {}

    def _around(self, low: int, high: int) -> Spectrum:
        if not self.keeps:
            return self.grid.spectrum(self.clip, low, high, self.maker.threads)
        starts = range(low // BLOCK * BLOCK, high, BLOCK)
        parts = [self.spectrum(a)[..., max(low - a, 0) : high - a] for a in starts]
        return np.concatenate(parts, axis=-1) if len(parts) > 1 else parts[0]


def block_bytes(grid: PaintGrid, channels: int, maps: int) -> int:
    """Return how many bytes the spectrum and the maps of a block take, and what a prior says of it."""
    return BLOCK * (8 * channels * grid.bins + 4 * (maps + CLASSES) * grid.bands)


def spread_out(starts: Sequence[int], most: int) -> list[int]:
    """Return at most so many of the given, evenly spread."""
    if len(starts) <= most:
        return list(starts)
    return [starts[round(place)] for place in np.linspace(0, len(starts) - 1, most)]
