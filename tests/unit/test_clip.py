"""Clips: immutable audio, in memory, in files, and as a difference."""

import threading

import numpy as np
import pytest
import soundfile

from sepstudio.errors import AudioFileError, ParameterError
from sepstudio.io.clip import AudioClip, FileClip, difference

RAMP = np.arange(20, dtype=np.float32).reshape(2, 10)


@pytest.fixture(params=["memory", "file", "difference"])
def clip(request, tmp_path):
    """The same samples as each kind of clip."""
    memory = AudioClip(RAMP, 8000)
    if request.param == "memory":
        return memory
    if request.param == "file":
        soundfile.write(tmp_path / "x.wav", RAMP.T, 8000, subtype="FLOAT")
        return FileClip(tmp_path / "x.wav")
    mixture = AudioClip(np.pad(RAMP * 3, ((0, 0), (4, 5))), 8000)
    return difference(mixture, 4, 14, [memory, memory])


def test_size_and_samples(clip):
    assert (clip.channels, clip.length, clip.sample_rate) == (2, 10, 8000)
    assert clip.duration == 10 / 8000
    assert clip.samples.dtype == np.float32
    np.testing.assert_array_equal(clip.samples, RAMP)


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 10), (3, 7), (-2, 3), (8, 12), (-3, 13), (5, 5), (12, 15), (-5, -2), (7, 3), (10, 10)],
)
def test_reading_beyond_the_edges_gives_zeros(clip, start, stop):
    around = np.pad(RAMP, ((0, 0), (20, 20)))
    block = clip.read(start, stop)
    assert block.dtype == np.float32
    np.testing.assert_array_equal(block, around[:, 20 + start : max(20 + stop, 20 + start)])


def test_a_section_is_a_clip_in_memory(clip):
    section = clip.section(2, 5)
    assert type(section) is AudioClip
    assert section.sample_rate == 8000
    np.testing.assert_array_equal(section.samples, RAMP[:, 2:5])


def test_samples_cannot_be_changed():
    clip = AudioClip(RAMP, 8000)
    with pytest.raises(ValueError, match="read-only"):
        clip.samples[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        clip.read(0, 3)[0, 0] = 1


def test_memory_is_shared_and_the_array_of_the_caller_stays_writable():
    samples = RAMP.copy()
    clip = AudioClip(samples, 8000)
    assert np.shares_memory(clip.samples, samples)
    assert samples.flags.writeable


@pytest.mark.parametrize("samples", [np.zeros(5), np.zeros((1, 2, 3)), [[np.nan]], [[np.inf, 0]]])
def test_what_is_no_audio_is_refused(samples):
    with pytest.raises(ParameterError):
        AudioClip(samples, 8000)


@pytest.mark.parametrize("rate", [0, -1])
def test_rates_must_be_positive(rate):
    with pytest.raises(ParameterError, match="sample_rate"):
        AudioClip(RAMP, rate)


def test_a_file_clip_is_read_from_several_threads(tmp_path):
    samples = np.arange(40_000, dtype=np.float32)[:, np.newaxis]
    soundfile.write(tmp_path / "x.wav", samples, 8000, subtype="FLOAT")
    clip = FileClip(tmp_path / "x.wav")
    wrong = []

    def check(seed):
        for start in np.random.default_rng(seed).integers(0, 39_000, 200):
            if not np.array_equal(clip.read(start, start + 500)[0], samples[start : start + 500, 0]):
                wrong.append(start)

    threads = [threading.Thread(target=check, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_file_that_shrinks_while_it_is_open_is_named(tmp_path):
    path = tmp_path / "x.wav"
    soundfile.write(path, np.zeros((100_000, 2)), 8000, subtype="FLOAT")
    clip = FileClip(path)
    with path.open("r+b") as file:
        file.truncate(400_000)
    with pytest.raises(AudioFileError, match=r"x\.wav"):
        clip.read(99_000, 100_000)


def test_a_closed_file_clip_cannot_be_read(tmp_path):
    soundfile.write(tmp_path / "x.wav", RAMP.T, 8000)
    clip = FileClip(tmp_path / "x.wav")
    clip.close()
    with pytest.raises(RuntimeError, match="closed"):
        clip.read(0, 1)


def test_stems_and_their_residual_add_up():
    rng = np.random.default_rng(0)
    mixture = AudioClip(rng.normal(size=(2, 50)), 8000)
    stems = [AudioClip(rng.normal(size=(2, 30)), 8000) for _ in range(3)]
    residual = difference(mixture, 10, 40, stems)
    total = residual.samples + sum(stem.samples for stem in stems)
    np.testing.assert_allclose(total, mixture.samples[:, 10:40], atol=1e-6)
    np.testing.assert_array_equal(residual.read(5, 9), residual.samples[:, 5:9])
