"""Kernel additive modelling: multichannel kernel backfitting (FitzGerald, Liutkus et al. 2014, Algorithm 1)."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip, difference
from sepstudio.io.steps import drain
from sepstudio.separation.base import MethodSpec, Preset, Progress, Provenance, RunContext, Separation
from sepstudio.separation.kernels import KamSource, Kernel, SourceSet
from sepstudio.separation.parameters import check_overlap, param, to_json, validate

if TYPE_CHECKING:
    from sepstudio.separation.explanation import Explanation, Point, ProbedRun
    from sepstudio.separation.kam_run import Settings


@dataclass(frozen=True)
class KamParams:
    """Parameters of kernel additive modelling; the defaults are those of the paper."""

    harmonic_length: int = param(
        17, lo=1, hi=255, step=2, unit="frames", label="Harmonic kernel", help="Longer keeps only steadier tones."
    )
    percussive_length: int = param(
        17, lo=1, hi=255, step=2, unit="bins", label="Percussive kernel", help="Longer keeps only broader strokes."
    )
    sources: SourceSet = param(
        SourceSet(),
        label="Sources",
        help="Any sources with their own kernels, for example 'voice=disc:9, rest=horizontal:31@2'; "
        "empty means harmonic and percussive.",
    )
    iterations: int = param(
        2, lo=1, hi=50, label="Iterations", help="More iterations remove more of the other sources and add artefacts."
    )
    spatial: bool = param(
        True, label="Spatial model", help="Learn where each source sits between the channels (from iteration 2 on)."
    )
    keep_iterations: bool = param(
        False, label="Keep every iteration", help="Keep the stems of all iterations, to choose by ear afterwards."
    )
    fft_size: int = param(4096, lo=64, hi=65536, step=2, unit="samples", label="FFT size", advanced=True)
    hop_size: int = param(1024, lo=16, hi=32768, unit="samples", label="Hop", advanced=True)
    border: Literal["reflect", "mirror", "nearest"] = param(
        "reflect",
        label="Kernel at the borders",
        help="How kernels see past the lowest bin and the first frame; audible, because kick and bass lie there.",
        advanced=True,
    )

    def __post_init__(self) -> None:
        validate(self)
        check_overlap(self.fft_size, self.hop_size)
        for source in self.sources.sources:
            if source.iteration > self.iterations:
                raise ParameterError(
                    f"iteration of {source.name}", source.iteration, f"at most the {self.iterations} that are run"
                )

    @property
    def source_set(self) -> SourceSet:
        """The sources that a run separates, harmonic and percussive when none are given."""
        if self.sources.sources:
            return self.sources
        harmonic = KamSource("harmonic", Kernel.horizontal(self.harmonic_length))
        percussive = KamSource("percussive", Kernel.vertical(self.percussive_length))
        return SourceSet((harmonic, percussive))

    def with_sources(self, sources: SourceSet) -> KamParams:
        """Return a copy with other sources, in the short form when they are harmonic and percussive."""
        plain = dataclasses.replace(self, sources=SourceSet())
        if [source.name for source in sources.sources] == ["harmonic", "percussive"]:
            harmonic, percussive = (source.kernel for source in sources.sources)
            plain = dataclasses.replace(plain, harmonic_length=harmonic.width, percussive_length=percussive.height)
        return plain if plain.source_set == sources else dataclasses.replace(self, sources=sources)


# The part of a long recording from which the period of repeating music is found.
PERIOD_SECONDS = 120
PREPARED_SAMPLES = 16384


def separate(mixture: AudioClip, params: KamParams, *, context: RunContext) -> Generator[Progress, None, Separation]:
    """Separate a mixture by kernel backfitting.

    Parameters
    ----------
    mixture : AudioClip
        Any number of channels and samples, at any rate. Silence gives silent stems.
    params : KamParams
        "The result after n iterations" is the Wiener filter with the parameters after n updates.
    context : RunContext
        Files beyond its memory budget are streamed in blocks, with the same result.

    Returns
    -------
    Separation
        A stem per source. They sum to the mixture; when the sources take different
        iterations, a stem ``residual`` holds what they leave. With ``keep_iterations`` the
        takes of every source are its results after 1, 2, ... iterations.

    Raises
    ------
    DeviceError
        If another device than the CPU is asked for.
    """
    from sepstudio.nn.devices import resolve_device
    from sepstudio.separation.kam_run import KamRun
    from sepstudio.separation.provenance import peak_memory, versions

    started = time.perf_counter()
    device = resolve_device(context.device, METHOD.devices)
    sources = yield from _with_periods(mixture, params)
    run = KamRun(mixture, _settings(params, sources), context)
    clips = yield from run.go()
    stems = {s.name: clips[j, s.iteration or params.iterations] for j, s in enumerate(sources.sources)}
    if len({source.iteration or params.iterations for source in sources.sources}) > 1:
        stems["residual"] = difference(mixture, 0, mixture.length, list(stems.values()))
    takes = {
        source.name: tuple(clips[j, n] for n in range(1, params.iterations + 1))
        for j, source in enumerate(sources.sources)
        if params.keep_iterations
    }
    provenance = Provenance(
        method="kam",
        params=to_json(params.with_sources(sources)),
        seed=context.seed,
        versions=versions("numpy", "scipy", "numba"),
        device=device,
        wall_seconds=time.perf_counter() - started,
        peak_memory_bytes=peak_memory(),
        notes=tuple(run.notes),
    )
    return Separation(stems, provenance, takes)


def _settings(params: KamParams, sources: SourceSet) -> Settings:
    from sepstudio.separation.kam_run import Settings

    every = range(1, params.iterations + 1)
    wanted = {
        (j, n)
        for j, source in enumerate(sources.sources)
        for n in (every if params.keep_iterations else (source.iteration or params.iterations,))
    }
    return Settings(
        names=tuple(source.name for source in sources.sources),
        footprints=tuple(source.kernel.footprint() for source in sources.sources),
        border=params.border,
        iterations=max(n for _, n in wanted),
        spatial=params.spatial,
        fft_size=params.fft_size,
        hop_size=params.hop_size,
        wanted=tuple(sorted(wanted)),
    )


def _with_periods(mixture: AudioClip, params: KamParams) -> Generator[Progress, None, SourceSet]:
    """Return the sources with every open period replaced by the one of the beat spectrum."""
    sources = params.source_set
    if all(source.kernel.shape != "periodic" or source.kernel.period for source in sources.sources):
        return sources
    from sepstudio.separation.periodicity import beat_spectrum, find_period

    energy = yield from _energy(mixture, params)
    period = find_period(beat_spectrum(energy), frame_rate=mixture.sample_rate / params.hop_size)
    for index, source in enumerate(sources.sources):
        if source.kernel.shape == "periodic" and not source.kernel.period:
            sources = sources.replaced(index, kernel=dataclasses.replace(source.kernel, period=period))
    return sources


def _energy(mixture: AudioClip, params: KamParams) -> Generator[Progress, None, npt.NDArray[np.float32]]:
    """Return the power spectrogram of the middle of a recording, at most two minutes of it."""
    from sepstudio.dsp.stft import stft
    from sepstudio.dsp.wiener import power

    length = min(mixture.length, PERIOD_SECONDS * mixture.sample_rate)
    start = (mixture.length - length) // 2
    # Steps of whole hops, so that the parts join into one regular spectrogram.
    step = max(mixture.sample_rate // params.hop_size, 1) * params.hop_size * 4
    parts = []
    for a in range(start, start + length, step):
        block = mixture.read(a, min(a + step, start + length))
        frames = -(-block.shape[1] // params.hop_size)
        parts.append(power(stft(block, fft_size=params.fft_size, hop_size=params.hop_size)[..., :frames]))
        yield Progress(0.0, "beat spectrum")
    return np.concatenate(parts, axis=1) if parts else np.zeros((params.fft_size // 2 + 1, 1), np.float32)


def explain(run: ProbedRun, point: Point, params: KamParams) -> Generator[float, None, Explanation]:
    """Show the kernel neighbours that decided about a point; yields fractions."""
    from sepstudio.separation.kam_probe import explain_steps

    return explain_steps(run, point, params)


def prepare() -> None:
    """Load numba and the compiled functions of usual runs, by separating a moment of noise."""
    for channels in (1, 2):
        noise = np.random.default_rng(0).standard_normal((channels, PREPARED_SAMPLES), dtype=np.float32)
        drain(separate(AudioClip(noise, 44100), KamParams(), context=RunContext()))


def _memory(mixture: AudioClip, params: KamParams, context: RunContext) -> int:
    from sepstudio.dsp.stft import frame_count

    sources = params.source_set.sources
    frames = frame_count(mixture.length, fft_size=params.fft_size, hop_size=params.hop_size)
    state = frames * 8 * (params.fft_size // 2 + 1) * (mixture.channels + len(sources))
    takes = params.iterations if params.keep_iterations else 1
    return min(state, context.memory_budget) + 4 * mixture.length * mixture.channels * len(sources) * takes


METHOD = MethodSpec(
    id="kam",
    title="Kernel additive modelling",
    summary="Separates sounds by the shapes that their energy makes in the spectrogram.",
    params=KamParams,
    run=separate,
    memory=_memory,
    explain=explain,
    prepare=prepare,
    presets=(
        Preset("paper", "Harmonic / percussive (paper)", KamParams()),
        Preset(
            "own-iterations",
            "Each source its best iteration",
            KamParams(
                sources=SourceSet.from_text("harmonic=horizontal:17@2, percussive=vertical:17@5"),
                iterations=5,
                keep_iterations=True,
            ),
        ),
        Preset("classic", "Classic median filter", KamParams(iterations=1, spatial=False)),
        Preset(
            "repeating",
            "Repeating background",
            KamParams(sources=SourceSet.from_text("background=periodic:auto:3, foreground=disc:3"), iterations=2),
        ),
    ),
)
