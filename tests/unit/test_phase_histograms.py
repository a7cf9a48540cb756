"""Counts of phase differences per bin: the shifts of the transform, silence, stretches, and no memory for length."""

import numpy as np
import pytest

from sepstudio.dsp.phase import phase_features
from sepstudio.dsp.phase_histograms import CELLS, histogram_steps
from sepstudio.dsp.phase_readings import deviation_hertz, expected_shifts, offset_seconds, wrapped
from sepstudio.dsp.stft import stft
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain

RATE = 44100
FFT, HOP = 1024, 256
SIZES = {"fft_size": FFT, "hop_size": HOP}


def noise(seconds=20.0, channels=1):
    samples = 0.1 * np.random.default_rng(8).standard_normal((channels, round(seconds * RATE)))
    return AudioClip(samples.astype(np.float32), RATE)


def counted(clip, **options):
    return drain(histogram_steps(clip, **{**SIZES, **options}))


def turned(angle, other):
    return abs(wrapped(angle - other))


def test_white_noise_gathers_around_the_shifts_and_without_them_around_zero():
    found = counted(noise())
    quarter = np.pi / 2
    for index in range(40, 440, 9):
        shift = (0.0, quarter, np.pi, -quarter)[index % 4]
        mean, agreement = found.mean("time", index, corrected=False)
        assert turned(mean, shift) < 0.15
        assert turned(found.expected("time", index), shift) < 1e-6
        assert agreement > 0.3
        assert turned(found.mean("time", index, corrected=True)[0], 0.0) < 0.15
        assert turned(found.mean("frequency", index, corrected=False)[0], np.pi) < 0.15
        assert turned(found.expected("frequency", index), np.pi) < 1e-6
        assert turned(found.mean("frequency", index, corrected=True)[0], 0.0) < 0.15


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("corrected", [False, True])
def test_counts_are_those_of_the_features_of_the_whole(corrected, channels):
    samples = noise(3.0, channels).samples.copy()
    samples[:, RATE : 2 * RATE] = 0.0
    clip = AudioClip(samples, RATE)
    found = counted(clip)
    spectrum = stft(clip.samples, **SIZES)
    heard = np.abs(spectrum) >= 1e-7 * FFT / 4
    along_time = heard.copy()
    along_time[..., 0] = False
    along_time[..., 1:] &= heard[..., :-1]
    along_frequency = heard.copy()
    along_frequency[:, 0] = False
    along_frequency[:, 1:] &= heard[:, :-1]
    angles = phase_features(spectrum, hop_size=HOP, corrected=corrected, reference=FFT / 4)
    for feature, values, counts in zip(("time", "frequency"), angles, (along_time, along_frequency), strict=True):
        for index in (0, 1, 77, FFT // 2):
            chosen = values[:, index][counts[:, index]]
            cells = np.floor((chosen.astype(np.float64) + np.pi) / (2 * np.pi) * CELLS + 0.5).astype(int) % CELLS
            wanted = np.bincount(cells, minlength=CELLS)
            ours = found.of(feature, index, corrected=corrected)
            assert ours.sum() == wanted.sum() == counts[:, index].sum()
            # On the edge of two cells either is right.
            assert np.abs(ours.astype(int) - wanted).sum() <= 4


def test_a_stretch_has_the_frames_in_it_with_what_comes_before():
    clip = noise(4.0)
    start, stop = RATE, 2 * RATE
    part = counted(clip, start=start, stop=stop)
    first, last = -(-start // HOP), (stop - 1) // HOP + 1
    assert part.frames == last - first
    (angles,) = phase_features(stft(clip.samples, **SIZES), hop_size=HOP, kinds=["time"], reference=FFT / 4)
    cells = np.floor((angles[0, 50, first:last] + np.pi) / (2 * np.pi) * CELLS + 0.5).astype(int) % CELLS
    assert np.abs(part.of("time", 50, corrected=True) - np.bincount(cells, minlength=CELLS).astype(int)).sum() <= 2
    assert counted(clip, start=5000, stop=5001).frames == 1
    with pytest.raises(ParameterError, match="stretch"):
        counted(clip, start=stop, stop=start)


def test_memory_does_not_grow_with_the_recording():
    short, long = counted(noise(1.0)), counted(noise(10.0))
    assert short.counts.nbytes == long.counts.nbytes == 2 * 2 * (FFT // 2 + 1) * CELLS * 4
    reads = []

    class Watched:
        length = 60 * RATE

        def read(self, start, stop):
            reads.append(stop - start)
            return np.zeros((1, stop - start), np.float32)

    silent = drain(histogram_steps(Watched(), **SIZES))
    assert not silent.counts.any()
    assert silent.mean("time", 5, corrected=True) is None
    assert max(reads) < 15 * RATE
    assert len(reads) > 4


def test_a_tone_and_a_click_are_read_in_hertz_and_seconds():
    hertz = 100.3 * RATE / FFT
    tone = np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)
    dt, _ = phase_features(stft(tone, **SIZES), hop_size=HOP)
    deviation = deviation_hertz(float(dt[100, 80]), hop_size=HOP, sample_rate=RATE)
    assert deviation == pytest.approx(hertz - 100 * RATE / FFT, abs=0.01)
    click = np.zeros(RATE)
    click[80 * HOP + 120] = 1.0
    _, df = phase_features(stft(click, **SIZES), hop_size=HOP)
    assert offset_seconds(float(df[60, 80]), fft_size=FFT, sample_rate=RATE) == pytest.approx(120 / RATE, abs=1e-6)
    shifts = expected_shifts("time", fft_size=FFT, hop_size=HOP)
    assert np.abs(shifts[:5] - np.array([0, np.pi / 2, -np.pi, -np.pi / 2, 0])).max() < 1e-6
    assert not expected_shifts("phase", fft_size=FFT, hop_size=HOP).any()
