"""BSS Eval: how much of an estimate is its source, and what the rest of it is.

An estimate is projected onto all delays of up to 512 samples of its own reference, and of all
references (Vincent, Gribonval and Févotte 2006; spatial images: Vincent et al. 2012). Version 3 fits
the filters in every window (SiSEC 2016), version 4 once for the whole piece (SiSEC 2018).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError
from sepstudio.io.steps import drain, part
from sepstudio.metrics.bss_fit import FILTER_LENGTH, MEASURES, fit, ratio_steps
from sepstudio.metrics.projections import correlation_steps
from sepstudio.metrics.stems import Doubles, Given, Stems, stems_of

# Window and hop in seconds: those of the campaigns that made the versions known.
FRAMING = {"v3": (30.0, 15.0), "v4": (1.0, 1.0)}
CRITERIA = ("images", "sources")
# The normal equations of so many channels of all sources take 2 GiB.
MOST_CHANNELS = 32
# Stands for infinity where means are compared; no ratio of doubles reaches it.
_BEYOND_DECIBELS = 1e4


@dataclass(frozen=True)
class BssScores:
    """Ratios in dB, float64 [sources, frames] each.

    ``nan`` in frames in which any source or estimate is silent. ``isr`` is ``nan`` under the
    criterion "sources"; ``sir`` is ``inf`` for a single source. ``permutation[j]`` is the number of
    the estimate that was taken for source j.
    """

    version: str
    sdr: Doubles
    isr: Doubles
    sir: Doubles
    sar: Doubles
    permutation: npt.NDArray[np.intp]

    def summary(self) -> dict[str, Doubles]:
        """Return one value in dB per measure and source: v3 the mean over frames, v4 the median.

        Silent frames are left out; ``nan`` where nothing is left.
        """
        combine = np.mean if self.version == "v3" else np.median
        heard = ~np.isnan(self.sdr).any(axis=0)
        if not heard.any():
            return {name: np.full(self.sdr.shape[0], np.nan) for name in MEASURES}
        return {name: combine(getattr(self, name)[:, heard], axis=1) for name in MEASURES}


@dataclass(frozen=True)
class BssOptions:
    """How to measure; ``bss_eval`` says what each option means.

    Raises
    ------
    ParameterError
        If an option has no meaning.
    """

    version: str = "v4"
    sample_rate: int = 44100
    window: int | None = None
    hop: int | None = None
    criterion: str = "images"
    permute: bool = False

    def __post_init__(self) -> None:
        for name, known in (("version", tuple(FRAMING)), ("criterion", CRITERIA)):
            if getattr(self, name) not in known:
                raise ParameterError(name, getattr(self, name), " or ".join(known))
        for name in ("sample_rate", "window", "hop"):
            samples = getattr(self, name)
            if samples is not None and samples < 1:
                raise ParameterError(name, samples, "positive")

    def frames(self, samples: int) -> list[slice]:
        """Return the frames of a piece of so many samples."""
        usual = [max(round(seconds * self.sample_rate), 1) for seconds in FRAMING[self.version]]
        window, hop = self.window or usual[0], self.hop or usual[1]
        count = (samples - window) // hop + 1
        fewest = 2 if self.version == "v3" else 1
        if samples <= window or count < fewest:
            return [slice(0, samples)]
        return [slice(start, start + window) for start in range(0, count * hop, hop)]


def bss_eval(
    reference: Given,
    estimate: Given,
    *,
    version: str = "v4",
    sample_rate: int = 44100,
    window: int | None = None,
    hop: int | None = None,
    criterion: str = "images",
    permute: bool = False,
) -> BssScores:
    """Measure estimates of sources.

    Parameters
    ----------
    reference, estimate : array, torch tensor or sequence of AudioClip
        [sources, channels, samples] or [sources, samples], or a clip per source, which is read block by block.
        Of equal shape; any level. Computed in double precision.
    version : {"v4", "v3"}
        Filters fitted once for the whole piece, or in every window.
    sample_rate : int
        In Hz; gives the default window and hop: 1 s and 1 s for v4, 30 s and 15 s for v3.
    window, hop : int, optional
        In samples. Samples after the last full window are left out. A piece of one window at
        most is one frame; for v3 so is one that holds no second window.
    criterion : {"images", "sources"}
        Whether ``sdr`` counts a filtering of the source as distortion.
    permute : bool
        Search the order of the estimates that has the best mean SIR, one for the whole piece.

    Raises
    ------
    ParameterError
        If shapes differ or are none of the above, a value is not finite, there are more than
        MOST_CHANNELS channels in all sources, or an option has no meaning.
    """
    options = BssOptions(version, sample_rate, window, hop, criterion, permute)
    return drain(bss_eval_steps(reference, estimate, options))


def bss_eval_steps(reference: Given, estimate: Given, options: BssOptions) -> Generator[float, None, BssScores]:
    """Measure in steps, as ``bss_eval`` does; yields the fraction done, in [0, 1] and never falling."""
    true, judged = stems_of("reference", reference), stems_of("estimate", estimate)
    if true.shape != judged.shape:
        raise ParameterError("estimate", judged.shape, f"of the shape of the reference, {true.shape}")
    if true.rows > MOST_CHANNELS:
        raise ParameterError("reference", true.shape, f"of at most {MOST_CHANNELS} channels in all sources")
    frames = options.frames(true.length)
    by_version = _fitted_once if options.version == "v4" else _fitted_in_frames
    values = np.stack((yield from by_version(true, judged, frames, options)), axis=-1)
    order = np.arange(true.sources)
    if options.permute:
        order = _best_order(values[MEASURES.index("sir")])
        values = values[:, np.arange(true.sources), order]
    else:
        values = values[:, :, 0]
    sdr, isr, sir, sar = values
    return BssScores(options.version, sdr, isr, sir, sar, order)


_Values = Generator[float, None, list[Doubles]]


def _fitted_once(true: Stems, judged: Stems, frames: list[slice], options: BssOptions) -> _Values:
    found = yield from part(correlation_steps(true, judged, FILTER_LENGTH), 0, 2)
    if not found.sound:
        return [_silence(true, options)] * len(frames)
    fitted = fit(found, true.sources, permute=options.permute)
    values = []
    for number, frame in enumerate(frames):
        steps = ratio_steps(true.section(frame), judged.section(frame), fitted, options.criterion)
        values.append((yield from part(part(steps, number, len(frames)), 1, 2)))
    return values


def _fitted_in_frames(true: Stems, judged: Stems, frames: list[slice], options: BssOptions) -> _Values:
    values = []
    for number, frame in enumerate(frames):
        whole = [slice(0, frame.stop - frame.start)]
        steps = _fitted_once(true.section(frame), judged.section(frame), whole, options)
        values += yield from part(steps, number, len(frames))
    return values


def _silence(true: Stems, options: BssOptions) -> Doubles:
    return np.full((len(MEASURES), true.sources, true.sources if options.permute else 1), np.nan)


def _best_order(sir: Doubles) -> npt.NDArray[np.intp]:
    # sir [sources, estimates, frames]. Imported here because it takes long and is rarely needed.
    from scipy.optimize import linear_sum_assignment

    heard = sir[..., ~np.isnan(sir).any(axis=(0, 1))]
    means = np.clip(heard, -_BEYOND_DECIBELS, _BEYOND_DECIBELS).sum(axis=2)
    order: npt.NDArray[np.intp] = linear_sum_assignment(means, maximize=True)[1]
    return order
