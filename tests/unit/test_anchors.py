"""Anchors of listening tests: what their filters let through, and that nothing is delayed."""

import numpy as np
import pytest

from sepstudio.dsp.anchors import LOW_ANCHOR_HZ, MID_ANCHOR_HZ, low_pass, low_pass_inside, low_pass_taps
from sepstudio.errors import ParameterError
from sepstudio.io.anchors import LowPassClip, TruncatedClip
from sepstudio.io.clip import AudioClip


def noise(channels=4, length=5000, seed=0):
    return np.random.default_rng(seed).standard_normal((channels, length)).astype(np.float32)


def decibels(taps, rate, low, high):
    """Return the extremes of a response between two frequencies."""
    spectrum = np.abs(np.fft.rfft(taps, 1 << 16))
    hertz = np.fft.rfftfreq(1 << 16, 1 / rate)
    found = 20 * np.log10(np.maximum(spectrum[(hertz >= low) & (hertz <= high)], 1e-12))
    return found.min(), found.max()


@pytest.mark.parametrize("rate", [16000, 32000, 44100, 48000, 96000, 192000])
@pytest.mark.parametrize(("cutoff", "scale"), [(LOW_ANCHOR_HZ, 1), (MID_ANCHOR_HZ, 2)])
def test_filters_are_those_of_bs_1534(rate, cutoff, scale):
    taps = low_pass_taps(rate, cutoff)
    assert taps.size % 2 == 1
    np.testing.assert_allclose(taps, taps[::-1], atol=1e-15)
    low, high = decibels(taps, rate, 0, cutoff)
    assert low >= -0.1
    assert high <= 0.1
    assert decibels(taps, rate, 4000 * scale, rate / 2)[1] <= -25
    if rate / 2 >= 4500 * scale:
        assert decibels(taps, rate, 4500 * scale, rate / 2)[1] <= -50


def test_what_a_rate_does_not_hold_is_not_filtered():
    x = noise(1, 100)
    assert np.array_equal(low_pass(x, 8000, MID_ANCHOR_HZ), x)
    assert np.array_equal(LowPassClip(AudioClip(x, 8000), MID_ANCHOR_HZ).samples, x)


def test_tones_stay_where_they_are_or_vanish():
    times = np.arange(9600) / 48000
    low, high = (np.sin(2 * np.pi * hertz * times).astype(np.float32) for hertz in (1000, 5000))
    inside = slice(1000, -1000)
    np.testing.assert_allclose(low_pass(low + high, 48000)[inside], low[inside], atol=2e-3)
    assert np.abs(low_pass(high, 48000)[inside]).max() < 2e-3


def test_a_clip_read_in_parts_is_the_whole():
    clip = LowPassClip(AudioClip(noise(16), 44100))
    whole = low_pass(noise(16), 44100)
    np.testing.assert_allclose(clip.samples, whole, atol=1e-5)
    parts = [clip.read(start, stop) for start, stop in ((-7, 0), (0, 1), (1, 1700), (1700, 1700), (1700, 5003))]
    np.testing.assert_allclose(np.concatenate(parts, axis=1)[:, 7:-3], whole, atol=1e-5)


def test_values_out_of_range_are_refused():
    for rate, cutoff in ((0, 3500.0), (48000, 0.0), (48000, float("nan"))):
        with pytest.raises(ParameterError):
            low_pass_taps(rate, cutoff)
    with pytest.raises(ParameterError, match="samples"):
        low_pass_inside(noise(1, 10), 48000)


def test_spatial_anchors_keep_what_they_keep():
    x = noise(16, 50)
    for order, kept in ((1, 4), (0, 1)):
        samples = TruncatedClip(AudioClip(x, 48000), order).samples
        assert np.array_equal(samples[:kept], x[:kept])
        assert not samples[kept:].any()
    with pytest.raises(ParameterError, match="below 1"):
        TruncatedClip(AudioClip(x[:4], 48000), 1)
    with pytest.raises(ParameterError, match="channels"):
        TruncatedClip(AudioClip(x[:5], 48000), 0)
