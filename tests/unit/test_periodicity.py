"""The period of repeating music."""

import numpy as np
import pytest

from sepstudio.dsp import stft
from sepstudio.dsp.wiener import power
from sepstudio.separation.periodicity import beat_spectrum, find_period

RATE, HOP = 44100, 1024
FRAME_RATE = RATE / HOP


def loop(seconds, seed):
    """A loop of random hits and notes whose decays run on into its beginning."""
    rng = np.random.default_rng(seed)
    length = int(seconds * RATE)
    x = np.zeros(2 * length)
    for _ in range(12):
        time = np.arange(length)
        tone = np.sin(2 * np.pi * rng.uniform(60, 4000) * time / RATE)
        hit = (0.5 * rng.standard_normal(length) if rng.random() < 0.5 else tone) * np.exp(
            -time / rng.uniform(500, 8000)
        )
        start = rng.integers(0, length)
        x[start : start + length] += rng.uniform(0.2, 1.0) * hit
    return x[:length] + x[length:]


def played(x, seconds, noise):
    """The power spectrogram of a loop over some seconds, with noise on top."""
    x = np.resize(x, int(seconds * RATE))
    x = x + noise * np.random.default_rng(9).standard_normal(len(x))
    return power(stft(x[np.newaxis], fft_size=4096, hop_size=HOP))


@pytest.mark.parametrize("seconds", [1.0, 1.5, 2.0, 2.7, 3.3, 4.1])
@pytest.mark.parametrize("seed", [0, 2])
def test_the_period_of_a_loop_is_found_within_one_frame(seconds, seed):
    """Or a whole multiple of it, which repeats as well."""
    period = seconds * FRAME_RATE
    found = find_period(beat_spectrum(played(loop(seconds, seed), 18, noise=0.02)), frame_rate=FRAME_RATE)
    assert found > 0.9 * period
    multiple = round(found / period)
    assert abs(found - multiple * period) <= 1, f"found {found}, should be {multiple} x {period:.1f}"


def test_a_loop_of_whole_frames_is_found_under_a_melody_that_does_not_repeat():
    rng = np.random.default_rng(4)
    x = np.resize(loop(100 * HOP / RATE, 1), 900 * HOP)
    for start in range(0, len(x) - RATE, RATE // 3):
        time = np.arange(RATE // 3) / RATE
        x[start : start + len(time)] += 0.5 * np.sin(2 * np.pi * rng.uniform(200, 900) * time) * np.hanning(len(time))
    energy = power(stft(x[np.newaxis], fft_size=4096, hop_size=HOP))
    found = find_period(beat_spectrum(energy), frame_rate=FRAME_RATE)
    assert min(abs(found - multiple * 100) for multiple in (1, 2, 3)) <= 1


def test_the_beat_spectrum_is_the_unbiased_autocorrelation():
    energy = np.random.default_rng(2).random((70, 50)).astype(np.float32)
    expected = [(energy[:, lag:].astype(float) * energy[:, : 50 - lag]).sum() / (50 - lag) for lag in range(50)]
    assert np.allclose(beat_spectrum(energy), np.array(expected) / expected[0], rtol=1e-10)


def test_the_beat_spectrum_peaks_where_the_music_repeats():
    spectrum = beat_spectrum(played(loop(50 * HOP / RATE, 0), 10, noise=0.0))
    assert spectrum[0] == 1.0
    assert spectrum[[50, 100, 150]] == pytest.approx(1.0, abs=0.05)
    assert spectrum[45:55].argmax() == 5
    assert spectrum[10:41].max() < 0.9


def test_silence_has_no_beat_and_still_a_period():
    spectrum = beat_spectrum(np.zeros((10, 200), np.float32))
    assert not spectrum.any()
    assert 1 <= find_period(spectrum, frame_rate=FRAME_RATE) <= 200


@pytest.mark.parametrize("frames", [1, 2, 3, 20, 105, 110])
def test_recordings_too_short_for_a_rhythm_get_a_period_that_can_be_used(frames):
    energy = np.random.default_rng(0).random((10, frames)).astype(np.float32)
    assert 1 <= find_period(beat_spectrum(energy), frame_rate=FRAME_RATE) <= max(frames, 40)


def test_the_level_makes_no_difference():
    energy = played(loop(2.0, 0), 18, noise=0.02)
    expected = find_period(beat_spectrum(energy), frame_rate=FRAME_RATE)
    for gain in (1e-12, 1e12):
        assert find_period(beat_spectrum(energy * np.float32(gain)), frame_rate=FRAME_RATE) == expected
