import itertools
import threading
import time

import numpy as np
import pytest

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.tiles.build import block_length, build_pyramids
from sepstudio.tiles.cache import TileCache
from sepstudio.tiles.decibels import code_to_db
from sepstudio.tiles.spectrogram import TILE_COLUMNS, SpectrogramPyramid
from sepstudio.tiles.waveform import WaveformPyramid

RATE = 44100


def finish(pyramid):
    return list(pyramid.build())


def noise(seconds, channels=1, seed=0):
    samples = np.random.default_rng(seed).standard_normal((channels, int(seconds * RATE)))
    return AudioClip((0.1 * samples).astype(np.float32), RATE)


def level_of(pyramid, level):
    return np.concatenate([pyramid.tile(level, index) for index in range(pyramid.tiles_at(level))], axis=1)


@pytest.mark.parametrize(("bin_index", "level_db"), [(100, 0.0), (37, -20.0), (700, -60.0), (500, -100.0)])
def test_a_sine_reads_its_level_in_its_row(bin_index, level_db):
    times = np.arange(4 * RATE) / RATE
    tone = 10 ** (level_db / 20) * np.sin(2 * np.pi * bin_index * RATE / 2048 * times)
    pyramid = SpectrogramPyramid(AudioClip(tone[None].astype(np.float32), RATE))
    finish(pyramid)
    middle = pyramid.tile(0, 0)[:, 100]
    assert middle.argmax() == bin_index
    assert abs(float(code_to_db(middle[bin_index])) - level_db) < 1.0
    assert middle[bin_index + 4 :].max(initial=0) < middle[bin_index] - 20 or level_db < -90


def test_a_sine_between_two_bins_loses_no_more_than_the_window_says():
    # Scalloping of the Hann window halfway between bins: 1.42 dB.
    tone = np.sin(2 * np.pi * 100.5 * RATE / 2048 * np.arange(RATE) / RATE)
    pyramid = SpectrogramPyramid(AudioClip(tone[None].astype(np.float32), RATE))
    finish(pyramid)
    assert float(code_to_db(pyramid.tile(0, 0)[:, 40].max())) == pytest.approx(-1.42, abs=0.3)


def test_channels_join_by_their_maximum():
    clip = noise(3, channels=2)
    left = AudioClip(clip.samples[:1], RATE)
    right = AudioClip(clip.samples[1:], RATE)
    pyramids = [SpectrogramPyramid(c) for c in (clip, left, right)]
    for pyramid in pyramids:
        finish(pyramid)
    both, one, other = (level_of(p, 0) for p in pyramids)
    assert np.array_equal(both, np.maximum(one, other))


def test_a_click_stays_visible_at_every_level():
    samples = np.zeros((1, 60 * RATE), np.float32)
    click = 2_000_000
    samples[0, click] = 0.5
    pyramid = SpectrogramPyramid(AudioClip(samples, RATE))
    finish(pyramid)
    assert pyramid.top_level == 2
    for level in range(pyramid.top_level + 1):
        codes = level_of(pyramid, level)
        lit = np.flatnonzero(codes.max(axis=0))
        assert lit.min() * 512 * 4**level <= click + 1024
        assert (lit.max() + 1) * 512 * 4**level >= click - 1024
        assert codes.max() == level_of(pyramid, 0).max()
        assert len(lit) <= 5


