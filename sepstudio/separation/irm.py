"""The method ``irm``: the ideal ratio mask, an upper bound of what any mask with the mixture's phase can reach."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sepstudio.io.clip import AudioClip, difference
from sepstudio.io.steps import scaled
from sepstudio.separation.base import MethodSpec, Preset, Progress, RunContext, Separation, staged
from sepstudio.separation.oracle_run import PACKAGES, OracleRun, Spectrum, oracle_memory, ratio_masks
from sepstudio.separation.parameters import check_overlap, param, validate
from sepstudio.separation.references import RESIDUAL, chosen_references, rest_steps

TITLE = "Ideal ratio mask"
# Where measuring the true stems ends on the progress bar.
SCANNED = 0.1
# What the name of a ratio means for amplitudes.
EXPONENTS = {"amplitude": 1.0, "power": 2.0}


@dataclass(frozen=True)
class OracleParams:
    """What methods that know the true stems share."""

    stems: str = param(
        "",
        label="Only these",
        help="Names of the true stems to take, separated by commas; empty takes all. Together they should be the "
        "mixture.",
    )
    ratio: Literal["amplitude", "power"] = param(
        "amplitude", label="Ratio", help="Of amplitudes as in the paper, or of powers: a Wiener filter of one channel."
    )
    fft_size: int = param(4096, lo=64, hi=65536, step=2, unit="samples", label="FFT size", advanced=True)
    hop_size: int = param(1024, lo=16, hi=32768, unit="samples", label="Hop", advanced=True)

    def __post_init__(self) -> None:
        validate(self)
        check_overlap(self.fft_size, self.hop_size)


@dataclass(frozen=True)
class IrmParams(OracleParams):
    """Parameters of the ideal ratio mask; the defaults are those of the phase-feature paper, Table 1."""


def separate(mixture: AudioClip, params: IrmParams, *, context: RunContext) -> Generator[Progress, None, Separation]:
    """Separate a mixture with the masks that its true stems imply.

    ``ŝ_j = m_j x`` with ``m_j = |s_j| / Σ_i |s_i|`` at every channel, bin and frame of the short-time Fourier
    transforms: the ideal amplitude mask with the mixture's phase (Muth et al. 2018, Table 1).

    Parameters
    ----------
    mixture : AudioClip
        Any number of channels and samples, at any rate.
    params : IrmParams
    context : RunContext
        Its true stems. What they leave of the mixture counts as a source of its own, unless that is mere rounding.

    Returns
    -------
    Separation
        A stem for each true stem; they sum to the mixture, with a stem ``residual`` where true stems are missing.

    Raises
    ------
    MissingInputError
        Without true stems.
    ParameterError
        If a true stem does not fit the mixture, or parts of it are there twice.
    DeviceError
        If another device than the CPU is asked for.
    """
    from sepstudio.nn.devices import resolve_device
    from sepstudio.separation.provenance import run_provenance

    started = time.perf_counter()
    resolve_device(context.device, METHOD.devices)
    references = chosen_references(TITLE, mixture, params.stems, context)
    rest = yield from staged(scaled(rest_steps(mixture, references), 0.0, SCANNED), "true stems")
    rest.check()
    exponent = EXPONENTS[params.ratio]

    def images(x: Spectrum, true: Sequence[Spectrum], _first: int) -> list[Spectrum]:
        masks = ratio_masks(x, true, exponent=exponent, rest=rest.counts)
        return [np.asarray(mask * x, np.complex64) for mask in masks]

    run = OracleRun(mixture, references, context, fft_size=params.fft_size, hop_size=params.hop_size)
    stems = yield from staged(scaled(run.stems_steps(images), SCANNED, 1.0), "stems")
    if rest.counts:
        stems[RESIDUAL] = difference(mixture, 0, mixture.length, list(stems.values()))
    notes = [rest.note] if rest.counts else []
    return Separation(stems, run_provenance("irm", params, context, started, packages=PACKAGES, notes=notes))


def _memory(mixture: AudioClip, params: IrmParams, context: RunContext) -> int:
    return oracle_memory(mixture, len(context.references or {}) + 1, params.fft_size)


METHOD = MethodSpec(
    id="irm",
    title=TITLE,
    summary="What the best mask could reach: made from the true stems, with the phase of the mixture.",
    params=IrmParams,
    run=separate,
    memory=_memory,
    needs=frozenset({"references"}),
    presets=(
        Preset("paper", "Ratio of amplitudes (paper)", IrmParams()),
        Preset("power", "Ratio of powers", IrmParams(ratio="power")),
    ),
)
