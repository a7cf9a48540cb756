"""Loudness after ITU-R BS.1770, and the gains that make things equally loud."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping

import numpy as np
import numpy.typing as npt

from sepstudio.io.clip import AudioClip
from sepstudio.playback.mixer import OUTPUT_CHANNELS, to_stereo
from sepstudio.playback.rendering import Rendering

# One read and one step of the generator: 10 to 20 ms of work.
PIECE_FRAMES = 1 << 17
# Blocks of 400 ms begin every 100 ms.
HOP_SECONDS = 0.1
HOPS_PER_BLOCK = 4
# Block loudness is -0.691 dB plus the power of all channels: 1 kHz at full scale in one is -3.01 LUFS.
OFFSET_DB = -0.691
ABSOLUTE_GATE_DB = -70.0
RELATIVE_GATE_DB = -10.0
# Below, there is no room for the shelf.
LEAST_WEIGHTED_RATE = 8000

Powers = npt.NDArray[np.float64]


def loudness_steps(
    clip: AudioClip, start: int, stop: int, rendering: Rendering | None = None
) -> Generator[float, None, float]:
    """Measure how loud samples ``start`` to ``stop`` of a clip are.

    From 0.4 s on this is the integrated loudness of BS.1770, in LUFS: K-weighted and gated;
    shorter stretches (and sample rates below 8 kHz) give the plain power of both channels in dB,
    weighted and gated by nothing but the absolute gate. Measured is what is heard: more than two channels are folded to
    stereo, one channel sounds from both loudspeakers.

    Parameters
    ----------
    clip : AudioClip
        Read in pieces; 8 bytes for every 100 ms are kept besides.
    start, stop : int
        The stretch; what lies outside the clip is silence.
    rendering : Rendering or None
        How more than two channels are heard, by a head at rest; None for the fold of ``to_stereo``.

    Yields
    ------
    float
        The share that is done.

    Returns
    -------
    float
        In dB; minus infinity for silence and whatever is below -70 dB.
    """
    length = max(stop - start, 0)
    hop = HOP_SECONDS * clip.sample_rate
    weighted = length >= HOPS_PER_BLOCK * hop and clip.sample_rate >= LEAST_WEIGHTED_RATE
    weighting = _Weighting(clip.sample_rate) if weighted else None
    renderer = None if rendering is None else rendering.at_rest().renderer()
    # Edges of the hops, cut down to whole samples; the last hop is a broken one.
    edges = np.floor(np.arange(math.ceil(length / hop) + 1) * hop + 1e-6).astype(np.int64)
    energies = np.zeros(edges.size)
    for begin in range(0, length, PIECE_FRAMES):
        end = min(begin + PIECE_FRAMES, length)
        if renderer is None:
            heard = to_stereo(clip.read(start + begin, start + end))
        else:
            heard = renderer.render(clip.read, start + begin, start + end)
        samples = heard.astype(np.float64)
        power = np.square(samples if weighting is None else weighting.apply(samples)).sum(axis=0)
        power *= OUTPUT_CHANNELS / samples.shape[0]
        first, last = np.searchsorted(edges, [begin, end - 1], side="right") - 1
        cuts = np.maximum(edges[first : last + 1] - begin, 0)
        energies[first : last + 1] += np.add.reduceat(power, cuts)
        yield end / length
    if not weighted:
        return _above_gate(_decibel(energies.sum() / max(length, 1)))
    whole = energies[: int(length / hop + 1e-6)]
    return _integrated(np.convolve(whole, np.ones(HOPS_PER_BLOCK), "valid") / (HOPS_PER_BLOCK * hop))


def match_gains(loudness: Mapping[str, float]) -> dict[str, float]:
    """Return the gains in dB, by name, that bring everything down to the quietest of what can be heard.

    None is above 0 dB, so that nothing clips that did not before; what is silent (minus
    infinity) gets 0 dB.
    """
    target = min((value for value in loudness.values() if value > -math.inf), default=0.0)
    return {name: target - value if value > -math.inf else 0.0 for name, value in loudness.items()}


class _Weighting:
    """The K-weighting for one sample rate, from piece to piece.

    The two filters that the recommendation tabulates for 48 kHz are the bilinear transforms of
    a shelf at 1682 Hz (4 dB) and a high-pass at 38 Hz; these are designed anew for other rates.
    """

    def __init__(self, sample_rate: int) -> None:
        self._sections = np.stack([_shelf(sample_rate), _high_pass(sample_rate)])
        self._state: Powers | None = None

    def apply(self, samples: Powers) -> Powers:
        """Return the weighted samples, float64 [channels, samples], that follow those of the last call."""
        from scipy.signal import sosfilt

        if self._state is None:
            self._state = np.zeros((2, samples.shape[0], 2))
        weighted: Powers
        weighted, self._state = sosfilt(self._sections, samples, axis=-1, zi=self._state)
        return weighted


def _shelf(sample_rate: int) -> Powers:
    k = math.tan(math.pi * 1681.974450955533 / sample_rate)
    q, high = 0.7071752369554196, 10.0 ** (3.999843853973347 / 20.0)
    band = high**0.4996667741545416
    numerator = [high + band * k / q + k * k, 2.0 * (k * k - high), high - band * k / q + k * k]
    denominator = [1.0 + k / q + k * k, 2.0 * (k * k - 1.0), 1.0 - k / q + k * k]
    return np.array(numerator + denominator) / denominator[0]


def _high_pass(sample_rate: int) -> Powers:
    k = math.tan(math.pi * 38.13547087602444 / sample_rate)
    q = 0.5003270373238773
    denominator = np.array([1.0 + k / q + k * k, 2.0 * (k * k - 1.0), 1.0 - k / q + k * k])
    return np.concatenate([[1.0, -2.0, 1.0], denominator / denominator[0]])


def _integrated(blocks: Powers) -> float:
    """Return the loudness of what passes both gates, given the mean power of every block."""
    heard = blocks[_levels(blocks) >= ABSOLUTE_GATE_DB]
    if not heard.size:
        return -math.inf
    gate = OFFSET_DB + _decibel(float(heard.mean())) + RELATIVE_GATE_DB
    return OFFSET_DB + _decibel(float(heard[_levels(heard) > gate].mean()))


def _levels(blocks: Powers) -> Powers:
    with np.errstate(divide="ignore"):
        return OFFSET_DB + 10.0 * np.log10(blocks)


def _decibel(power: float) -> float:
    return 10.0 * math.log10(power) if power > 0.0 else -math.inf


def _above_gate(level: float) -> float:
    return level if level >= ABSOLUTE_GATE_DB else -math.inf
