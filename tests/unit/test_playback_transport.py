"""The transport against a device that a test pulls frames from, with a clock that the test turns."""

import numpy as np
import pytest
from playback_bench import AHEAD, BLOCK, FADE, RATE, Bench, positions, ramp_clip

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.playback.transport import Lane


@pytest.fixture
def bench():
    return Bench()


def test_plays_every_sample_once_and_in_order(bench):
    clip = AudioClip(np.random.default_rng(1).uniform(-1, 1, (2, RATE)), RATE)
    bench.transport.set_lanes([Lane("a", clip)])
    bench.transport.play()
    out = bench.run(RATE)
    inner = slice(FADE, RATE - FADE)
    np.testing.assert_array_equal(out[:, inner], clip.samples[:, inner])
    assert bench.transport.underruns == 0
    assert bench.transport.note == ""


def test_mixes_no_more_than_120_ms_ahead(bench):
    bench.transport.set_lanes([Lane("a", ramp_clip())])
    bench.transport.play()
    bench.transport.fill()
    sound = bench.device.pull(2 * AHEAD)
    assert np.count_nonzero(sound[0]) <= AHEAD
    assert sound[0, AHEAD - 1] > 0
    assert bench.transport.underruns == 1  # the pull above took more than there was


def test_a_change_of_lanes_is_heard_within_150_ms(bench):
    one, two = (AudioClip(np.full((1, RATE), level), RATE) for level in (0.25, 0.75))
    bench.transport.set_lanes([Lane("a", one)])
    bench.transport.play()
    bench.run(9600)
    bench.transport.set_lanes([Lane("b", two)])
    out = bench.run(9600)[0]
    assert np.flatnonzero(out < 0.2499)[0] <= AHEAD + BLOCK
    assert np.flatnonzero(out > 0.74)[0] <= 0.15 * RATE
    assert out[-1] == pytest.approx(0.75)


def test_a_slow_device_leaves_less_to_mix_ahead():
    bench = Bench(latency=0.05)
    bench.transport.set_lanes([Lane("a", AudioClip(np.full((1, RATE), 0.5), RATE))])
    bench.transport.play()
    bench.run(9600)
    bench.transport.set_lanes([])
    out = bench.run(9600)[0]
    assert np.flatnonzero(out == 0.0)[0] + 0.05 * RATE <= 0.15 * RATE


def test_position_counts_what_is_heard(bench):
    bench.transport.set_lanes([Lane("a", ramp_clip())])
    assert bench.transport.position == 0
    bench.transport.play()
    bench.transport.fill()
    assert bench.transport.position == 0  # mixed ahead, but not heard
    bench.run(4800)
    assert bench.transport.position == 4800


def test_position_subtracts_the_latency_of_the_device():
    bench = Bench(latency=0.02)
    bench.transport.play()
    bench.run(4800)
    assert bench.transport.position == 4800 - 960


def test_position_runs_on_between_updates_and_never_back(bench):
    bench.transport.play()
    bench.run(4800)
    seen = []
    for step in range(1000):
        bench.clock.now += 0.001
        if step % 50 == 37:  # the device takes its frames irregularly, on average in time
            bench.transport.fill()
            bench.device.pull(2400)
        seen.append(bench.transport.position)
    steps = np.diff(seen)
    assert steps.min() >= 0
    assert np.count_nonzero(steps) > 900
    assert abs(seen[-1] - (4800 + RATE)) < 0.06 * RATE or seen[-1] == RATE


def test_position_does_not_run_past_what_was_mixed(bench):
    bench.transport.play()
    bench.run(4800)
    bench.clock.now += 60.0
    assert bench.transport.position <= 4800 + AHEAD


def test_pause_stays_where_the_sound_was_and_goes_on_from_there(bench):
    bench.transport.set_lanes([Lane("a", ramp_clip())])
    bench.transport.play()
    bench.run(9600)
    bench.transport.pause()
    assert not bench.transport.playing
    assert bench.transport.position == 9600
    tail = bench.run(9600)[0]
    assert tail[-1] == 0.0
    assert bench.transport.position == 9600
    bench.transport.play()
    out = bench.run(4800)
    assert positions(out)[FADE + 10] == 9600 + FADE + 10
    assert bench.transport.position == 9600 + 4800
    assert bench.transport.underruns == 0


