"""The multi-scale mel distance, by which codecs are trained and judged."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.fourier import rfft
from sepstudio.dsp.mel import MEL_SCALES, mel_filterbank
from sepstudio.dsp.stft import hann
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.metrics.scenes import Scene, pair_of, read_mirrored, spans

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

_FLOOR = 1e-5
_LONGEST = max(size for size, _ in MEL_SCALES)
# A multiple of all hops, so that every frame belongs to one block.
_BLOCK = 32 * _LONGEST // 4


def mel_distance(reference: Scene, estimate: Scene, *, sample_rate: int = 44100) -> float:
    """Return how far the mel spectra of two recordings differ, the mean over channels.

    Sum over seven scales, windows of 32 to 2048 samples, of the mean absolute difference of the log10 of mel
    magnitudes, floored at 1e-5: the loss and the distance of the Descript Audio Codec (Kumar et al. 2023), equal to
    ``codec.mel_loss``.

    Parameters
    ----------
    reference, estimate : array [channels, samples] or [samples], or AudioClip
        Of equal shape; the value depends on the level. Clips are read block by block.
    sample_rate : int
        In Hz, of arrays.

    Returns
    -------
    float
        0 for identical recordings.

    Raises
    ------
    ParameterError
        If shapes or sample rates differ, there are no samples, or a value is not finite.
    """
    return float(drain(mel_distance_steps(*pair_of(reference, estimate, sample_rate))).mean())


def mel_distance_steps(reference: AudioClip, estimate: AudioClip) -> Generator[float, None, Doubles]:
    """Return the distance of every channel, float64 [channels]; yields the fraction done."""
    total = np.zeros((len(MEL_SCALES), reference.channels))
    length = reference.length
    for start, stop in spans(length, _BLOCK):
        margin = _LONGEST // 2
        pair = [read_mirrored(clip, start - margin, stop + margin) for clip in (reference, estimate)]
        for scale, (size, mels) in enumerate(MEL_SCALES):
            frames = _frames_before(stop, length, size) - _frames_before(start, length, size)
            if frames:
                first, second = (_log_mels(one, size, mels, frames, reference.sample_rate) for one in pair)
                total[scale] += np.abs(first - second).sum(axis=(1, 2), dtype=np.float64)
        yield stop / length
    counts = [_frames_before(length, length, size) * mels for size, mels in MEL_SCALES]
    # Natural logarithms take a sixth of the time of those to ten.
    return np.asarray((total / np.array(counts)[:, np.newaxis]).sum(axis=0) / np.log(10))


def _frames_before(position: int, length: int, size: int) -> int:
    """Return how many frames, a quarter of their size apart, are centred before a position; one may be at the end."""
    hop = size // 4
    return length // hop + 1 if position == length else -(-position // hop)


def _log_mels(block: Floats, size: int, mels: int, frames: int, sample_rate: int) -> Floats:
    """Return log mel magnitudes [channels, frames, mels]; the first frame is centred where the margin ends."""
    first = (_LONGEST - size) // 2
    windows = np.lib.stride_tricks.sliding_window_view(block[:, first:], size, axis=1)[:, :: size // 4]
    magnitude = np.abs(rfft(windows[:, :frames] * hann(size), overwrite_x=True))
    return np.asarray(np.log(np.maximum(magnitude @ mel_filterbank(sample_rate, size, mels).T, _FLOOR)))
