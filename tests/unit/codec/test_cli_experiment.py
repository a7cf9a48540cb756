"""``sepstudio codec experiment``: a folder of scenes becomes a table and a listening test."""

import csv
import json

import pytest
import soundfile
from codec_scenes import install_codec, scene, write_scene

from sepstudio.cli import main
from sepstudio.io.audio import read_audio
from sepstudio.io.steps import drain
from sepstudio.listening_tests.checking import check_steps
from sepstudio.listening_tests.definition_files import read_test

pytestmark = pytest.mark.usefixtures("one_thread")


def told(capsys, *arguments):
    code = main(["codec", "experiment", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_folder_becomes_a_table_and_a_listening_test(capsys, tmp_path):
    install_codec("mine")
    folder, out = tmp_path / "scenes", tmp_path / "out"
    folder.mkdir()
    write_scene(folder / "a.wav", 0.6)
    write_scene(folder / "b.wav", 0.9, rate=48000, seed=1)
    soundfile.write(folder / "voice.wav", scene(0.6, 1).T, 44100)
    texts = "reference,low-anchor,opus:3:160,codec:mine"
    code, text, err = told(
        capsys, folder, "-o", out, "--conditions", texts, "--add", "w-only", "--seconds", 0.7, "--device", "cpu"
    )
    assert code == 1
    assert "voice.wav: its 1 channels are Ambisonics of order 0" in err
    assert "note: b is resampled from 48000 to 44100 Hz" in err
    lines = text.splitlines()
    assert lines[0].startswith("mean of 2 scenes")
    assert [line.split("  ")[0] for line in lines[1:5]] == [
        "Low anchor (low-pass 3.5 kHz)",
        "Opus 160 kbit/s, family 3",
        "Codec mine",
        "Spatial anchor (W only)",
    ]
    assert [line.split()[0] for line in lines[6::6] if line][:2] == ["a", "b"]
    assert lines[-1] == str(out / "test.yaml")
    with (out / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["scene"], row["condition"]) for row in rows] == [
        (scene, condition) for scene in ("a", "b") for condition in ("low-anchor", "opus-3-160", "codec-mine", "w-only")
    ]
    low, opus, _, w_only = rows[:4]
    assert float(low["covariance"]) < 1.5 < float(opus["covariance"])
    assert float(opus["bits_per_second"]) == 160_000
    assert float(w_only["level_0_db"]) == 0
    kept = json.loads((out / "scores.json").read_text())
    assert kept["means"]["low-anchor"]["mel_distance"] == pytest.approx(
        (float(low["mel_distance"]) + float(rows[4]["mel_distance"])) / 2, rel=1e-4
    )
    check_test(out)


def check_test(out):
    test = read_test(out / "test.yaml")
    assert (test.kind, test.name, test.renderer) == ("mushra", "out", "binaural")
    roles = [label.role for label in test.conditions]
    assert roles == ["reference", "low-anchor", "system", "system", "anchor"]
    assert [trial.name for trial in test.trials] == ["a", "b"]
    assert not drain(check_steps(test))
    lengths = [read_audio(trial.reference).length for trial in test.trials]
    assert lengths == [round(0.6 * 44100), round(0.7 * 44100)]


def test_what_cannot_work_is_told_before_anything_is_computed(capsys, tmp_path):
    install_codec("mine")
    write_scene(tmp_path / "a.wav", 0.6)
    for arguments, why in (
        (("--conditions", "reference,mp3"), "condition = 'mp3'"),
        (("--conditions", "reference,codec:none"), "neither an installed model"),
        (("--conditions", "reference,w-only,w-only"), "conditions = 'w-only'"),
        (("--conditions", "reference,w-only", "--seconds", "13"), "--seconds = 13"),
        (("--conditions", "reference,w-only", "--start", "0.3"), "less than 0.5 s from 0.3 s on"),
        (("--conditions", "low-anchor,w-only"), "reference"),
    ):
        code, text, err = told(capsys, tmp_path / "a.wav", "-o", tmp_path / "out", *arguments)
        assert (code, text) == (2, ""), why
        assert why in err
        assert not (tmp_path / "out").exists()
