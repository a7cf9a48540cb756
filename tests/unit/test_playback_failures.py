"""The transport when devices, clips and threads misbehave, and in real time."""

import threading
import time

import numpy as np
import pytest
from playback_bench import RATE, Bench, FakeClock
from real_time import repeated_when_starved

from sepstudio.errors import DeviceError
from sepstudio.io.clip import AudioClip
from sepstudio.playback.backends.null import NullBackend
from sepstudio.playback.transport import Lane, Transport


@pytest.fixture
def bench():
    return Bench()


class RefusingBackend(NullBackend):
    def start(self, sample_rate, channels, frames):
        raise DeviceError("No sound device", f"plays at {sample_rate} Hz", "choose another output")


def test_a_device_that_refuses_the_rate_gives_way_to_silence_and_a_note():
    clock = FakeClock()
    transport = Transport(RefusingBackend(), clock=clock, threaded=False)
    transport.open(192000, 192000)
    transport.play()
    transport.fill()
    assert transport.note == "No sound device plays at 192000 Hz: the playhead runs silently"
    clock.now += 0.05
    transport.fill()
    assert transport.position == pytest.approx(9600, abs=2)


def test_a_device_that_is_lost_gives_way_to_silence_and_is_tried_again(bench):
    bench.transport.play()
    bench.run(4800)
    bench.device.active = False
    bench.transport.fill()
    assert bench.transport.note == "The sound device was lost: the playhead runs silently"
    before = bench.transport.position
    bench.clock.now += 0.1
    bench.transport.fill()
    bench.clock.now += 0.1
    assert bench.transport.position - before >= 0.15 * RATE
    bench.transport.pause()
    for _ in range(20):
        bench.clock.now += 0.01
        bench.transport.fill()
    bench.device.active = True
    bench.transport.play()
    bench.run(480)
    assert bench.transport.note == ""


def test_the_device_is_given_back_after_a_while_of_silence(bench):
    bench.transport.play()
    bench.run(4800)
    bench.transport.pause()
    bench.run(9600)
    bench.clock.now += 4.0
    bench.transport.fill()
    assert bench.device.open
    bench.clock.now += 2.0
    bench.transport.fill()
    assert not bench.device.open
    bench.transport.play()
    bench.run(4800)
    assert bench.transport.position == 9600


class TornClip(AudioClip):
    def read(self, start, stop):
        raise RuntimeError("disk gone")


def test_an_unreadable_lane_is_noted_and_the_rest_plays_on():
    transport = Transport(NullBackend())
    try:
        transport.open(RATE, 10 * RATE)
        good = AudioClip(np.full((1, RATE), 0.5), RATE)
        transport.set_lanes([Lane("drums", TornClip(np.zeros((1, RATE)), RATE)), Lane("bass", good)])
        transport.play()
        assert wait_until(lambda: transport.levels().peak[0] == 0.5)
        assert transport.note == "drums is silent: disk gone"
        assert transport.playing
    finally:
        transport.close()


class ChokingRing:
    written = consumed = 0

    def tend(self):
        pass

    def write(self, block, *, last):
        raise RuntimeError("Action queue is full")


class ChokingBackend(NullBackend):
    def start(self, sample_rate, channels, frames):
        super().start(sample_rate, channels, frames)
        return ChokingRing()


def test_a_defect_stops_playback_with_a_note_and_not_the_thread():
    transport = Transport(ChokingBackend())
    try:
        transport.open(RATE, RATE)
        transport.play()
        assert wait_until(lambda: not transport.playing)
        assert "Action queue is full" in transport.note
        transport.play()
        assert wait_until(lambda: not transport.playing)
    finally:
        transport.close()


def wait_until(condition, timeout=5.0):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.005)
    return False


@repeated_when_starved
def test_real_time_without_a_device_and_no_thread_left():
    transport = Transport(NullBackend())
    transport.open(RATE, RATE)
    assert transport.underruns == 0
    began = time.monotonic()
    transport.play()
    assert wait_until(lambda: not transport.playing)
    assert time.monotonic() - began == pytest.approx(1.0, abs=0.25)
    assert transport.position == RATE
    transport.close()
    assert not any(thread.name == "playback" for thread in threading.enumerate())


@repeated_when_starved
def test_no_underruns_while_other_threads_hold_the_interpreter():
    transport = Transport(NullBackend())
    transport.open(RATE, 10 * RATE)
    clip = AudioClip(np.random.default_rng(2).uniform(-0.1, 0.1, (2, 10 * RATE)), RATE)
    transport.set_lanes([Lane(str(i), clip) for i in range(8)])
    done = threading.Event()
    workers = [threading.Thread(target=burn, args=(done,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    try:
        transport.play()
        seen = []
        end = time.monotonic() + 2.0
        while time.monotonic() < end:
            seen.append(transport.position)
            time.sleep(0.01)
        assert transport.underruns == 0
        assert min(np.diff(seen)) >= 0
        assert seen[-1] > 1.5 * RATE
    finally:
        done.set()
        transport.close()
        for worker in workers:
            worker.join()


def burn(done):
    value = 0
    while not done.is_set():
        value = (value * 31 + 7) % 1000003
