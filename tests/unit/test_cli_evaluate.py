"""``sepstudio evaluate``: pairs of stems, a table, JSON, and complaints of one line."""

import json
import math

import numpy as np
import pytest

from sepstudio.cli import main
from sepstudio.io.audio import write_audio
from sepstudio.io.clip import AudioClip, FileClip
from sepstudio.metrics import bss_eval, si_sdr

RATE = 8000
STEMS = ("bass", "drums")


def write(folder, name, samples, rate=RATE):
    folder.mkdir(exist_ok=True)
    write_audio(folder / f"{name}.wav", AudioClip(samples, rate))


@pytest.fixture
def signals(rng):
    true = 0.1 * rng.standard_normal((2, 2, 2 * RATE)).astype(np.float32)
    judged = (true + 0.2 * true[::-1] + 0.01 * rng.standard_normal(true.shape)).astype(np.float32)
    return true, judged


@pytest.fixture
def folders(tmp_path, signals):
    places = tmp_path / "true", tmp_path / "judged"
    for place, stems in zip(places, signals, strict=True):
        for name, samples in zip(STEMS, stems, strict=True):
            write(place, name, samples)
    return places


def run(*arguments):
    return main(["evaluate", *map(str, arguments)])


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_json_holds_what_the_library_measures(folders, signals, capsys, version):
    assert run(*folders, "--json", "--version", version) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["version"], told["unit"], list(told["stems"])) == (version, "dB", list(STEMS))
    scores = bss_eval(*signals, version=version, sample_rate=RATE)
    for number, name in enumerate(STEMS):
        stem = told["stems"][name]
        assert stem["SI-SDR"] == si_sdr(signals[0][number], signals[1][number])
        for measure in ("sdr", "isr", "sir", "sar"):
            assert stem[measure.upper()] == pytest.approx(scores.summary()[measure][number], abs=1e-9)
            assert len(stem["frames"][measure.upper()]) == {"v3": 1, "v4": 2}[version]


def test_the_table_has_a_row_per_stem(folders, signals, capsys):
    assert run(*folders) == 0
    told = capsys.readouterr()
    header, *rows = [line.split() for line in told.out.splitlines()]
    assert header == ["stem", "SDR", "SIR", "ISR", "SAR", "SI-SDR"]
    assert [row[0] for row in rows] == list(STEMS)
    summary = bss_eval(*signals, sample_rate=RATE).summary()
    for number, row in enumerate(rows):
        assert float(row[1]) == pytest.approx(summary["sdr"][number], abs=0.0051)
        assert float(row[2]) == pytest.approx(summary["sir"][number], abs=0.0051)
    assert told.err == ""


def test_files_are_never_held_as_a_whole(folders, monkeypatch, capsys):
    def whole(self):
        raise AssertionError(f"{self.path} is read as a whole")

    monkeypatch.setattr(FileClip, "samples", property(whole))
    for version in ("v3", "v4"):
        assert run(*folders, "--version", version) == 0
    assert len(capsys.readouterr().out.splitlines()) == 6


def test_formats_may_differ_and_the_mixture_is_no_stem(folders, signals, capsys):
    true, judged = folders
    samples = AudioClip(signals[1][0], RATE)
    (judged / "bass.wav").unlink()
    write_audio(judged / "bass.flac", samples, "PCM_24")
    write(true, "mixture", signals[0].sum(axis=0))
    (true / "notes.txt").write_text("no audio")
    assert run(true, judged) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_estimates_without_a_reference_are_named(folders, signals, capsys):
    write(folders[1], "residual", signals[0][0])
    assert run(*folders) == 0
    told = capsys.readouterr()
    assert "residual" not in told.out
    assert told.err.count("\n") == 1
    assert "residual" in told.err


