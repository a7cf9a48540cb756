"""Loudness against the recommendation's own numbers and an independent program; equal loudness."""

import math

import numpy as np
import pyloudnorm
import pytest

from sepstudio.io.audio import open_audio
from sepstudio.io.clip import AudioClip
from sepstudio.playback.loudness import PIECE_FRAMES, loudness_steps, match_gains

RATE = 48000


def measure(clip, start=0, stop=None):
    """Return the loudness and the shares that were told on the way."""
    steps, shares = loudness_steps(clip, start, clip.length if stop is None else stop), []
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as end:
            return end.value, shares


def loudness(clip, start=0, stop=None):
    return measure(clip, start, stop)[0]


def sine(level_db, seconds, rate=RATE, channels=2, frequency=1000.0):
    t = np.arange(round(seconds * rate)) / rate
    return np.tile(10 ** (level_db / 20) * np.sin(2 * np.pi * frequency * t), (channels, 1))


def reference(samples, rate):
    """Return what pyloudnorm says with the filters of the recommendation rather than those it prefers."""
    return pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(samples.T.astype(np.float64))


@pytest.mark.parametrize("rate", [22050, 44100, 48000, 96000])
def test_a_tone_of_1_khz_reads_its_level(rate):
    assert loudness(AudioClip(sine(-23, 5, rate), rate)) == pytest.approx(-23.0, abs=0.05)
    left_only = sine(-3, 5, rate) * [[1], [0]]
    assert loudness(AudioClip(left_only, rate)) == pytest.approx(-6.0, abs=0.05)


@pytest.mark.parametrize(
    "parts",
    [[(-36, 10), (-23, 60), (-36, 10)], [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)]],
    ids=["relative gate", "both gates"],
)
def test_what_is_far_quieter_does_not_count(parts):
    # Test signals 3 and 4 of EBU Tech 3341.
    clip = AudioClip(np.concatenate([sine(level, seconds) for level, seconds in parts], axis=1), RATE)
    assert loudness(clip) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 88200, 192000])
def test_agrees_with_an_independent_program_at_every_rate(rng, rate):
    swells = np.repeat(rng.uniform(0.001, 1, (2, 9)), rate, axis=1)
    samples = (0.2 * swells * rng.standard_normal((2, 9 * rate))).astype(np.float32)
    assert loudness(AudioClip(samples, rate)) == pytest.approx(reference(samples, rate), abs=0.05)


@pytest.mark.parametrize("name", ["mixture", "vocals", "drums"])
def test_agrees_with_an_independent_program_on_music(shared_data, name):
    clip = open_audio(shared_data / "multitracks" / "eif_lithium" / f"{name}.flac")
    start, stop = 3 * RATE + 17, 25 * RATE + 4321
    assert loudness(clip, start, stop) == pytest.approx(reference(clip.read(start, stop), clip.sample_rate), abs=0.05)


def test_one_channel_sounds_from_both_loudspeakers(rng):
    mono = 0.1 * rng.standard_normal((1, 3 * RATE))
    both = AudioClip(np.repeat(mono, 2, axis=0), RATE)
    assert loudness(AudioClip(mono, RATE)) == pytest.approx(loudness(both), abs=1e-6)


def test_more_channels_are_folded_as_they_are_heard(rng):
    clip = AudioClip(0.1 * rng.standard_normal((6, 3 * RATE)), RATE)
    left, right = clip.samples[0::2].sum(axis=0) / 3, clip.samples[1::2].sum(axis=0) / 3
    assert loudness(clip) == pytest.approx(loudness(AudioClip([left, right], RATE)), abs=1e-4)


@pytest.mark.parametrize("frames", [1, 480, 19199])
def test_short_stretches_give_plain_power(rng, frames):
    clip = AudioClip(0.1 * rng.standard_normal((2, RATE)), RATE)
    power = np.square(clip.samples[:, 100 : 100 + frames].astype(float)).mean(axis=1).sum()
    assert loudness(clip, 100, 100 + frames) == pytest.approx(10 * np.log10(power), abs=1e-6)


def test_short_and_long_stretches_of_a_tone_agree():
    clip = AudioClip(sine(-20, 1), RATE)
    assert loudness(clip, 0, 19199) == pytest.approx(loudness(clip, 0, 19200), abs=0.05)


@pytest.mark.parametrize("frames", [0, 100, 5 * RATE])
def test_silence_is_minus_infinity(frames):
    assert loudness(AudioClip(np.zeros((2, frames)), RATE)) == -math.inf
    assert loudness(AudioClip(np.full((2, frames), 1e-5), RATE)) == -math.inf


class CountingClip(AudioClip):
    def __init__(self, samples):
        super().__init__(samples, RATE)
        self.most = 0

    def read(self, start, stop):
        self.most = max(self.most, stop - start)
        return super().read(start, stop)


def test_reads_in_pieces_and_tells_how_far_it_is(rng):
    clip = CountingClip(0.1 * rng.standard_normal((2, 20 * RATE)))
    _, shares = measure(clip)
    assert clip.most <= PIECE_FRAMES
    assert shares == sorted(shares)
    assert len(shares) == -(-clip.length // PIECE_FRAMES)
    assert shares[-1] == 1.0


def test_matching_brings_everything_down_to_the_quietest():
    gains = match_gains({"loud": -10.0, "quiet": -30.5, "silent": -math.inf, "middle": -14.0})
    assert gains == {"loud": -20.5, "quiet": 0.0, "silent": 0.0, "middle": -16.5}
    assert match_gains({"silent": -math.inf}) == {"silent": 0.0}
    assert match_gains({}) == {}


def test_matched_stems_are_equally_loud(shared_data):
    folder = shared_data / "multitracks" / "eif_lithium"
    clips = {name: open_audio(folder / f"{name}.flac").section(0, 10 * RATE) for name in ("bass", "drums", "vocals")}
    gains = match_gains({name: loudness(clip) for name, clip in clips.items()})
    assert max(gains.values()) == 0.0
    levels = [loudness(AudioClip(clips[n].samples * 10 ** (g / 20), RATE)) for n, g in gains.items()]
    assert np.ptp(levels) < 0.05