def test_stop_goes_back_to_the_start(bench):
    bench.transport.play()
    bench.run(9600)
    bench.transport.stop()
    assert (bench.transport.playing, bench.transport.position) == (False, 0)


def test_seek_shows_its_target_at_once_and_is_heard_within_150_ms(bench):
    bench.transport.set_lanes([Lane("a", ramp_clip())])
    bench.transport.play()
    bench.run(4800)
    bench.transport.seek(30000)
    assert bench.transport.position == 30000
    bench.transport.fill()
    assert bench.transport.position == 30000
    heard = positions(bench.run(9600))
    first = np.flatnonzero(heard >= 30000)[0]
    assert first <= 0.15 * RATE
    # The position that is shown belongs to the sample that is heard.
    assert abs(bench.transport.position - heard[-1]) <= 1


def test_seek_while_paused_and_beyond_the_timeline(bench):
    bench.transport.seek(1234)
    assert bench.transport.position == 1234
    bench.transport.seek(-5)
    assert bench.transport.position == 0
    bench.transport.seek(10 * RATE)
    assert bench.transport.position == RATE


def test_the_end_stops_playback_at_the_end_and_play_begins_again(bench):
    bench.transport.seek(RATE - 4800)
    bench.transport.set_lanes([Lane("a", AudioClip(np.full((1, RATE), 0.5), RATE))])
    bench.transport.play()
    out = bench.run(9600)[0]
    assert (bench.transport.playing, bench.transport.position) == (False, RATE)
    assert not out[4800:].any()
    assert np.abs(np.diff(out)).max() < 0.5 * np.pi / 2 / FADE * 1.01  # faded, not cut
    assert bench.transport.underruns == 0
    bench.transport.play()
    assert bench.transport.position == 0


def test_playing_until_the_end_of_a_slow_device_is_heard():
    bench = Bench(length=4800, latency=0.03)
    bench.transport.play()
    bench.run(4800)
    assert bench.transport.playing
    assert bench.transport.position == 4800 - 1440
    bench.run(1440)
    assert (bench.transport.playing, bench.transport.position) == (False, 4800)


def test_loop_repeats_with_its_exact_period_and_without_a_step(bench):
    start, stop = 10000, 22000
    bench.transport.set_lanes([Lane("a", ramp_clip())])
    bench.transport.set_loop((start, stop))
    bench.transport.seek(start)
    bench.transport.play()
    out = bench.run(48000)
    rounds = out[0].reshape(4, stop - start)
    np.testing.assert_array_equal(rounds[1], rounds[2])
    inner = slice(FADE, stop - start - FADE)
    np.testing.assert_array_equal(positions(rounds[1:2])[inner], np.arange(start, stop)[inner])
    assert np.abs(np.diff(out[0])).max() < 0.5 * np.pi / 2 / FADE * 1.05
    assert start <= bench.transport.position < start + BLOCK  # just wrapped for the fourth time


def test_a_loop_taken_away_plays_on(bench):
    bench.transport.set_loop((0, 14400))
    bench.transport.play()
    bench.run(4800)
    bench.transport.set_loop(None)
    bench.run(14400)
    assert bench.transport.position == 19200


def test_loops_are_cut_to_the_timeline_or_refused(bench):
    bench.transport.set_loop((-100, 9600))
    bench.transport.play()
    bench.run(9600 + 480)
    assert bench.transport.position == 480
    with pytest.raises(ParameterError, match="loop"):
        bench.transport.set_loop((RATE, RATE + 1))


@pytest.mark.parametrize("length", [1, 2, 100, 479])
def test_very_short_loops_and_timelines_do_not_hang(length):
    bench = Bench(length=length)
    bench.transport.set_loop((0, length))
    bench.transport.play()
    bench.run(4800)
    assert bench.transport.playing
    bench.transport.set_loop(None)
    bench.run(9600)
    assert (bench.transport.playing, bench.transport.position) == (False, length)


def test_an_empty_timeline_ends_at_once():
    bench = Bench(length=0)
    bench.transport.play()
    bench.run(480)
    assert (bench.transport.playing, bench.transport.position) == (False, 0)


