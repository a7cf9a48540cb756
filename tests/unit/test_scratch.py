"""Where running methods put their stems."""

import gc
import os
import time

import numpy as np
import pytest
import soundfile

from sepstudio.errors import AudioFileError
from sepstudio.io.clip import FileClip
from sepstudio.io.scratch import MemorySink, ScratchSink, SpillBuffer, TemporaryClip, scratch_folder

BLOCKS = [np.random.default_rng(k).normal(0, 2, (2, 100 + k)).astype(np.float32) for k in range(5)]
WHOLE = np.concatenate(BLOCKS, axis=1)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEPSTUDIO_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def filled(writer):
    for block in BLOCKS:
        writer.write(block)
    return writer.finish()


def test_a_memory_sink_keeps_what_was_written():
    clip = filled(MemorySink().open("drums", 2, WHOLE.shape[1], 44100))
    np.testing.assert_array_equal(clip.samples, WHOLE)
    assert clip.sample_rate == 44100


def test_a_scratch_sink_turns_to_files_when_its_memory_is_used_up(tmp_path):
    size = WHOLE.nbytes
    sink = ScratchSink(memory_limit=2 * size + 1, parent=tmp_path)
    clips = [filled(sink.open(name, 2, WHOLE.shape[1], 48000)) for name in ("a", "b", "c/../../c", "c/../../c")]
    assert [isinstance(clip, FileClip) for clip in clips] == [False, False, True, True]
    for clip in clips:
        np.testing.assert_array_equal(clip.samples, WHOLE)
        assert clip.sample_rate == 48000
    files = [path for path in tmp_path.rglob("*.wav") if path.parent != tmp_path]
    assert len(files) == 2
    sink.close()
    assert not list(tmp_path.rglob("*.wav"))
    sink.close()


def test_files_of_a_scratch_sink_lie_in_the_cache(cache):
    sink = ScratchSink(memory_limit=0)
    clip = filled(sink.open("a", 2, WHOLE.shape[1], 48000))
    assert cache in clip.path.parents
    sink.close()


@pytest.mark.parametrize("limit", [0, 2000, 1 << 20])
def test_a_spill_buffer_gives_back_what_it_got(limit):
    buffer = SpillBuffer(2, 48000, limit)
    clip = filled(buffer)
    assert isinstance(clip, TemporaryClip) == (limit < WHOLE.nbytes)
    np.testing.assert_array_equal(clip.samples, WHOLE)
    buffer.discard()
    np.testing.assert_array_equal(clip.samples, WHOLE)


def test_a_discarded_spill_buffer_leaves_no_file(cache):
    buffer = SpillBuffer(2, 48000, 0)
    buffer.write(BLOCKS[0])
    assert list(scratch_folder().iterdir())
    buffer.discard()
    assert not list(scratch_folder().iterdir())


def test_a_temporary_clip_goes_with_its_last_user():
    clip = filled(SpillBuffer(2, 48000, 0))
    section = clip.section(0, 5)
    path = clip.path
    assert path.exists()
    del clip
    gc.collect()
    assert not path.exists()
    assert section.length == 5


def test_what_was_left_behind_is_deleted_after_a_week():
    folder = scratch_folder()
    for name, days in (("old.wav", 8), ("new.wav", 6)):
        (folder / name).touch()
        os.utime(folder / name, (time.time() - days * 86400,) * 2)
    (folder / "old").mkdir()
    (folder / "old" / "001.wav").touch()
    os.utime(folder / "old", (time.time() - 8 * 86400,) * 2)
    assert [path.name for path in scratch_folder().iterdir()] == ["new.wav"]


def test_without_a_cache_the_folder_for_temporary_files_serves(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SEPSTUDIO_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert scratch_folder().is_dir()


def test_a_full_disk_is_an_error_for_the_user(tmp_path, monkeypatch):
    sink = ScratchSink(memory_limit=0, parent=tmp_path)
    writer = sink.open("a", 2, 100, 48000)

    def full(*args):
        raise soundfile.LibsndfileError(2)

    monkeypatch.setattr(soundfile.SoundFile, "write", full)
    monkeypatch.setattr("sepstudio.io.failures._free_space", lambda path: 0)
    with pytest.raises(AudioFileError, match="disk is full"):
        writer.write(BLOCKS[0])
