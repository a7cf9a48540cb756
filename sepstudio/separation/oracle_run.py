"""Stems from what is known of the truth: masks of true stems, and their phases, streamed over a recording."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.stft import CHUNK, frame_count, frame_span, transform_frames
from sepstudio.io.clip import AudioClip
from sepstudio.separation.base import RunContext
from sepstudio.separation.outputs import open_output

Floats = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex64]

# Is given frames of the mixture [channels, bins, frames], those of the true stems, and the number of the first frame;
# returns those of the stems, in the order of the true ones. Blocks come in order.
Images = Callable[[Spectrum, Sequence[Spectrum], int], Sequence[Spectrum]]

# What has a part in the results.
PACKAGES = ("numpy", "scipy")
# Frames that are treated at a time: a few megabytes a stem.
BLOCK = 4 * CHUNK


class OracleRun:
    """Reads a mixture and its true stems frame by frame, and writes a stem for each of these.

    ``fft_size`` and ``hop_size`` are in samples.
    """

    def __init__(
        self,
        mixture: AudioClip,
        references: Mapping[str, AudioClip],
        context: RunContext,
        *,
        fft_size: int,
        hop_size: int,
    ) -> None:
        self._mixture = mixture
        self._references = references
        self._context = context
        self._sizes = {"fft_size": fft_size, "hop_size": hop_size}
        self.frames = frame_count(mixture.length, **self._sizes)

    def stems_steps(self, images: Images) -> Generator[float, None, dict[str, AudioClip]]:
        """Write the stems, as long as the mixture and by name in order; yields the fraction done."""
        outputs = [open_output(self._context.sink, name, self._mixture, **self._sizes) for name in self._references]
        for first in range(0, self.frames, BLOCK):
            stop = min(first + BLOCK, self.frames)
            true = [self._spectrum(clip, first, stop) for clip in self._references.values()]
            made = images(self._spectrum(self._mixture, first, stop), true, first)
            for output, image in zip(outputs, made, strict=True):
                output.push(image)
            yield stop / self.frames
        return {name: output.finish() for name, output in zip(self._references, outputs, strict=True)}

    def _spectrum(self, clip: AudioClip, first: int, stop: int) -> Spectrum:
        segment = clip.read(*frame_span(first, stop, **self._sizes))
        return transform_frames(segment, **self._sizes, threads=self._context.threads)


def ratio_masks(x: Spectrum, true: Sequence[Spectrum], *, exponent: float, rest: bool) -> list[Floats]:
    """Return the ideal ratio mask of each true stem.

    ``m_j = |s_j|^p / Σ_i |s_i|^p`` at every channel, bin and frame; p = 1 gives the ratio of amplitudes, p = 2 that of
    powers. Where all true stems are silent each takes an equal share, so that masks always sum to one.

    Parameters
    ----------
    x : complex64 array [channels, bins, frames]
        Of the mixture.
    true : sequence of complex64 arrays of the same shape
        Of the true stems.
    exponent : float
        p.
    rest : bool
        Count what the true stems leave of the mixture, ``x - Σ s_j``, among the sources ``i``.

    Returns
    -------
    list of float32 arrays [channels, bins, frames], in [0, 1], one for each true stem.
    """
    parts = [*true, x - sum(true)] if rest else true
    weights = [np.abs(part) ** np.float32(exponent) for part in parts]
    total = np.sum(weights, axis=0)
    silent = total == 0
    total[silent] = len(parts)
    return [np.asarray(np.where(silent, 1, weight) / total, np.float32) for weight in weights[: len(true)]]


def with_phase_of(amplitude: Floats, true: Spectrum, x: Spectrum) -> Spectrum:
    """Return amplitudes with the phase of a true stem, and that of the mixture where the true stem has none."""
    size = np.abs(true)
    silent = size == 0
    direction = np.where(silent, x, true)
    size = np.where(silent, np.abs(x), size)
    return np.asarray(amplitude * direction / np.maximum(size, np.finfo(np.float32).tiny), np.complex64)


def oracle_memory(mixture: AudioClip, sources: int, fft_size: int) -> int:
    """Estimate the bytes above its input that a run needs: some frames of all sources, and the stems."""
    frames = 32 * (fft_size // 2 + 1) * BLOCK * mixture.channels * (sources + 1)
    return frames + 4 * mixture.length * mixture.channels * sources
