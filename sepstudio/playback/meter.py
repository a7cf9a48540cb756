"""Levels, shown when they are heard rather than when they are mixed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.io.clip import FloatArray
from sepstudio.playback.mixer import OUTPUT_CHANNELS

# What is measured as one: peaks are up to this early, which no eye sees.
SLICE_SECONDS = 0.01
# As in the classical volume meter: the RMS is that of the last 300 ms, all weighted alike.
WINDOW_SECONDS = 0.3
# Ten seconds: enough for a window that was hidden, small when nobody looks.
REMEMBERED_SLICES = 1000
FULL_SCALE = 1.0


@dataclass(frozen=True)
class Levels:
    """Linear levels, left and right, or of every channel.

    ``peak`` is the largest magnitude heard since the levels were last asked for, ``rms`` the
    root of the mean square over the 300 ms before now, in which silence before the start
    counts as silence; ``clipped`` says whether anything went beyond full scale since then.
    """

    peak: tuple[float, ...] = (0.0, 0.0)
    rms: tuple[float, ...] = (0.0, 0.0)
    clipped: bool = False


@dataclass(frozen=True)
class _Slice:
    """Some frames from output frame ``start`` on; peaks and sums of squares, float64 [channels]."""

    start: int
    stop: int
    peaks: npt.NDArray[np.float64]
    energies: npt.NDArray[np.float64]

    def share(self, start: int, stop: int) -> float:
        """Return the part of the slice that lies between two frames."""
        return max(min(stop, self.stop) - max(start, self.start), 0) / (self.stop - self.start)


class LevelMeter:
    """Keeps what was mixed, measured in slices of 10 ms, until it is heard and read.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    channels : int
        How many are measured.
    """

    def __init__(self, sample_rate: int, channels: int = OUTPUT_CHANNELS) -> None:
        self._channels = channels
        self._slice = max(1, round(SLICE_SECONDS * sample_rate))
        self._window = max(1, round(WINDOW_SECONDS * sample_rate))
        self._slices: deque[_Slice] = deque(maxlen=REMEMBERED_SLICES)
        self._read_to = -1
        self._pause_at = 0

    def add(self, frame: int, block: FloatArray) -> None:
        """Note a block, float32 [channels, samples], that begins at output frame ``frame``."""
        for start in range(0, block.shape[1], self._slice):
            part = np.abs(block[:, start : start + self._slice]).astype(np.float64)
            first, last = frame + start, frame + start + part.shape[1]
            self._slices.append(_Slice(first, last, part.max(axis=1), np.square(part).sum(axis=1)))

    def pause(self, frame: int) -> None:
        """Note that silence follows the output frame: the RMS then begins anew."""
        self._pause_at = frame

    def read(self, heard: int) -> Levels:
        """Return the levels when output frame ``heard`` leaves the loudspeaker."""
        peaks, energies = np.zeros(self._channels), np.zeros(self._channels)
        begin = max(heard - self._window, self._pause_at)
        while self._slices and self._slices[0].stop <= min(begin, self._read_to):
            self._slices.popleft()
        for part in self._slices:
            if part.start >= heard:
                break
            energies += part.energies * part.share(begin, heard)
            if part.start >= self._read_to:
                peaks = np.maximum(peaks, part.peaks)
        self._read_to = max(self._read_to, heard)
        means = np.sqrt(energies / self._window)
        clipped = bool(peaks.max(initial=0.0) > FULL_SCALE)
        return Levels(tuple(peaks.tolist()), tuple(means.tolist()), clipped)