def test_silence_is_null_in_json_and_nan_in_the_table_and_spoils_nothing_else(folders, signals, capsys):
    write(folders[0], "bass", np.zeros_like(signals[0][0]))
    assert run(*folders, "--json") == 0
    told = capsys.readouterr()
    assert told.err.count("note: bass: the true stem is silent") == 1
    stems = json.loads(told.out)["stems"]
    assert [stems["bass"][column] for column in ("SDR", "SIR", "ISR", "SAR", "SI-SDR")] == [None] * 5
    alone = bss_eval(signals[0][1:], signals[1][1:], sample_rate=RATE).summary()
    assert stems["drums"]["SDR"] == pytest.approx(alone["sdr"][0], abs=1e-9)
    assert run(*folders) == 0
    assert "nan" in capsys.readouterr().out


def test_a_silent_estimate_has_no_scores_and_spoils_no_others(folders, signals, capsys):
    assert run(*folders, "--json") == 0
    before = json.loads(capsys.readouterr().out)["stems"]["drums"]
    write(folders[1], "bass", np.zeros_like(signals[0][0]))
    assert run(*folders, "--json") == 0
    told = capsys.readouterr()
    assert told.err.count("note: bass: the estimate is silent") == 1
    after = json.loads(told.out)["stems"]
    assert after["bass"]["SDR"] is None
    assert after["drums"]["SIR"] == pytest.approx(before["SIR"], abs=1e-9)


def test_a_stem_that_is_all_but_silent_wherever_the_others_sound_has_no_scores(folders, signals, capsys):
    true = list(signals[0])
    true[0] = true[0].copy()
    true[0][:, RATE:] *= 1e-4
    true[1] = true[1].copy()
    true[1][:, :RATE] = 0
    for name, samples in zip(STEMS, true, strict=True):
        write(folders[0], name, samples)
    assert run(*folders, "--json") == 0
    told = capsys.readouterr()
    stems = json.loads(told.out)["stems"]
    assert stems["bass"]["SIR"] is None
    assert math.isfinite(stems["drums"]["SIR"])
    assert "bass: all but silent in the frames that count" in told.err


def test_a_single_stem_has_infinite_sir(tmp_path, signals, capsys):
    for place, stems in zip(("a", "b"), signals, strict=True):
        write(tmp_path / place, "only", stems[0])
    assert run(tmp_path / "a", tmp_path / "b", "--json") == 0
    assert json.loads(capsys.readouterr().out)["stems"]["only"]["SIR"] == "inf"


def refused(capsys, *arguments):
    assert run(*arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1, told.err
    return told.err


def test_missing_folders_and_stems_are_one_line(folders, tmp_path, capsys):
    assert "missing" in refused(capsys, tmp_path / "missing", folders[1])
    (tmp_path / "empty").mkdir()
    assert "no audio" in refused(capsys, folders[0], tmp_path / "empty")
    (folders[1] / "drums.wav").unlink()
    assert "drums" in refused(capsys, *folders)


def test_a_folder_with_nothing_but_a_mixture_has_no_stems(folders, tmp_path, signals, capsys):
    write(tmp_path / "song", "mixture", signals[0][0])
    assert "no audio" in refused(capsys, tmp_path / "song", folders[1])


def test_two_files_of_one_name_are_one_line(folders, signals, capsys):
    write_audio(folders[1] / "drums.flac", AudioClip(signals[1][1], RATE), "PCM_16")
    assert "second stem named drums" in refused(capsys, *folders)


@pytest.mark.parametrize("difference", ["Hz", "channels", "samples"])
def test_recordings_that_differ_in_kind_are_one_line(folders, signals, capsys, difference):
    samples = signals[1][1]
    if difference == "Hz":
        write(folders[1], "drums", samples, 2 * RATE)
    elif difference == "channels":
        write(folders[1], "drums", samples[:1])
    else:
        write(folders[1], "drums", samples[:, :-1])
    told = refused(capsys, *folders)
    assert difference in told
    assert "drums.wav" in told


def test_bad_usage_is_one_line(folders, capsys):
    assert "v5" in refused(capsys, *folders, "--version", "v5")
    refused(capsys, folders[0])
