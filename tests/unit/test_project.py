"""Project folders: what goes in comes out, and nothing in between is ever lost."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sepstudio.errors import ProjectError
from sepstudio.io.audio import open_audio
from sepstudio.io.clip import AudioClip, FileClip
from sepstudio.project import (
    LaneData,
    ProjectData,
    RunData,
    SelectionData,
    SourceData,
    SourceState,
    StemData,
    load_project,
    load_project_steps,
    save_project,
    save_project_steps,
)

RATE = 44100
LENGTH = 3000


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEPSTUDIO_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "song.sepstudio"


@pytest.fixture
def source(tmp_path):
    """A recording beside the project."""
    path = tmp_path / "music" / "söng.wav"
    path.parent.mkdir()
    soundfile.write(path, noise(0).samples.T, RATE, subtype="FLOAT")
    return SourceData("source-1", "söng.wav", path, RATE, 2, LENGTH, "FLOAT")


def noise(seed, length=LENGTH):
    return AudioClip(np.random.default_rng(seed).normal(0, 0.5, (2, length)).astype(np.float32), RATE)


def a_run(number=1, seed=10, **changes):
    stems = (
        StemData(f"stem-{number}a", "harmonic", tuple(noise(seed + k, 1500) for k in range(3)), take=2),
        StemData(f"stem-{number}b", "Schlag/zeug: ../..", (noise(seed + 5, 1500),)),
    )
    run = RunData(
        id=f"run-{number}",
        number=number,
        method="kam",
        params={"iterations": 3, "sources": "harmonic=horizontal:17", "spatial": True, "gain": 0.1},
        seed=123456789012345,
        source_id="source-1",
        start=500,
        stop=2000,
        stems=stems,
        provenance={"versions": {"numpy": "2.4"}, "notes": ["a", "b"], "wall_seconds": 1.5, "model_hash": ""},
        arrays={"loss": np.array([3.0, 2.0, 1.5]), "mask": np.eye(4, 7, dtype=np.float32)},
    )
    return dataclasses.replace(run, **changes)


def a_project(source, *runs):
    lanes = {
        "source-1": LaneData(-6.5),
        "run-1/residual": LaneData(0.0, mute=True),
        "stem-1a": LaneData(3.0, solo=True),
    }
    return ProjectData((source,), runs, lanes, SelectionData(100, 900, (200.0, 4000.5)), "source-1")


def content(data):
    """Everything of a project in a form that can be compared."""

    def plain(value):
        if isinstance(value, AudioClip):
            return (value.sample_rate, value.samples.tobytes())
        if isinstance(value, np.ndarray):
            return (str(value.dtype), value.tolist())
        if dataclasses.is_dataclass(value):
            # Where the files lie is known only of what was loaded.
            names = {field.name for field in dataclasses.fields(value)} - {"files", "array_files"}
            return {name: plain(getattr(value, name)) for name in names}
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return [plain(item) for item in value] if isinstance(value, tuple) else value

    result = plain(data)
    for item in result["sources"]:
        item.pop("sha256")
        item.pop("size")
    return result


def session(folder):
    return json.loads((folder / "session.json").read_text())


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# -- what goes in comes out --------------------------------------------------------------------------


def test_a_project_comes_back_as_it_was(folder, source):
    data = a_project(source, a_run(1), a_run(2, seed=20))
    save_project(folder, data)
    assert content(load_project(folder)) == content(data)


def test_names_places_and_true_stems_come_back(folder, source, tmp_path):
    other = dataclasses.replace(source, id="source-2", name="drums.wav")
    data = dataclasses.replace(
        a_project(source, a_run(label="Für Élise", band=(200.0, 4000.5))),
        sources=(source, other),
        lanes={"source-1": LaneData(-6.5, pan=-0.25)},
        true_stems={"source-1": {"drums": "source-2"}},
        view={"zoom": [0.5, 2.5], "panes": {"mixture": "log"}},
    )
    save_project(folder, data)
    assert content(load_project(folder)) == content(data)
    with pytest.raises(ValueError, match="true stems of source-1 name the unknown source source-9"):
        dataclasses.replace(data, true_stems={"source-1": {"drums": "source-9"}})


def test_a_project_of_the_first_version_gets_what_was_added(folder, source):
    save_project(folder, a_project(source, a_run()))
    document = session(folder)
    new = [document.pop("true_stems"), document.pop("view"), *(lane.pop("pan") for lane in document["lanes"].values())]
    new += [document["runs"][0].pop(key) for key in ("label", "band")]
    assert new == [{}, {}, 0.0, 0.0, 0.0, "", None]
    new = [document.pop("scores"), *(document["runs"][0].pop(key) for key in ("score", "matrices", "curves"))]
    assert new == [{}, None, {}, []]
    assert [document.pop("strokes"), document["runs"][0].pop("strokes")] == [{}, None]
    assert document.pop("conventions") == {}
    (folder / "session.json").write_text(json.dumps({**document, "schema_version": 1}))
    assert content(load_project(folder)) == content(a_project(source, a_run()))


def test_an_empty_project_comes_back(folder):
    save_project(folder, ProjectData())
    assert load_project(folder) == ProjectData()


def test_the_layout_of_the_folder(folder, source):
    save_project(folder, a_project(source, a_run()))
    document = session(folder)
    assert document["schema_version"] == 5
    assert document["sources"][0]["path"] == "../music/söng.wav"
    assert len(document["sources"][0]["sha256"]) == 64
    names = [take["file"] for stem in document["runs"][0]["stems"] for take in stem["takes"]]
    assert len(set(names)) == 4
    for name in names:
        info = soundfile.info(str(folder / name))
        assert (info.subtype, info.samplerate, info.channels, info.frames) == ("FLOAT", RATE, 2, 1500)
    assert np.load(folder / document["runs"][0]["arrays"]["loss"], allow_pickle=False).tolist() == [3.0, 2.0, 1.5]
    assert {path.name for path in folder.iterdir()} == {"session.json", "audio", "arrays", "scores", "strokes"}
    assert not [name for name in files(folder) if "zeug" in name and (":" in name or " " in name)]


def test_methods_of_other_installations_are_kept_verbatim(folder, source):
    params = {"nested": {"list": [1, 2.5, None, "ü"]}, "flag": False}
    save_project(folder, a_project(source, a_run(method="someone.elses-method", params=params)))
    run = load_project(folder).runs[0]
    assert run.method == "someone.elses-method"
    assert run.params == params
    save_project(folder, load_project(folder))
    assert load_project(folder).runs[0].params == params


def test_values_of_numpy_and_paths_in_provenance(folder, source):
    provenance = {"peak": np.float32(0.5), "count": np.int64(3), "curve": np.arange(3), "model": Path("a") / "b"}
    save_project(folder, a_project(source, a_run(provenance=provenance)))
    loaded = load_project(folder).runs[0].provenance
    assert loaded == {"peak": 0.5, "count": 3, "curve": [0, 1, 2], "model": str(Path("a") / "b")}


def test_a_closed_fader_and_an_empty_array_come_back(folder, source):
    data = ProjectData((source,), (a_run(arrays={"none": np.zeros((0, 3))}),), {"x": LaneData(float("-inf"))})
    save_project(folder, data)
    loaded = load_project(folder)
    assert loaded.lanes["x"].gain_db == float("-inf")
    assert loaded.runs[0].arrays["none"].shape == (0, 3)


def test_long_stems_stay_in_their_files_and_are_not_written_again(folder, source, monkeypatch):
    save_project(folder, a_project(source, a_run()))
    before = files(folder)
    monkeypatch.setattr("sepstudio.project.decoding.MEMORY_BYTES", 1000)
    loaded = load_project(folder)
    clips = [clip for stem in loaded.runs[0].stems for clip in stem.takes]
    assert all(isinstance(clip, FileClip) for clip in clips)

    def unwanted(*args, **kwargs):
        raise AssertionError("written again")

    monkeypatch.setattr("sepstudio.project.files.write_audio_steps", unwanted)
    monkeypatch.setattr(FileClip, "read", unwanted)
    save_project(folder, loaded)
    assert {**files(folder), "session.json": 0} == {**before, "session.json": 0}


def test_short_stems_are_not_written_again(folder, source, monkeypatch):
    save_project(folder, a_project(source, a_run()))
    times = {path: path.stat().st_mtime_ns for path in (folder / "audio").iterdir()}
    save_project(folder, load_project(folder))
    assert {path: path.stat().st_mtime_ns for path in (folder / "audio").iterdir()} == times


def test_saving_elsewhere_gives_a_project_of_its_own(folder, source, tmp_path, monkeypatch):
    data = a_project(source, a_run())
    save_project(folder, data)
    monkeypatch.setattr("sepstudio.project.decoding.MEMORY_BYTES", 1000)
    other = tmp_path / "deeper" / "copy.sepstudio"
    other.parent.mkdir()
    save_project(other, load_project(folder))
    for path in files(folder):
        (folder / path).unlink()
    assert content(load_project(other)) == content(data)


def test_a_folder_that_moves_with_its_sources_still_finds_them(folder, source, tmp_path):
    save_project(folder, a_project(source, a_run()))
    (tmp_path / "elsewhere").mkdir()
    folder.rename(tmp_path / "elsewhere" / "x.sepstudio")
    (tmp_path / "music").rename(tmp_path / "elsewhere" / "music")
    found = load_project(tmp_path / "elsewhere" / "x.sepstudio").sources[0]
    assert found.state is SourceState.PRESENT
    assert found.path == tmp_path / "elsewhere" / "music" / "söng.wav"


@pytest.mark.skipif(os.name == "nt", reason="links need rights on this system")
def test_a_folder_behind_a_link_finds_its_sources(tmp_path, source):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "a" / "b")
    save_project(tmp_path / "link" / "x.sepstudio", a_project(source))
    for folder in (tmp_path / "link", tmp_path / "a" / "b"):
        assert load_project(folder / "x.sepstudio").sources[0].state is SourceState.PRESENT


# -- sources --------------------------------------------------------------------------------------


def test_a_missing_source_is_recorded_and_keeps_its_hash(folder, source):
    save_project(folder, a_project(source, a_run()))
    sha256 = session(folder)["sources"][0]["sha256"]
    source.path.unlink()
    loaded = load_project(folder)
    assert loaded.sources[0].state is SourceState.MISSING
    assert len(loaded.runs[0].stems) == 2
    save_project(folder, loaded)
    assert session(folder)["sources"][0]["sha256"] == sha256


def test_a_changed_source_is_told_from_a_touched_one(folder, source):
    save_project(folder, a_project(source))
    os.utime(source.path, (1, 1))
    assert load_project(folder).sources[0].state is SourceState.PRESENT
    soundfile.write(source.path, noise(99).samples.T, RATE, subtype="FLOAT")
    os.utime(source.path, (2, 2))
    assert load_project(folder).sources[0].state is SourceState.CHANGED


def test_a_changed_source_stays_changed_when_the_project_is_saved_again(folder, source):
    save_project(folder, a_project(source))
    soundfile.write(source.path, noise(99).samples.T, RATE, subtype="FLOAT")
    os.utime(source.path, (2, 2))
    save_project(folder, load_project(folder))
    assert load_project(folder).sources[0].state is SourceState.CHANGED


def test_a_source_is_hashed_once(folder, source, monkeypatch):
    save_project(folder, a_project(source))
    before = session(folder)
    monkeypatch.setattr("sepstudio.project.save.file_hash_steps", None)
    save_project(folder, a_project(source))
    assert session(folder) == before


# -- nothing is lost ------------------------------------------------------------------------------


def test_files_of_earlier_saves_go_and_foreign_ones_stay(folder, source):
    save_project(folder, a_project(source, a_run(1), a_run(2, seed=20)))
    foreign = [folder / "audio" / "my own bounce.wav", folder / "notes.txt", folder / "audio" / ".fresh.part"]
    for path in foreign:
        path.write_text("mine")
    abandoned = folder / "arrays" / ".0011.part"
    abandoned.touch()
    os.utime(abandoned, (1, 1))
    save_project(folder, a_project(source, a_run(2, seed=20)))
    assert len(list((folder / "audio").glob("run-*.wav"))) == 4
    assert not list((folder / "audio").glob("run-1-*"))
    assert all(path.exists() for path in foreign)
    assert not abandoned.exists()
    assert len(load_project(folder).runs) == 1


def test_a_run_that_returns_after_its_files_are_gone_is_written_again(folder, source, monkeypatch):
    monkeypatch.setattr("sepstudio.project.decoding.MEMORY_BYTES", 1000)
    data = a_project(source, a_run())
    save_project(folder, data)
    loaded = load_project(folder)
    if os.name == "nt":
        pytest.skip("open files stay on this system")
    save_project(folder, a_project(source))
    assert not list((folder / "audio").iterdir())
    save_project(folder, loaded)
    assert content(load_project(folder)) == content(data)


def forget_unnamed_files(folder):
    """Make sure that the next save has to write every file again."""
    named = (folder / "session.json").read_text()
    for path in folder.glob("a*/*"):
        if path.relative_to(folder).as_posix() not in named:
            path.unlink()


def test_saving_can_be_abandoned_at_any_step(folder, source):
    old, new = a_project(source, a_run()), a_project(source, a_run(seed=50), a_run(2, seed=20))
    save_project(folder, old)
    count = len(list(save_project_steps(folder.with_name("other"), new)))
    assert count > 8
    for steps in range(count):
        saving = save_project_steps(folder, new)
        for _ in range(steps):
            next(saving)
        saving.close()
        assert content(load_project(folder)) == content(old)
        forget_unnamed_files(folder)
    assert not list(folder.rglob("*.part"))
    save_project(folder, new)
    assert content(load_project(folder)) == content(new)


def test_a_failure_at_any_replacement_leaves_the_old_project(folder, source, monkeypatch):
    old, new = a_project(source, a_run()), a_project(source, a_run(seed=50), a_run(2, seed=20))
    save_project(folder, old)
    replace = Path.replace
    for good in range(100):
        calls = []

        def failing(self, target, good=good, calls=calls):
            calls.append(target)
            if len(calls) > good:
                raise OSError(28, "No space left on device")
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", failing)
        try:
            save_project(folder, new)
        except ProjectError as error:
            text = str(error)
        else:
            break
        finally:
            monkeypatch.setattr(Path, "replace", replace)
        assert "disk is full" in text
        assert content(load_project(folder)) == content(old)
        forget_unnamed_files(folder)
    assert good > 8
    assert content(load_project(folder)) == content(new)


def test_a_failure_of_the_first_save_leaves_a_folder_that_can_be_saved_to(folder, source):
    saving = save_project_steps(folder, a_project(source, a_run()))
    for _ in range(5):
        next(saving)
    saving.close()
    with pytest.raises(ProjectError, match="no project folder"):
        load_project(folder)
    save_project(folder, a_project(source, a_run()))
    assert len(load_project(folder).runs) == 1


ENDLESS_SAVES = """
import sys
from pathlib import Path
import numpy as np
from sepstudio.io.clip import AudioClip
from sepstudio.project import ProjectData, RunData, SourceData, StemData, save_project

