"""Scrubbing and levels against a device that a test pulls frames from."""

import numpy as np
import pytest
from playback_bench import AHEAD, FADE, RATE, Bench, positions, ramp_clip

from sepstudio.io.clip import AudioClip
from sepstudio.playback.transport import Lane, Levels

GRAIN = 3840


@pytest.fixture
def bench():
    bench = Bench()
    bench.transport.set_lanes([Lane("a", ramp_clip())])
    return bench


def test_a_grain_of_80_ms_is_heard_from_where_the_hand_is(bench):
    bench.transport.scrub(20000)
    assert bench.transport.position == 20000
    assert not bench.transport.playing
    out = bench.run(9600)
    heard = np.flatnonzero(out[0])
    assert heard[0] <= 1
    assert heard[-1] == pytest.approx(GRAIN, abs=5)
    inner = slice(FADE, GRAIN - FADE)
    np.testing.assert_array_equal(positions(out)[inner], 20000 + np.arange(GRAIN)[inner])
    assert bench.transport.position == 20000
    assert bench.transport.underruns == 0


def test_the_next_grain_takes_over_soon(bench):
    for target in range(10000, 20000, 1000):
        bench.transport.scrub(target)
        bench.run(1920)
    bench.transport.scrub(40000)
    heard = positions(bench.run(4800))
    assert np.flatnonzero(heard >= 40000)[0] <= 0.07 * RATE


def test_after_scrubbing_it_rests_where_the_hand_left_it(bench):
    bench.transport.scrub(20000)
    bench.run(1440)
    bench.transport.scrub(30000)
    bench.run(960)
    bench.transport.end_scrub()
    out = bench.run(9600)
    assert not out[:, 2880 + FADE :].any()  # the rest of the grain is faded away
    assert (bench.transport.playing, bench.transport.position) == (False, 30000)
    bench.transport.play()
    assert positions(bench.run(4800))[1000] == 31000


def test_after_scrubbing_it_plays_on_from_there_if_it_played(bench):
    bench.transport.play()
    bench.run(4800)
    bench.transport.scrub(20000)
    assert bench.transport.playing
    bench.run(14400)  # the grain is long over
    assert bench.transport.playing
    assert bench.transport.position == 20000
    bench.transport.end_scrub()
    assert bench.transport.position == 20000
    out = bench.run(4800)
    assert positions(out)[1000] == 21000
    assert bench.transport.position == 24800
    assert bench.transport.underruns == 0


@pytest.mark.parametrize("act", ["play", "pause", "stop", "seek", "open"])
def test_whatever_else_is_pressed_ends_the_scrubbing(bench, act):
    bench.transport.play()
    bench.run(4800)
    bench.transport.scrub(20000)
    bench.run(480)
    acts = {"seek": lambda: bench.transport.seek(30000), "open": lambda: bench.transport.open(RATE, RATE)}
    acts.get(act, getattr(bench.transport, act))()
    expected = {"play": (True, 20000), "pause": (False, 20000), "seek": (True, 30000)}.get(act, (False, 0))
    assert (bench.transport.playing, bench.transport.position) == expected
    bench.run(9600)
    assert bench.transport.playing == expected[0]
    assert (bench.transport.position > expected[1]) == expected[0]


def test_scrubbing_knows_neither_loop_nor_end(bench):
    bench.transport.set_loop((1000, 21000))
    bench.transport.scrub(20000)
    np.testing.assert_array_equal(positions(bench.run(4800))[FADE:3600], 20000 + np.arange(FADE, 3600))
    bench.transport.scrub(RATE + 5)
    assert bench.transport.position == RATE
    out = bench.run(9600)
    assert positions(out)[GRAIN - FADE - 10] == RATE - FADE - 10  # the last grain of the timeline
    assert not bench.transport.playing


@pytest.mark.parametrize("length", [0, 1, 100, 3000])
def test_very_short_timelines_can_be_scrubbed(length):
    bench = Bench(length=length)
    for target in (0, length, 50, -3):
        bench.transport.scrub(target)
        bench.run(960)
    bench.transport.end_scrub()
    bench.run(4800)
    assert (bench.transport.playing, bench.transport.position) == (False, 0)
    assert bench.transport.note == ""


def loud_right():
    """Silent for 0.2 s, then constant; the right side clips."""
    samples = np.zeros((2, 2 * RATE), np.float32)
    samples[:, 9600:] = [[0.5], [-1.25]]
    return AudioClip(samples, RATE)


def test_levels_are_those_that_were_heard():
    bench = Bench(length=2 * RATE)
    bench.transport.set_lanes([Lane("a", loud_right())])
    bench.transport.play()
    bench.run(9600)  # what follows is mixed already, but not heard
    assert bench.transport.levels() == Levels((0.0, 0.0), (0.0, 0.0), clipped=False)
    bench.run(7200)
    levels = bench.transport.levels()
    assert levels.peak == (0.5, 1.25)
    assert levels.rms == pytest.approx((0.5 * 0.5**0.5, 1.25 * 0.5**0.5), rel=1e-3)
    assert levels.clipped
    bench.run(14400)
    assert bench.transport.levels().rms == pytest.approx((0.5, 1.25), rel=1e-3)


def test_levels_fall_to_nothing_after_a_pause():
    bench = Bench(length=2 * RATE)
    bench.transport.set_lanes([Lane("a", loud_right())])
    bench.transport.play()
    bench.run(4800 * 6)
    bench.transport.pause()
    bench.run(AHEAD + 4800)
    bench.transport.levels()
    assert bench.transport.levels() == Levels()
    bench.transport.play()
    bench.run(7200)
    assert bench.transport.levels().rms[0] == pytest.approx(0.5 * 0.5**0.5, rel=0.02)


def test_mono_is_kept_for_the_next_timeline():
    bench = Bench(length=2 * RATE)
    bench.transport.set_mono(True)
    bench.transport.open(RATE, 2 * RATE)
    bench.transport.set_lanes([Lane("a", loud_right())])
    bench.transport.play()
    np.testing.assert_allclose(bench.run(14400)[:, -1], [-0.375, -0.375])
