"""Reader, clock, meter, sequencer: the parts of the transport on their own."""

import numpy as np
import pytest
import soundfile

from sepstudio.io.clip import AudioClip, FileClip
from sepstudio.playback.clock import PlayClock, TimelineMap
from sepstudio.playback.fades import Ramp, fade_frames
from sepstudio.playback.meter import LevelMeter
from sepstudio.playback.mixer import Lane, Mixer
from sepstudio.playback.reader import CHUNK_FRAMES, KEPT_CHUNKS, ChunkReader
from sepstudio.playback.sequencer import Mark, Sequencer

RATE = 48000


class CountingClip(AudioClip):
    def __init__(self, length):
        super().__init__(np.random.default_rng(3).uniform(-1, 1, (2, length)), RATE)
        self.reads = []

    def read(self, start, stop):
        self.reads.append(start)
        return super().read(start, stop)


def test_ramp_is_smooth_and_reaches_its_end():
    ramp = Ramp(100, 240, 1.0, -0.5)
    gains = ramp.gains(0, 500)
    assert gains[:101].tolist() == [1.0] * 101
    assert gains[340:].tolist() == [-0.5] * 160
    assert gains[220] == pytest.approx(0.25)
    assert np.abs(np.diff(gains)).max() == pytest.approx(1.5 * np.pi / 2 / 240, rel=0.01)
    assert np.abs(np.diff(gains, 2)).max() < 1.5 * (np.pi / 240) ** 2 / 2 * 1.01
    assert ramp.gains(400, 5) == np.float32(-0.5)
    assert ramp.gains(0, 100) == np.float32(1.0)
    assert [ramp.value(frame) for frame in (0, 220, 900)] == pytest.approx([1.0, 0.25, -0.5])


def test_fades_last_5_ms():
    assert (fade_frames(48000), fade_frames(44100), fade_frames(10)) == (240, 220, 1)


@pytest.mark.parametrize("start", [0, 5, CHUNK_FRAMES - 100, CHUNK_FRAMES, -50, 3 * CHUNK_FRAMES + 900])
def test_reader_returns_what_the_clip_holds(start):
    clip = CountingClip(3 * CHUNK_FRAMES + 1000)
    reader = ChunkReader(clip)
    np.testing.assert_array_equal(reader.read(start, start + 240), clip.read(start, start + 240))


def test_reader_far_outside_a_file(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.ones((1000, 2)), RATE, "FLOAT")
    reader = ChunkReader(FileClip(tmp_path / "a.wav"))
    assert not reader.read(5 * CHUNK_FRAMES, 5 * CHUNK_FRAMES + 10).any()
    assert not reader.read(-5 * CHUNK_FRAMES, -5 * CHUNK_FRAMES + 10).any()
    assert reader.read(990, 1010).sum() == 20


def test_reader_reads_each_chunk_once_and_keeps_a_loop():
    clip = CountingClip(10 * CHUNK_FRAMES)
    reader = ChunkReader(clip)
    for _ in range(3):
        for start in range(0, KEPT_CHUNKS * CHUNK_FRAMES - 240, 240):
            reader.read(start, start + 240)
    assert clip.reads == [i * CHUNK_FRAMES for i in range(KEPT_CHUNKS)]
    assert reader.read_ahead(5 * CHUNK_FRAMES + 7)
    assert not reader.read_ahead(5 * CHUNK_FRAMES + 9)
    reader.read(5 * CHUNK_FRAMES, 5 * CHUNK_FRAMES + 240)
    assert len(clip.reads) == KEPT_CHUNKS + 1


def start_sequencer(clips, length, loop=None):
    mixer = Mixer(RATE)
    mixer.set_lanes([Lane(str(i), clip) for i, clip in enumerate(clips)])
    sequencer = Sequencer(mixer, RATE, length)
    sequencer.loop = loop
    sequencer.jump(0)
    return sequencer


def test_one_lane_is_read_ahead_at_a_time_and_mixing_then_reads_nothing():
    clips = [CountingClip(4 * CHUNK_FRAMES) for _ in range(3)]
    sequencer = start_sequencer(clips, 4 * CHUNK_FRAMES)
    sequencer.render(480)
    for count in (4, 5, 6, 6):
        sequencer.read_ahead()
        assert sum(len(clip.reads) for clip in clips) == count
    sequencer.render(CHUNK_FRAMES)
    assert [clip.reads for clip in clips] == [[0, CHUNK_FRAMES]] * 3


def test_the_start_of_a_loop_is_read_ahead_of_the_wrap():
    clip = CountingClip(20 * CHUNK_FRAMES)
    sequencer = start_sequencer([clip], clip.length, loop=(0, 10 * CHUNK_FRAMES))
    sequencer.jump(9 * CHUNK_FRAMES)
    sequencer.render(1000)
    for _ in range(5):
        sequencer.read_ahead()
    before = len(clip.reads)
    sequencer.render(CHUNK_FRAMES + 1000)
    assert len(clip.reads) == before


def test_sequencer_marks_jumps_and_wraps():
    sequencer = start_sequencer([], 48000, loop=(1000, 5000))
    block, marks = sequencer.render(10000)
    assert block.shape == (2, 10000)
    assert marks == [Mark(5000, 1000), Mark(9000, 1000)]
    assert sequencer.jump(30000) == Mark(10240, 30000)  # after the fade
    assert sequencer.jump(40000) == Mark(10240, 40000)  # the last one counts
    assert sequencer.render(480)[1] == [Mark(10240, 40000)]
    sequencer.halt()
    assert sequencer.render(4800)[0].shape == (2, 240)
    assert not sequencer.running
    assert sequencer.render(100)[0].shape == (2, 0)


