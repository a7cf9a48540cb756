"""True stems in the window: from open recordings, files, sums of files and folders, and what does not fit."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from gui.gestures import arrived
from PySide6.QtWidgets import QDialog, QFileDialog

from sepstudio.gui.controllers.compare_bench import CompareBenchController
from sepstudio.gui.true_stem_files import Shape, match_files
from sepstudio.session.records import Run, Stem

RATE = 44100
STEMS = ("harmonic", "percussive")


@pytest.fixture
def parts(tmp_path, rng):
    """A folder as multitrack collections have them; mixture.wav is the sum of the others."""
    folder = tmp_path / "song"
    folder.mkdir()
    sounds = {name: 0.1 * rng.standard_normal((RATE, 2)) for name in ("drums", "bass", "other", "vocals")}
    sounds["mixture"] = sum(sounds.values())
    for name, sound in sounds.items():
        soundfile.write(folder / f"{name}.wav", sound, RATE, "FLOAT")
    return folder


def bench(window) -> CompareBenchController:
    return next(one for one in window.controllers if isinstance(one, CompareBenchController))


def opened(window, qtbot, folder):
    window.open_paths([folder / "mixture.wav"])
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
    arrived(window)
    return window.session.current_source


def assigned(window, qtbot, source, count):
    qtbot.waitUntil(lambda: len(window.session.true_stems(source.id)) == count, timeout=30_000)
    return {name: window.session.clip(true) for name, true in window.session.true_stems(source.id).items()}


def choose(window, stem, text):
    arrived(window)
    choose_at_once(window, stem, text)


def choose_at_once(window, stem, text):
    combo = bench(window).true_stems._view.lists[stem]
    row = combo.findText(text)
    combo.setCurrentIndex(row)
    combo.activated.emit(row)


def explained(window):
    box = window.findChild(QDialog, "error-dialog")
    text = f"{box.text()} {box.informativeText()}"
    box.close()
    return text


def test_files_of_a_folder_are_matched_by_name_and_by_what_they_are():
    song = [Path(f"/x/{name}.wav") for name in ("bass", "drums", "mixture", "other", "vocals")]
    found = match_files(STEMS, song)
    assert {stem: [path.stem for path in paths] for stem, paths in found.items()} == {
        "harmonic": ["bass", "other", "vocals"], "percussive": ["drums"],
    }  # fmt: skip
    exact = match_files(STEMS, [*song, Path("/x/Harmonic.flac"), Path("/x/notes.txt")])
    assert [path.name for path in exact["harmonic"]] == ["Harmonic.flac"]
    assert match_files(("drums", "vocals", "lead"), song).keys() == {"drums", "vocals"}
    # Without drums nobody knows what the other files are.
    assert match_files(STEMS, [Path("/x/a.wav"), Path("/x/b.wav")]) == {}


def test_what_does_not_fit_is_said_with_numbers():
    shape = Shape(RATE, 2, 10 * RATE)
    assert shape.problem(Shape(RATE, 2, 10 * RATE + 2000)) == ""
    assert "48000 Hz" in shape.problem(Shape(48000, 2, 10 * RATE))
    assert "1 channels" in shape.problem(Shape(RATE, 1, 10 * RATE))
    assert "0.500 s (22050 samples) shorter" in shape.problem(Shape(RATE, 2, 10 * RATE - 22050))
    assert "longer" in shape.problem(Shape(RATE, 2, 11 * RATE))


def test_a_folder_gives_true_stems_that_sum_to_the_mixture_in_the_background(in_studio, qtbot, parts, tmp_path):
    def scenario(window):
        source = opened(window, qtbot, parts)
        window.actions_by_id["select-all"].trigger()
        bench(window).show_true_stems(source.id)
        bench(window).true_stems.open_folder(parts, lambda stem: tmp_path / f"true {stem}.wav")
        clips = assigned(window, qtbot, source, 2)
        total = sum(clip.samples for clip in clips.values())
        assert np.abs(total - window.session.clip(source.id).samples).max() <= 1e-6
        # What is looked at, and the selection in it, stay.
        assert window.session.current_source == source
        assert window.session.selection is not None
        assert (tmp_path / "true harmonic.wav").exists()
        window.session.stack.undo()
        window.session.stack.undo()
        assert not window.session.true_stems(source.id)
        assert list(window.session.sources) == [source.id]

    in_studio([], scenario)


def test_one_file_several_files_and_none_by_the_list(in_studio, qtbot, parts, tmp_path, monkeypatch):
    def answer(names, target=""):
        monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(parts / name) for name in names], ""))
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))

    def scenario(window):
        source = opened(window, qtbot, parts)
        bench(window).show_true_stems(source.id)
        answer(["drums.wav"])
        choose(window, "percussive", "Open files…")
        assigned(window, qtbot, source, 1)
        # A sum that nobody wants to keep is not made.
        answer(["bass.wav", "other.wav"])
        choose(window, "harmonic", "Open files…")
        assert not window.bridge.busy
        # Nor is one put in the place of a recording that is open.
        answer(["bass.wav", "other.wav"], parts / "mixture.wav")
        choose(window, "harmonic", "Open files…")
        assert "in use" in explained(window)
        assert not window.bridge.busy
        answer(["bass.wav", "other.wav"], tmp_path / "sum")
        choose(window, "harmonic", "Open files…")
        clips = assigned(window, qtbot, source, 2)
        expected = sum(soundfile.read(parts / f"{name}.wav")[0] for name in ("bass", "other")).T
        assert np.abs(clips["harmonic"].samples - expected).max() <= 1e-6
        choose(window, "percussive", "None")
        assert list(window.session.true_stems(source.id)) == ["harmonic"]
        choose(window, "percussive", "drums.wav")
        assert len(window.session.true_stems(source.id)) == 2
        # The same file is not opened twice.
        answer(["drums.wav"])
        choose(window, "harmonic", "Open files…")
        true = window.session.true_stems(source.id)
        assert true["harmonic"] == true["percussive"]

    in_studio([], scenario)


@pytest.mark.parametrize(
    ("rate", "channels", "length", "reason"),
    [(48000, 2, RATE, "48000 Hz"), (RATE, 1, RATE, "1 channels"), (RATE, 2, RATE // 2, "22050 samples) shorter")],
)
def test_a_file_that_does_not_fit_is_refused(in_studio, qtbot, parts, rate, channels, length, reason):
    soundfile.write(parts / "odd.wav", np.zeros((length, channels)), rate, "FLOAT")

    def scenario(window):
        source = opened(window, qtbot, parts)
        bench(window).true_stems.open_files("harmonic", [parts / "odd.wav"])
        qtbot.waitUntil(lambda: window.findChild(QDialog, "error-dialog") is not None, timeout=20_000)
        assert reason in explained(window)
        assert not window.session.true_stems(source.id)
        # As an open recording it is listed, and cannot be chosen.
        window.open_paths([parts / "odd.wav"])
        qtbot.waitUntil(lambda: len(window.session.sources) == 2, timeout=20_000)
        odd = window.session.current_source
        window.session.set_current_source(source.id)
        arrived(window)
        combo = bench(window).true_stems._view.lists["harmonic"]
        assert not combo.model().item(combo.findText("odd.wav")).isEnabled()
        bench(window).true_stems.assign("harmonic", odd.id)
        assert reason in explained(window)

    in_studio([], scenario)


def test_a_folder_without_fitting_names_is_explained(in_studio, qtbot, parts, tmp_path, monkeypatch):
    def scenario(window):
        opened(window, qtbot, parts)
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
        bench(window).true_stems._ask_for_folder()
        assert "harmonic, percussive" in explained(window)

    in_studio([], scenario)


def test_lists_of_another_recording_answer_nothing(in_studio, qtbot, parts):
    def scenario(window):
        source = opened(window, qtbot, parts)
        window.open_paths([parts / "drums.wav"])
        qtbot.waitUntil(lambda: len(window.session.sources) == 2, timeout=20_000)
        drums = window.session.current_source
        window.session.set_current_source(source.id)
        arrived(window)
        window.session.set_current_source(drums.id)
        # The list is still that of the mixture, and offers the drums to themselves.
        choose_at_once(window, "harmonic", "drums.wav")
        assert not window.session.true_stems(drums.id)
        window.session.set_current_source(source.id)
        arrived(window)
        choose(window, "harmonic", "drums.wav")
        assert window.session.true_stems(source.id) == {"harmonic": drums.id}

    in_studio([], scenario)


def test_the_stems_of_runs_are_offered(in_studio, qtbot, parts):
    def scenario(window):
        source = opened(window, qtbot, parts)
        stem = Stem("run-1/lead", "run-1", "lead")
        window.session.store_audio(stem.id, [window.session.clip(source.id)])
        window.session.add_run(Run("run-1", 1, "kam", None, source.id, 0, source.length, (stem.id,)), [stem])
        arrived(window)
        assert list(bench(window).true_stems._view.lists) == ["lead"]

    in_studio([], scenario)
