"""Pyramids of the phase features of a recording: at each time and frequency the feature of the loudest point there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.phase import PhaseFeature, phase_features
from sepstudio.dsp.stft import transform_frames
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip, FloatArray
from sepstudio.tiles.analysis import FrameAnalysis
from sepstudio.tiles.angles import AngleCells, angle_cells, levels_of
from sepstudio.tiles.cache import TileCache
from sepstudio.tiles.decibels import Cells, Codes, power_to_codes
from sepstudio.tiles.pooling import Integers
from sepstudio.tiles.spectrogram import SpectrogramPyramid

# The energy of a full-scale sine is 1; of points below 1e-7 of its magnitude the features are 0.
_SILENT_POWER = 1e-14

Spectra = npt.NDArray[np.complex64]


@dataclass(frozen=True)
class PhaseAnalysis(FrameAnalysis):
    """A feature of the phase of each point, as ``sepstudio.dsp.phase`` defines it, ``corrected`` or not."""

    feature: PhaseFeature = "time"
    corrected: bool = True

    def cells(self, spectra: Spectra, before: Spectra | None) -> AngleCells:
        """Return cells [..., bins, frames] of spectra of that shape; ``before`` [..., bins] is the frame before.

        Silent is what lies 140 dB below a full-scale sine: the loudest point of a recording, which the features
        of a whole recording are measured by, is known only at its end.
        """
        features = phase_features(
            spectra, hop_size=self.hop_size, kinds=[self.feature], corrected=self.corrected,
            reference=self.fft_size / 4.0, before=before, threads=1,
        )[0]  # fmt: skip
        power = self._power(spectra)
        return angle_cells(features, power_to_codes(power), self._heard(power, before))

    def _power(self, spectra: Spectra) -> npt.NDArray[np.float32]:
        parts = np.square(spectra.view(np.float32) * np.float32(4.0 / self.fft_size))
        return np.ascontiguousarray(parts[..., 0::2] + parts[..., 1::2])

    def _heard(self, power: npt.NDArray[np.float32], before: Spectra | None) -> npt.NDArray[np.bool_]:
        """Return which points have the feature: a difference needs both of its points."""
        sound = power >= np.float32(_SILENT_POWER)
        heard = sound.copy()
        if self.feature == "frequency":
            heard[..., 1:, :] &= sound[..., :-1, :]
            heard[..., :1, :] = False
        elif self.feature == "time":
            heard[..., 1:] &= sound[..., :-1]
            first = self._power(before[..., None]) >= np.float32(_SILENT_POWER) if before is not None else False
            heard[..., :1] &= first
        return heard


class PhasePyramid(SpectrogramPyramid):
    """A phase feature as tiles of cells (``tiles.angles``), uint16 [bins, up to 512 columns].

    Of the channels, and of what a column or a row of a picture covers, the loudest point counts.

    Parameters
    ----------
    clip : AudioClip
    analysis : PhaseAnalysis
        Its ``padding`` must be 1.
    cache : TileCache or None

    Raises
    ------
    ParameterError
        For sizes out of range.
    """

    cell = np.dtype(np.uint16)
    # In between two angles there are two ways round the circle.
    blends = False

    def __init__(self, clip: AudioClip, analysis: PhaseAnalysis, cache: TileCache | None = None) -> None:
        if analysis.padding != 1:
            raise ParameterError("padding", analysis.padding, "1: zeros would move the centre of a frame within it")
        super().__init__(clip, analysis.fft_size, analysis.hop_size, cache, lead=analysis.lead)
        self.analysis: PhaseAnalysis = analysis
        self._before: Spectra | None = None

    def levels_of(self, cells: Cells) -> Codes:
        """Return the level codes of cells."""
        return levels_of(cells)

    def loudest_at(
        self, seconds: float, hertz: float, *, column_s: float = 0.0, row_hz: float = 0.0
    ) -> tuple[int, int] | None:
        """Return the bin and the cell that a picture shows around a place, or None where there is nothing (yet)."""
        found = self.codes_around(seconds, hertz, column_s=column_s, row_hz=row_hz)
        if found is None:
            return None
        lowest, cells = found
        loudest = cells.max(axis=1)
        return lowest + int(loudest.argmax()), int(loudest.max())

    def _following(self, samples: FloatArray) -> Cells:
        spectra = self._spectra(samples)
        cells = self.analysis.cells(spectra, self._before)
        self._before = spectra[..., -1].copy()
        return self._joined(cells)

    def _columns(self, start: int, stop: int) -> Cells:
        hop, size = self.analysis.hop_size, self.analysis.fft_size
        # Frames are computed from the one before on, which the first of a recording lacks.
        first = max(start - 1, 0)
        begin = first * hop - size // 2 - self.analysis.lead
        spectra = self._spectra(self.clip.read(begin, begin + (stop - 1 - first) * hop + size))
        return self._joined(self.analysis.cells(spectra, None))[:, start - first :]

    def _single_frames(self, columns: Integers) -> Cells:
        hop, size = self.analysis.hop_size, self.analysis.fft_size
        starts = (columns - 1) * hop - self.analysis.lead - size // 2
        pairs = [self._spectra(self.clip.read(int(start), int(start) + hop + size)) for start in starts]
        spectra = np.stack(pairs)
        spectra[columns == 0, ..., 0] = 0.0
        cells = self.analysis.cells(spectra, None)[..., 1]
        return np.ascontiguousarray(cells.max(axis=1).T)

    def _spectra(self, samples: FloatArray) -> Spectra:
        return transform_frames(samples, fft_size=self.analysis.fft_size, hop_size=self.analysis.hop_size, threads=1)

    def _joined(self, cells: AngleCells) -> AngleCells:
        joined: AngleCells = cells.max(axis=0)
        return joined
