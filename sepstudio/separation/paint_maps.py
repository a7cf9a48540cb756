"""What a network that learns from strokes sees of a recording: maps of levels, changes, shapes and directions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from sepstudio.dsp.medians import running_median
from sepstudio.dsp.phase import phase_features
from sepstudio.separation.paint_grid import Floats, PaintGrid, Spectrum

# Frames and bands over which levels are compared with their surroundings.
TIME_SPANS, BAND_SPANS = (5, 17, 65), (5, 9, 33)
# Kernels of harmonic and percussive medians, in frames and in bins.
MEDIANS = (9, 17, 31)
# Frames over which directions are averaged.
DIRECTION_SPANS = (1, 5)
# Neighbouring pairs of channels that are compared at most: more say little that is new.
PAIRS = 4
# Groups of bands, as parts of all, whose level and onsets every band is told of.
GROUPS = (0.0, 1 / 16, 1 / 2, 3 / 4, 1.0)
WAVES = (1, 2, 4, 8, 16)
BY_BAND = "level beside the usual"
# Frames to either side that a map depends on.
REACH = max(*TIME_SPANS, *MEDIANS) // 2 + 1
# Energy below the loudest possible one that counts as silence: -90 dB.
SILENCE = 1e-9


def levels(names: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return which maps, by their names, rise by as much as the recording gets louder: bool [maps]."""
    return np.array([name == "level" or name.startswith("level ") for name in names], bool)


@dataclass(frozen=True)
class MapMaker:
    """Makes the maps of some consecutive frames of a recording.

    ``loudest`` is the energy of a bin that full scale would have, to which silence is relative; ``phases`` adds
    how phases move in time and over frequency.
    """

    grid: PaintGrid
    channels: int
    loudest: float
    phases: bool = False
    threads: int = 2

    @property
    def names(self) -> tuple[str, ...]:
        """What each map is called, in order."""
        flat = np.zeros((self.channels, self.grid.bins, 1), np.complex64)
        return tuple(name for name, _ in self._maps(flat))

    def maps(self, x: Spectrum) -> Floats:
        """Return the maps of frames [channels, bins, frames]: float32 [maps, bands, frames], not normalised.

        The ``REACH`` frames next to a cut within a recording are not what they were in the whole.
        """
        shape = (self.grid.bands, x.shape[-1])
        return np.stack([np.broadcast_to(values, shape) for _, values in self._maps(x)]).astype(np.float32, copy=False)

    def _maps(self, x: Spectrum) -> Iterator[tuple[str, npt.NDArray[np.floating]]]:
        powers = x.real**2 + x.imag**2
        power = powers.sum(axis=0)
        floor = np.float32(SILENCE * self.loudest)
        energy = self.grid.means(power) + floor
        level = np.log(energy)
        yield from self._levels(level)
        yield from self._shapes(power, energy, floor)
        yield from self._directions(x, powers, floor)
        yield from self._groups(level, energy)
        if self.phases:
            yield from self._phases(x, power, floor)
        yield from self._heights()

    def _levels(self, level: Floats) -> Iterator[tuple[str, Floats]]:
        yield "level", level
        # The same once more: this one is divided by what is usual in its band, see ``paint_usual``.
        yield BY_BAND, level
        yield "rise", np.diff(level, axis=1, prepend=level[:, :1])
        yield "step up", np.diff(level, axis=0, prepend=level[:1])
        for span in TIME_SPANS:
            yield f"above {span} frames", level - uniform_filter1d(level, span, axis=1, mode="nearest")
        for span in BAND_SPANS:
            yield f"above {span} bands", level - uniform_filter1d(level, span, axis=0, mode="nearest")

    def _shapes(self, power: Floats, energy: Floats, floor: np.float32) -> Iterator[tuple[str, Floats]]:
        """Compare medians along time with those along frequency, as KAM does."""
        for length in MEDIANS:
            lasting = self._median(power, length, 1) + floor
            broad = self._median(power, length, 0) + floor
            yield f"lasting or broad {length}", np.log(lasting / broad)
            yield f"lasting {length}", np.log(lasting / energy)
            yield f"broad {length}", np.log(broad / energy)

    def _median(self, power: Floats, length: int, axis: int) -> Floats:
        return self.grid.means(running_median(power, length=length, axis=axis, threads=self.threads))

    def _directions(self, x: Spectrum, powers: Floats, floor: np.float32) -> Iterator[tuple[str, Floats]]:
        for first in range(min(self.channels - 1, PAIRS)):
            cross = x[first] * x[first + 1].conj()
            parts = [self.grid.means(part) for part in (powers[first], powers[first + 1], cross.real, cross.imag)]
            for span in DIRECTION_SPANS:
                left, right, real, imaginary = (uniform_filter1d(part, span, axis=1, mode="nearest") for part in parts)
                both = np.sqrt((left + floor) * (right + floor))
                tag = f"{first + 1}:{first + 2} over {span}"
                yield f"side {tag}", np.tanh(0.5 * np.log((left + floor) / (right + floor)))
                yield f"in phase {tag}", real / both
                yield f"out of phase {tag}", imaginary / both

    def _groups(self, level: Floats, energy: Floats) -> Iterator[tuple[str, Floats]]:
        onsets = np.maximum(np.diff(level, axis=1, prepend=level[:, :1]), 0)
        edges = [round(part * self.grid.bands) for part in GROUPS]
        for number, (low, high) in enumerate(itertools.pairwise(edges), 1):
            some = slice(low, max(high, low + 1))
            yield f"onsets {number}", onsets[some].mean(axis=0)
            yield f"level {number}", np.log(energy[some].mean(axis=0))

    def _phases(self, x: Spectrum, power: Floats, floor: np.float32) -> Iterator[tuple[str, Floats]]:
        """Where partials lie beside the middle of their bins, and attacks beside that of their frames."""
        reference = float(np.sqrt(self.loudest))
        moves = phase_features(x.sum(axis=0), hop_size=self.grid.hop_size, reference=reference, threads=self.threads)
        total = self.grid.means(power) + floor
        for name, values in zip(("time", "frequency"), moves, strict=True):
            yield f"phase in {name}, cosine", self.grid.means(power * np.cos(values)) / total
            yield f"phase in {name}, sine", self.grid.means(power * np.sin(values)) / total

    def _heights(self) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
        height = np.linspace(0.0, 1.0, self.grid.bands)[:, None]
        yield "height", 2.0 * height - 1.0
        for waves in WAVES:
            yield f"height sine {waves}", np.sin(np.pi * waves * height)
            yield f"height cosine {waves}", np.cos(np.pi * waves * height)
