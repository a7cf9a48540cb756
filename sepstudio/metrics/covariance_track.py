"""How the channels of a recording go together from moment to moment, as a whole and in octaves."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.fourier import rfft
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip, excerpt
from sepstudio.io.steps import part

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Hops = npt.NDArray[np.int64]

# Octaves around 62.5 Hz to 8 kHz, the first with all below it and the last with all above.
BAND_EDGES_HZ = (0.0, 88.4, 176.8, 353.6, 707.1, 1414.2, 2828.4, 5656.9, np.inf)
BANDS = len(BAND_EDGES_HZ) - 1
LEAST_HOP_SECONDS = 0.1
# Of an hour each stretch is 1.5 s: what is kept of sixteen channels stays below 30 MB.
MOST_HOPS = 2400
_WINDOW, _STEP = 2048, 1024
# By Parseval's theorem, of one side of the spectrum of a frame in a Hann window, whose mean square is 3/8.
_FRAME_POWER = 2.0 / (_WINDOW * _WINDOW * 3 / 8)
# Long enough for low frequencies, short enough to follow.
_MOMENT_SECONDS = 0.35
# About 50 ms of work.
_PIECE_SECONDS = 2.0
# As in ``codec.losses``: a channel below -160 dB of full scale, or one of which only rounding errors are left when its
# mean or all other bands are taken away, correlates with nothing.
_SILENT_VARIANCE, _SILENT_SHARE = 1e-16, 1e-12


@dataclass(frozen=True, eq=False)
class CovarianceTrack:
    """Sums over short stretches ("hops") of a recording, of which correlations of any longer stretch follow at once.

    Attributes
    ----------
    hop_seconds : float
        Length of a hop; the last may be shorter.
    counts : int64 [hops]
        Samples in each.
    sums : float64 [hops, channels]
    products : float64 [hops, channels, channels]
        Of samples with samples.
    banded : float32 [bands, hops, channels, channels]
        Real parts of the products of spectra, summed within each band of ``BAND_EDGES_HZ``.
    """

    hop_seconds: float
    counts: Hops
    sums: Doubles
    products: Doubles
    banded: Floats

    @property
    def hops(self) -> int:
        """How many stretches there are."""
        return len(self.counts)

    @property
    def channels(self) -> int:
        """How many channels there are."""
        return int(self.sums.shape[1])

    def correlations(self, start: int, stop: int, band: int | None = None) -> Doubles:
        """Return the correlations between channels in hops ``start`` to ``stop``, float64 [channels, channels].

        Of all frequencies together the means are taken out, as for ``codec.covariance_loss``. Within [-1, 1] up to
        rounding; those of silent channels, with themselves too, are 0.
        """
        return np.asarray(self.running(np.array([start]), np.array([stop]), band)[0])

    def running(self, start: Hops, stop: Hops, band: int | None = None) -> Doubles:
        """Return those of several stretches, float64 [stretches, channels, channels]."""
        if band is not None:
            floor = _SILENT_SHARE * _between(self._energies, start, stop)
            return _correlations(_between(self.banded[band], start, stop), floor)
        power, covariance = self._moments(start, stop)
        floor = _SILENT_VARIANCE + _SILENT_SHARE * np.diagonal(power, axis1=1, axis2=2)
        return _correlations(covariance, floor)

    def covariances(self, start: Hops, stop: Hops, band: int | None = None) -> Doubles:
        """Return covariances of several stretches in full scale squared, float64 [stretches, channels, channels].

        Of all frequencies together the means are taken out. In bands they are real parts, and mean powers too: those
        of all bands add up to the whole. Stretches of which no frame has its middle in them are 0.
        """
        if band is not None:
            frames = np.maximum(_between(self._frames, start, stop), 1.0)[:, None, None]
            return _between(self.banded[band], start, stop) * (_FRAME_POWER / frames)
        return self._moments(start, stop)[1]

    def first_order(self) -> Doubles:
        """Return covariances of the first four channels in each band and hop, float64 [bands, hops, 4, 4].

        In full scale squared, as those of ``covariances``; of fewer channels as many as there are.
        """
        frames = np.maximum(self._frames, 1.0)[:, None, None]
        return np.asarray(self.banded[:, :, :4, :4] * (_FRAME_POWER / frames))

    def _moments(self, start: Hops, stop: Hops) -> tuple[Doubles, Doubles]:
        """Return mean products of several stretches, and these without the means."""
        count = np.maximum(_between(self.counts, start, stop), 1.0)[:, None]
        means = _between(self.sums, start, stop) / count
        power = _between(self.products, start, stop) / count[..., None]
        return power, power - means[:, :, None] * means[:, None, :]

    @functools.cached_property
    def _frames(self) -> Doubles:
        """How many frames have their middle in each hop."""
        edges = np.concatenate(([0], np.cumsum(self.counts)))
        return np.diff(-(-edges // _STEP)).astype(np.float64)

    @functools.cached_property
    def _energies(self) -> Doubles:
        """Of all bands together, [hops, channels]."""
        return np.asarray(np.diagonal(self.banded, axis1=2, axis2=3).sum(axis=0, dtype=np.float64))


def _correlations(covariance: Doubles, floor: Doubles) -> Doubles:
    """Return ``C_ij / √(C_ii C_jj)``, and 0 for channels whose variance is not above their floor."""
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    audible = variance > floor
    scale = np.where(audible, 1.0 / np.sqrt(np.where(audible, variance, 1.0)), 0.0)
    return np.asarray(covariance * scale[..., :, None] * scale[..., None, :])


def _between(values: npt.NDArray[Any], start: Hops, stop: Hops) -> Doubles:
    """Return the sums of values from ``start`` to ``stop`` along the first axis."""
    # Differences of running sums would leave the rounding errors of loud stretches in silent ones.
    longest = int((stop - start).max(initial=0))
    if len(start) == 1:
        return np.asarray(values[start[0] : stop[0]].sum(axis=0, dtype=np.float64))[None]
    total = np.zeros((len(start), *values.shape[1:]))
    for step in range(longest):
        within = start + step < stop
        total[within] += values[start[within] + step]
    return total


def covariance_distance(first: Doubles, second: Doubles) -> Doubles:
    """Return ``½ Σ_ij |ρ_ij - ρ'_ij|`` of correlations [..., channels, channels] (see ``codec.covariance_loss``)."""
    return np.asarray(np.abs(first - second).sum(axis=(-2, -1)) / 2)


