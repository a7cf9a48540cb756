"""Change of the sample rate: exact in time, quiet where it must be, and the same however it is cut."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import resample_poly

from sepstudio.dsp.resampling import Resampling, StreamResampler
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.resampled import ResampledClip, at_rate

RATES = [(48000, 44100), (44100, 48000), (22050, 44100), (96000, 44100), (8000, 44100), (44100, 16000), (3, 7)]


def noise(length, channels=2):
    return np.random.default_rng(4).uniform(-0.5, 0.5, (channels, length)).astype(np.float32)


@pytest.mark.parametrize(("source", "target"), RATES[:-1])
def test_a_tone_stays_the_same_tone_at_the_same_time_and_level(source, target):
    hertz = 0.4 * min(source, target)
    tone = AudioClip(np.sin(2 * np.pi * hertz * np.arange(source // 4) / source)[None], source)
    found = ResampledClip(tone, target).samples[0]
    expected = np.sin(2 * np.pi * hertz * np.arange(len(found)) / target)
    inner = slice(len(found) // 4, -len(found) // 4)
    assert np.abs(found - expected)[inner].max() < 2e-4


def test_what_the_lower_rate_cannot_hold_is_gone():
    tone = AudioClip(np.sin(2 * np.pi * 22500 * np.arange(48000) / 48000)[None], 48000)
    assert np.abs(ResampledClip(tone, 44100).samples[0, 4000:-4000]).max() < 1e-4


@pytest.mark.parametrize(("source", "target"), RATES)
def test_pieces_are_those_of_the_whole(source, target):
    clip = ResampledClip(AudioClip(noise(2000), source), target)
    whole = clip.samples
    cuts = [0, 1, 17, clip.length // 3, clip.length - 5, clip.length]
    pieces = [clip.read(start, stop) for start, stop in itertools.pairwise(cuts)]
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), whole, atol=2e-6)
    assert clip.read(-3, 0).tolist() == np.zeros((2, 3)).tolist()


@given(st.lists(st.integers(1, 700), min_size=1, max_size=8), st.sampled_from(RATES))
def test_a_stream_gives_what_the_whole_gives(lengths, rates):
    samples = noise(sum(lengths))
    rule = Resampling(*rates)
    whole = ResampledClip(AudioClip(samples, rates[0]), rates[1]).samples
    stream = StreamResampler(rule, rule.length(samples.shape[1]))
    ends = np.cumsum(lengths)
    parts = [stream.push(samples[:, end - length : end]) for end, length in zip(ends, lengths, strict=True)]
    streamed = np.concatenate([*parts, stream.finish()], axis=1)
    np.testing.assert_allclose(streamed, whole, atol=2e-6)


def test_it_agrees_with_another_resampler_on_what_both_pass():
    slow = np.cumsum(noise(6000, 1) - noise(6000, 1).mean(), axis=1) / 30
    ours = ResampledClip(AudioClip(slow, 48000), 44100).samples
    theirs = resample_poly(slow, 147, 160, axis=1, window=("kaiser", 9.0))
    assert np.abs(ours - theirs)[:, 300:-300].max() < 0.02 * np.abs(slow).max()


def test_a_clip_of_the_right_rate_is_left_as_it_is():
    clip = AudioClip(noise(10), 8000)
    assert at_rate(clip, 8000) is clip
    assert at_rate(clip, 4000).length == 5
    stream = StreamResampler(Resampling(8000, 8000), 10)
    np.testing.assert_array_equal(np.concatenate([stream.push(clip.samples), stream.finish()], axis=1), clip.samples)


def test_rates_are_positive():
    with pytest.raises(ParameterError, match="target_rate"):
        Resampling(8000, 0)
