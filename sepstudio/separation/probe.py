"""What is at one time-frequency point: the share of each stem, and the way to hear some points alone."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.stft import CHUNK, Synthesis, transform_frames
from sepstudio.errors import ParameterError, UserError
from sepstudio.io.clip import AudioClip
from sepstudio.separation.base import MethodSpec
from sepstudio.separation.explanation import Explanation, Point, ProbedRun
from sepstudio.separation.parameters import from_json

Spectrum = npt.NDArray[np.complex64]

# For methods that do not transform at all, and parameters that this installation does not know.
DEFAULT_FFT_SIZE, DEFAULT_HOP_SIZE = 2048, 512
RESIDUAL = "residual"
FADE_SECONDS = 0.005
# Repetitions may lie minutes apart: what is farther from the point than this is not played.
REACH_SECONDS = 10.0


@dataclass(frozen=True)
class Share:
    """What a stem has of a point.

    ``energy`` is its part of the energy of all stems and the residual, summed over channels;
    ``mask`` the factor, projected on the mixture, by which the mixture was multiplied there: the
    masks of all stems and the residual sum to 1. ``level`` is in dBFS.
    """

    name: str
    energy: float
    mask: float
    level: float


@dataclass(frozen=True)
class Reading:
    """What is at a point; ``level`` is that of the mixture in dBFS, 0 = a full-scale sine in every channel."""

    point: Point
    seconds: float
    hertz: float
    level: float
    shares: tuple[Share, ...]
    explanation: Explanation | None = None


def transform_sizes(params: Any, spec: MethodSpec | None = None, sample_rate: int = 0) -> tuple[int, int]:
    """Return the FFT size and hop of a run from its parameters, or the default ones where it has none.

    A method may know them where its parameters do not say them: for recordings of a ``sample_rate`` in Hz.
    """
    if spec is not None and spec.sizes is not None and isinstance(params, spec.params):
        try:
            return spec.sizes(params, sample_rate)
        except UserError:
            # What knew them is not there any more; shares can be seen in any transform.
            return DEFAULT_FFT_SIZE, DEFAULT_HOP_SIZE
    values = params if isinstance(params, Mapping) else vars(params)
    fft_size = values.get("fft_size", DEFAULT_FFT_SIZE)
    return fft_size, values.get("hop_size", min(DEFAULT_HOP_SIZE, fft_size // 4))


def used_params(spec: MethodSpec, params: Any, provenance: Mapping[str, Any]) -> Any:
    """Return the parameters with what the run found out by itself, for example the period of the music."""
    try:
        return from_json(spec.params, provenance["params"])
    except (KeyError, ParameterError):
        return params


def spectrum_at(clip: AudioClip, frames: npt.ArrayLike, *, fft_size: int, hop_size: int) -> Spectrum:
    """Return some frames of the STFT of a clip, complex64 [channels, bins, frames]; reads only what they see."""
    starts = np.asarray(frames, np.int64) * hop_size - fft_size // 2
    parts = [transform_frames(clip.read(int(a), int(a) + fft_size), fft_size=fft_size, hop_size=hop_size)
             for a in starts]  # fmt: skip
    return np.concatenate(parts, axis=-1)


def level_of(energy: npt.ArrayLike, *, fft_size: int, channels: int) -> npt.NDArray[np.float64]:
    """Return levels in dBFS of energies summed over channels; a full-scale sine in all of them is at 0 dB."""
    with np.errstate(divide="ignore"):
        return np.asarray(10.0 * np.log10(np.asarray(energy, np.float64) * (4.0 / fft_size) ** 2 / channels))


def loudest_bin(run: ProbedRun, seconds: float) -> int:
    """Return the bin of the mixture that is loudest at a time."""
    frame = run.frame_at(seconds)
    spectrum = spectrum_at(run.stretch, [frame], fft_size=run.fft_size, hop_size=run.hop_size)
    return int(np.argmax((np.abs(spectrum) ** 2).sum(axis=(0, 2))))


def shares_at(run: ProbedRun, point: Point) -> tuple[float, tuple[Share, ...]]:
    """Return the level of the mixture at a point, and the share of each stem and of the residual."""
    names = [*(stem.name for stem in run.stems), RESIDUAL]
    clips = [*(stem.clip for stem in run.stems), run.residual]
    sizes = {"fft_size": run.fft_size, "hop_size": run.hop_size}
    mixture, *values = (
        spectrum_at(clip, [point.frame], **sizes)[:, point.bin, 0].astype(np.complex128)
        for clip in (run.stretch, *clips)
    )
    energies = np.array([(np.abs(value) ** 2).sum() for value in values])
    whole, total = float((np.abs(mixture) ** 2).sum()), float(energies.sum())
    masks = [float((value * mixture.conj()).sum().real) / whole if whole else 0.0 for value in values]
    levels = level_of([whole, *energies], fft_size=run.fft_size, channels=len(mixture)).tolist()
    parts = (energies / total if total else energies).tolist()
    shares = (Share(*of) for of in zip(names, parts, masks, levels[1:], strict=True))
    return levels[0], tuple(shares)


def probe_steps(
    run: ProbedRun, seconds: float, hertz: float | None, spec: MethodSpec | None, params: Any
) -> Generator[float, None, Reading]:
    """Look at a point of a run; yields the fraction done. No frame is read that has no part in the answer.

    Parameters
    ----------
    run : ProbedRun
        What was separated.
    seconds, hertz : float
        The point; a frequency of None stands for the loudest one at that time.
    spec : MethodSpec or None
        The method, which may explain itself.
    params : object
        The parameters of the run.

    Raises
    ------
    ParameterError
        If the run does not reach to that time.
    """
    yield 0.0
    index = loudest_bin(run, seconds) if hertz is None else run.bin_at(hertz)
    point = Point(index, run.frame_at(seconds))
    level, shares = shares_at(run, point)
    yield 0.1
    explain = spec.explain if spec is not None else None
    # Parameters that could not be read are a plain mapping: shares are there even so.
    known = explain is not None and isinstance(params, spec.params if spec is not None else ())
    explanation = (yield from explain(run, point, params)) if explain is not None and known else None
    return Reading(point, run.seconds_of(point.frame), run.hertz_of(point.bin), level, shares, explanation)


@dataclass(frozen=True)
class Excerpt:
    """A short sound and the sample of the recording at which it begins."""

    clip: AudioClip
    start: int


def excerpt_steps(
    run: ProbedRun, clip: AudioClip, bins: npt.ArrayLike, frames: npt.ArrayLike, around: int
) -> Generator[float, None, Excerpt]:
    """Make some points of the STFT of a clip audible, and nothing else of it; yields the fraction done.

    Parameters
    ----------
    run : ProbedRun
        Whose transform the points belong to.
    clip : AudioClip
        The stretch of the mixture, or a stem.
    bins, frames : int arrays [points]
        What is heard.
    around : int
        The frame in question; points more than ten seconds from it are left out.
    """
    rate, hop, size = clip.sample_rate, run.hop_size, run.fft_size
    wanted = np.stack([np.asarray(frames, np.int64), np.asarray(bins, np.int64)])
    wanted = np.unique(wanted[:, np.abs(wanted[0] - around) * hop <= REACH_SECONDS * rate], axis=1)
    first, last = (int(wanted[0].min()), int(wanted[0].max())) if wanted.size else (around, around)
    # The synthesis begins in the middle of its first frame: as many frames before as a window needs.
    lead = -(-size // (2 * hop))
    synthesis = Synthesis(clip.channels, (last - first + 2 * lead) * hop, fft_size=size, hop_size=hop)
    parts = []
    for begin in range(first - lead, last + lead + 1, CHUNK):
        block = np.zeros((clip.channels, run.bins, min(CHUNK, last + lead + 1 - begin)), np.complex64)
        here = wanted[:, (wanted[0] >= begin) & (wanted[0] < begin + CHUNK)]
        for frame in np.unique(here[0]):
            chosen = here[1, here[0] == frame]
            block[:, chosen, frame - begin] = spectrum_at(clip, [frame], fft_size=size, hop_size=hop)[:, chosen, 0]
        parts.append(synthesis.push(block))
        yield (begin - first + lead) / (last - first + 2 * lead + 1)
    samples = np.concatenate([*parts, synthesis.finish()], axis=1)
    return _inside(run, samples, (first - lead) * hop, rate)


def _inside(run: ProbedRun, samples: npt.NDArray[np.float32], begin: int, rate: int) -> Excerpt:
    """Cut off what lies outside the stretch that was separated, and fade both ends."""
    left, right = max(-begin, 0), max(begin + samples.shape[1] - (run.stop - run.start), 0)
    kept = samples[:, left : samples.shape[1] - right].copy()
    length = min(round(FADE_SECONDS * rate), kept.shape[1] // 2)
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(length, 1))).astype(np.float32)
    kept[:, :length] *= ramp
    kept[:, kept.shape[1] - length :] *= ramp[::-1]
    return Excerpt(AudioClip(kept, rate), run.start + begin + left)
