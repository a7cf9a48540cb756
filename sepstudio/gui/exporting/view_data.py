"""The data behind a view: a matrix with named axes of which any stretch can be had, however long it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.fourier import rfft
from sepstudio.io.clip import AudioClip
from sepstudio.tiles.analysis import FrameAnalysis

Floats = npt.NDArray[np.float64]
Span = tuple[float, float]


@dataclass(frozen=True)
class RowAxis:
    """What the rows of a matrix are: a name for files, a unit, and numbers or words."""

    name: str
    unit: str
    values: Floats | tuple[str, ...]

    def __len__(self) -> int:
        return len(self.values)


class ViewData(Protocol):
    """Values [rows, columns] that a view shows; whatever draws a matrix or curves can offer them.

    ``quantity`` and ``unit`` say what the values are, ``columns_name`` and ``columns_unit`` what the
    columns are; ``details`` holds JSON values that tell how the values came about.
    """

    title: str
    quantity: str
    unit: str
    columns_name: str
    columns_unit: str

    @property
    def rows(self) -> RowAxis:
        """The rows, or the curves."""

    @property
    def columns(self) -> int:
        """The number of columns."""

    @property
    def details(self) -> Mapping[str, Any]:
        """How the values came about."""

    def coordinates(self, start: int, stop: int) -> Floats:
        """Return where some columns lie."""

    def values(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return the values of some columns, float32 [rows, stop - start]."""


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length by the names that they have in files: numbers, or words.

    ``details`` holds JSON values that tell how they came about.
    """

    title: str
    columns: Mapping[str, Floats | tuple[str, ...]]
    details: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return max(map(len, self.columns.values()), default=0)


class LevelData:
    """The levels of a spectrogram as its pane analyses it, in full precision.

    Parameters
    ----------
    clip : AudioClip
        The recording; channels join by their maximum, as in the picture.
    offset_s : float
        Where it begins on the timeline.
    analysis : FrameAnalysis
        The transform of the pane.
    span : (start, stop) or None
        In seconds of the timeline; None is everything. At least one frame is in it.
    band : (low, high) or None
        In Hz.
    """

    quantity, unit = "level", "dBFS"
    columns_name, columns_unit = "times", "s"

    def __init__(
        self,
        clip: AudioClip,
        offset_s: float,
        analysis: FrameAnalysis,
        span: Span | None = None,
        band: Span | None = None,
        title: str = "",
    ) -> None:
        self.title = title
        self._clip, self._offset_s, self._analysis = clip, offset_s, analysis
        frames = 1 + clip.length // analysis.hop_size
        self._first, last = _inside(span, offset_s, clip.sample_rate / analysis.hop_size, frames)
        self.columns = last - self._first
        hertz = np.arange(analysis.bins) * clip.sample_rate / analysis.transform_size
        low, high = band or (0.0, np.inf)
        self._bins = np.flatnonzero((hertz >= low) & (hertz <= high))
        self.rows = RowAxis("frequencies", "Hz", hertz[self._bins])

    @property
    def details(self) -> Mapping[str, Any]:
        """The transform."""
        return {
            "sample_rate_hz": self._clip.sample_rate,
            "window": "periodic Hann",
            "window_samples": self._analysis.fft_size,
            "hop_samples": self._analysis.hop_size,
            "transform_samples": self._analysis.transform_size,
            "channels": f"maximum of {self._clip.channels}",
            "reference": "0 dBFS is a full-scale sine; -inf is digital silence",
        }

    def coordinates(self, start: int, stop: int) -> Floats:
        """Return the times on which some frames are centred."""
        frames = np.arange(self._first + start, self._first + stop)
        return np.asarray(self._offset_s + frames * self._analysis.hop_size / self._clip.sample_rate)

    def values(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return the levels of some frames."""
        hop, size = self._analysis.hop_size, self._analysis.fft_size
        begin = (self._first + start) * hop - size // 2
        samples = self._clip.read(begin, begin + (stop - start - 1) * hop + size)
        frames = np.lib.stride_tricks.sliding_window_view(samples, size, axis=1)[:, ::hop] * self._analysis.window()
        spectra = rfft(frames, self._analysis.transform_size)[..., self._bins]
        power = (spectra.real**2 + spectra.imag**2).max(axis=0)
        with np.errstate(divide="ignore"):
            return np.asarray(10.0 * np.log10(power.T), np.float32)


class SampleData:
    """The samples of a recording, a row for each channel."""

    quantity, unit = "sample", "full scale = 1"
    columns_name, columns_unit = "times", "s"

    def __init__(self, clip: AudioClip, offset_s: float, span: Span | None = None, title: str = "") -> None:
        self.title = title
        self._clip, self._offset_s = clip, offset_s
        self._first, last = _inside(span, offset_s, clip.sample_rate, clip.length)
        self.columns = last - self._first
        self.rows = RowAxis("channels", "", tuple(f"channel_{n}" for n in range(1, clip.channels + 1)))

    @property
    def details(self) -> Mapping[str, Any]:
        """The sampling."""
        return {"sample_rate_hz": self._clip.sample_rate, "first_sample": self._first}

    def coordinates(self, start: int, stop: int) -> Floats:
        """Return the times of some samples."""
        places = np.arange(self._first + start, self._first + stop)
        return np.asarray(self._offset_s + places / self._clip.sample_rate)

    def values(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return some samples."""
        return self._clip.read(self._first + start, self._first + stop)


def _inside(span: Span | None, offset_s: float, rate: float, count: int) -> tuple[int, int]:
    """Return the columns, at least one where there are any, that lie within a stretch of the timeline."""
    if span is None:
        return 0, count
    # A thousandth of a column: times that were computed differ from the exact ones by less.
    first = int(np.clip(np.ceil((span[0] - offset_s) * rate - 1e-3), 0, max(count - 1, 0)))
    return first, int(np.clip(np.floor((span[1] - offset_s) * rate - 1e-3) + 1, min(first + 1, count), count))