source = SourceData("s", "s", Path("none.wav"), 8000, 1, 9000, "FLOAT")
for number in range(1, 100000):
    clips = [AudioClip(np.full((1, 9000), number + k / 4), 8000) for k in range(3)]
    stems = tuple(StemData(f"stem-{k}", f"stem {k}", (clip,)) for k, clip in enumerate(clips))
    run = RunData("r", number, "kam", {}, number, "s", 0, 9000, stems, arrays={"a": np.full(500, number)})
    save_project(sys.argv[1], ProjectData((source,), (run,)))
    print(number, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill on this system")
def test_a_kill_at_any_moment_leaves_one_whole_project(folder):
    for delay in (0.0, 0.003, 0.011, 0.023, 0.041):
        process = subprocess.Popen(
            [sys.executable, "-c", ENDLESS_SAVES, str(folder)], stdout=subprocess.PIPE, text=True
        )
        with process:
            first = process.stdout.readline()
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            rest = process.stdout.read().split()
        saved = int((rest or [first])[-1])
        run = load_project(folder).runs[0]
        assert run.number in (saved, saved + 1)
        assert run.seed == run.number
        for k, stem in enumerate(run.stems):
            assert (stem.takes[0].samples == run.number + k / 4).all()
        assert (run.arrays["a"] == run.number).all()


def test_records_that_could_not_be_loaded_are_refused_before_they_are_saved(source):
    with pytest.raises(ValueError, match="used twice"):
        a_project(source, a_run(), a_run())
    with pytest.raises(ValueError, match="unknown source"):
        ProjectData((), (a_run(),))
    with pytest.raises(ValueError, match="unknown"):
        ProjectData((source,), (), current_source="x")
    with pytest.raises(ValueError, match="take 2 of 1"):
        StemData("a", "a", (noise(1),), 2)


def test_progress_rises_to_one(folder, source):
    for steps in (lambda: save_project_steps(folder, a_project(source, a_run())), lambda: load_project_steps(folder)):
        fractions = list(steps())
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1.0


def test_sources_can_be_opened_after_loading(folder, source):
    save_project(folder, a_project(source))
    np.testing.assert_array_equal(open_audio(load_project(folder).sources[0].path).samples, noise(0).samples)
