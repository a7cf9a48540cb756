"""``sepstudio benchmark-painting`` on a small song of tones and clicks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sepstudio.cli import main


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    time = np.arange(3 * 8000) / 8000
    stems = {
        "other": np.sin(2 * np.pi * 440 * time) / 4,
        "drums": rng.standard_normal(time.size) * np.exp(-((time % 0.5) / 0.02)) / 4,
    }
    song = tmp_path / "data" / "clicks"
    song.mkdir(parents=True)
    for name, x in (*stems.items(), ("mixture", sum(stems.values()))):
        soundfile.write(song / f"{name}.wav", x.astype(np.float32), 8000, subtype="FLOAT")
    return tmp_path / "data"


def test_it_tells_of_every_effort(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark-painting", str(data), "--preset", "fast", "--share", "0.5", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [effort["share"] for effort in found["efforts"]] == [0.005, 0.02]
    song = found["songs"]["clicks"]
    assert song["mixture"]["drums"] < song["painted"][1]["sdr"]["drums"] < song["irm"]["drums"] + 1
    assert found["efforts"][1]["medians"]["way"] > 0.5
    assert [one["strokes_made"] for one in song["painted"]] == [50, 50]


def test_more_and_smaller_strokes_are_an_effort_of_their_own(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--preset", "fast", "--strokes", "5", "25", "--wrong", "0.2")
    assert main(["benchmark-painting", str(data), *options]) == 0
    rows = capsys.readouterr().out.splitlines()[-2:]
    assert rows[0].startswith("1 %, 5 strokes, 20 % wrong ")
    assert rows[1].startswith("1 %, 20 % wrong ")


def test_shares_out_of_range_are_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark-painting", str(data), "--share", "0"]) == 2
    assert "--share" in capsys.readouterr().err
    assert main(["benchmark-painting", str(data), "--strokes", "0"]) == 2
    assert "--strokes" in capsys.readouterr().err
