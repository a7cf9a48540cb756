"""``sepstudio synthesize``: songs with known stems from the command line."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sepstudio.cli import main
from sepstudio.commands.synthesize import midi_files
from sepstudio.errors import DataSetError
from sepstudio.nn.datasets.composing import compose
from sepstudio.nn.datasets.layouts import find_songs
from sepstudio.nn.datasets.tunes import midi_bytes

SHORT = ["--duration", "2", "--sample-rate", "8000"]
needs_fluidsynth = pytest.mark.skipif(
    shutil.which("fluidsynth") is None or not Path("/usr/share/sounds/sf2/FluidR3_GM.sf2").exists(),
    reason="needs fluidsynth and the SoundFont FluidR3_GM",
)


@pytest.fixture
def tunes(tmp_path):
    folder = tmp_path / "tunes" / "deep"
    folder.mkdir(parents=True)
    for number, name in enumerate(("first.mid", "second.MID")):
        tune = compose(np.random.default_rng(number), 4.0)
        (folder / name).write_bytes(midi_bytes(tune.messages, tune.length))
    (folder / "notes.txt").touch()
    return tmp_path / "tunes"


@needs_fluidsynth
def test_songs_of_midi_files_are_made_and_listed(tunes, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["synthesize", str(tunes), "-o", str(out), *SHORT]) == 0
    folders = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert len(folders) == 2
    assert {song.name for song in find_songs(out)} == {folder.name for folder in folders}
    for folder in folders:
        stems = [soundfile.read(folder / f"{name}.wav")[0] for name in ("bass", "drums", "other", "vocals")]
        np.testing.assert_allclose(sum(stems), soundfile.read(folder / "mixture.wav")[0], atol=1e-6)


@needs_fluidsynth
def test_without_files_music_is_made_up_and_told_as_json(tmp_path, capsys):
    assert main(["synthesize", "-o", str(tmp_path), "--songs", "1", "--seed", "3", "--json", *SHORT]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["split"] in {"train", "validation", "test"}
    assert soundfile.info(told["mixture"]).samplerate == 8000
    assert set(told["stems"]) == {"bass", "drums", "other", "vocals"}


@needs_fluidsynth
def test_an_interrupted_command_leaves_whole_songs_and_goes_on(tmp_path):
    command = ["synthesize", "-o", str(tmp_path), "--songs", "40", *SHORT]
    # In a process of its own: here the interruption may come while other libraries collect garbage, which swallow it.
    child = subprocess.Popen([sys.executable, "-m", "sepstudio", *command])
    while not list(tmp_path.glob("*/0000 composed/mixture.wav")):
        assert child.poll() is None
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    assert child.wait(60) == 130
    made = sorted(tmp_path.glob("*/*"))
    assert 1 <= len(made) < 40
    assert all((folder / "mixture.wav").exists() and (folder / "song.json").exists() for folder in made)
    command[4] = str(len(made))
    assert main(command) == 0
    assert sorted(tmp_path.glob("*/*")) == made


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--songs", "-1"], "count = -1"),
        (["--songs", "0"], "count = 0"),
        (["--duration", "0.1"], "duration"),
        (["--sound-font", "absent.sf2"], "absent.sf2"),
        (["absent.mid"], "absent.mid"),
    ],
)
def test_what_cannot_work_is_named_in_one_line(arguments, named, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sepstudio.nn.datasets.rendering.shutil.which", lambda _name: "/usr/bin/fluidsynth")
    monkeypatch.setattr("sepstudio.nn.datasets.rendering._SOUND_FONTS", (__file__,))
    assert main(["synthesize", "-o", str(tmp_path / "out"), *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert named in line


def test_without_the_program_it_says_how_to_get_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sepstudio.nn.datasets.rendering.shutil.which", lambda _name: None)
    assert main(["synthesize", "-o", str(tmp_path / "out")]) == 2
    assert "apt install fluidsynth fluid-soundfont-gm" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_without_a_sound_font_it_says_how_to_get_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sepstudio.nn.datasets.rendering.shutil.which", lambda _name: "/usr/bin/fluidsynth")
    monkeypatch.setattr("sepstudio.nn.datasets.rendering._SOUND_FONTS", ())
    assert main(["synthesize", "-o", str(tmp_path / "out")]) == 2
    assert "no General MIDI SoundFont is installed" in capsys.readouterr().err


def test_a_folder_is_searched_for_midi_files(tunes, tmp_path):
    first, second = midi_files([tunes, tunes / "deep" / "first.mid"])
    assert (first.name, second.name) == ("first.mid", "second.MID")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataSetError, match="holds no MIDI file"):
        midi_files([tmp_path / "empty"])
