"""All that is measured of a decoded scene against the one it was made from."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain, scaled
from sepstudio.metrics.channel_scores import ChannelScores, channel_steps
from sepstudio.metrics.covariance_track import (
    BANDS,
    CovarianceComparison,
    compare_steps,
    covariance_distance,
)
from sepstudio.metrics.intensity import IntensityErrors, intensity_steps
from sepstudio.metrics.mel_spectra import mel_distance_steps
from sepstudio.metrics.scenes import Scene, orders_of, pair_of

# Where parts of the work end on the progress bar, by the time they take.
_CHANNELS_END, _MEL_END, _INTENSITY_END = 0.04, 0.8, 0.88


@dataclass(frozen=True)
class CovarianceScores:
    """How correlations between channels differ, ``½ Σ_ij |ρ_ij - ρ'_ij|``.

    Attributes
    ----------
    broadband : float
        Over the whole recording.
    bands : tuple of float
        In octaves (``covariance_track.BAND_EDGES_HZ``), over the whole recording.
    over_time : tuple of float
        Of all frequencies, over a second around each hop.
    hop_seconds : float
        Time between these.
    """

    broadband: float
    bands: tuple[float, ...]
    over_time: tuple[float, ...]
    hop_seconds: float


@dataclass(frozen=True)
class CodecScores:
    """Scores of a decoded scene; ``nan`` where silence leaves nothing to measure.

    None of them stands for what is heard, alone least of all: a scene without its treble has nearly perfect waveforms
    and directions, and a poor mel distance.

    Attributes
    ----------
    sample_rate : int
        In Hz.
    seconds : float
        Length of the scenes.
    orders : tuple of int
        The order each channel belongs to; all 0 if the channels are no full set of Ambisonics.
    mel_distances : tuple of float
        Multi-scale mel distance of each channel, from 0.
    si_sdrs : tuple of float
        Scale-invariant signal-to-distortion ratio of each channel in dB.
    levels : tuple of float
        Energy of each order relative to the reference in dB.
    covariance : CovarianceScores
    intensity : IntensityErrors
        ``nan`` unless the channels are a full set of first order or more.
    """

    sample_rate: int
    seconds: float
    orders: tuple[int, ...]
    mel_distances: tuple[float, ...]
    si_sdrs: tuple[float, ...]
    levels: tuple[float, ...]
    covariance: CovarianceScores
    intensity: IntensityErrors

    @property
    def mel_distance(self) -> float:
        """Mean over channels."""
        return float(np.mean(self.mel_distances))

    @property
    def si_sdr(self) -> float:
        """Mean over channels that are not silent, in dB."""
        return _mean(self.si_sdrs)

    def mel_by_order(self) -> tuple[float, ...]:
        """Return the mean mel distance of the channels of each order."""
        return self._by_order(self.mel_distances)

    def si_sdr_by_order(self) -> tuple[float, ...]:
        """Return the mean ratio of the channels of each order in dB."""
        return self._by_order(self.si_sdrs)

    def _by_order(self, values: Sequence[float]) -> tuple[float, ...]:
        rows = range(max(self.orders) + 1)
        return tuple(_mean([v for v, own in zip(values, self.orders, strict=True) if own == order]) for order in rows)

    def to_json(self) -> dict[str, Any]:
        """Return all scores as JSON knows them: what is not measured is null, infinity a word."""
        means = {"mel_distance": self.mel_distance, "si_sdr": self.si_sdr}
        plain: dict[str, Any] = _plain(means | asdict(self))
        return plain

    def lines(self) -> list[str]:
        """Return a table of the scores as text, a row for each order, and what concerns the whole scene below."""
        rows = list(zip(self.mel_by_order(), self.si_sdr_by_order(), self.levels, strict=True))
        names = [f"order {order}" for order in range(len(rows))] if len(rows) > 1 else []
        found = [f"{name:<12}{_cells(row)}" for name, row in zip(names, rows, strict=False)]
        total = f"{'all':<12}{_cells((self.mel_distance, self.si_sdr))}"
        return [f"{'':<12}{'mel':>8}{'SI-SDR dB':>12}{'level dB':>11}", *found, total, *self._spatial_lines()]

    def _spatial_lines(self) -> list[str]:
        covariance, intensity = self.covariance, self.intensity
        octaves = "  ".join(f"{name} {value:.2f}" for name, value in zip(band_names(), covariance.bands, strict=True))
        worst = int(np.argmax(covariance.over_time))
        pairs = max(len(self.orders) * (len(self.orders) - 1) // 2, 1)
        lines = [
            f"covariance  {covariance.broadband:.2f} of all frequencies, {covariance.broadband / pairs:.3f} for each"
            f" of {pairs} pairs of channels; within a second"
            f" {_mean(covariance.over_time):.2f} on average,"
            f" {covariance.over_time[worst]:.2f} at {worst * covariance.hop_seconds:.1f} s",
            f"  by octave {octaves}",
        ]
        if math.isnan(intensity.direction) and math.isnan(intensity.energy):
            # No Ambisonics, or silence.
            return lines
        return [
            *lines,
            f"direction   {_text(intensity.direction, '°')} off; intensity {_text(intensity.energy, ' dB')},"
            f" diffuseness {_text(intensity.diffuseness, '', 3)} apart",
        ]


def evaluate_codec(reference: Scene, decoded: Scene, *, sample_rate: int = 44100) -> CodecScores:
    """Measure a decoded scene against its reference.

    Parameters
    ----------
    reference, decoded : array [channels, samples] or AudioClip
        Of equal shape, in ambiX (ACN, SN3D) where they are Ambisonics; clips are read block by block.
    sample_rate : int
        In Hz, of arrays.

    Raises
    ------
    ParameterError
        If shapes or sample rates differ, there are no samples, or a value is not finite.
    """
    return drain(evaluate_codec_steps(*pair_of(reference, decoded, sample_rate)))


def evaluate_codec_steps(reference: AudioClip, decoded: AudioClip) -> Generator[float, None, CodecScores]:
    """Do the work of ``evaluate_codec`` in steps of less than a second; yields the fraction done."""
    first, second = pair_of(reference, decoded)
    channels = yield from scaled(channel_steps(first, second), 0.0, _CHANNELS_END)
    mels = yield from scaled(mel_distance_steps(first, second), _CHANNELS_END, _MEL_END)
    orders = orders_of(first.channels)
    scene = first.channels >= 4 and bool(orders.any())
    intensity = IntensityErrors(math.nan, math.nan, math.nan)
    if scene:
        intensity = yield from scaled(intensity_steps(first, second), _MEL_END, _INTENSITY_END)
    compared = yield from scaled(compare_steps(first, second), _INTENSITY_END, 1.0)
    return CodecScores(
        first.sample_rate,
        first.duration,
        tuple(orders.tolist()),
        tuple(mels.tolist()),
        tuple(channels.si_sdr().tolist()),
        _levels(channels, orders),
        _covariance(compared),
        intensity,
    )


def band_names() -> list[str]:
    """Return the octaves by their middles, as in ``250 Hz`` and ``8 kHz``."""
    middles = [8000 / 2 ** (BANDS - 1 - band) for band in range(BANDS)]
    return [f"{hertz / 1000:g} kHz" if hertz >= 1000 else f"{hertz:.3g} Hz" for hertz in middles]


def _levels(channels: ChannelScores, orders: npt.NDArray[np.int64]) -> tuple[float, ...]:
    return tuple(channels.level(orders == order) for order in range(int(orders.max()) + 1))


def _covariance(compared: CovarianceComparison) -> CovarianceScores:
    whole = (0, compared.reference.hops)
    distances = [float(covariance_distance(*compared.correlations(whole, band))) for band in (None, *range(BANDS))]
    over_time = tuple(compared.errors[0].tolist())
    return CovarianceScores(distances[0], tuple(distances[1:]), over_time, compared.reference.hop_seconds)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    # Not by numpy, which warns where infinities of both signs meet.
    return sum(known) / len(known) if known else math.nan


def _text(value: float, unit: str, digits: int = 1) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}{unit}"


def _cells(row: Sequence[float]) -> str:
    return "".join(f"{_text(value, '', 2):>{width}}" for value, width in zip(row, (8, 12, 11), strict=False))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value
