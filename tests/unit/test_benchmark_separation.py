"""``sepstudio benchmark-separation``: methods on the songs of a data set, in tables of medians."""

import csv
import json
import math
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from stem_files import write_stem_file
from tiny_models import tiny_model

from sepstudio.batch.song_clips import open_song_clips
from sepstudio.cli import main
from sepstudio.io.audio import open_audio, write_audio
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.metrics import bss_eval
from sepstudio.nn.datasets.layouts import find_songs
from sepstudio.separation.base import RunContext
from sepstudio.separation.registry import method

RATE = 8000
NAMES = ("bass", "drums", "other", "vocals")
SONGS = ("One", "Two")


def tone(frequency, seconds):
    time = np.arange(round(seconds * RATE)) / RATE
    return np.sin(2 * np.pi * frequency * time)


@pytest.fixture
def songs(tmp_path, rng):
    """Two mono songs of tones and strokes, the second of another rate and without vocals."""
    folder = tmp_path / "songs"
    for number, title in enumerate(SONGS):
        place = folder / title
        place.mkdir(parents=True)
        strokes = rng.standard_normal(2 * RATE) * (np.arange(2 * RATE) % 2000 < 60)
        parts = dict(zip(NAMES, (tone(110, 2), strokes, tone(700, 2), tone(1300, 2)), strict=True))
        for name in NAMES[: 4 - number]:
            heard = 0.1 * parts[name] * (1 + 0.01 * rng.standard_normal(2 * RATE))
            write_audio(place / f"{name}.wav", AudioClip(heard[None].astype(np.float32), RATE if number else 2 * RATE))
    return folder


def told(capsys, *arguments):
    status = main(["benchmark-separation", *map(str, arguments)])
    return status, capsys.readouterr()


def results(capsys, *arguments):
    status, seen = told(capsys, *arguments, "--json")
    assert status == 0, seen.err
    return json.loads(seen.out)["methods"]


def test_the_scores_are_those_of_the_method_and_of_bss_eval(songs, capsys):
    found = results(capsys, songs, "--method", "irm:fft_size=512,hop_size=128")
    (own,) = found.values()
    expected = []
    for title in SONGS:
        true = {path.stem: open_audio(path) for path in sorted((songs / title).iterdir())}
        mixture = AudioClip(sum(clip.samples for clip in true.values()), next(iter(true.values())).sample_rate)
        spec = method("irm")
        run = spec.run(mixture, spec.params(fft_size=512, hop_size=128), context=RunContext(references=true))
        stems = drain(run).stems
        both = [[group[name] for name in true] for group in (true, stems)]
        summary = bss_eval(*both, version="v3", sample_rate=mixture.sample_rate).summary()
        expected.append(dict(zip(true, summary["sdr"], strict=True)))
        for name, value in expected[-1].items():
            assert own["songs"][title]["stems"][name]["SDR"] == pytest.approx(value, abs=1e-6)
    assert "vocals" not in own["songs"]["Two"]["stems"]
    for name in NAMES:
        values = [song[name] for song in expected if name in song]
        assert own["median"][name]["SDR"] == pytest.approx(np.median(values), abs=1e-6)
    assert own["mean"]["SDR"] == pytest.approx(np.mean([own["median"][name]["SDR"] for name in NAMES]))


def test_strokes_are_compared_with_drums_and_tones_with_all_the_rest(songs, capsys):
    settings = "kam:fft_size=512,hop_size=128"
    found = results(capsys, songs, "--method", settings, "--method", "irm", "--method", "mixture")
    kam, irm, mixture = found[settings]["median"], found["irm"]["median"], found["mixture"]["median"]
    assert [name for name in kam if kam[name]["SDR"] is None] == ["bass", "other", "vocals"]
    assert kam["drums"]["SDR"] > mixture["drums"]["SDR"] + 3
    assert kam["w/o drums"]["SDR"] > mixture["w/o drums"]["SDR"] + 3
    # The mixture is the rest plus the drums, which is what it is worth as such.
    true = {path.stem: open_audio(path).samples for path in (songs / "Two").iterdir()}
    rest = sum(samples for name, samples in true.items() if name != "drums")
    worth = bss_eval(np.stack([true["drums"], rest]), np.stack([true["drums"] + rest] * 2), sample_rate=RATE)
    given = found["mixture"]["songs"]["Two"]["stems"]["w/o drums"]["SDR"]
    assert given == pytest.approx(np.median(worth.sdr[1]), abs=0.2)
    assert irm["w/o drums"]["SDR"] > kam["w/o drums"]["SDR"]


def test_the_table_has_a_row_per_method_and_says_how_many_songs_count(songs, capsys):
    status, seen = told(capsys, songs, "--method", "mixture", "--method", "irm", "--measures", "SDR", "SAR")
    assert status == 0
    lines = [line.split() for line in seen.out.splitlines()]
    assert lines[0] == ["SDR", "(dB,", "v3)", *NAMES, "mean", "seconds"]
    assert [line[0] for line in lines[1:4]] == ["mixture", "irm", "songs"]
    assert lines[3][1:] == ["2", "2", "2", "1"]
    assert lines[5][0] == "SAR"
    values = [float(cell) for cell in lines[2][1:6]]
    assert values[4] == pytest.approx(np.mean(values[:4]), abs=0.01)


