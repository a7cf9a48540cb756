"""``sepstudio separate nmf|nae`` and ``sepstudio benchmark-decomposition``, as a user calls them."""

import csv
import json

import numpy as np
import pytest
import soundfile
from two_hands import RATE, SCORE, piece

from sepstudio.cli import main
from sepstudio.io.audio import read_audio
from sepstudio.io.scores.writing import write_csv, write_midi
from sepstudio.project import load_project

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def song(tmp_path):
    path = tmp_path / "music" / "song.wav"
    path.parent.mkdir()
    soundfile.write(path, piece().samples.T, RATE, "FLOAT")
    return path


@pytest.fixture
def notes(tmp_path):
    path = tmp_path / "notes.csv"
    write_csv(SCORE, path)
    return path


def separate(method, song, out, *options):
    return main(
        ["separate", method, str(song), "-o", str(out), "--device", "cpu", "--iterations", "5", *map(str, options)]
    )


def told(capsys):
    captured = capsys.readouterr()
    return captured.out.splitlines(), captured.err.splitlines()


@pytest.mark.parametrize("method", ["nmf", "nae"])
def test_hands_are_written(method, song, notes, tmp_path):
    assert separate(method, song, tmp_path / "out", "--score", notes) == 0
    stems = {path.stem: read_audio(path).samples for path in (tmp_path / "out" / "song").iterdir()}
    assert set(stems) == {"right", "left", "residual"}
    np.testing.assert_allclose(sum(stems.values()), piece().samples, atol=1e-6)


def test_a_score_of_the_same_name_is_found(song, tmp_path):
    write_midi(SCORE, song.with_suffix(".mid"))
    assert separate("nmf", song, tmp_path / "out", "--group", "pitch") == 0
    assert {path.stem for path in (tmp_path / "out" / "song").iterdir()} == {"G2", "C3", "B4", "D5", "residual"}


def test_notes_are_short_files_named_after_pitch_and_onset(song, notes, tmp_path):
    assert separate("nmf", song, tmp_path / "out", "--score", notes, "--group", "note") == 0
    files = {path.stem: soundfile.info(path).frames for path in (tmp_path / "out" / "song").iterdir()}
    assert set(files) == {"C3_000.000s", "B4_000.100s", "D5_000.900s", "G2_001.000s", "B4_001.500s", "residual"}
    assert files["residual"] == piece().length
    assert files["D5_000.900s"] < 0.75 * piece().length


def test_matrices_are_written_for_numpy(song, notes, tmp_path):
    assert separate("nae", song, tmp_path / "out", "--score", notes, "--matrices", tmp_path / "deep" / "m") == 0
    with np.load(tmp_path / "deep" / "m.npz", allow_pickle=False) as arrays:
        assert arrays["component"].tolist() == ["G2", "C3", "B4", "D5"]
        assert arrays["templates"].shape == (len(arrays["frequency"]), 4)
        assert arrays["activations"].shape == arrays["activation-mask"].shape == (4, len(arrays["time"]))
        assert arrays["encoder"].shape == arrays["templates"].T.shape
        assert arrays["template-mask"].shape == arrays["templates"].shape
        assert len(arrays["error"]) == len(arrays["error-seconds"]) == 5


def test_a_stretch_takes_its_part_of_the_score(song, notes, tmp_path):
    options = ("--score", notes, "--group", "pitch", "--start", "1.4", "--stop", "2.4")
    assert separate("nmf", song, tmp_path / "out", *options) == 0
    stems = {path.stem: read_audio(path) for path in (tmp_path / "out" / "song").iterdir()}
    assert all(clip.length == RATE for clip in stems.values())
    energy = {name: float((clip.samples**2).sum()) for name, clip in stems.items()}
    assert min(energy["B4"], energy["G2"]) > 20 * max(energy["D5"], energy["C3"])


def test_a_project_holds_the_score_and_matrices_in_seconds_of_the_recording(song, notes, tmp_path):
    options = ("--score", notes, "--start", "1.4", "--stop", "2.4", "--project", tmp_path / "song")
    assert separate("nmf", song, tmp_path / "out", *options) == 0
    project = load_project(tmp_path / "song.sepstudio")
    (run,) = project.runs
    score = project.scores["source-1"]
    assert run.score == score
    assert [(note.onset, note.pitch) for note in score.notes] == [(note.onset, note.pitch) for note in SCORE.notes]
    assert len(run.curves["error"].values) == 5
    times = run.matrices["activations"].coordinates[1]
    assert 1.3 < times[0] < 1.5
    assert 2.3 < times[-1] < 2.5


