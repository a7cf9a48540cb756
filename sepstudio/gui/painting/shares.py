"""How much of a recording is painted."""

from __future__ import annotations

from collections.abc import Generator, Mapping

import numpy as np

from sepstudio.dsp.stft import frame_count
from sepstudio.io.strokes.records import Strokes
from sepstudio.separation.base import Progress
from sepstudio.separation.stroke_bins import painted_bins

_FFT, _HOP = 2048, 1024


def shares_steps(strokes: Strokes, sample_rate: int, length: int) -> Generator[Progress, None, Mapping[str, float]]:
    """Return, by the id of a source, the share (0 to 1) of all STFT bins that are said to be its alone.

    Parameters
    ----------
    strokes : Strokes
        What was painted.
    sample_rate : int
        Of the recording in Hz.
    length : int
        Of the recording in samples.
    """
    yield Progress(0.0, "counting")
    frames = frame_count(length, fft_size=_FFT, hop_size=_HOP)
    total = frames * (_FFT // 2 + 1)
    found = painted_bins(strokes, sample_rate=sample_rate, fft_size=_FFT, hop_size=_HOP, frames=frames)
    alone = found.allowed & (found.allowed.sum(axis=1) == 1)[:, None]
    counts = np.count_nonzero(alone, axis=0).tolist()
    return {source.id: count / total for source, count in zip(strokes.sources, counts, strict=True)}