def test_every_level_is_the_maximum_of_four_columns_below():
    pyramid = SpectrogramPyramid(noise(70))
    finish(pyramid)
    for level in range(1, pyramid.top_level + 1):
        below, above = level_of(pyramid, level - 1), level_of(pyramid, level)
        assert above.shape[1] == pyramid.columns_at(level)
        for column in (0, 1, above.shape[1] // 2, above.shape[1] - 1):
            assert np.array_equal(above[:, column], below[:, 4 * column : 4 * column + 4].max(axis=1))


@pytest.mark.parametrize(("fft_size", "hop_size"), [(2048, 512), (1024, 256), (4096, 1000)])
def test_blocks_and_single_tiles_equal_the_whole(fft_size, hop_size):
    clip = noise(20, channels=2)
    built = SpectrogramPyramid(clip, fft_size, hop_size)
    finish(built)
    padded = np.pad(clip.samples, ((0, 0), (fft_size // 2, fft_size // 2)))
    whole = built.analysis.codes(padded)
    assert np.array_equal(level_of(built, 0), whole[:, : built.columns])
    fresh = SpectrogramPyramid(clip, fft_size, hop_size)
    for level in range(fresh.top_level + 1):
        for index in range(fresh.tiles_at(level)):
            assert np.array_equal(fresh.compute(level, index), built.tile(level, index))


def test_many_channels_are_read_in_smaller_steps():
    clip = noise(5.5, channels=16)
    assert block_length(clip) == block_length(noise(1)) // 8
    pyramid = SpectrogramPyramid(clip)
    finish(pyramid)
    assert pyramid.complete
    assert np.array_equal(level_of(pyramid, 0), SpectrogramPyramid(clip).compute(0, 0))


def test_a_build_reports_what_became_ready_and_ends_at_one():
    pyramid = SpectrogramPyramid(noise(30))
    steps = finish(pyramid)
    reported = [key for step in steps for key in step.ready]
    expected = {(level, index) for level in range(pyramid.top_level + 1) for index in range(pyramid.tiles_at(level))}
    assert len(reported) == len(set(reported))
    assert set(reported) == expected
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert pyramid.complete


def test_a_closed_build_goes_on_where_it_stopped():
    clip = noise(30)
    pyramid = SpectrogramPyramid(clip)
    half = pyramid.build()
    next(half)
    next(half)
    half.close()
    stopped = pyramid.position
    assert 0 < stopped < clip.length
    growing = pyramid.growing(0, 1)
    finish(pyramid)
    straight = SpectrogramPyramid(clip)
    finish(straight)
    assert np.array_equal(level_of(pyramid, 0), level_of(straight, 0))
    assert np.array_equal(growing, straight.tile(0, 1)[:, : growing.shape[1]])


def test_one_pass_feeds_both_pyramids_and_reads_each_sample_once():
    clip = noise(20, channels=2)
    reads = []
    read = clip.read
    clip.read = lambda start, stop: reads.append((start, stop)) or read(start, stop)
    spectrogram, waveform = SpectrogramPyramid(clip), WaveformPyramid(clip)
    list(build_pyramids([spectrogram, waveform]))
    assert spectrogram.complete
    assert waveform.complete
    assert reads[0][0] == 0
    assert reads[-1][1] == clip.length
    assert all(before[1] == after[0] for before, after in itertools.pairwise(reads))


def test_pyramids_that_stopped_at_different_places_are_both_finished():
    clip = noise(20)
    spectrogram, waveform = SpectrogramPyramid(clip), WaveformPyramid(clip)
    next(spectrogram.build())
    steps = list(build_pyramids([spectrogram, waveform]))
    assert spectrogram.complete
    assert waveform.complete
    assert steps[-1].fraction == 1.0


def test_evicted_tiles_come_back_and_coarse_ones_stay():
    clip = noise(60)
    cache = TileCache(3 * 1025 * TILE_COLUMNS)
    pyramid = SpectrogramPyramid(clip, cache=cache)
    finish(pyramid)
    last = pyramid.tiles_at(0) - 1
    assert pyramid.tile(0, 0) is not None
    assert pyramid.tile(0, last) is None
    for level in range(pyramid.first_kept_level, pyramid.top_level + 1):
        assert all(pyramid.tile(level, index) is not None for index in range(pyramid.tiles_at(level)))
    whole = SpectrogramPyramid(clip)
    finish(whole)
    assert np.array_equal(pyramid.compute(0, last), whole.tile(0, last))
    for index in range(pyramid.tiles_at(0)):
        pyramid.compute(0, index)
    assert cache.size <= cache.limit


def test_a_two_hour_recording_keeps_little():
    clip = noise(1)
    clip.__class__ = type("Long", (AudioClip,), {"length": 2 * 3600 * RATE})
    pyramid = SpectrogramPyramid(clip)
    kept = sum(pyramid.columns_at(k) * pyramid.bins for k in range(pyramid.first_kept_level, pyramid.top_level + 1))
    assert pyramid.first_kept_level == 2
    assert kept < 64e6


def test_the_overview_sees_the_whole_recording():
    times = np.arange(60 * RATE) / RATE
    samples = np.where(times < 30, np.sin(2 * np.pi * 1000 * times), np.sin(2 * np.pi * 4000 * times))
    pyramid = SpectrogramPyramid(AudioClip(samples[None].astype(np.float32), RATE))
    codes = pyramid.overview(200, budget_s=30)
    assert codes.shape == (1025, 200)
    peaks = codes.argmax(axis=0) * pyramid.bin_hz
    assert np.abs(peaks[:99] - 1000).max() < 22
    assert np.abs(peaks[101:] - 4000).max() < 22
    assert pyramid.first_look is codes


def test_an_overview_out_of_time_still_covers_everything():
    clip = noise(60)
    pyramid = SpectrogramPyramid(clip)
    codes = pyramid.overview(256, budget_s=0.0)
    assert codes.shape == (1025, 256)
    assert codes.max(axis=0).min() > 0
    assert len(np.unique(codes, axis=1).T) == 32


def test_the_read_out_takes_the_finest_tile_there_is():
    tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(20 * RATE) / RATE)
    pyramid = SpectrogramPyramid(AudioClip(tone[None].astype(np.float32), RATE))
    assert pyramid.code_at(5.0, 1000) is None
    pyramid.overview(64, budget_s=30)
    assert float(code_to_db(pyramid.code_at(5.0, 1000))) == pytest.approx(-20, abs=1.6)
    finish(pyramid)
    assert float(code_to_db(pyramid.code_at(5.0, 1000))) == pytest.approx(-20, abs=1.6)
    assert pyramid.code_at(25.0, 1000) is None
    assert pyramid.code_at(5.0, 30000) is None


def test_tiles_cannot_be_written_to():
    pyramid = SpectrogramPyramid(noise(1))
    finish(pyramid)
    with pytest.raises(ValueError, match="read-only"):
        pyramid.tile(0, 0)[0, 0] = 1


@pytest.mark.parametrize("length", [0, 1, 511, 2048])
def test_very_short_recordings(length):
    pyramid = SpectrogramPyramid(AudioClip(np.full((1, length), 0.5, np.float32), RATE))
    finish(pyramid)
    pyramid.overview()
    assert pyramid.columns == 1 + length // 512
    assert pyramid.complete == (length > 0)
    assert pyramid.compute(0, 0).shape == (1025, pyramid.columns)


@pytest.mark.parametrize(("fft_size", "hop_size"), [(0, 1), (1023, 10), (1024, 0), (1024, 2048)])
def test_impossible_sizes_are_refused(fft_size, hop_size):
    with pytest.raises(ParameterError):
        SpectrogramPyramid(noise(1), fft_size, hop_size)


def test_reading_while_building_is_consistent():
    clip = noise(30, channels=2)
    straight = SpectrogramPyramid(clip)
    finish(straight)
    pyramid = SpectrogramPyramid(clip)
    thread = threading.Thread(target=finish, args=(pyramid,))
    thread.start()
    seen = 0
    deadline = time.monotonic() + 20
    while thread.is_alive() and time.monotonic() < deadline:
        for index in range(pyramid.tiles_at(0)):
            part = pyramid.growing(0, index)
            if part is not None:
                seen += 1
                assert np.array_equal(part, straight.tile(0, index)[:, : part.shape[1]])
    thread.join()
    assert seen > 0
