"""``sepstudio separate``, run as a program would be, with a method that costs nothing."""

import json
import os
import signal
import time
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest
import soundfile

from sepstudio.cli import main
from sepstudio.errors import ProjectError, UserError
from sepstudio.io.clip import AudioClip
from sepstudio.project import load_project
from sepstudio.separation.base import MethodSpec, Preset, Progress, Provenance, Separation
from sepstudio.separation.parameters import param, to_json, validate

RATE = 8000


@dataclass(frozen=True)
class SplitParams:
    gain: float = param(0.5, lo=0.0, hi=4.0, label="Gain")
    length: int = param(17, lo=1, hi=255, step=2, unit="frames", label="Length")
    spatial: bool = param(True, label="Spatial")
    mode: Literal["soft", "hard"] = param("soft", label="Mode")
    seed: int = param(1, label="Seed of its own")

    def __post_init__(self):
        validate(self)


class Split:
    """Separates into ``part`` (scaled by gain) and ``rest``; keeps what it was asked for."""

    def __init__(self):
        self.calls = []
        self.during = lambda: None

    def __call__(self, mixture, params, *, context):
        self.calls.append((mixture, params, context))
        try:
            yield Progress(0.3, "look")
            self.during()
            part = mixture.samples * np.float32(params.gain)
            stems = {}
            for name, samples in {"part": part, "rest": mixture.samples - part}.items():
                writer = context.sink.open(name, mixture.channels, mixture.length, mixture.sample_rate)
                writer.write(samples)
                stems[name] = writer.finish()
            yield Progress(1.0, "done")
            notes = ("a note",) if params.mode == "hard" else ()
            return Separation(stems, Provenance("split", to_json(params), context.seed, {}, "cpu", 0.1, 5, notes))
        finally:
            self.calls.append("closed")


@pytest.fixture
def split(monkeypatch):
    method = Split()
    presets = (Preset("loud", "Loud", SplitParams(gain=2.0, length=31)),)
    spec = MethodSpec("split", "Split", "Splits by a factor of 100 %.", SplitParams, method, lambda *_: 0, presets)
    monkeypatch.setattr("sepstudio.commands.separate.methods", lambda: {"split": spec})
    return method


@pytest.fixture
def song(tmp_path):
    return recording(tmp_path / "song.wav")


def recording(path, seconds=0.5, channels=2):
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(7).uniform(-0.9, 0.9, (int(seconds * RATE), channels)).astype(np.float32)
    soundfile.write(path, samples, RATE, "FLOAT" if path.suffix == ".wav" else "PCM_16")
    return path


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_stems_are_written_and_listed(split, song, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["separate", "split", str(song), "-o", str(out)]) == 0
    assert files(out) == ["song/part.wav", "song/rest.wav"]
    assert capsys.readouterr().out.splitlines() == [str(out / "song/part.wav"), str(out / "song/rest.wav")]
    info = soundfile.info(out / "song/part.wav")
    assert (info.format, info.subtype, info.samplerate, info.channels) == ("WAV", "FLOAT", RATE, 2)
    parts = sum(soundfile.read(out / f"song/{name}.wav", dtype="float32")[0] for name in ("part", "rest"))
    np.testing.assert_array_equal(parts, soundfile.read(song, dtype="float32")[0])


