"""``sepstudio separate reweight``: strokes on the stems of an earlier run, from files."""

import json

import numpy as np
import pytest

from sepstudio.cli import main
from sepstudio.io.audio import open_audio, write_audio
from sepstudio.io.clip import AudioClip
from sepstudio.io.strokes.files import write_strokes
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes

RATE = 8000
LENGTH = 3 * RATE
STROKES = Strokes(
    (PaintedSource("s1", "singer", "#E69F00"), PaintedSource("s2", "hiss", "#56B4E9")),
    (
        Stroke("box", "s1", ((1.0, 500.0), (1.5, 2000.0))),
        Stroke("box", "s2", ((2.0, 3000.0), (2.5, 4000.0)), opacity=0.5),
    ),
)


@pytest.fixture
def song(tmp_path, rng):
    """A mixture, the folder that an earlier run has written, and strokes."""
    stems = {name: (0.1 * rng.standard_normal((2, LENGTH))).astype(np.float32) for name in ("vocals", "drums")}
    (tmp_path / "run" / "song").mkdir(parents=True)
    for name, samples in stems.items():
        write_audio(tmp_path / "run" / "song" / f"{name}.wav", AudioClip(samples, RATE))
    write_audio(tmp_path / "song.wav", AudioClip(sum(stems.values()), RATE))
    write_strokes(tmp_path / "strokes.json", STROKES)
    return tmp_path, stems


def run(folder, *more):
    common = ["--stems", folder / "run", "--strokes", folder / "strokes.json", "-o", folder / "out"]
    return main(["separate", "reweight", *map(str, (folder / "song.wav", *common, *more))])


def written(folder):
    return {path.stem: open_audio(path).samples for path in sorted((folder / "out" / "song").iterdir())}


def test_stems_of_an_earlier_run_obey_strokes(song, capsys):
    folder, stems = song
    assert run(folder, "--sources", "singer=vocals", "--fft-size", "512", "--hop-size", "128", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["provenance"]["params"]["sources"] == "singer=vocals"
    assert told["provenance"]["notes"] == ["1 stroke for vocals", "1 stroke for hiss"]
    found = written(folder)
    assert set(found) == {"vocals", "drums", "hiss"}
    np.testing.assert_allclose(sum(found.values()), sum(stems.values()), atol=1e-6)
    np.testing.assert_array_equal(found["drums"][:, : RATE // 2], stems["drums"][:, : RATE // 2])
    assert not found["hiss"][:, : RATE // 2].any()


def test_a_stretch_gets_stems_and_strokes_of_that_stretch(song, capsys):
    folder, stems = song
    sizes = ("--fft-size", "512", "--hop-size", "128")
    assert run(folder, "--sources", "singer=vocals, hiss=", "--start", "0.5", "--stop", "2", *sizes) == 0
    found = written(folder)
    assert set(found) == {"vocals", "drums"}
    changed = np.flatnonzero(np.abs(found["vocals"] - stems["vocals"][:, RATE // 2 : 2 * RATE]).max(axis=0))
    assert (changed[0] + changed[-1]) / 2 / RATE + 0.5 == pytest.approx(1.25, abs=0.01)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--sources", "choir=vocals"), "among the painted sources: singer, hiss"),
        (("--sources", "singer"), "such as singer=vocals"),
        (("--hop-size", "3000"), "half of the FFT size"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(song, capsys, arguments, words):
    folder, _ = song
    assert run(folder, *arguments) == 2
    assert words in capsys.readouterr().err
    assert not (folder / "out" / "song").exists()


def test_the_folder_of_the_stems_must_be_named(song, capsys):
    folder, _ = song
    assert main(["separate", "reweight", str(folder / "song.wav"), "-o", str(folder / "out")]) == 2
    assert "name their folder with --stems" in capsys.readouterr().err