def hop_of(duration: float) -> float:
    """Return the length of hops, in seconds, of a recording of so many seconds."""
    return max(LEAST_HOP_SECONDS, duration / MOST_HOPS)


def track_steps(
    clip: AudioClip, hop_seconds: float, channels: int | None = None
) -> Generator[float, None, CovarianceTrack]:
    """Take the sums of a recording, in pieces of two seconds.

    Parameters
    ----------
    clip : AudioClip
    hop_seconds : float
        Length of a hop, at least ``LEAST_HOP_SECONDS``.
    channels : int or None
        How many of the first channels are looked at; None for all.

    Yields
    ------
    float
        The share that is done.

    Raises
    ------
    ParameterError
        If hops are too short, or there are fewer channels.
    """
    count = clip.channels if channels is None else channels
    if hop_seconds < LEAST_HOP_SECONDS:
        raise ParameterError("hop_seconds", hop_seconds, f"at least {LEAST_HOP_SECONDS} s")
    if not 0 < count <= clip.channels:
        raise ParameterError("channels", count, f"from 1 to {clip.channels}")
    hop = hop_seconds * clip.sample_rate
    hops = max(int(np.ceil(clip.length / hop - 1e-9)), 1)
    edges = np.minimum(np.rint(np.arange(hops + 1) * hop).astype(np.int64), clip.length)
    sums, products = np.zeros((hops, count)), np.zeros((hops, count, count))
    banded = np.zeros((BANDS, hops, count, count), np.float32)
    per_piece = max(int(_PIECE_SECONDS / hop_seconds), 1)
    for first in range(0, hops, per_piece):
        stop = min(first + per_piece, hops)
        x = clip.read(int(edges[first]), int(edges[stop]))[:count].astype(np.float64)
        for place in range(first, stop):
            piece = x[:, edges[place] - edges[first] : edges[place + 1] - edges[first]]
            sums[place], products[place] = piece.sum(axis=1), piece @ piece.T
        _add_bands(banded[:, first:stop], clip, edges[first : stop + 1])
        yield stop / hops
    return CovarianceTrack(hop_seconds, np.diff(edges), sums, products, banded)


