"""Why kernel additive modelling gave a point to its stems: the neighbours that each median was taken over."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.medians import MedianPlan
from sepstudio.dsp.stft import frame_span, transform_frames
from sepstudio.dsp.wiener import power
from sepstudio.separation.backfitting import Block, Model
from sepstudio.separation.explanation import (
    ABOVE,
    BELOW,
    DECIDING,
    Evidence,
    Explanation,
    Integers,
    Point,
    ProbedRun,
    ProbedStem,
)
from sepstudio.separation.kam import KamParams
from sepstudio.separation.kernels import KamSource, Kernel
from sepstudio.separation.probe import level_of, spectrum_at

# Complex values of the mixture that are transformed to go through the iterations again: 23 s in stereo.
MOST_VALUES = 1 << 22
# Frames on each side from which the spatial model is learnt, when they do not reach to both ends.
SPATIAL_FRAMES = 256
# The part of the neighbours, by rank about the median, that is said to have decided.
DECIDING_SHARE = 0.2
MINUS = "\u2212"

Energies = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Voice:
    """A source, its stem, the median over its kernel, and after which iteration its stem was taken."""

    source: KamSource
    stem: ProbedStem
    plan: MedianPlan
    iteration: int


def explain_steps(run: ProbedRun, point: Point, params: KamParams) -> Generator[float, None, Explanation]:
    """Return the neighbours in the kernel of every source, as its last median before the stem saw them.

    The iterations are gone through again on the surroundings that can have a part in the
    answer. Without the spatial model that gives the very values of the run; with it the
    covariances are those of the surroundings. Where kernels reach too far for that, the
    values are those of the stems themselves.
    """
    voices = _voices(run, params)
    if not voices:
        return Explanation("", ())
    first, last = _surroundings(run, point, voices, params)
    fits = run.mixture.channels * run.bins * (last - first) <= MOST_VALUES
    if fits:
        values, basis, notes = yield from _again(run, point, voices, params, (first, last))
    else:
        values, basis, notes = yield from _of_stems(run, point, voices)
    evidence = tuple(
        _evidence(run, point, voice, energies, text)
        for voice, energies, text in zip(voices, values, basis, strict=True)
    )
    return Explanation(_sentence(evidence), evidence, (*notes, *_caveats(run, params)))


def _voices(run: ProbedRun, params: KamParams) -> list[_Voice]:
    stems = {stem.name: stem for stem in run.stems}
    return [
        _Voice(
            source,
            stems[source.name],
            MedianPlan(source.kernel.footprint(), params.border),
            stems[source.name].take or source.iteration or params.iterations,
        )
        for source in params.source_set.sources
        if source.name in stems
    ]


def _surroundings(run: ProbedRun, point: Point, voices: Sequence[_Voice], params: KamParams) -> tuple[int, int]:
    """Return the frames, first and last exclusive, that can have a part in the answer."""
    reach = max(voice.plan.reach for voice in voices) * max(voice.iteration for voice in voices)
    reach = max(reach, SPATIAL_FRAMES) if params.spatial else reach
    return max(point.frame - reach, 0), min(point.frame + reach + 1, run.frames)


def _again(
    run: ProbedRun, point: Point, voices: Sequence[_Voice], params: KamParams, frames: tuple[int, int]
) -> Generator[float, None, tuple[list[Energies], list[str], tuple[str, ...]]]:
    """Go through the iterations on some frames, and on those bins alone that can have a part in the answer."""
    sizes = {"fft_size": run.fft_size, "hop_size": run.hop_size}
    x = transform_frames(run.stretch.read(*frame_span(*frames, **sizes)), **sizes)
    energy = power(x)
    rounds = max(voice.iteration for voice in voices)
    # What counts as silent to the spatial model depends on all bins.
    high = run.bins if params.spatial else rounds * max(int(np.abs(voice.plan.bins).max()) for voice in voices)
    low, top = max(point.bin - high, 0), min(point.bin + high + 1, run.bins)
    yield 0.3
    model = Model(
        sources=len(voices),
        channels=x.shape[0],
        peak=max(float(energy.max(initial=0.0)), float(np.finfo(np.float32).tiny)),
        threads=1,
        medians=tuple(voice.plan for voice in voices),
        spatial=params.spatial,
    )
    block = Block(model, np.ascontiguousarray(x[:, low:top]), np.ascontiguousarray(energy[low:top]))
    values: list[Energies] = [np.zeros(0)] * len(voices)
    here = Point(point.bin - low, point.frame - frames[0])
    for iteration in range(1, rounds + 1):
        for _ in block.update():
            yield 0.3 + 0.6 * (iteration - 1) / rounds
        for j, voice in enumerate(voices):
            if voice.iteration == iteration:
                rows, columns = voice.plan.neighbours(here.bin, here.frame, block.x.shape[1:])
                values[j] = block.observations[j][rows, columns].astype(np.float64)
    whole = frames == (0, run.frames)
    seconds = (frames[1] - frames[0]) * run.hop_size / run.mixture.sample_rate
    learnt = f"The spatial model is learnt from the {seconds:.1f} s around the point, not from the whole run."
    basis = [f"its estimate before iteration {voice.iteration}" for voice in voices]
    return values, basis, (learnt,) if params.spatial and not whole else ()


def _of_stems(
    run: ProbedRun, point: Point, voices: Sequence[_Voice]
) -> Generator[float, None, tuple[list[Energies], list[str], tuple[str, ...]]]:
    """Take the values of the stems, from the iteration before where it was kept."""
    values, basis = [], []
    for number, voice in enumerate(voices):
        clip, share, text = run.stretch, 1.0 / len(voices), "an equal part of the mixture, with which iteration 1 began"
        if voice.iteration > 1:
            kept = len(voice.stem.takes) >= voice.iteration
            clip, share = (voice.stem.takes[voice.iteration - 2] if kept else voice.stem.clip), 1.0
            text = f"the stem after iteration {voice.iteration - 1}" if kept else "the finished stem"
        rows, columns = voice.plan.neighbours(point.bin, point.frame, run.shape)
        wanted, places = np.unique(columns, return_inverse=True)
        energies = np.empty((run.bins, wanted.size))
        for k, frame in enumerate(wanted):
            spectrum = spectrum_at(clip, [frame], fft_size=run.fft_size, hop_size=run.hop_size)
            energies[:, k] = power(spectrum)[:, 0]
            yield 0.1 + 0.8 * (number + k / wanted.size) / len(voices)
        values.append(energies[rows, places] * share**2 / clip.channels)
        basis.append(text)
    return values, basis, ("The kernels reach too far for the iterations to be gone through again.",)


def _evidence(run: ProbedRun, point: Point, voice: _Voice, energies: Energies, basis: str) -> Evidence:
    bins, frames = voice.plan.neighbours(point.bin, point.frame, run.shape)
    levels = level_of(energies, fft_size=run.fft_size, channels=1)
    standing, middle = _standing(energies)
    return Evidence(
        stem=voice.source.name,
        extent=extent_text(voice.source.kernel),
        basis=basis,
        bins=bins,
        frames=frames,
        bin_offsets=voice.plan.bins,
        frame_offsets=voice.plan.frames,
        levels=levels,
        standing=standing,
        level=float(levels[middle]),
    )


def _standing(energies: Energies) -> tuple[npt.NDArray[np.int8], int]:
    """Return which values lie below, near and above the median by rank, and where the median itself is."""
    order: Integers = np.argsort(energies, kind="stable")
    middle = energies.size // 2
    near = max(round(DECIDING_SHARE * energies.size) // 2, 0)
    standing = np.empty(energies.size, np.int8)
    standing[order] = BELOW
    standing[order[middle + near + 1 :]] = ABOVE
    standing[order[max(middle - near, 0) : middle + near + 1]] = DECIDING
    return standing, int(order[middle])


def extent_text(kernel: Kernel) -> str:
    """Return what a kernel spans in words, for example ``17 frames at this frequency``."""
    points = int(kernel.footprint().sum())
    if kernel.shape == "horizontal":
        return f"{points} frames at this frequency"
    if kernel.shape == "vertical":
        return f"{points} bins at this time"
    if kernel.shape == "periodic":
        return f"{points} frames at this frequency, {kernel.period} apart"
    return f"{points} points around ({kernel.shape})"


def _caveats(run: ProbedRun, params: KamParams) -> tuple[str, ...]:
    """Return why the shares need not follow the medians."""
    caveats = []
    if len({stem.take for stem in run.stems}) > 1:
        caveats.append("The stems come from different iterations, each with medians of its own.")
    if params.spatial and run.mixture.channels > 1:
        caveats.append("The shares also follow where each source sits between the channels.")
    return tuple(caveats)


def _sentence(evidence: Sequence[Evidence]) -> str:
    """Compare the medians in words."""
    first, *others = sorted(evidence, key=lambda one: one.level, reverse=True)
    text = f"{first.stem.capitalize()} is the loudest estimate: its median over {first.extent} is {_db(first.level)}"
    for other in others:
        text += f"; for {other.stem}, over {other.extent}, it is {_db(other.level)}"
    if others and np.isfinite(others[0].level):
        text += f", {first.level - others[0].level:.0f} dB less" if len(others) == 1 else ""
    return text + "."


def _db(level: float) -> str:
    if not np.isfinite(level):
        return f"{MINUS}∞ dB"
    return f"{MINUS if round(level) < 0 else ''}{abs(round(level))} dB"
