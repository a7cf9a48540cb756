"""``sepstudio evaluate`` on data sets: scores of songs, their medians, and songs that lack instruments."""

import json

import numpy as np
import pytest

from sepstudio.cli import main
from sepstudio.io.audio import write_audio
from sepstudio.io.clip import AudioClip
from sepstudio.metrics import bss_eval

RATE = 8000
SECONDS = 2
NAMES = ("bass", "drums", "other", "vocals")


def write(folder, stems):
    folder.mkdir(parents=True)
    for name, samples in stems.items():
        write_audio(folder / f"{name}.wav", AudioClip(samples, RATE))


def leaky(stems, share):
    total = sum(stems.values())
    return {name: (samples + share * (total - samples)).astype(np.float32) for name, samples in stems.items()}


@pytest.fixture
def songs(rng):
    """Three songs of which the last is sung by nobody; estimates hold more and more of the other stems."""
    made = {}
    for number, title in enumerate(("One", "Two", "Three")):
        names = NAMES if title != "Three" else NAMES[:3]
        true = {name: 0.1 * rng.standard_normal((1, SECONDS * RATE)).astype(np.float32) for name in names}
        made[title] = true, leaky(true, 0.1 * (number + 1))
    return made


@pytest.fixture
def folders(tmp_path, songs):
    for title, (true, judged) in songs.items():
        write(tmp_path / "true" / title, {**true, "mixture": sum(true.values())})
        write(tmp_path / "judged" / title, judged)
    return tmp_path / "true", tmp_path / "judged"


def told(capsys, *arguments):
    assert main(["evaluate", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def expected(true, judged, version):
    names = list(true)
    stacked = (np.stack([stems[name] for name in names]) for stems in (true, judged))
    summary = bss_eval(*stacked, version=version, sample_rate=RATE).summary()
    return {name: summary["sdr"][number] for number, name in enumerate(names)}


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_medians_over_songs_are_those_of_each_song_alone(folders, songs, capsys, version):
    found = told(capsys, *folders, "--version", version)
    alone = {title: expected(*stems, version) for title, stems in songs.items()}
    for title, stems in alone.items():
        assert found["songs"][title]["stems"].keys() == stems.keys()
        for name, value in stems.items():
            assert found["songs"][title]["stems"][name]["SDR"] == pytest.approx(value, abs=1e-6)
    for name in NAMES:
        values = [stems[name] for stems in alone.values() if name in stems]
        assert found["median"][name]["SDR"] == pytest.approx(np.median(values), abs=1e-6)


def test_silent_stems_count_as_missing(folders, songs, capsys):
    before = told(capsys, *folders)
    silence = np.zeros((1, SECONDS * RATE), np.float32)
    write_audio(folders[0] / "Three" / "vocals.wav", AudioClip(silence, RATE))
    write_audio(folders[1] / "Three" / "vocals.wav", AudioClip(0.01 * songs["Three"][0]["bass"], RATE))
    after = told(capsys, *folders)
    assert after["songs"]["Three"]["stems"].pop("vocals")["SDR"] is None
    assert after["songs"]["Three"]["stems"] == before["songs"]["Three"]["stems"]
    assert after["median"] == before["median"]


def test_the_table_has_a_row_per_instrument_and_one_per_song_if_wanted(folders, capsys):
    assert main(["evaluate", *map(str, folders)]) == 0
    header, *rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert header == ["median", "SDR", "SIR", "ISR", "SAR", "songs"]
    assert [(row[0], row[5:]) for row in rows] == [
        ("bass", ["3"]), ("drums", ["3"]), ("other", ["3"]), ("vocals", ["2"]), ("mean", []),
    ]  # fmt: skip
    assert float(rows[4][1]) == pytest.approx(np.mean([float(row[1]) for row in rows[:4]]), abs=0.006)
    assert main(["evaluate", *map(str, folders), "--songs"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row[:2] for row in rows if row and row[0] == "Three"] == [["Three", name] for name in NAMES[:3]]


def test_songs_without_estimates_are_named_and_left_out(folders, capsys):
    for path in (folders[1] / "Two").iterdir():
        path.unlink()
    assert main(["evaluate", *map(str, folders)]) == 0
    seen = capsys.readouterr()
    assert seen.err.count("\n") == 1
    assert "Two: has no estimates" in seen.err
    assert seen.out.splitlines()[1].split()[-1] == "2"


def test_estimates_of_single_instruments_are_measured_against_all_that_sounds(folders, capsys):
    before = told(capsys, *folders)["songs"]["One"]["stems"]["drums"]
    for name in ("bass", "other", "vocals"):
        (folders[1] / "One" / f"{name}.wav").unlink()
    found = told(capsys, *folders)["songs"]["One"]
    assert found["stems"]["drums"] == pytest.approx(before, abs=1e-9)
    assert found["stems"]["bass"]["SDR"] is None
    assert any("bass: the estimate is missing" in note for note in found["notes"])


def test_songs_lie_in_the_layout_of_dsd100_and_estimates_as_separating_it_leaves_them(tmp_path, songs, capsys):
    true, judged = songs["One"]
    write(tmp_path / "DSD" / "Sources" / "Test" / "One", true)
    write(tmp_path / "DSD" / "Mixtures" / "Test" / "One", {"mixture": sum(true.values())})
    write(tmp_path / "out" / "One" / "mixture", judged)
    found = told(capsys, tmp_path / "DSD", tmp_path / "out")
    assert found["songs"]["One"]["stems"]["drums"]["SDR"] == pytest.approx(expected(true, judged, "v4")["drums"])


def test_what_cannot_be_compared_is_one_line(folders, tmp_path, songs, capsys):
    def refused(*arguments):
        assert main(["evaluate", *map(str, arguments)]) == 2
        seen = capsys.readouterr()
        assert seen.out == ""
        return seen.err.splitlines()[-1]

    (tmp_path / "empty").mkdir()
    assert "no audio" in refused(tmp_path / "empty", folders[1])
    assert "no folder of the name of a song" in refused(folders[0], tmp_path / "empty")
    (tmp_path / "odd" / "sub").mkdir(parents=True)
    assert "holds no songs" in refused(tmp_path / "odd", folders[1])
    write(tmp_path / "short" / "One", {"bass": songs["One"][0]["bass"][:, :RATE]})
    assert "samples" in refused(folders[0], tmp_path / "short")
