"""What a recording and a score are compared by when one is aligned to the other: chroma and onsets, frame by frame.

After Ewert, Müller and Grosche, High Resolution Audio Synchronization Using Chroma Onset Features, ICASSP 2009: chroma
say where in the piece a frame is, onsets that fade say so to a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.stft import frame_span, transform_frames
from sepstudio.io.clip import AudioClip

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

CHROMA = 12
WIDTH = 2 * CHROMA

# About the frames a second: a hop is a whole number of samples.
_FRAME_RATE = 100
# Long enough to tell the semitones that carry a chroma, short enough for the onsets.
_WINDOW_SECONDS = 0.06
_LOWEST, _HIGHEST = 36, 103
_COMPRESSION = 100.0
# Seconds that an onset fades over, and over which onsets are compared with those around.
_FADE_SECONDS = 0.12
_SURROUNDINGS_SECONDS = 1.0
_ONSET_WEIGHT = 1.5
# Frames that are transformed, or notes that are drawn, at a time.
_BLOCK = 1024
# A frame this much below the loudest is silent.
_SILENCE = 0.03
_PROBES = 64
_PARTIALS = 6
_PARTIAL_WEIGHT = 0.7
# A piano tone loses most of its level in so many seconds.
_DECAY_SECONDS = 2.0


@dataclass(frozen=True)
class Framing:
    """Frames of a recording: ``hop`` samples apart, the first centred on sample 0; ``rate`` frames a second."""

    hop: int
    fft_size: int
    rate: float
    frames: int


def framing(clip: AudioClip) -> Framing:
    """Return the frames that the features of a recording have."""
    hop = max(round(clip.sample_rate / _FRAME_RATE), 1)
    fft_size = 1 << max(round(np.log2(1.3 * _WINDOW_SECONDS * clip.sample_rate)), 4)
    return Framing(hop, fft_size, clip.sample_rate / hop, 1 + clip.length // hop)


def recording_features(clip: AudioClip) -> Generator[float, None, Floats]:
    """Return the features of a recording, float32 [frames, 24]: chroma, then onsets by chroma.

    Yields fractions. A sounding frame has a chroma of length 1, a silent one of 0; onsets have length 1 where they
    are as strong as the strongest around.
    """
    frames = framing(clip)
    bands = _bands(frames.fft_size, clip.sample_rate)
    gain = _COMPRESSION / _reference(clip, frames, bands)
    chroma = np.empty((frames.frames, CHROMA), np.float32)
    rises = np.empty_like(chroma)
    before = np.zeros((1, bands.shape[0]), np.float32)
    for first in range(0, frames.frames, _BLOCK):
        last = min(first + _BLOCK, frames.frames)
        levels = np.log1p(gain * _magnitudes(clip, frames, first, last, bands))
        chroma[first:last] = _folded(levels)
        rises[first:last] = _folded(np.maximum(np.diff(np.concatenate([before, levels]), axis=0), 0.0))
        before = levels[-1:]
        yield last / frames.frames
    return joined(chroma, rises, frames.rate)


def _magnitudes(clip: AudioClip, frames: Framing, first: int, last: int, bands: Floats) -> Floats:
    """Return the magnitudes of semitones, float32 [last - first, semitones]."""
    start, stop = frame_span(first, last, fft_size=frames.fft_size, hop_size=frames.hop)
    segment = clip.read(start, stop).mean(axis=0)
    spectrum = np.abs(transform_frames(segment, fft_size=frames.fft_size, hop_size=frames.hop))
    magnitudes: Floats = (bands @ spectrum).T
    return magnitudes


def _reference(clip: AudioClip, frames: Framing, bands: Floats) -> float:
    """Return the level of the louder semitones of a recording, from frames all over it."""
    probes = np.unique(np.linspace(0, frames.frames - 1, _PROBES).astype(int))
    levels = [_magnitudes(clip, frames, probe, probe + 1, bands).max() for probe in probes]
    return max(float(np.percentile(levels, 90)), 1e-9)


def _bands(fft_size: int, sample_rate: int) -> Floats:
    """Return what sums the bins of a spectrum to semitones, float32 [semitones, bins]."""
    hertz = np.arange(fft_size // 2 + 1) * sample_rate / fft_size
    pitches = 69.0 + 12.0 * np.log2(np.maximum(hertz, 1e-3) / 440.0)
    # Where bins lie wider than semitones each of them reaches its neighbours.
    spread = 12.0 / np.log(2.0) * (sample_rate / fft_size) / np.maximum(hertz, 1e-3)
    distance = np.abs(np.arange(_LOWEST, _HIGHEST + 1)[:, None] - pitches) / np.maximum(0.75, spread)
    weights: Floats = np.maximum(1.0 - distance, 0.0).astype(np.float32)
    return weights


def _folded(levels: Floats) -> Floats:
    """Return semitones summed over octaves, C first; float32 [frames, 12]."""
    padded = np.pad(levels, ((0, 0), (_LOWEST % CHROMA, -levels.shape[1] % CHROMA)))
    short = padded[:, : padded.shape[1] // CHROMA * CHROMA]
    folded: Floats = short.reshape(len(levels), -1, CHROMA).sum(axis=1)
    return folded


@dataclass(frozen=True)
class Sounds:
    """Notes to make features of: onsets and ends in seconds, pitches and velocities, arrays of one length."""

    onsets: Doubles
    ends: Doubles
    pitches: npt.NDArray[np.int64]
    velocities: Doubles


def score_features(sounds: Sounds, first: int, frames: int, rate: float) -> Generator[float, None, Floats]:
    """Return the features of notes as a recording of them would have them, float32 [frames, 24].

    ``first`` is the number of the first frame; it may be negative. Yields fractions.
    """
    chroma = np.zeros((frames, CHROMA), np.float32)
    rises = np.zeros_like(chroma)
    starts = np.round(sounds.onsets * rate).astype(int) - first
    stops = np.maximum(np.round(sounds.ends * rate).astype(int) - first, starts + 1)
    longest = int((stops - starts).max(initial=1))
    decay = np.exp(-np.arange(longest) / (_DECAY_SECONDS * rate)).astype(np.float32)
    notes = zip(starts, stops, sounds.pitches, sounds.velocities, strict=True)
    for index, (start, stop, pitch, velocity) in enumerate(notes):
        if index % _BLOCK == 0:
            yield index / len(starts)
        low, high = max(start, 0), min(stop, frames)
        if low >= high:
            continue
        partials = _PARTIAL_TABLE[pitch % CHROMA] * np.float32(0.3 + 0.7 * velocity / 127.0)
        chroma[low:high] += decay[low - start : high - start, None] * partials
        if start >= 0:
            rises[start] += partials
    yield 1.0
    return joined(chroma, rises, rate)


def _partial_table() -> Floats:
    table = np.zeros((CHROMA, CHROMA), np.float32)
    for partial in range(1, _PARTIALS + 1):
        step = round(12.0 * np.log2(partial))
        for pitch in range(CHROMA):
            table[pitch, (pitch + step) % CHROMA] += _PARTIAL_WEIGHT ** (partial - 1)
    return table


_PARTIAL_TABLE = _partial_table()


def joined(chroma: Floats, rises: Floats, rate: float) -> Floats:
    """Return chroma of length 1, or 0 in silence, beside onsets of the same scale that fade; float32 [frames, 24]."""
    from scipy import ndimage

    loudness = np.linalg.norm(chroma, axis=1, keepdims=True)
    gate = np.clip(loudness / max(_SILENCE * float(loudness.max(initial=0.0)), 1e-9) - 1.0, 0.0, 1.0)
    # What all pitches share tells nothing, and would make all frames alike.
    contrast = chroma - chroma.mean(axis=1, keepdims=True)
    unit = gate * contrast / np.maximum(np.linalg.norm(contrast, axis=1, keepdims=True), 1e-9)
    strength = np.linalg.norm(rises, axis=1)
    around = ndimage.maximum_filter1d(strength, 1 + 2 * round(_SURROUNDINGS_SECONDS * rate), mode="constant")
    floor = 0.1 * float(strength.max(initial=0.0))
    onsets = rises / np.maximum(np.maximum(around, floor), 1e-9)[:, None]
    return np.concatenate([unit, _ONSET_WEIGHT * _faded(onsets, rate)], axis=1)


def _faded(onsets: Floats, rate: float) -> Floats:
    """Return the largest of an onset and of those before it, which fade linearly."""
    count = max(round(_FADE_SECONDS * rate), 1)
    faded = onsets.copy()
    for lag in range(1, min(count, len(onsets))):
        np.maximum(faded[lag:], onsets[:-lag] * np.float32(1.0 - lag / count), out=faded[lag:])
    return faded


def coarser(features: Floats, factor: int) -> Floats:
    """Return the means of every ``factor`` frames, the last ones filled up with silence."""
    padded = np.pad(features, ((0, -len(features) % factor), (0, 0)))
    means: Floats = padded.reshape(-1, factor, features.shape[1]).mean(axis=1)
    return means
