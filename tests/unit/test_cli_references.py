"""``sepstudio separate`` with true stems: where they are looked for, their stretch, and what does not fit."""

import json

import numpy as np
import pytest

from sepstudio.batch.workpiece import runnable
from sepstudio.cli import main
from sepstudio.errors import MissingInputError
from sepstudio.io.audio import open_audio, write_audio
from sepstudio.io.clip import AudioClip, FileClip
from sepstudio.io.scratch import ScratchSink
from sepstudio.io.steps import drain
from sepstudio.separation.base import RunContext
from sepstudio.separation.registry import method

RATE = 8000
LENGTH = 2 * RATE
NAMES = ("bass", "drums")


def write_song(folder, rng):
    folder.mkdir(parents=True)
    stems = {name: (0.1 * rng.standard_normal((2, LENGTH))).astype(np.float32) for name in NAMES}
    for name, samples in {**stems, "mixture": sum(stems.values())}.items():
        write_audio(folder / f"{name}.wav", AudioClip(samples, RATE))
    return {name: AudioClip(samples, RATE) for name, samples in stems.items()}


@pytest.fixture
def song(tmp_path, rng):
    return tmp_path / "song", write_song(tmp_path / "song", rng)


def run(*arguments):
    return main(["separate", "irm", *map(str, arguments)])


def expected(stems, start=0, stop=LENGTH):
    parts = {name: clip.section(start, stop) for name, clip in stems.items()}
    mixture = AudioClip(sum(clip.samples for clip in parts.values()), RATE)
    spec = method("irm")
    return drain(spec.run(mixture, spec.params(), context=RunContext(references=parts))).stems


def same(folder, stems):
    for name, clip in stems.items():
        np.testing.assert_allclose(open_audio(folder / f"{name}.wav").samples, clip.samples, atol=1e-6)


def test_true_stems_lie_in_the_folder_that_is_named(song, tmp_path, capsys):
    folder, stems = song
    assert run(folder / "mixture.wav", "--references", folder, "-o", tmp_path / "out") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    same(tmp_path / "out" / "mixture", expected(stems))


def test_a_stretch_gets_the_true_stems_of_that_stretch(song, tmp_path, capsys):
    folder, stems = song
    stretch = ("--start", "0.5", "--stop", "1.5")
    assert run(folder / "mixture.wav", "--references", folder, "-o", tmp_path / "out", *stretch) == 0
    assert capsys.readouterr().err == ""
    same(tmp_path / "out" / "mixture", expected(stems, RATE // 2, 3 * RATE // 2))


def test_songs_of_a_data_set_find_their_own_true_stems(tmp_path, rng, capsys):
    made = {}
    for title in ("One", "Two"):
        made[title] = write_song(tmp_path / "Sources" / title, rng)
        (tmp_path / "Mixtures" / title).mkdir(parents=True)
        (tmp_path / "Sources" / title / "mixture.wav").rename(tmp_path / "Mixtures" / title / "mixture.wav")
    assert run(tmp_path / "Mixtures", "--references", tmp_path / "Sources", "-o", tmp_path / "out", "--json") == 0
    assert [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()] == ["done", "done"]
    for title, stems in made.items():
        same(tmp_path / "out" / title / "mixture", expected(stems))


def test_without_true_stems_nothing_is_begun(song, tmp_path, capsys):
    assert run(song[0] / "mixture.wav", "-o", tmp_path / "out") == 2
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert "name their folder with --references" in told.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("rate", "channels", "length", "said"),
    [(2 * RATE, 2, LENGTH, "16000 Hz"), (RATE, 1, LENGTH, "1 channels"), (RATE, 2, LENGTH // 2, "8000 samples")],
)
def test_recordings_of_another_kind_are_refused(song, tmp_path, capsys, rate, channels, length, said):
    folder, _ = song
    write_audio(folder / "bass.wav", AudioClip(np.zeros((channels, length), np.float32), rate))
    assert run(folder / "mixture.wav", "--references", folder, "-o", tmp_path / "out") == 2
    assert said in capsys.readouterr().err


def test_other_methods_take_no_true_stems(song, tmp_path, capsys):
    folder, _ = song
    assert main(["separate", "kam", str(folder / "mixture.wav"), "--references", str(folder), "-o", "out"]) == 2
    assert "--references" in capsys.readouterr().err


def test_a_queue_cannot_run_what_needs_true_stems():
    with pytest.raises(MissingInputError, match=r"needs the true stems of each recording"):
        runnable("irm")


def test_long_recordings_are_never_held_as_a_whole(song, tmp_path, monkeypatch):
    folder, stems = song

    def whole(self):
        raise AssertionError(f"{self.path} is read as a whole")

    sink = ScratchSink(memory_limit=0, parent=tmp_path)
    spec = method("irm")
    files = {name: FileClip(folder / f"{name}.wav") for name in NAMES}
    mixture = FileClip(folder / "mixture.wav")
    with monkeypatch.context() as patch:
        patch.setattr(FileClip, "samples", property(whole))
        found = drain(spec.run(mixture, spec.params(), context=RunContext(references=files, sink=sink))).stems
    for name, clip in expected(stems).items():
        np.testing.assert_allclose(found[name].read(0, LENGTH), clip.samples, atol=1e-6)
    sink.close()
