"""Correlations of channels over time and in octaves."""

import numpy as np
import pytest

from sepstudio.codec import covariance_loss
from sepstudio.dsp.ambisonics import spherical_harmonics
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.metrics.covariance_track import (
    BAND_EDGES_HZ,
    BANDS,
    LEAST_HOP_SECONDS,
    compare_steps,
    covariance_distance,
    hop_of,
    track_steps,
)

RATE = 16000


def done(steps):
    while True:
        try:
            last = next(steps)
        except StopIteration as end:
            return end.value
        assert 0.0 <= last <= 1.0


def noisy(channels=6, seconds=2.05, seed=0):
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((channels, channels))
    return (0.1 * mixing @ rng.standard_normal((channels, round(seconds * RATE))) + 0.05).astype(np.float32)


def test_the_whole_is_what_the_loss_of_the_training_says():
    x, y = noisy(seed=1), noisy(seed=2)
    compared = done(compare_steps(AudioClip(x, RATE), AudioClip(y, RATE)))
    both = compared.correlations((0, compared.reference.hops))
    np.testing.assert_allclose(both[0], np.corrcoef(x), atol=1e-6)
    assert covariance_distance(*both) == pytest.approx(covariance_loss(x, y), rel=1e-6)


def test_a_stretch_is_that_of_its_samples():
    x = noisy()
    track = done(track_steps(AudioClip(x, RATE), 0.1))
    assert (track.hops, track.channels) == (21, 6)
    assert track.counts.sum() == x.shape[1]
    np.testing.assert_allclose(track.correlations(3, 9), np.corrcoef(x[:, 4800:14400]), atol=1e-6)
    np.testing.assert_allclose(track.correlations(20, 21), np.corrcoef(x[:, 32000:]), atol=1e-6)


def test_bands_tell_apart_what_lies_in_them():
    time = np.arange(2 * RATE) / RATE
    low, high = np.sin(2 * np.pi * 250 * time), np.sin(2 * np.pi * 2000 * time)
    x = 0.3 * np.stack([low + high, low - high, high])
    track = done(track_steps(AudioClip(x, RATE), 0.1))
    inside = [next(b for b in range(BANDS) if BAND_EDGES_HZ[b] <= f < BAND_EDGES_HZ[b + 1]) for f in (250, 2000)]
    # The ends of the tones reach into other bands, and are little.
    middle = (2, track.hops - 2)
    assert track.correlations(*middle, inside[0])[0, 1] == pytest.approx(1.0, abs=1e-3)
    assert track.correlations(*middle, inside[1])[0, 1] == pytest.approx(-1.0, abs=1e-3)
    assert track.correlations(*middle, inside[1])[0, 2] == pytest.approx(1.0, abs=1e-3)
    assert track.correlations(*middle)[0, 1] == pytest.approx(0.0, abs=1e-3)


def test_silent_channels_correlate_with_nothing_also_behind_loud_ones():
    x = noisy()
    x[:, RATE:] = 0.0
    x[2] = 0.0
    track = done(track_steps(AudioClip(x, RATE), 0.1))
    whole = track.correlations(0, track.hops)
    assert not whole[2].any()
    assert np.diagonal(whole)[[0, 1, 3]] == pytest.approx(1.0)
    compared = done(compare_steps(AudioClip(x, RATE), AudioClip(noisy(seed=3), RATE)))
    for band in (None, *range(BANDS)):
        assert not compared.reference.correlations(13, 20, band).any()
    # All of the pairs of the other recording are missing here.
    at_end = covariance_distance(*compared.correlations(compared.around(1.9)))
    assert compared.errors[0, 19] == pytest.approx(at_end, rel=1e-6)


def test_errors_follow_what_changes():
    x = noisy(seconds=4.0)
    y = x.copy()
    y[1, 2 * RATE : 3 * RATE] *= -1
    compared = done(compare_steps(AudioClip(x, RATE), AudioClip(y, RATE), window_seconds=0.5))
    assert compared.window == 5
    assert compared.errors.shape == (1 + BANDS, 40)
    assert compared.errors[0, :16].max() == pytest.approx(0.0, abs=1e-5)
    changed = np.corrcoef(x[:, 2 * RATE : 3 * RATE])[1]
    assert compared.errors[0, 25] == pytest.approx(2 * np.abs(changed).sum() - 2, rel=0.2)
    assert compared.around(2.55) == (23, 28)
    assert compared.around(99.0) == (35, 40)
    assert compared.within(1.0, 1.05) == (10, 11)
    assert compared.within(-5.0, 99.0) == (0, 40)


def test_other_rates_lengths_and_more_channels_are_compared_as_far_as_both_go():
    x = noisy(channels=9, seconds=2.0)
    y = np.repeat(x[:4], 2, axis=1)[:, : round(3.0 * RATE)]
    compared = done(compare_steps(AudioClip(x, RATE), AudioClip(y, 2 * RATE)))
    assert compared.reference.channels == compared.decoded.channels == 4
    assert compared.reference.hops == compared.decoded.hops == 15
    assert compared.errors[0].max() < 0.05


def test_a_point_source_correlates_as_its_harmonics_do():
    y = spherical_harmonics(np.radians(40), np.radians(10), 3)
    x = y[:, None] * np.random.default_rng(5).standard_normal(RATE) * 0.1
    track = done(track_steps(AudioClip(x, RATE), 0.1))
    np.testing.assert_allclose(track.correlations(0, 10), np.sign(np.outer(y, y)), atol=1e-6)


def test_hops_of_long_recordings_are_longer():
    assert hop_of(10.0) == LEAST_HOP_SECONDS
    assert hop_of(3600.0) == pytest.approx(1.5)
    with pytest.raises(ParameterError, match="hop_seconds"):
        next(track_steps(AudioClip(noisy(), RATE), 0.05))
    with pytest.raises(ParameterError, match="channels"):
        next(track_steps(AudioClip(noisy(), RATE), 0.1, channels=7))


def test_covariances_have_the_level_of_the_recording_and_bands_add_up_to_it():
    rng = np.random.default_rng(5)
    mixing = rng.standard_normal((4, 4))
    x = (0.05 * mixing @ rng.standard_normal((4, 4 * RATE))).astype(np.float32)
    track = done(track_steps(AudioClip(x, RATE), LEAST_HOP_SECONDS))
    start, stop = np.array([0, 5]), np.array([track.hops, 25])
    whole = track.covariances(start, stop)
    np.testing.assert_allclose(whole[0], np.cov(x, bias=True), rtol=1e-5)
    bands = sum(track.covariances(start, stop, band) for band in range(BANDS))
    np.testing.assert_allclose(bands, whole, rtol=0.05, atol=0.02 * np.abs(whole).max())
    every = np.arange(track.hops)
    first = track.first_order()
    for band in (0, 3):
        np.testing.assert_allclose(first[band], track.covariances(every, every + 1, band), rtol=1e-6)