def test_a_blind_factorisation_needs_no_score(song, tmp_path):
    assert separate("nmf", song, tmp_path / "out", "--rank", "2") == 0
    assert {path.stem for path in (tmp_path / "out" / "song").iterdir()} == {"component 1", "component 2", "residual"}


def test_an_unaligned_score_is_aligned_and_said_to_be(song, notes, tmp_path, capsys, monkeypatch):
    asked = []

    def align(clip, score):
        asked.append((clip.length, score.name))
        return score
        yield

    monkeypatch.setattr("sepstudio.separation.alignment.align_steps", align)
    assert separate("nmf", song, tmp_path / "a", "--score", notes) == 0
    assert asked == []
    assert separate("nmf", song, tmp_path / "b", "--score", notes, "--align", "on") == 0
    assert asked == [(piece().length, "notes")]
    assert told(capsys)[1] == []


@pytest.mark.parametrize("method", ["nmf", "nae"])
def test_without_a_score_nothing_is_done(method, song, tmp_path, capsys):
    assert separate(method, song, tmp_path / "out") == 2
    out, (line,) = told(capsys)
    assert out == []
    assert "song.wav" in line
    assert "--score" in line


@pytest.mark.parametrize("content", [None, b"", b"MThd broken", b"a;b\n1;2\n"])
def test_a_score_that_cannot_be_read_is_named(content, song, tmp_path, capsys):
    score = tmp_path / "bad.mid"
    if content is not None:
        score.write_bytes(content)
    assert separate("nmf", song, tmp_path / "out", "--score", score) == 2
    _, (line,) = told(capsys)
    assert "bad.mid" in line


def test_one_score_or_one_file_of_matrices_is_not_for_several_recordings(song, notes, tmp_path, capsys):
    again = song.with_name("again.wav")
    again.write_bytes(song.read_bytes())
    for option, value in (("--score", notes), ("--matrices", tmp_path / "m.npz")):
        assert separate("nmf", song.parent, tmp_path / "out", option, value) == 2
        _, (line,) = told(capsys)
        assert option in line
        assert "several inputs" in line


def test_several_recordings_take_the_scores_beside_them(song, tmp_path, capsys):
    write_csv(SCORE, song.with_suffix(".csv"))
    song.with_name("bare.wav").write_bytes(song.read_bytes())
    assert separate("nmf", song.parent, tmp_path / "out") == 1
    out, err = told(capsys)
    assert len(out) == 3
    assert any("bare.wav" in line and "--score" in line for line in err)


def benchmark(folder, *options):
    return main(["benchmark-decomposition", str(folder), "--device", "cpu", "--iterations", "3", *map(str, options)])


def test_the_table_has_a_row_for_every_recording_with_a_score(song, tmp_path, capsys):
    write_csv(SCORE, song.with_suffix(".csv"))
    song.with_name("bare.wav").write_bytes(song.read_bytes())
    assert benchmark(song.parent, "--seeds", "2", "--csv", tmp_path / "t.csv") == 0
    out, err = told(capsys)
    assert err == []
    assert out[0].split("  ")[-1].strip() == "NAE RMSprop"
    name, *errors = out[1].split()
    assert name == "song"
    assert len(errors) == 5
    assert out[2].split()[-5] == "1.000"
    assert "bare" not in "\n".join(out)
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    # The reference draws nothing: one trial; two of each autoencoder.
    assert len(rows) == 1 + 4 * 2
    assert {row["iterations"] for row in rows} == {"3"}
    mean = np.mean([float(row["error"]) for row in rows if row["column"] == "NAE RMSprop"])
    assert float(errors[-1]) == pytest.approx(mean, abs=0.06)


def test_the_table_as_json(song, capsys):
    write_csv(SCORE, song.with_suffix(".csv"))
    assert benchmark(song.parent, "--json", "--start", "warm") == 0
    out, _ = told(capsys)
    plain = json.loads("\n".join(out))
    assert {trial["start"] for trial in plain["trials"]} == {"warm"}
    assert all(trial["error"] > 0 for trial in plain["trials"])
    assert plain["machine"]


def test_recordings_of_a_benchmark_may_fail_alone(song, capsys):
    write_csv(SCORE, song.with_suffix(".csv"))
    song.with_name("broken.wav").write_bytes(song.read_bytes())
    song.with_name("broken.mid").write_bytes(b"MThd")
    assert benchmark(song.parent) == 1
    out, err = told(capsys)
    assert any(line.startswith("song") for line in out)
    assert any("broken.mid" in line for line in err)


def test_a_folder_without_scores_is_refused(song, capsys):
    assert benchmark(song.parent) == 2
    assert "no recording with a score" in told(capsys)[1][0]
    assert benchmark(song.parent, "--seeds", "0") == 2
    assert "--seeds" in told(capsys)[1][0]
