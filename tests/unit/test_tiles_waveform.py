import numpy as np
import pytest

from sepstudio.io.clip import AudioClip
from sepstudio.tiles.cache import TileCache
from sepstudio.tiles.pyramids import pyramids_of
from sepstudio.tiles.waveform import CHUNK_SAMPLES, WaveformPyramid

RATE = 8000
FLOAT16 = 6e-4


def clip_of(length, channels=2, seed=3):
    return AudioClip(np.random.default_rng(seed).uniform(-1, 1, (channels, length)).astype(np.float32), RATE)


def built(clip):
    pyramid = WaveformPyramid(clip)
    list(pyramid.build())
    return pyramid


@pytest.mark.parametrize("size", [256, 4096, 65536])
def test_extremes_and_level_of_blocks_are_exact(size):
    clip = clip_of(300_000)
    pyramid = built(clip)
    columns = clip.length // size
    envelope = pyramid.envelope(np.arange(columns + 1) * float(size))
    blocks = clip.samples[:, : columns * size].reshape(2, columns, size)
    assert np.abs(envelope.minimum - blocks.min(axis=2)).max() < FLOAT16
    assert np.abs(envelope.maximum - blocks.max(axis=2)).max() < FLOAT16
    assert np.abs(envelope.rms - np.sqrt((blocks**2).mean(axis=2))).max() < 2 * FLOAT16


def test_a_single_loud_sample_is_seen_from_every_distance():
    samples = np.zeros((1, 500_000), np.float32)
    samples[0, 123_457] = 0.75
    pyramid = built(AudioClip(samples, RATE))
    for columns in (3, 50, 400, 1500):
        edges = np.linspace(0, 500_000, columns + 1)
        envelope = pyramid.envelope(edges)
        column = np.searchsorted(edges, 123_457, side="right") - 1
        assert envelope.maximum[0].max() == pytest.approx(0.75, abs=FLOAT16)
        assert abs(int(envelope.maximum[0].argmax()) - column) <= 1


def test_the_end_of_a_recording_is_not_lost():
    samples = np.zeros((1, 70_001), np.float32)
    samples[0, -1] = -0.5
    pyramid = built(AudioClip(samples, RATE))
    for columns in (1, 10, 200):
        assert pyramid.envelope(np.linspace(0, 70_001, columns + 1)).minimum[0, -1] == -0.5


def test_outside_of_the_recording_is_silence():
    pyramid = built(clip_of(100_000))
    envelope = pyramid.envelope(np.linspace(-100_000, 200_000, 301))
    assert not envelope.maximum[:, :99].any()
    assert envelope.maximum[:, 110:190].min() > 0.5
    assert not envelope.maximum[:, 201:].any()


def test_close_views_read_samples_when_they_are_there():
    clip = clip_of(200_000)
    pyramid = built(clip)
    edges = np.arange(70_000, 70_101, dtype=float)
    rough = pyramid.envelope(edges)
    assert (rough.maximum > rough.minimum).all()
    assert pyramid.samples(70_000, 70_100) is None
    for index in pyramid.chunks_for(69_999, 70_102):
        pyramid.compute(0, index)
        assert pyramid.has_chunk(index)
    exact = pyramid.envelope(edges)
    assert np.array_equal(exact.maximum, clip.samples[:, 70_000:70_100])
    assert np.array_equal(pyramid.samples(70_000, 70_100), clip.samples[:, 70_000:70_100])


def test_chunks_join_and_end_where_the_recording_ends():
    clip = clip_of(2 * CHUNK_SAMPLES + 100)
    pyramid = WaveformPyramid(clip, TileCache())
    assert list(pyramid.chunks_for(-5, clip.length + 5)) == [0, 1, 2]
    assert list(pyramid.chunks_for(clip.length + 5, clip.length + 9)) == []
    for index in range(3):
        pyramid.compute(0, index)
    assert np.array_equal(
        pyramid.samples(CHUNK_SAMPLES - 3, 2 * CHUNK_SAMPLES + 200), clip.samples[:, CHUNK_SAMPLES - 3 :]
    )


def test_the_first_look_stands_in_until_the_build_arrives():
    samples = np.zeros((1, 400_000), np.float32)
    samples[0, 200_000:] = 0.5
    pyramid = WaveformPyramid(AudioClip(samples, RATE))
    edges = np.linspace(0, 400_000, 101)
    assert pyramid.envelope(edges) is None
    pyramid.overview()
    envelope = pyramid.envelope(edges)
    assert not envelope.maximum[0, :49].any()
    assert envelope.maximum[0, 51:] == pytest.approx(0.5, abs=FLOAT16)


def test_a_recording_that_is_built_half_way_shows_both():
    clip = clip_of(600_000, channels=1)
    pyramid = WaveformPyramid(clip)
    pyramid.overview()
    next(pyramid.build())
    assert 0 < pyramid.position < clip.length
    envelope = pyramid.envelope(np.linspace(0, 600_000, 101))
    assert envelope.maximum.min() > 0.9


@pytest.mark.parametrize("length", [0, 1, 255, 257])
def test_very_short_recordings(length):
    pyramid = WaveformPyramid(AudioClip(np.full((1, length), 0.5, np.float32), RATE))
    pyramid.overview()
    list(pyramid.build())
    envelope = pyramid.envelope(np.linspace(0, 1000, 3))
    assert envelope is None or envelope.maximum[0, 0] == (0.5 if length else 0.0)


def test_the_pyramids_of_a_clip_fill_together():
    pyramids = pyramids_of(clip_of(50_000))
    assert {step.fraction for step in pyramids.look()} == {0.0}
    assert pyramids.spectrogram.first_look is not None
    assert not pyramids.complete
    list(pyramids.build())
    assert pyramids.complete
