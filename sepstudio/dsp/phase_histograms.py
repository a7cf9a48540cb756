"""How often each phase difference occurs in each bin, with and without the shifts of the transform.

After Muth et al. (2018), figures 2 and 3: with their shifts the differences along time of bin k gather around
2 pi k n0 / N and those along frequency around pi; without, both gather around 0.
"""

from __future__ import annotations

import functools
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.parallel import over_rows
from sepstudio.dsp.phase import DERIVATIVES, SILENCE, PhaseFeature
from sepstudio.dsp.phase_readings import expected_shifts
from sepstudio.dsp.phase_stream import PhaseStream, Recording
from sepstudio.dsp.stft import check_sizes, frame_count, frame_span, transform_frames
from sepstudio.errors import ParameterError

CELLS = 64
# Points of one step: some tens of milliseconds.
_STEP_POINTS = 1 << 20

Counts = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PhaseHistograms:
    """Counts of the phase differences of a recording.

    Attributes
    ----------
    counts : uint32 [2, 2, bins, cells]
        Of the differences along time and along frequency, with the shifts and without. The first cell is centred
        on -pi, which is pi, so that 0 and, with a multiple of 4 cells, quarter turns are in the middle of cells.
    fft_size, hop_size : int
        Of the transform, in samples.
    frames : int
        How many frames of each channel were looked at.
    """

    counts: Counts
    fft_size: int
    hop_size: int
    frames: int

    @property
    def bins(self) -> int:
        """Number of frequencies."""
        return int(self.counts.shape[2])

    @property
    def centres(self) -> Floats:
        """The angles in the middle of the cells, float64 [cells], -pi first."""
        cells = self.counts.shape[3]
        return np.asarray(2.0 * np.pi * np.arange(cells) / cells - np.pi)

    def of(self, feature: PhaseFeature, index: int, *, corrected: bool) -> Counts:
        """Return how often each angle occurs in a bin, uint32 [cells]."""
        return np.asarray(self.counts[DERIVATIVES.index(feature), int(corrected), index])

    def mean(self, feature: PhaseFeature, index: int, *, corrected: bool) -> tuple[float, float] | None:
        """Return the circular mean of a bin in radians and how much its angles agree; None where nothing was counted.

        Agreement is the length of the mean of unit vectors: 1 when all angles are one, 0 when none is more frequent.
        """
        counts = self.of(feature, index, corrected=corrected)
        total = int(counts.sum())
        if not total:
            return None
        vector = complex((counts * np.exp(1j * self.centres)).sum()) / total
        return float(np.angle(vector)), abs(vector)

    def expected(self, feature: PhaseFeature, index: int) -> float:
        """Return the angle around which the differences of a bin gather while the shifts are left in."""
        return float(expected_shifts(feature, fft_size=self.fft_size, hop_size=self.hop_size)[index])


def histogram_steps(
    recording: Recording,
    *,
    fft_size: int,
    hop_size: int,
    start: int = 0,
    stop: int | None = None,
    cells: int = CELLS,
    threads: int = 1,
) -> Generator[float, None, PhaseHistograms]:
    """Count the phase differences of a recording that is read in parts; yields the fraction done.

    Parameters
    ----------
    recording : Recording
        Channels are counted together.
    fft_size, hop_size : int
        As for ``stft``.
    start, stop : int
        Samples: the frames that are centred between them, at least one; the whole recording if not given.
    cells : int
        Steps of the circle.

    Raises
    ------
    ParameterError
        For sizes out of range, fewer than 2 cells, and a stretch that is empty or outside the recording.
    """
    check_sizes(fft_size, hop_size)
    if cells < 2:
        raise ParameterError("cells", cells, "at least 2")
    first, last = _frames(recording.length, start, stop, fft_size=fft_size, hop_size=hop_size)
    counting = _Counting(fft_size, hop_size, cells, threads)
    before = max(first - 1, 0)
    if before < first:
        counting.take(_spectrum(recording, before, first, counting), counted=False)
    step = max(_STEP_POINTS // (fft_size // 2 + 1), 1)
    for begin in range(first, last, step):
        end = min(begin + step, last)
        yield (begin - first) / (last - first)
        counting.take(_spectrum(recording, begin, end, counting), counted=True)
    return PhaseHistograms(counting.counts, fft_size, hop_size, last - first)


class _Counting:
    """Counts the frames of one recording, block after block."""

    def __init__(self, fft_size: int, hop_size: int, cells: int, threads: int) -> None:
        self.fft_size, self.hop_size, self.threads = fft_size, hop_size, threads
        self.counts: Counts = np.zeros((2, 2, fft_size // 2 + 1, cells), np.uint32)
        # As loud as a full-scale sine: how loud the loudest point is, is known only at the end.
        reference = fft_size / 4.0
        self._stream = PhaseStream(hop_size=hop_size, reference=reference, corrected=False, threads=threads)
        self._quietest = np.float32((SILENCE * reference) ** 2)
        shifts = [expected_shifts(feature, fft_size=fft_size, hop_size=hop_size) for feature in DERIVATIVES]
        self._shifts = np.stack(shifts)
        self._before: npt.NDArray[np.complex64] | None = None

    def take(self, spectrum: npt.NDArray[np.complex64], *, counted: bool) -> None:
        """Take the next frames [channels, bins, frames]."""
        from sepstudio.dsp.phase_count_kernel import count_rows

        raw = self._stream.push(spectrum)
        before = np.zeros(spectrum.shape[:2], np.complex64) if self._before is None else self._before
        self._before = spectrum[..., -1].copy()
        if counted:
            given = (spectrum, before, raw, self._quietest, self._shifts, self.counts)
            over_rows(functools.partial(count_rows, *given), 0, spectrum.shape[1], self.threads)


def _spectrum(recording: Recording, first: int, last: int, sizes: _Counting) -> npt.NDArray[np.complex64]:
    samples = recording.read(*frame_span(first, last, fft_size=sizes.fft_size, hop_size=sizes.hop_size))
    return transform_frames(
        np.atleast_2d(samples), fft_size=sizes.fft_size, hop_size=sizes.hop_size, threads=sizes.threads
    )


def _frames(length: int, start: int, stop: int | None, *, fft_size: int, hop_size: int) -> tuple[int, int]:
    count = frame_count(length, fft_size=fft_size, hop_size=hop_size)
    end = length if stop is None else stop
    if not 0 <= start < end <= max(length, 1):
        raise ParameterError("start, stop", (start, end), f"a stretch within the {length} samples of the recording")
    if (start, end) == (0, length):
        return 0, count
    first = min(-(-start // hop_size), count - 1)
    return first, max(min((end - 1) // hop_size + 1, count), first + 1)
