"""Methods that know the true stems, in the window: what they lack is said, and stretches get their own stretch."""

import numpy as np
import pytest
import soundfile
from gui.gestures import arrived
from PySide6.QtWidgets import QDialog, QFileDialog, QLabel
from tiny_models import tiny_model

from sepstudio.gui.controllers.compare_bench import CompareBenchController
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.separation.base import RunContext
from sepstudio.separation.registry import method
from sepstudio.session.records import Selection

RATE = 8000
LENGTH = 3 * RATE
NAMES = ("bass", "drums", "voice")


@pytest.fixture
def song(tmp_path, rng):
    """A folder of three stems, of which the window opens the mixture."""
    folder = tmp_path / "song"
    folder.mkdir()
    stems = {name: (0.1 * rng.standard_normal((LENGTH, 2))).astype(np.float32) for name in NAMES}
    stems["mixture"] = sum(stems.values())
    for name, samples in stems.items():
        soundfile.write(folder / f"{name}.wav", samples, RATE, "FLOAT")
    return folder


def opened(window, qtbot, method_id):
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
    window.panel.choose(method_id)
    arrived(window)
    qtbot.waitUntil(lambda: window.panel.form is not None)
    return window.session.current_source


def take_folder(window, qtbot, monkeypatch, folder):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    window.panel.references_box.folder.click()
    source = window.session.current_source
    qtbot.waitUntil(lambda: len(window.session.true_stems(source.id)) == len(NAMES), timeout=30_000)
    qtbot.waitUntil(lambda: not window.bridge.busy)
    arrived(window)


def separated(window, qtbot):
    known = set(window.session.runs)
    window.panel.separate.click()
    qtbot.waitUntil(lambda: set(window.session.runs) > known, timeout=60_000)
    return list(window.session.runs.values())[-1]


def clips(folder):
    return {name: AudioClip(soundfile.read(folder / f"{name}.wav", dtype="float32")[0].T, RATE) for name in NAMES}


def test_true_stems_of_a_folder_make_the_method_possible(in_studio, qtbot, song, monkeypatch):
    def scenario(window):
        source = opened(window, qtbot, "irm")
        panel = window.panel
        assert not panel.references_box.isHidden()
        assert panel.score_box.isHidden()
        assert not panel.separate.isEnabled()
        assert not panel.preview.isEnabled()
        title = panel.references_box.findChild(QLabel, "method.references.title")
        assert title.text() == "Needs the true stems"
        take_folder(window, qtbot, monkeypatch, song)
        assert sorted(window.session.true_stems(source.id)) == sorted(NAMES)
        assert title.text() == "True stems"
        assert panel.separate.isEnabled()
        run = separated(window, qtbot)
        expected = drain(
            method("irm").run(
                AudioClip(window.session.clip(source.id).samples, RATE), run.params,
                context=RunContext(references=clips(song)),
            )
        )  # fmt: skip
        for stem_id in run.stem_ids:
            stem = window.session.stems[stem_id]
            np.testing.assert_allclose(
                window.session.clip(stem_id).samples, expected.stems[stem.name].samples, atol=1e-6
            )
        for _ in ("the run", *NAMES):
            window.session.stack.undo()
        arrived(window)
        assert not panel.separate.isEnabled()
        panel.choose("kam")
        assert panel.references_box.isHidden()
        assert panel.separate.isEnabled()

    in_studio([song / "mixture.wav"], scenario)


def test_a_selection_gets_the_true_stems_of_its_stretch(in_studio, qtbot, song, monkeypatch):
    def scenario(window):
        source = opened(window, qtbot, "irm")
        take_folder(window, qtbot, monkeypatch, song)
        start, stop = RATE // 2, 2 * RATE
        window.session.set_selection(Selection(start, stop))
        run = separated(window, qtbot)
        assert (run.start, run.stop) == (start, stop)
        spec = method("irm")
        references = {name: clip.section(start, stop) for name, clip in clips(song).items()}
        mixture = window.session.clip(source.id).section(start, stop)
        expected = drain(spec.run(mixture, run.params, context=RunContext(references=references))).stems
        for stem_id in run.stem_ids:
            found = window.session.clip(stem_id).samples
            np.testing.assert_allclose(found, expected[window.session.stems[stem_id].name].samples, atol=1e-6)

    in_studio([song / "mixture.wav"], scenario)