def _add_bands(banded: Floats, clip: AudioClip, edges: Hops) -> None:
    """Fill the bands of some hops from the frames whose middles lie in them."""
    first, stop = -(-int(edges[0]) // _STEP), -(-int(edges[-1]) // _STEP)
    if first == stop:
        return
    begin, count = first * _STEP - _WINDOW // 2, banded.shape[-1]
    samples = clip.read(begin, begin + (stop - first - 1) * _STEP + _WINDOW)[:count]
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW, axis=1)[:, ::_STEP]
    spectra = rfft(frames * np.hanning(_WINDOW + 1)[:-1].astype(np.float32))
    places = np.searchsorted(edges, np.arange(first, stop) * _STEP, side="right") - 1
    hertz = np.arange(spectra.shape[-1]) * clip.sample_rate / _WINDOW
    # Nothing of 0 Hz: its mean is no part of how channels go together.
    cuts = np.searchsorted(hertz, BAND_EDGES_HZ, side="right")
    for place in range(len(edges) - 1):
        within = spectra[:, places == place]
        for band, (low, high) in enumerate(itertools.pairwise(cuts)):
            piece = within[..., low:high].reshape(count, -1)
            banded[band, place] = (piece @ piece.conj().T).real


@dataclass(frozen=True, eq=False)
class CovarianceComparison:
    """Tracks of a recording and of another one of the same hops, or of the recording alone.

    ``errors`` is float32 [1 + bands, hops]: their distance over a window around each hop, of all frequencies first.
    """

    reference: CovarianceTrack
    decoded: CovarianceTrack | None
    errors: Floats
    window: int

    def around(self, seconds: float) -> tuple[int, int]:
        """Return the hops of the window around a time from the beginning."""
        hops = self.reference.hops
        middle = min(max(int(seconds / self.reference.hop_seconds), 0), hops - 1)
        start = min(max(middle - self.window // 2, 0), max(hops - self.window, 0))
        return start, min(start + self.window, hops)

    def moment(self, seconds: float) -> tuple[int, int]:
        """Return the hops of the third of a second around a time from the beginning."""
        hops, hop = self.reference.hops, self.reference.hop_seconds
        middle = min(max(int(seconds / hop), 0), hops - 1)
        beside = max(int(_MOMENT_SECONDS / hop), 1) // 2
        return max(middle - beside, 0), min(middle + beside + 1, hops)

    def within(self, start: float, stop: float) -> tuple[int, int]:
        """Return the hops, at least one, that lie between two times from the beginning."""
        hop, hops = self.reference.hop_seconds, self.reference.hops
        first = min(max(int(np.floor(start / hop + 1e-6)), 0), hops - 1)
        return first, min(max(int(np.ceil(stop / hop - 1e-6)), first + 1), hops)

    def correlations(self, span: tuple[int, int], band: int | None = None) -> tuple[Doubles, ...]:
        """Return the correlations of one or both between two hops, of all frequencies or in a band."""
        tracks = (self.reference,) if self.decoded is None else (self.reference, self.decoded)
        return tuple(track.correlations(*span, band) for track in tracks)


def compare_steps(
    reference: AudioClip, decoded: AudioClip | None, window_seconds: float = 1.0
) -> Generator[float, None, CovarianceComparison]:
    """Compare two recordings that begin together, in as many channels as both have.

    Parameters
    ----------
    reference : AudioClip
    decoded : AudioClip or None
        Of any sample rate; what is beyond the shorter one is left out. None where there is none to compare with.
    window_seconds : float
        Over how long a time errors are taken.

    Yields
    ------
    float
        The share that is done.
    """
    clips = [clip for clip in (reference, decoded) if clip is not None]
    duration, channels = min(clip.duration for clip in clips), min(clip.channels for clip in clips)
    hop = hop_of(duration)
    first = yield from part(track_steps(_shortened(reference, duration), hop, channels), 0, len(clips))
    if decoded is None:
        window = min(max(round(window_seconds / hop), 1), first.hops)
        return CovarianceComparison(first, None, np.zeros((1 + BANDS, first.hops), np.float32), window)
    second = yield from part(track_steps(_shortened(decoded, duration), hop, channels), 1, len(clips))
    hops = min(first.hops, second.hops)
    window = min(max(round(window_seconds / hop), 1), hops)
    start = np.clip(np.arange(hops) - window // 2, 0, max(hops - window, 0))
    stop = np.minimum(start + window, hops)
    errors = np.zeros((1 + BANDS, hops), np.float32)
    for row, band in enumerate((None, *range(BANDS))):
        errors[row] = covariance_distance(first.running(start, stop, band), second.running(start, stop, band))
        yield 1.0
    return CovarianceComparison(first, second, errors, window)


def _shortened(clip: AudioClip, duration: float) -> AudioClip:
    length = round(duration * clip.sample_rate)
    return clip if length >= clip.length else excerpt(clip, 0, length)