def test_clock_smooths_blocks_and_stays_monotonic():
    # A device that takes 1024 frames at a time, looked at every 7 ms with a jitter of 2 ms.
    clock = PlayClock(RATE, latency=0.0, frame=0)
    rng = np.random.default_rng(5)
    times = np.cumsum(0.007 + rng.uniform(-0.002, 0.002, 600))
    heard = [clock.heard(int(t * RATE) // 1024 * 1024, int(t * RATE) + 5000, t) for t in times]
    error = np.array(heard[100:]) - times[100:] * RATE
    assert np.diff(heard).min() >= 0
    assert np.ptp(error) < 0.015 * RATE  # a plain reading would scatter by the 21 ms of a block
    assert abs(error.mean()) < 1024


def test_clock_waits_for_the_device_and_subtracts_its_latency():
    clock = PlayClock(RATE, latency=0.01, frame=500)
    clock.rest(500)
    assert clock.heard(500, 6000, 10.0) == 500
    assert clock.heard(500, 6000, 12.0) == 500
    assert clock.heard(1460, 6000, 12.0) == 980
    assert clock.heard(1460, 6000, 12.01) == pytest.approx(1460, abs=50)


def test_clock_follows_a_device_that_stood_still():
    clock = PlayClock(RATE, latency=0.0, frame=0)
    clock.heard(480, 6000, 0.0)
    held = clock.heard(480, 6000, 0.5)
    assert held <= 480 + 0.05 * RATE
    assert clock.heard(6000 + 480, 12000, 1.0) == 6480


def test_clock_runs_out_the_latency_of_the_last_frames():
    clock = PlayClock(RATE, latency=0.1, frame=0)
    clock.heard(4800, 4800, 0.0)
    assert clock.heard(4800, 4800, 0.05) == 2400
    assert clock.heard(4800, 4800, 0.2) == 4800


def test_map_shows_a_jump_until_it_is_heard_and_wraps_when_they_are():
    timeline = TimelineMap()
    timeline.jump(Mark(100, 7000))
    assert timeline.position(0) == 7000
    assert timeline.position(150) == 7050
    timeline.extend([Mark(200, 7000), Mark(300, 7000)])
    assert [timeline.position(frame) for frame in (199, 200, 299, 301)] == [7099, 7000, 7099, 7001]
    timeline.jump(Mark(400, 20))
    assert timeline.position(310) == 20
    assert timeline.position(410) == 30


def test_meter_gives_peaks_once_and_when_they_are_heard():
    meter = LevelMeter(RATE)
    meter.add(0, np.array([[0.1, -0.5], [0.2, 0.0]], np.float32))
    meter.add(2, np.array([[0.9], [0.9]], np.float32))
    meter.add(3, np.zeros((2, 0), np.float32))
    assert meter.read(0).peak == (0.0, 0.0)
    assert meter.read(2).peak == pytest.approx((0.5, 0.2))
    assert meter.read(3).peak == pytest.approx((0.9, 0.9))
    assert meter.read(9).peak == (0.0, 0.0)


@pytest.mark.parametrize("size", [100, 333, 480, 5760, 48000])
def test_rms_is_that_of_the_last_300_ms_whatever_the_blocks(size):
    meter, rng = LevelMeter(RATE), np.random.default_rng(8)
    sound = (rng.uniform(-1, 1, (2, RATE)) * np.linspace(0.1, 0.9, RATE)).astype(np.float32)
    for start in range(0, RATE, size):
        meter.add(start, sound[:, start : start + size])
    for heard in range(0, RATE + 1, 777):
        window = sound[:, max(heard - 14400, 0) : heard].astype(float)
        # Slices of 10 ms that are heard in part count in part: exact for a steady sound, nearly so for noise.
        expected = np.sqrt(np.square(window).sum(axis=1) / 14400)
        assert meter.read(heard).rms == pytest.approx(expected, rel=0.02, abs=1e-3)


def test_rms_of_a_steady_sound_rises_within_the_window_and_begins_anew_after_a_pause():
    meter = LevelMeter(RATE)
    meter.add(0, np.tile([[0.5], [0.25]], RATE).astype(np.float32))
    assert meter.read(7200).rms == pytest.approx((0.5 * 0.5**0.5, 0.25 * 0.5**0.5))
    assert meter.read(14407).rms == pytest.approx((0.5, 0.25))
    assert meter.read(RATE).rms == pytest.approx((0.5, 0.25))
    meter.pause(RATE)
    assert meter.read(RATE).rms == (0.0, 0.0)
    meter.add(RATE, np.ones((2, 14400), np.float32))
    assert meter.read(RATE + 3600).rms == pytest.approx((0.5, 0.5))


def test_meter_tells_clipping_once():
    meter = LevelMeter(RATE)
    meter.add(0, np.array([[1.0, -1.0], [0.0, 0.0]], np.float32))
    meter.add(2, np.array([[0.0], [-1.001]], np.float32))
    meter.add(3, np.zeros((2, 480), np.float32))
    assert [meter.read(heard).clipped for heard in (2, 3, 483)] == [False, True, False]
