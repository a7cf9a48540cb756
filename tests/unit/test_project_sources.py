"""Recordings of a project that were moved, changed, or are to be copied into it."""

import os
import shutil

import numpy as np
import pytest
import soundfile

from sepstudio.errors import AudioFileError, ProjectError
from sepstudio.io.steps import drain
from sepstudio.project import ProjectData, SourceData, SourceState, load_project, save_project
from sepstudio.project.consolidate import consolidate_steps, is_inside
from sepstudio.project.relink import locate_steps, search_steps

RATE, LENGTH = 8000, 900


def recording(path, seed, length=LENGTH, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(seed).uniform(-0.5, 0.5, (length, 2)), rate, "PCM_16")
    return path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "song.sepstudio"


@pytest.fixture
def lost(folder, tmp_path):
    """The two sources of a saved project, the files of which are gone."""
    paths = [recording(tmp_path / "music" / name, seed) for seed, name in enumerate(("mix.wav", "drums.wav"))]
    sources = tuple(
        SourceData(f"source-{n}", path.name, path, RATE, 2, LENGTH, "PCM_16") for n, path in enumerate(paths)
    )
    save_project(folder, ProjectData(sources))
    shutil.move(tmp_path / "music", tmp_path / "away")
    loaded = load_project(folder).sources
    assert [source.state for source in loaded] == [SourceState.MISSING] * 2
    return loaded


def test_moved_and_renamed_recordings_are_found_by_their_content(lost, tmp_path):
    archive = tmp_path / "archive"
    # One of the right name and another content comes first.
    recording(archive / "a" / "mix.wav", 99)
    (archive / "z" / "deep").mkdir(parents=True)
    shutil.copy(tmp_path / "away" / "mix.wav", archive / "z" / "deep" / "MIX.WAV")
    shutil.copy(tmp_path / "away" / "drums.wav", archive / "z" / "renamed.wav")
    (archive / "empty.wav").touch()
    found = drain(search_steps(lost, archive))
    assert [item.path for item in found] == [archive / "z" / "deep" / "MIX.WAV", archive / "z" / "renamed.wav"]
    assert all(item.same for item in found)
    np.testing.assert_array_equal(found[0].clip.samples.T, soundfile.read(tmp_path / "away" / "mix.wav")[0])


def test_what_is_not_there_is_not_found(lost, tmp_path):
    recording(tmp_path / "other" / "mix.wav", 99)
    assert drain(search_steps(lost, tmp_path / "other")) == ()
    assert drain(search_steps(lost, tmp_path / "nowhere")) == ()


def test_the_size_of_a_lost_recording_outlives_another_save(lost, folder, tmp_path):
    save_project(folder, load_project(folder))
    again = load_project(folder).sources
    assert [source.size for source in again] == [source.size for source in lost]
    assert again[0].size == (tmp_path / "away" / "mix.wav").stat().st_size
    assert again[0].state is SourceState.MISSING


@pytest.mark.skipif(os.name == "nt", reason="links need rights on this system")
def test_a_search_goes_in_no_circles(lost, tmp_path):
    (tmp_path / "away" / "circle").symlink_to(tmp_path / "away")
    assert len(drain(search_steps(lost, tmp_path / "away"))) == 2


def test_a_search_ends_somewhere(lost, tmp_path, monkeypatch):
    for number in range(30):
        (tmp_path / "away" / f"{number}.txt").touch()
    monkeypatch.setattr("sepstudio.project.relink.SEARCHED_FILES", 0)
    assert drain(search_steps(lost, tmp_path / "away")) == ()


def test_another_recording_is_taken_only_knowingly_and_only_if_it_fits(lost, tmp_path):
    assert drain(locate_steps(lost[0], tmp_path / "away" / "mix.wav")).same
    other = drain(locate_steps(lost[0], recording(tmp_path / "other.wav", 5)))
    assert not other.same
    assert other.subtype == "PCM_16"
    for changes in ({"length": LENGTH + 1}, {"rate": 16000}):
        with pytest.raises(AudioFileError, match="choose another file") as caught:
            drain(locate_steps(lost[0], recording(tmp_path / "wrong.wav", 5, **changes)))
        assert "\n" not in str(caught.value)
    with pytest.raises(AudioFileError, match="does not exist"):
        drain(locate_steps(lost[0], tmp_path / "nothing.wav"))


def test_recordings_are_copied_bit_for_bit_and_found_wherever_the_project_goes(folder, tmp_path):
    paths = [recording(tmp_path / place / "take.wav", seed) for seed, place in enumerate(("one", "two"))]
    same = tmp_path / "three" / "take.wav"
    same.parent.mkdir()
    shutil.copy(paths[0], same)
    save_project(folder, ProjectData())
    copies = drain(consolidate_steps(folder, [*paths, same]))
    assert [copies[path].relative_to(folder).as_posix() for path in (*paths, same)] == [
        "audio/sources/take.wav", "audio/sources/take 2.wav", "audio/sources/take.wav",
    ]  # fmt: skip
    for path, copy in copies.items():
        assert copy.read_bytes() == path.read_bytes()
        assert is_inside(folder, copy)
        assert not is_inside(folder, path)
    sources = tuple(
        SourceData(f"source-{n}", "take.wav", copies[path], RATE, 2, LENGTH, "PCM_16") for n, path in enumerate(paths)
    )
    save_project(folder, ProjectData(sources))
    # A later save that does not know them leaves them: they may be all that is left of a recording.
    save_project(folder, load_project(folder))
    moved = folder.rename(tmp_path / "elsewhere.sepstudio")
    shutil.rmtree(tmp_path / "one")
    shutil.rmtree(tmp_path / "two")
    assert [source.state for source in load_project(moved).sources] == [SourceState.PRESENT] * 2
    save_project(moved, ProjectData())
    assert len(list((moved / "audio" / "sources").iterdir())) == 2


def test_copying_again_writes_nothing(folder, tmp_path):
    path = recording(tmp_path / "one" / "take.wav", 1)
    save_project(folder, ProjectData())
    copy = drain(consolidate_steps(folder, [path]))[path]
    before = copy.stat().st_mtime_ns
    assert drain(consolidate_steps(folder, [path])) == {path: copy}
    assert copy.stat().st_mtime_ns == before


def test_copying_can_be_abandoned_at_any_step(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("sepstudio.project.consolidate._COPIED_BYTES", 500)
    paths = [recording(tmp_path / place / f"{place}.wav", seed) for seed, place in enumerate(("one", "two"))]
    whole = {path.name: path.read_bytes() for path in paths}
    save_project(folder, ProjectData())
    for steps in range(40):
        copying = consolidate_steps(folder, paths)
        for _ in range(steps):
            next(copying, None)
        copying.close()
        there = {path.name: path.read_bytes() for path in (folder / "audio" / "sources").glob("*")}
        assert there.items() <= whole.items()
    assert there == whole
    assert all(path.exists() for path in paths)


def test_copies_that_cannot_be_trusted_are_refused(folder, tmp_path, monkeypatch):
    path = recording(tmp_path / "one" / "take.wav", 1)
    save_project(folder, ProjectData())

    def forgetful(source, temp):
        temp.write_bytes(source.read_bytes()[:-1])
        yield 1.0
        return "?"

    monkeypatch.setattr("sepstudio.project.consolidate._write_steps", forgetful)
    with pytest.raises(ProjectError, match="while it was copied"):
        drain(consolidate_steps(folder, [path]))
    assert list((folder / "audio" / "sources").iterdir()) == []
    with pytest.raises(ProjectError, match="does not exist"):
        drain(consolidate_steps(folder, [tmp_path / "gone.wav"]))