def test_options_of_the_method_come_from_its_parameters(split, song, tmp_path):
    options = [
        "--preset",
        "loud",
        "--length",
        "5",
        "--no-spatial",
        "--mode",
        "hard",
        "--param-seed",
        "9",
        "--seed",
        "4",
    ]
    assert main(["separate", "split", str(song), "-o", str(tmp_path / "o"), *options]) == 0
    _, params, context = split.calls[0]
    assert params == SplitParams(gain=2.0, length=5, spatial=False, mode="hard", seed=9)
    assert (context.seed, context.device) == (4, "auto")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--length", "16"], "length = 16"),
        (["--length", "many"], "--length"),
        (["--gain", "9"], "gain = 9.0"),
        (["--mode", "loud"], "--mode"),
        (["--preset", "quiet"], "--preset"),
        (["--unknown"], "--unknown"),
        (["--leng", "5"], "--leng"),
        (["--format", "mp3"], "--format"),
        (["--format", "flac", "--subtype", "float"], "--subtype"),
        (["--name-template", "{title}"], "{title}"),
        (["--name-template", "{track}"], "{stem}"),
        (["--name-template", "../{stem}"], "inside the output folder"),
        (["--name-template", "{stem"], "balanced braces"),
        (["--start", "-1"], "--start"),
        (["--start", "2", "--stop", "1"], "--stop"),
        (["--start", "nan"], "--start"),
    ],
    ids=" ".join,
)
def test_bad_usage_is_one_line_that_names_it(split, song, tmp_path, capsys, arguments, named):
    assert main(["separate", "split", str(song), "-o", str(tmp_path / "out"), *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1
    assert told.err.startswith("sepstudio: ")
    assert named in told.err
    assert split.calls == []


def test_an_output_folder_that_cannot_be_made_is_found_before_computing(split, song, tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        assert main(["separate", "split", str(song), "-o", str(out)]) == 2
        assert str(tmp_path / "file") in capsys.readouterr().err
    assert split.calls == []


def test_one_bad_input_does_not_stop_the_others(split, song, tmp_path, capsys):
    bad = tmp_path / "bad.wav"
    bad.write_text("this is no audio")
    (tmp_path / "empty").mkdir()
    inputs = [bad, tmp_path / "missing.wav", tmp_path / "empty", song]
    assert main(["separate", "split", *map(str, inputs), "-o", str(tmp_path / "out")]) == 1
    assert files(tmp_path / "out") == ["song/part.wav", "song/rest.wav"]
    complaints = capsys.readouterr().err.splitlines()
    assert [any(name in line for line in complaints) for name in ("bad.wav", "missing.wav", "empty")] == [True] * 3
    assert complaints[-1] == "sepstudio: 3 of 4 inputs failed"


def test_all_inputs_bad_is_bad_input(split, tmp_path, capsys):
    assert main(["separate", "split", str(tmp_path / "no.wav"), "-o", str(tmp_path / "out")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_defect_met_by_one_input_shows_its_traceback_and_leaves_no_files(split, song, tmp_path, capsys):
    other = recording(tmp_path / "other.wav")
    answers = iter([RuntimeError("out of order"), None])

    def fail_once():
        error = next(answers)
        if error:
            raise error

    split.during = fail_once
    assert main(["separate", "split", str(song), str(other), "-o", str(tmp_path / "out")]) == 1
    assert files(tmp_path / "out") == ["other/part.wav", "other/rest.wav"]
    told = capsys.readouterr().err
    assert "RuntimeError: out of order" in told
    assert "defect" in told


def test_folders_are_searched_and_their_layout_is_kept(split, tmp_path):
    music = tmp_path / "music"
    recording(music / "a.wav")
    recording(music / "sub" / "a.flac")
    recording(music / "sub" / "B.FLAC")
    recording(music / ".hidden.wav")
    recording(music / "stems" / "old.wav")
    (music / "notes.txt").write_text("x")
    assert main(["separate", "split", str(music), str(music / "a.wav"), "-o", str(music / "stems")]) == 0
    made = {name.rpartition("/")[0] for name in files(music / "stems")} - {""}
    assert made == {"a", "sub/a", "sub/B"}


def test_inputs_of_one_name_do_not_overwrite_each_other(split, tmp_path):
    inputs = [recording(tmp_path / name) for name in ("x/song.wav", "y/Song.wav", "y/song.flac")]
    assert main(["separate", "split", *map(str, inputs), "-o", str(tmp_path / "out")]) == 0
    assert {name.partition("/")[0] for name in files(tmp_path / "out")} == {"song", "Song (2)", "song (3)"}


def test_the_template_names_the_files(split, tmp_path):
    song = recording(tmp_path / "Ünï: 🎵?.wav")
    template = "{method}/{number:02d} {track} {stem}"
    assert main(["separate", "split", str(song), "-o", str(tmp_path / "out"), "--name-template", template]) == 0
    assert files(tmp_path / "out") == ["split/01 Ünï_ 🎵_ part.wav", "split/02 Ünï_ 🎵_ rest.wav"]


def test_several_inputs_need_a_template_with_the_track(split, song, tmp_path, capsys):
    other = recording(tmp_path / "other.wav")
    arguments = ["separate", "split", str(song), str(other), "-o", str(tmp_path / "out"), "--name-template", "{stem}"]
    assert main(arguments) == 2
    assert "{track}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "container", "subtype"),
    [
        (["--subtype", "16"], "WAV", "PCM_16"),
        (["--subtype", "24"], "WAV", "PCM_24"),
        (["--format", "flac"], "FLAC", "PCM_24"),
        (["--format", "flac", "--subtype", "16"], "FLAC", "PCM_16"),
        (["--format", "rf64"], "RF64", "FLOAT"),
    ],
    ids=" ".join,
)
def test_formats(split, song, tmp_path, options, container, subtype):
    assert main(["separate", "split", str(song), "-o", str(tmp_path / "out"), *options]) == 0
    info = soundfile.info(next((tmp_path / "out").rglob("part.*")))
    assert (info.format, info.subtype) == (container, subtype)


def test_clipping_by_the_format_is_told(split, song, tmp_path, capsys):
    arguments = ["separate", "split", str(song), "-o", str(tmp_path / "out"), "--gain", "4", "--subtype", "16"]
    assert main(arguments) == 0
    assert "beyond full scale" in capsys.readouterr().err


def test_a_section_is_cut_at_the_sample(split, song, tmp_path):
    options = ["--start", "0.1", "--stop", "0:0.3", "--gain", "1"]
    assert main(["separate", "split", str(song), "-o", str(tmp_path / "out"), *options]) == 0
    whole, _ = soundfile.read(song, dtype="float32")
    part, _ = soundfile.read(tmp_path / "out/song/part.wav", dtype="float32")
    np.testing.assert_array_equal(part, whole[800:2400])
    assert main(["separate", "split", str(song), "-o", str(tmp_path / "late"), "--start", "3"]) == 2


def test_json_lines_tell_programs_everything(split, song, tmp_path, capsys):
    missing = tmp_path / "missing.wav"
    arguments = ["separate", "split", str(missing), str(song), "-o", str(tmp_path / "out"), "--json", "--mode", "hard"]
    assert main(arguments) == 1
    told = capsys.readouterr()
    bad, good = map(json.loads, told.out.splitlines())
    assert bad["status"] == "failed"
    assert set(bad["error"]) == {"what", "why", "remedy"}
    assert good["status"] == "done"
    assert good["stems"][0] == {
        "name": "part",
        "path": str(tmp_path / "out/song/part.wav"),
        "sample_rate": RATE,
        "channels": 2,
        "length": RATE // 2,
        "clipped_samples": 0,
    }
    assert good["provenance"]["params"]["gain"] == 0.5
    assert "a note" in told.err


class TestExistingFiles:
    """What ``--overwrite`` does."""

    @pytest.fixture
    def rerun(self, split, song, tmp_path):
        out = tmp_path / "out"
        assert main(["separate", "split", str(song), "-o", str(out)]) == 0
        split.calls.clear()
        return lambda *options: main(["separate", "split", str(song), "-o", str(out), "--gain", "1", *options])

    def test_without_a_terminal_the_input_fails_and_the_remedy_is_named(self, rerun, tmp_path, capsys):
        before = (tmp_path / "out/song/part.wav").read_bytes()
        assert rerun() == 2
        assert "--overwrite" in capsys.readouterr().err
        assert (tmp_path / "out/song/part.wav").read_bytes() == before

    def test_skip_keeps_what_is_there_and_writes_the_rest(self, rerun, tmp_path):
        before = (tmp_path / "out/song/part.wav").read_bytes()
        (tmp_path / "out/song/rest.wav").unlink()
        assert rerun("--overwrite", "skip") == 0
        assert (tmp_path / "out/song/part.wav").read_bytes() == before
        assert np.all(soundfile.read(tmp_path / "out/song/rest.wav")[0] == 0)

    def test_replace(self, rerun, tmp_path):
        before = (tmp_path / "out/song/part.wav").read_bytes()
        assert rerun("--overwrite", "replace") == 0
        assert (tmp_path / "out/song/part.wav").read_bytes() != before
        assert files(tmp_path / "out") == ["song/part.wav", "song/rest.wav"]

    def test_rename_gives_the_set_one_counter(self, rerun, tmp_path):
        (tmp_path / "out/song/rest.wav").unlink()
        assert rerun("--overwrite", "rename") == 0
        assert files(tmp_path / "out") == ["song/part (2).wav", "song/part.wav", "song/rest (2).wav"]

    @pytest.mark.parametrize(("answer", "status", "count"), [("r", 0, 2), ("n", 0, 4), ("s", 0, 2), ("", 2, 2)])
    def test_ask_on_a_terminal(self, rerun, tmp_path, monkeypatch, answer, status, count):
        monkeypatch.setattr("sepstudio.commands.separate.ask_on_terminal", lambda: lambda question: answer)
        assert rerun() == status
        assert len(files(tmp_path / "out")) == count


def test_a_method_that_names_its_sources_is_not_run_for_nothing(split, song, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sepstudio.commands.separating.expected_stems", lambda params: ("part", "rest"))
    arguments = ["separate", "split", str(song), "-o", str(tmp_path / "out")]
    assert main(arguments) == 0
    split.calls.clear()
    assert main([*arguments, "--overwrite", "skip"]) == 0
    assert main(arguments) == 2
    assert split.calls == []
    assert "exist already" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_closes_the_method_and_leaves_nothing(split, song, tmp_path, number, status):
    def interrupt():
        os.kill(os.getpid(), number)
        time.sleep(1)

    split.during = interrupt
    handler = signal.getsignal(number)
    assert main(["separate", "split", str(song), "-o", str(tmp_path / "out")]) == status
    assert split.calls[-1] == "closed"
    assert list((tmp_path / "out").iterdir()) == []
    assert signal.getsignal(number) is handler


def test_a_failure_while_stems_are_moved_takes_back_what_was_moved(split, song, tmp_path, capsys):
    (tmp_path / "out" / "song" / "rest.wav").mkdir(parents=True)
    arguments = ["separate", "split", str(song), "-o", str(tmp_path / "out"), "--overwrite", "replace"]
    assert main(arguments) == 2
    assert files(tmp_path / "out") == []
    assert "is a folder" in capsys.readouterr().err


def test_a_method_that_needs_more_than_a_recording_is_refused(song, tmp_path, monkeypatch, capsys):
    spec = MethodSpec("scored", "Scored", "", SplitParams, Split(), lambda *_: 0, needs=frozenset({"score"}))
    monkeypatch.setattr("sepstudio.commands.separate.methods", lambda: {"scored": spec})
    assert main(["separate", "scored", str(song), "-o", str(tmp_path / "out")]) == 2
    assert "score" in capsys.readouterr().err


class TestProjects:
    """What ``--project`` keeps."""

    def test_a_project_holds_the_recording_and_the_run(self, split, song, tmp_path, capsys):
        kept = tmp_path / "kept" / "mine"
        options = ["--project", str(kept), "--start", "0.1", "--seed", "3", "--subtype", "16"]
        assert main(["separate", "split", str(song), "-o", str(tmp_path / "out"), *options]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == f"{kept}.sepstudio"
        project = load_project(f"{kept}.sepstudio")
        (source,), (run,) = project.sources, project.runs
        assert source.path == song.resolve()
        assert (source.length, source.subtype, source.state.value) == (RATE // 2, "FLOAT", "present")
        assert (run.method, run.seed, run.start, run.stop) == ("split", 3, 800, RATE // 2)
        assert run.params == to_json(SplitParams())
        whole, _ = soundfile.read(song, dtype="float32")
        stems = {stem.name: stem.takes[0].samples for stem in run.stems}
        # Kept as floats although the files are 16 bits deep.
        np.testing.assert_array_equal(stems["part"] + stems["rest"], whole[800:].T)

    def test_several_inputs_get_a_project_each(self, split, song, tmp_path):
        other = recording(tmp_path / "music" / "sub" / "other.wav")
        arguments = [str(song), str(other.parent.parent), "-o", str(tmp_path / "out"), "--project", str(tmp_path / "p")]
        assert main(["separate", "split", *arguments]) == 0
        assert load_project(tmp_path / "p" / "song.sepstudio").sources[0].name == "song.wav"
        assert load_project(tmp_path / "p" / "sub" / "other.sepstudio").sources[0].name == "other.wav"

    def test_an_existing_project_is_not_overwritten_unasked(self, split, song, tmp_path, capsys):
        arguments = ["separate", "split", str(song), "--project", str(tmp_path / "p.sepstudio")]
        assert main([*arguments, "-o", str(tmp_path / "a")]) == 0
        assert main([*arguments, "-o", str(tmp_path / "b")]) == 2
        assert "p.sepstudio: exists already" in capsys.readouterr().err
        assert main([*arguments, "-o", str(tmp_path / "c"), "--overwrite", "rename"]) == 0
        assert (tmp_path / "p (2).sepstudio").is_dir()

    def test_a_place_where_none_can_be_is_found_before_computing(self, split, song, tmp_path):
        (tmp_path / "file").touch()
        arguments = ["-o", str(tmp_path / "out"), "--project", str(tmp_path / "file" / "p")]
        assert main(["separate", "split", str(song), *arguments]) == 2
        assert split.calls == []

    def test_a_project_that_cannot_be_saved_leaves_nothing(self, split, song, tmp_path, monkeypatch, capsys):
        def full(folder, data):
            folder.mkdir()
            yield 0.5
            raise ProjectError(str(folder), "the disk is full", "free some space")

        monkeypatch.setattr("sepstudio.commands.keeping.save_project_steps", full)
        arguments = ["-o", str(tmp_path / "out"), "--project", str(tmp_path / "p")]
        assert main(["separate", "split", str(song), *arguments]) == 2
        assert "disk is full" in capsys.readouterr().err
        assert not (tmp_path / "p.sepstudio").exists()


def test_user_errors_of_the_method_are_one_line(split, song, tmp_path, capsys):
    def refuse():
        raise UserError("no GPU", "it is not there", "use --device cpu")

    split.during = refuse
    assert main(["separate", "split", str(song), "-o", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == "sepstudio: no GPU: it is not there; use --device cpu\n"


def test_help_lists_methods_and_their_parameters(split, capsys):
    assert main(["separate", "--help"]) == 0
    assert "split" in capsys.readouterr().out
    assert main(["separate", "split", "--help"]) == 0
    told = capsys.readouterr().out
    assert "--length FRAMES" in told
    assert "--spatial, --no-spatial" in told
    assert "Default: 0.5." in told


def test_long_results_go_through_files_in_the_output_folder(split, tmp_path, monkeypatch):
    from sepstudio.commands import separating

    song = recording(tmp_path / "song.wav")
    sink = separating.ScratchSink
    monkeypatch.setattr(separating, "ScratchSink", lambda parent: sink(memory_limit=0, parent=parent))
    assert main(["separate", "split", str(song), "-o", str(tmp_path / "out")]) == 0
    assert files(tmp_path / "out") == ["song/part.wav", "song/rest.wav"]
    assert isinstance(split.calls[0][0], AudioClip)