def test_files_hold_what_was_printed(songs, tmp_path, capsys):
    found = results(capsys, songs, "--method", "irm", "-o", tmp_path / "out")

    def lines(name):
        return list(csv.DictReader((tmp_path / "out" / name).read_text(encoding="utf-8").splitlines()))

    rows = lines("scores.csv")
    assert {(row["song"], row["stem"]) for row in rows} == {("One", n) for n in NAMES} | {("Two", n) for n in NAMES[:3]}
    medians = {row["stem"]: row for row in lines("medians.csv")}
    assert float(medians["bass"]["SDR"]) == pytest.approx(found["irm"]["median"]["bass"]["SDR"], abs=1e-4)
    assert json.loads((tmp_path / "out" / "results.json").read_text())["methods"] == found


def test_where_nothing_can_be_written_no_song_is_separated(songs, tmp_path, capsys):
    (tmp_path / "file").touch()
    for given in (("-o", tmp_path / "file" / "out"), ("--picture", tmp_path / "nowhere" / "bars.svg")):
        status, seen = told(capsys, songs, "--method", "mixture", *given)
        assert (status, seen.out) == (2, "")
        assert str(given[1]) in seen.err
        assert len(seen.err.splitlines()) == 1


def test_stem_files_are_read_in_blocks_of_any_size(tmp_path):
    stems = [0.1 * np.stack([tone(110 * number, 6)] * 2).astype(np.float32) for number in range(1, 5)]
    (tmp_path / "train").mkdir()
    write_stem_file(tmp_path / "train" / "Band - Song.stem.mp4", [sum(stems), *stems], RATE)
    (song,) = find_songs(tmp_path)
    clips = open_song_clips(song)
    assert list(clips.stems) == list(NAMES)
    whole = clips.stems["drums"].read(0, clips.mixture.length)
    for start, stop in ((0, 900), (900, 901), (20_000, 31_000), (1000, 3000), (-5, 5)):
        expected = np.pad(whole, ((0, 0), (5, 0)))[:, start + 5 : stop + 5]
        np.testing.assert_allclose(clips.stems["drums"].read(start, stop), expected, atol=1e-5)
    middle = clips.middle(2)
    assert middle.mixture.length == 2 * RATE
    start = (clips.mixture.length - 2 * RATE) // 2
    np.testing.assert_allclose(middle.stems["drums"].samples, whole[:, start : start + 2 * RATE], atol=1e-5)


def test_medians_are_drawn_as_bars(songs, tmp_path):
    """In a process of its own, as it has neither window nor display."""
    arguments = [sys.executable, "-m", "sepstudio", "benchmark-separation", str(songs), "--method", "mixture"]
    target = tmp_path / "bars.svg"
    outcome = subprocess.run(
        [*arguments, "--excerpt", "1", "--picture", str(target)], capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stderr
    drawing = ElementTree.parse(target).getroot()
    texts = {"".join(text.itertext()).strip() for text in drawing.iter("{http://www.w3.org/2000/svg}text")}
    assert {*NAMES, "mixture", "SDR (dB)", "SDR (v3), median of 2 songs"} <= texts


def test_networks_compete_by_the_name_of_their_model(songs, tmp_path, capsys):
    path = tiny_model(tmp_path / "tiny.safetensors", channels=1, sample_rate=RATE)
    found = results(capsys, songs, "--method", f"dnn:{path}", "--method", f"oracle_phase:{path}", "--split", "all")
    assert list(found) == [f"dnn:{path}", f"oracle_phase:{path}"]
    for label in found:
        assert math.isfinite(found[label]["mean"]["SDR"])


def test_songs_are_chosen_by_split_and_may_be_held_out(songs, capsys):
    assert list(results(capsys, songs, "--method", "mixture", "--hold-out", "tw*")["mixture"]["songs"]) == ["Two"]
    status, seen = told(capsys, songs, "--method", "mixture", "--split", "test")
    assert (status, seen.out) == (2, "")
    assert "holds no songs for test" in seen.err
    status, seen = told(capsys, songs, "--method", "mixture", "--hold-out", "Three")
    assert status == 2
    assert "'Three'" in seen.err


def test_an_excerpt_is_the_middle(songs, capsys):
    true = {path.stem: open_audio(path).samples[:, RATE // 2 : RATE // 2 + RATE] for path in (songs / "Two").iterdir()}
    names = sorted(true)
    stacked = np.stack([true[name] for name in names])
    expected = bss_eval(stacked, np.stack([stacked.sum(axis=0)] * 3), version="v3", sample_rate=RATE).summary()
    found = results(capsys, songs, "--method", "mixture", "--excerpt", "1")["mixture"]["songs"]["Two"]["stems"]
    for number, name in enumerate(names):
        assert found[name]["SDR"] == pytest.approx(expected["sdr"][number], abs=1e-6)


def test_a_song_that_cannot_be_read_costs_no_other(songs, capsys):
    (songs / "One" / "bass.wav").write_bytes(b"RIFF")
    status, seen = told(capsys, songs, "--method", "mixture")
    assert status == 1
    assert "bass.wav" in seen.err
    assert "mixture" in seen.out


def test_what_cannot_compete_is_one_line(songs, capsys):
    for text, words in (
        ("nmf", "needs a score"),
        ("nothing", "must be one of"),
        ("kam:no-preset", "or one of the presets"),
        ("kam:iterations=0", "iterations"),
        ("irm --picture bars.gif", ".svg or .png"),
    ):
        status, seen = told(capsys, songs, "--method", *text.split())
        assert (status, seen.out) == (2, "")
        assert words in seen.err
        assert len(seen.err.splitlines()) == 1