def test_stems_with_phases_of_their_own_leave_a_residual(in_studio, qtbot, song, monkeypatch):
    def scenario(window):
        source = opened(window, qtbot, "oracle_phase")
        take_folder(window, qtbot, monkeypatch, song)
        for name, true_id in sorted(window.session.true_stems(source.id).items(), reverse=True):
            # In which order files are read is up to chance; the stems' order is not.
            window.session.set_true_stem(source.id, name, "")
            window.session.set_true_stem(source.id, name, true_id)
        window.panel.load(method("oracle_phase").params(amplitude="mask"))
        run = separated(window, qtbot)
        assert [window.session.stems[stem_id].name for stem_id in run.stem_ids] == sorted(NAMES)
        assert run.title == "Run 1  Oracle phase"
        rest = window.session.clip(run.residual_id).samples
        total = rest + sum(window.session.clip(stem_id).samples for stem_id in run.stem_ids)
        np.testing.assert_allclose(total, window.session.clip(source.id).samples, atol=1e-5)
        assert np.abs(rest).max() > 1e-3

    in_studio([song / "mixture.wav"], scenario)


def test_amplitudes_come_from_the_model_that_is_chosen(in_studio, qtbot, song, monkeypatch, tmp_path):
    path = tiny_model(tmp_path / "tiny.safetensors", ("bass", "drums"), channels=2, sample_rate=RATE)

    def scenario(window):
        opened(window, qtbot, "oracle_phase")
        take_folder(window, qtbot, monkeypatch, song)
        combo = window.panel.page.models.combo
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
        combo.activated.emit(combo.count() - 1)
        assert combo.currentText() == path.name
        assert window.panel.params.model == str(path)
        run = separated(window, qtbot)
        assert [window.session.stems[stem_id].name for stem_id in run.stem_ids] == ["bass", "drums"]
        assert any("no network for voice" in note for note in run.provenance["notes"])
        window.panel.load(method("oracle_phase").params(amplitude="mask"))
        assert not combo.isEnabled()
        assert combo.currentText() == "phase-small (default)"

    in_studio([song / "mixture.wav"], scenario)


def test_true_stems_are_chosen_one_by_one_where_there_is_a_row_for_each_instrument(in_studio, qtbot, song):
    def scenario(window):
        opened(window, qtbot, "irm")
        window.panel.references_box.choose.click()
        bench = next(one for one in window.controllers if isinstance(one, CompareBenchController))
        assert bench.panel.side == "true-stems"
        qtbot.waitUntil(lambda: list(bench.panel.true_stems.lists) == ["bass", "drums", "other", "vocals"])

    in_studio([song / "mixture.wav"], scenario)


def test_a_folder_without_recordings_is_explained(in_studio, qtbot, song, monkeypatch, tmp_path):
    def scenario(window):
        opened(window, qtbot, "irm")
        (tmp_path / "empty").mkdir()
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "empty"))
        window.panel.references_box.folder.click()
        box = window.findChild(QDialog, "error-dialog")
        assert "Holds no audio files of stems" in f"{box.text()} {box.informativeText()}"
        box.close()

    in_studio([song / "mixture.wav"], scenario)


def test_a_run_that_is_asked_for_without_true_stems_fails_and_says_so(in_studio, qtbot, song):
    def scenario(window):
        opened(window, qtbot, "kam")
        spec = method("irm")
        window.workbench.separate(spec, spec.params())
        qtbot.waitUntil(lambda: window.findChild(QDialog, "error-dialog") is not None, timeout=20_000)
        box = window.findChild(QDialog, "error-dialog")
        assert "true stems" in f"{box.text()} {box.informativeText()}"
        box.close()
        assert not window.session.runs

    in_studio([song / "mixture.wav"], scenario)