@pytest.mark.parametrize("act", ["pause", "seek", "solo", "master", "loop"])
def test_nothing_clicks(act):
    bench = Bench(length=4 * RATE)
    time_axis = np.arange(4 * RATE) / RATE
    low, other = (AudioClip(0.5 * np.sin(2 * np.pi * f * time_axis)[None], RATE) for f in (110.0, 139.0))
    bench.transport.set_lanes([Lane("low", low), Lane("other", other)])
    bench.transport.play()
    parts = [bench.run(4800)[:, FADE:]]
    if act == "pause":
        bench.transport.pause()
    elif act == "seek":
        bench.transport.seek(3 * RATE)
    elif act == "solo":
        bench.transport.set_lanes([Lane("low", low)])
    elif act == "master":
        bench.transport.set_master(0.1)
    else:
        bench.transport.set_loop((0, 12345))
    parts.append(bench.run(14400))
    sound = np.concatenate(parts, axis=1)[0]
    spectrum = np.abs(np.fft.rfft(sound * np.blackman(sound.size))) ** 2
    above = spectrum[4000 * sound.size // RATE :].sum() / spectrum.sum()
    assert 10 * np.log10(above) < -60


def test_peaks_are_those_that_were_heard(bench):
    samples = np.zeros((2, RATE), np.float32)
    samples[0, 9600:] = 0.5
    samples[1, 9600:] = -0.25
    bench.transport.set_lanes([Lane("a", AudioClip(samples, RATE))])
    bench.transport.play()
    bench.run(7200)  # the loud part is mixed already, but not heard
    assert bench.transport.levels().peak == (0.0, 0.0)
    bench.run(4800)
    assert bench.transport.levels().peak == (0.5, 0.25)
    bench.transport.pause()
    bench.run(9600)
    bench.transport.levels()
    assert bench.transport.levels().peak == (0.0, 0.0)


def test_master_is_kept_for_the_next_timeline(bench):
    bench.transport.set_master(0.5)
    bench.transport.open(RATE, RATE)
    bench.transport.set_lanes([Lane("a", AudioClip(np.ones((1, RATE)), RATE))])
    bench.transport.play()
    assert bench.run(4800)[0, -1] == pytest.approx(0.5)


def test_opening_while_playing_fades_out_and_starts_over(bench):
    bench.transport.set_lanes([Lane("a", AudioClip(np.full((1, RATE), 0.5), RATE))])
    bench.transport.play()
    before = bench.run(4800)[0, FADE:]
    bench.transport.open(RATE, 9600)
    assert (bench.transport.playing, bench.transport.position) == (False, 0)
    bench.transport.set_lanes([Lane("b", AudioClip(np.full((1, 9600), 0.25), RATE))])
    bench.transport.play()
    sound = np.concatenate([before, bench.run(16800)[0]])
    assert np.abs(np.diff(sound)).max() < 0.5 * np.pi / 2 / FADE * 1.01
    assert (bench.transport.playing, bench.transport.position) == (False, 9600)
    assert np.count_nonzero(sound == 0.25) >= 9600 - 2 * FADE


def test_another_sample_rate_opens_the_device_anew(bench):
    bench.transport.play()
    bench.run(4800)
    bench.transport.open(44100, 44100)
    bench.transport.set_lanes([Lane("a", AudioClip(np.full((1, 44100), 0.25), 44100))])
    bench.run(9600)  # the former timeline fades out
    bench.transport.play()
    bench.transport.fill()
    assert bench.device.pull(4410)[0, -1] == 0.25
    bench.clock.now += 0.1
    assert bench.transport.position == 4410


def test_wrong_lanes_are_refused(bench):
    clip = AudioClip(np.zeros((1, 10)), 44100)
    with pytest.raises(ParameterError, match="44100"):
        bench.transport.set_lanes([Lane("a", clip)])
    good = AudioClip(np.zeros((1, 10)), RATE)
    with pytest.raises(ParameterError, match="only one"):
        bench.transport.set_lanes([Lane("a", good), Lane("a", good)])


@pytest.mark.parametrize("gain", [-1.0, float("nan"), float("inf")])
def test_wrong_masters_are_refused(bench, gain):
    with pytest.raises(ParameterError):
        bench.transport.set_master(gain)


def test_wrong_timelines_are_refused(bench):
    with pytest.raises(ParameterError):
        bench.transport.open(0, 10)
    with pytest.raises(ParameterError):
        bench.transport.open(RATE, -1)
