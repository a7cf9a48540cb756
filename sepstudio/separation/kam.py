"""Kernel additive modelling: multichannel kernel backfitting (FitzGerald, Liutkus et al. 2014, Algorithm 1)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from sepstudio.errors import ParameterError
from sepstudio.separation.kernels import Kernel, KamSource, SourceSet
from sepstudio.separation.parameters import param, validate


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
        if self.hop_size * 2 > self.fft_size:
            raise ParameterError("hop_size", self.hop_size, f"at most half of the FFT size ({self.fft_size // 2})")
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
            plain = dataclasses.replace(
                plain, harmonic_length=harmonic.width, percussive_length=percussive.height
            )
        return plain if plain.source_set == sources else dataclasses.replace(self, sources=sources)
