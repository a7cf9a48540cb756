"""Short-time Fourier transform: periodic Hann window, centred frames, perfect reconstruction."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.fourier import irfft, rfft
from sepstudio.dsp.parallel import over_rows
from sepstudio.errors import ParameterError

Floats = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complex64]

# Frames that are transformed at a time: their windowed copy stays in the second-level cache.
CHUNK = 32


def hann(size: int) -> Floats:
    """Return the periodic Hann window, float32 [size]."""
    return (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(size) / size)).astype(np.float32)


def frame_count(length: int, *, fft_size: int, hop_size: int) -> int:
    """Return the number of frames of a signal of ``length`` samples.

    Frame ``m`` is centred on sample ``m * hop_size``. With less than 75 % overlap one more
    frame is taken when the length is no multiple of the hop: otherwise the last samples lie
    where every window is almost zero and could not be restored.
    """
    extra = 1 if 4 * hop_size > fft_size and length % hop_size else 0
    return 1 + length // hop_size + extra


def frame_span(first: int, last: int, *, fft_size: int, hop_size: int) -> tuple[int, int]:
    """Return the samples ``(start, stop)`` that the frames ``first`` to ``last`` (exclusive) see."""
    return first * hop_size - fft_size // 2, (last - 1) * hop_size + fft_size - fft_size // 2


def stft(x: npt.ArrayLike, *, fft_size: int, hop_size: int, threads: int = 2) -> Complex:
    """Return the short-time Fourier transform of a real signal.

    Parameters
    ----------
    x : float array [..., samples]
        Zeros are assumed outside.
    fft_size, hop_size : int
        Samples; the hop is at most half of the FFT size.

    Returns
    -------
    complex64 array [..., fft_size // 2 + 1, frames], not scaled: a sinusoid of amplitude 1 on
    a bin has magnitude ``fft_size / 4``. The phase refers to the first sample of each frame.

    Raises
    ------
    ParameterError
        For sizes out of range, and for a single number.
    """
    check_sizes(fft_size, hop_size)
    signal = np.asarray(x, dtype=np.float32)
    if signal.ndim == 0:
        raise ParameterError("x", float(signal), "an array [..., samples]")
    frames = frame_count(signal.shape[-1], fft_size=fft_size, hop_size=hop_size)
    start, stop = frame_span(0, frames, fft_size=fft_size, hop_size=hop_size)
    padding = [(0, 0)] * (signal.ndim - 1) + [(-start, max(stop - signal.shape[-1], 0))]
    return transform_frames(np.pad(signal, padding), fft_size=fft_size, hop_size=hop_size, threads=threads)


def transform_frames(segment: Floats, *, fft_size: int, hop_size: int, threads: int = 2) -> Complex:
    """Transform every full frame of a segment [..., samples], the first one at its first sample."""
    windows = np.lib.stride_tricks.sliding_window_view(segment, fft_size, axis=-1)[..., ::hop_size, :]
    frames = windows.shape[-2]
    out = np.empty((*windows.shape[:-2], fft_size // 2 + 1, frames), np.complex64)
    window = hann(fft_size)

    def chunks(first: int, last: int) -> None:
        for k in range(first * CHUNK, min(last * CHUNK, frames), CHUNK):
            spectra = rfft(windows[..., k : min(k + CHUNK, frames), :] * window, overwrite_x=True)
            out[..., k : k + CHUNK] = spectra.swapaxes(-1, -2)

    over_rows(chunks, 0, -(-frames // CHUNK), threads)
    return out


def istft(spectrum: npt.ArrayLike, *, fft_size: int, hop_size: int, length: int, threads: int = 2) -> Floats:
    """Return the signal whose windowed frames fit a spectrum best (Griffin and Lim 1984, eq. 6).

    Parameters
    ----------
    spectrum : complex array [..., bins, frames]
        As ``stft`` returns it.
    length : int
        Samples of the result; ``istft(stft(x), length=x.shape[-1])`` is ``x`` within 1e-6 of full scale.

    Returns
    -------
    float32 array [..., length]

    Raises
    ------
    ParameterError
        For sizes out of range, and for a spectrum of another FFT size.
    """
    check_sizes(fft_size, hop_size)
    array = np.asarray(spectrum)
    if array.ndim < 2 or array.shape[-2] != fft_size // 2 + 1:
        raise ParameterError("spectrum", array.shape, f"an array [..., {fft_size // 2 + 1}, frames]")
    flat = array.reshape(-1, *array.shape[-2:])
    signal = np.empty((flat.shape[0], length), np.float32)

    def channels(first: int, last: int) -> None:
        synthesis = Synthesis(last - first, length, fft_size=fft_size, hop_size=hop_size)
        signal[first:last] = np.concatenate([synthesis.push(flat[first:last]), synthesis.finish()], axis=-1)

    over_rows(channels, 0, flat.shape[0], threads)
    return signal.reshape(*array.shape[:-2], length)


class Synthesis:
    """Inverse transform of a spectrum that comes in consecutive blocks of frames.

    The samples are the same, bit for bit, however the frames are divided into blocks.
    """

    def __init__(self, channels: int, length: int, *, fft_size: int, hop_size: int) -> None:
        self._fft_size = fft_size
        self._hop = hop_size
        self._window = hann(fft_size)
        self._power = self._window.astype(np.float64) ** 2
        self._tail = np.zeros((channels, fft_size - hop_size), np.float32)
        self._tail_weight = np.zeros(fft_size - hop_size)
        # Half of the first frame lies before the signal.
        self._skip = fft_size // 2
        self._left = length

    def push(self, block: npt.NDArray[Any]) -> Floats:
        """Add frames [channels, bins, frames] and return the samples [channels, n] that are complete."""
        parts = [self._push_chunk(block[..., k : k + CHUNK]) for k in range(0, block.shape[-1], CHUNK)]
        return self._cut(np.concatenate(parts, axis=-1) if parts else self._tail[:, :0])

    def finish(self) -> Floats:
        """Return the samples that remain after the last frame."""
        rest = self._cut(self._normalised(self._tail, self._tail_weight))
        return np.pad(rest, ((0, 0), (0, self._left)))

    def _push_chunk(self, chunk: npt.NDArray[Any]) -> Floats:
        frames = chunk.shape[-1]
        hop, size = self._hop, self._fft_size
        total = np.zeros((chunk.shape[0], frames * hop + size - hop), np.float32)
        weight = np.zeros(total.shape[1])
        total[:, : size - hop] = self._tail
        weight[: size - hop] = self._tail_weight
        # Stems of notes are silent most of the time.
        if chunk.any():
            signals = irfft(np.ascontiguousarray(chunk.swapaxes(-1, -2)), n=size)
            signals *= self._window
            for m in range(frames):
                total[:, m * hop : m * hop + size] += signals[:, m]
        for m in range(frames):
            weight[m * hop : m * hop + size] += self._power
        done = frames * hop
        self._tail, self._tail_weight = total[:, done:], weight[done:]
        return self._normalised(total[:, :done], weight[:done])

    @staticmethod
    def _normalised(total: Floats, weight: npt.NDArray[np.float64]) -> Floats:
        # Only samples outside the signal can have no weight; they are cut off.
        divisor = np.maximum(weight, np.finfo(np.float32).tiny).astype(np.float32)
        return np.asarray(total / divisor, np.float32)

    def _cut(self, samples: Floats) -> Floats:
        skipped = min(self._skip, samples.shape[1])
        self._skip -= skipped
        kept = samples[:, skipped : skipped + self._left]
        self._left -= kept.shape[1]
        return kept


def check_sizes(fft_size: int, hop_size: int) -> None:
    """Raise ParameterError for sizes that no transform here has."""
    if fft_size < 2 or fft_size % 2:
        raise ParameterError("fft_size", fft_size, "even and at least 2")
    if not 1 <= hop_size <= fft_size // 2:
        raise ParameterError("hop_size", hop_size, f"between 1 and half of the FFT size ({fft_size // 2})")
