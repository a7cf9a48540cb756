"""The networks that the phase-feature paper compares, by name, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sepstudio.dsp.phase import PhaseFeature
from sepstudio.errors import ParameterError
from sepstudio.nn.phase_config import Inputs, PhaseNetworkConfig

ALL = "all"
AMPLITUDE = "a"
BOTH = "a-dt-df"
_UNCORRECTED = "-uncorrected"


@dataclass(frozen=True)
class Variant:
    """What a network is shown: fields of ``PhaseNetworkConfig`` of the same names, and what this is in words."""

    name: str
    title: str
    inputs: Inputs
    phase_kinds: tuple[PhaseFeature, ...] = ()
    corrected: bool = True


@dataclass(frozen=True)
class NetworkSize:
    """What all networks that are compared have in common: fields of ``PhaseNetworkConfig`` of the same names.

    ``sample_rate`` (Hz) and ``channels`` are what all recordings are converted to.
    """

    sample_rate: int = 44_100
    channels: int = 2
    fft_size: int = 4096
    hop_size: int = 1024
    context: int = 5
    hidden: int = 500
    highest_bin: int | None = None
    bands: int | None = None


_KINDS: tuple[tuple[str, str, tuple[PhaseFeature, ...]], ...] = (
    ("dt", "Δt", ("time",)),
    ("df", "Δf", ("frequency",)),
    ("dt-df", "Δt and Δf", ("time", "frequency")),
)


def _variants() -> dict[str, Variant]:
    """Return papers' Figs. 4, 6 and 8: phases alone, amplitudes alone, both."""
    found = [
        Variant(AMPLITUDE, "amplitude (DNN_A)", "amplitude"),
        Variant("phase-raw", "raw phase alone", "phase", ("phase",)),
        Variant("a-phase-raw", "amplitude and raw phase", "late", ("phase",)),
    ]
    for name, title, kinds in _KINDS:
        both = f"amplitude, {title}" + (" (DNN_A&φ)" if len(kinds) == 2 else "")
        for suffix, words, corrected in (("", "", True), (_UNCORRECTED, ", uncorrected", False)):
            found.append(Variant(f"phase-{name}{suffix}", f"{title} alone{words}", "phase", kinds, corrected))
            found.append(Variant(f"a-{name}{suffix}", f"{both}{words}", "late", kinds, corrected))
    found.append(Variant("early", "amplitude, Δt and Δf stacked at the input", "early", ("time", "frequency")))
    return {variant.name: variant for variant in found}


VARIANTS = _variants()


def find_variants(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of variants, each once, with those of all in the place of ``all``.

    Raises
    ------
    ParameterError
        If there are none, or one is unknown.
    """
    found: dict[str, None] = {}
    for name in names:
        if name != ALL and name not in VARIANTS:
            raise ParameterError("variant", name, "one of " + ", ".join([ALL, *VARIANTS]))
        found |= dict.fromkeys(VARIANTS if name == ALL else [name])
    if not found:
        raise ParameterError("variants", tuple(names), "at least one of " + ", ".join(VARIANTS))
    return tuple(found)


def uncorrected(name: str) -> str:
    """Return the name of a variant whose features keep the shifts of the transform."""
    return name + _UNCORRECTED


def variant_config(name: str, instrument: str, size: NetworkSize) -> PhaseNetworkConfig:
    """Return the configuration of a variant for an instrument; ParameterError for values out of range.

    All have a scale layer before their last bias layer, so that no unit of amplitudes is special.
    """
    variant = VARIANTS[name]
    return PhaseNetworkConfig(
        instrument,
        inputs=variant.inputs,
        phase_kinds=variant.phase_kinds,
        corrected=variant.corrected,
        channels=size.channels,
        sample_rate=size.sample_rate,
        fft_size=size.fft_size,
        hop_size=size.hop_size,
        context=size.context,
        hidden=size.hidden,
        highest_bin=size.highest_bin,
        bands=size.bands,
        output_scale=True,
    )
