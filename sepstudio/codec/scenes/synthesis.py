"""Dry sounds made from nothing: melodies, percussion, noise and something like speech.

Each function returns float32 [samples] of any level and depends on its generator alone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

# Formants of vowels in Hz (Peterson and Barney 1952, "Control methods used in a study of the vowels", men).
_VOWELS = (
    (270, 2290, 3010),
    (390, 1990, 2550),
    (530, 1840, 2480),
    (660, 1720, 2410),
    (730, 1090, 2440),
    (570, 840, 2410),
    (300, 870, 2240),
    (490, 1350, 1690),
)
# Those that every vowel has alike (Klatt 1980, "Software for a cascade/parallel formant synthesizer"), and two above
# them, without which a voice would sound as through a telephone.
_HIGHER_FORMANTS = (3300, 3750, 4900, 6500)
# Partials end where they have fallen by 52 dB, and low notes are so dull that this many are enough.
_DULLED = 6.0
_PARTIALS = 64


def tones(rng: np.random.Generator, length: int, sample_rate: int) -> FloatArray:
    """Return a melody of one voice or chords: harmonic notes that are plucked, bowed or blown."""
    sound = np.zeros(length, np.float32)
    root = float(rng.uniform(36, 72))
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16])
    shape = (rng.uniform(0.4, 1.6), 2 ** rng.uniform(9.5, 12.5), rng.uniform(0.15, 0.9))
    voices = int(rng.choice([1, 1, 2, 3]))
    pace = rng.uniform(0.15, 0.7)
    start = 0
    while start < length:
        count = max(int(pace * sample_rate * rng.choice([0.5, 1, 1, 2])), 64)
        for pitch in root + rng.choice(scale, voices, replace=False):
            note = _note(rng, min(count, length - start), 440 * 2 ** ((pitch - 69) / 12), sample_rate, shape)
            sound[start : start + count] += note * rng.uniform(0.4, 1.0)
        start += count
    return sound


def _note(
    rng: np.random.Generator, length: int, frequency: float, sample_rate: int, shape: tuple[float, float, float]
) -> FloatArray:
    # The power by which partials fall with their number, the Hz and the seconds in which they fall to 1/e.
    tilt, dull, held = shape
    time = np.arange(length, dtype=np.float32) / sample_rate
    vibrato = rng.uniform(0, 0.006) * np.sin(2 * np.pi * rng.uniform(4, 7) * time)
    phase = (2 * np.pi * frequency * time + frequency / 5 * vibrato).astype(np.float32)
    dull = min(dull, _PARTIALS * frequency / _DULLED)
    partials = max(int(min(0.45 * sample_rate, _DULLED * dull) / frequency), 1)
    # sin((k + 1) φ) = 2 cos φ sin(k φ) - sin((k - 1) φ)
    before, now, double = np.zeros_like(phase), np.sin(phase), 2 * np.cos(phase)
    sound = np.zeros_like(phase)
    for k in range(1, partials + 1):
        sound += now * np.float32(rng.uniform(0.3, 1.0) * k**-tilt * np.exp(-k * frequency / dull))
        before, now = now, double * now - before
    attack = np.minimum(time / rng.uniform(0.003, 0.06), 1)
    release = np.minimum((length - np.arange(length)) / (0.02 * sample_rate), 1)
    return np.asarray(sound * attack * release * np.exp(-time / held), np.float32)


def percussion(rng: np.random.Generator, length: int, sample_rate: int) -> FloatArray:
    """Return a rhythm of drums and bells on a grid of sixteenth notes."""
    sound = np.zeros(length, np.float32)
    grid = max(int(sample_rate * 15 / rng.uniform(70, 170)), 1)
    instruments = [(rng.choice(4), rng.uniform(0.1, 0.6), rng.integers(1 << 32)) for _ in range(rng.integers(1, 4))]
    for kind, density, seed in instruments:
        hit = (_drum, _snare, _hat, _bell)[kind](np.random.default_rng(seed), int(0.7 * sample_rate), sample_rate)
        pattern = rng.random(16) < density
        pattern[rng.integers(16)] = True
        for step, start in enumerate(range(0, length, grid)):
            if pattern[step % 16]:
                part = sound[start : start + len(hit)]
                part += hit[: len(part)] * np.float32(rng.uniform(0.3, 1.0))
    return sound


def _drum(rng: np.random.Generator, length: int, sample_rate: int) -> FloatArray:
    time = np.arange(length) / sample_rate
    low, sweep = rng.uniform(40, 180), rng.uniform(1, 5)
    phase = 2 * np.pi * low * (time + sweep * 0.03 * (1 - np.exp(-time / 0.03)))
    return np.asarray(np.sin(phase) * np.exp(-time / rng.uniform(0.06, 0.2)), np.float32)


def _snare(rng: np.random.Generator, length: int, sample_rate: int) -> FloatArray:
    time = np.arange(length) / sample_rate
    rattle = rng.standard_normal(length) * np.exp(-time / rng.uniform(0.03, 0.12))
    return _drum(rng, length, sample_rate) * np.float32(0.5) + (0.5 * rattle).astype(np.float32)


def _hat(rng: np.random.Generator, length: int, sample_rate: int) -> FloatArray:
    time = np.arange(length) / sample_rate
    noise = np.diff(rng.standard_normal(length + 2), 2)
    return np.asarray(0.4 * noise * np.exp(-time / rng.uniform(0.015, 0.1)), np.float32)


def _bell(rng: np.random.Generator, length: int, sample_rate: int) -> FloatArray:
    time = np.arange(length) / sample_rate
    base, sound = rng.uniform(300, 1500), np.zeros(length)
    for ratio in rng.uniform(0.8, 8.0, 6):
        frequency = min(base * ratio, 0.45 * sample_rate)
        sound += np.sin(2 * np.pi * frequency * time) * np.exp(-time / rng.uniform(0.05, 0.4)) / ratio
    return np.asarray(0.4 * sound, np.float32)


def noise(rng: np.random.Generator, length: int, sample_rate: int) -> FloatArray:
    """Return noise of some colour and band that swells and fades: wind, water, a machine."""
    low = 2 ** rng.uniform(5, 10)
    sound = coloured(rng, (length,), sample_rate, rng.uniform(-9, 0), (low, low * 2 ** rng.uniform(1, 8)))
    knots = np.linspace(0, length, max(int(length / sample_rate * rng.uniform(0.5, 6)), 2))
    swell = np.interp(np.arange(length), knots, 10 ** (rng.uniform(-18, 0, len(knots)) / 20))
    return np.asarray(sound * swell, np.float32)


def coloured(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    sample_rate: int,
    slope: float,
    band: tuple[float, float] = (20.0, 20_000.0),
) -> FloatArray:
    """Return Gaussian noise of a shape [..., samples] and unit power, independent in each row.

    Parameters
    ----------
    slope : float
        Of the power in dB per octave.
    band : pair of float
        In Hz; beyond it the noise falls off by 24 dB per octave.
    """
    import scipy.fft

    length = shape[-1]
    size = scipy.fft.next_fast_len(length, real=True)
    frequencies = np.maximum(np.fft.rfftfreq(size, 1 / sample_rate), 1.0)
    gain = frequencies ** (slope / (20 * np.log10(2)))
    # Edges of Butterworth's filters of fourth order.
    gain /= np.sqrt((1 + (band[0] / frequencies) ** 8) * (1 + (frequencies / band[1]) ** 8))
    gain *= size / 2 / max(float(np.sqrt((gain**2).sum())), 1e-30)
    # The transform of white noise is white noise.
    spectrum = rng.standard_normal((*shape[:-1], len(gain), 2), np.float32).view(np.complex64)[..., 0]
    spectrum *= gain.astype(np.float32)
    return np.asarray(scipy.fft.irfft(spectrum, size)[..., :length], np.float32)


def speech(rng: np.random.Generator, length: int, sample_rate: int) -> FloatArray:
    """Return a voice without words: vowels of a gliding pitch between hisses and pauses."""
    sound = np.zeros(length, np.float32)
    pitch = rng.uniform(85, 260)
    start = int(rng.uniform(0, 0.3) * sample_rate)
    while start < length:
        if rng.random() < 0.12:
            start += int(rng.uniform(0.2, 0.6) * sample_rate)
            continue
        for syllable in (_hiss, _vowel):
            made = syllable(rng, pitch, sample_rate)
            part = sound[start : start + len(made)]
            part += made[: len(part)]
            start += len(part)
        start += 1
    return sound


def _hiss(rng: np.random.Generator, pitch: float, sample_rate: int) -> FloatArray:
    length = int(rng.uniform(0.02, 0.1) * sample_rate)
    made = np.diff(rng.standard_normal(length + 1, np.float32)) * np.hanning(length)
    return np.asarray(made * rng.uniform(0.01, 0.12), np.float32)


def _vowel(rng: np.random.Generator, pitch: float, sample_rate: int) -> FloatArray:
    from scipy.signal import sosfilt

    length = int(rng.uniform(0.08, 0.3) * sample_rate)
    first, last = rng.uniform(-0.25, 0.25, 2)
    glide = pitch * 2 ** np.linspace(first, last, length)
    # Pulses of the glottis: the cycles that are complete at each sample, differentiated.
    pulses = np.diff(np.floor(np.cumsum(glide / sample_rate)), prepend=0.0)
    formants = np.array((*_VOWELS[rng.integers(len(_VOWELS))], *_HIGHER_FORMANTS)) * rng.uniform(0.9, 1.25)
    made = sosfilt(_resonances(formants[formants < 0.45 * sample_rate], sample_rate), pulses)
    return np.asarray(made * np.hanning(length), np.float32)


def _resonances(frequencies: npt.NDArray[np.float64], sample_rate: int) -> npt.NDArray[np.float64]:
    """Return a cascade of resonances of unit gain at 0 Hz (Klatt 1980), as second-order sections [resonances, 6]."""
    radius = np.exp(-np.pi * (50 + frequencies / 20) / sample_rate)
    turn = 2 * radius * np.cos(2 * np.pi * frequencies / sample_rate)
    zero, one = np.zeros_like(radius), np.ones_like(radius)
    return np.stack([1 - turn + radius**2, zero, zero, one, -turn, radius**2], axis=1)
