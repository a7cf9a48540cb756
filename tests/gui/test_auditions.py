"""Notes, components and pitches heard alone; notes as files, and taken out of a recording."""

import numpy as np
import pytest
import soundfile
from PySide6.QtWidgets import QFileDialog, QMessageBox

from sepstudio.gui.error_dialog import ErrorDialog
from sepstudio.io.scores.records import Note, Score
from sepstudio.separation.registry import method
from sepstudio.separation.score_params import NmfParams
from sepstudio.session.score_commands import SetScore

RATE = 22050
A4, A3, E4 = Note(1, 0.2, 0.8, 69, 80, "right"), Note(2, 2.0, 0.8, 57, 60, "left"), Note(3, 2.2, 0.6, 64, 70, "right")
SCORE = Score("notes", (A4, A3, E4), ("right", "left"))
PARAMS = NmfParams(iterations=40, after=0.2)


def hertz_of(pitch):
    return 440.0 * 2 ** ((pitch - 69) / 12)


def tone(pitch, seconds):
    time = np.arange(round(seconds * RATE)) / RATE
    wave = sum(np.sin(2 * np.pi * hertz_of(pitch) * m * time) / m for m in range(1, 5))
    return 0.2 * wave * np.exp(-2.0 * time) * np.minimum(1.0, time / 0.005)


@pytest.fixture
def piano(tmp_path):
    signal = np.zeros(4 * RATE)
    for note in SCORE.notes:
        start, sound = round(note.onset * RATE), tone(note.pitch, note.duration)
        signal[start : start + sound.size] += sound
    path = tmp_path / "piano.wav"
    soundfile.write(path, signal, RATE, "FLOAT")
    return path


@pytest.fixture
def scored(in_studio, qtbot, piano):
    """Start with the recording and its score, separated once unless ``run`` is False."""

    def start(scenario, run=True):
        def act(window):
            qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
            source = window.session.current_source
            window.session.stack.push(SetScore(window.session, source.id, SCORE, "Import"))
            if run:
                window.workbench.separate(method("nmf"), PARAMS)
                qtbot.waitUntil(lambda: len(window.session.runs) == 1, timeout=60_000)
                qtbot.waitUntil(lambda: not window.bridge.busy, timeout=60_000)
            scenario(window, Heard(window, qtbot))

        in_studio([piano], act)

    return start


class Heard:
    """What the transport was given to play in place of everything else."""

    def __init__(self, window, qtbot):
        self._window, self._qtbot, self._lanes = window, qtbot, []
        transport = window.player._transport
        self._set_lanes = transport.set_lanes
        transport.set_lanes = self._note

    def _note(self, lanes):
        self._lanes.extend(lane for lane in lanes if lane.key == "audition")
        self._set_lanes(lanes)

    def wait(self):
        """Return the next sound that is heard alone, and where on the timeline it begins, in seconds."""
        self._qtbot.waitUntil(lambda: bool(self._lanes), timeout=30_000)
        lane = self._lanes[-1]
        self._lanes.clear()
        return lane.clip.samples[0], lane.offset / RATE

    @property
    def nothing(self):
        return not self._lanes


def loudest_hertz(samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    return float(np.argmax(spectrum) * RATE / samples.size)


def share(samples, pitch):
    """How much of the energy lies within a few Hz of the fundamental of a pitch."""
    energy = np.abs(np.fft.rfft(samples * np.hanning(samples.size))) ** 2
    hertz = np.fft.rfftfreq(samples.size, 1 / RATE)
    return float(energy[np.abs(hertz - hertz_of(pitch)) < 8].sum() / energy.sum())


def test_a_note_that_is_selected_is_heard_alone_and_then_all_is_as_before(scored, qtbot):
    def scenario(window, heard):
        window.player.seek(3.5)
        board = window.tab.deck.board
        board.select({3})
        samples, start = heard.wait()
        assert 1.5 < start < 2.2
        assert share(samples, 64) > 0.5
        assert share(samples, 57) < 0.05
        qtbot.waitUntil(lambda: not window.player.playing, timeout=20_000)
        assert window.player.position == round(3.5 * RATE)
        # Several are rather chosen to be worked on: they are heard when that is asked for.
        board.select({2, 3})
        qtbot.wait(150)
        assert heard.nothing
        window.actions_by_id["score-hear"].trigger()
        samples, _ = heard.wait()
        assert min(share(samples, 64), share(samples, 57)) > 0.1

    scored(scenario)


def test_what_is_clicked_is_silent_when_that_is_wished(scored, qtbot):
    def scenario(window, heard):
        action = window.actions_by_id["score-hear-clicked"]
        assert action.isChecked()
        action.trigger()
        window.tab.deck.board.select({1})
        run = next(iter(window.session.runs))
        window.tab.deck.componentChosen.emit(run, 0, 2.2)
        qtbot.wait(150)
        assert heard.nothing
        assert not window.settings.value("scores/hear")

    scored(scenario)


def test_a_component_is_heard_around_the_place_that_was_clicked(scored):
    def scenario(window, heard):
        run = next(iter(window.session.runs))
        names = list(window.session.matrices(run)["activations"].coordinates[0])
        window.tab.deck.componentChosen.emit(run, names.index("A3"), 2.3)
        samples, start = heard.wait()
        assert share(samples, 57) > 0.5
        assert 1.5 < start < 2.3
        # Templates have no time: the component is heard where it is loudest.
        window.tab.deck.componentChosen.emit(run, names.index("A4"), None)
        samples, start = heard.wait()
        assert share(samples, 69) > 0.5
        assert start < 0.5

    scored(scenario)


def test_keys_of_the_piano_sound_until_they_are_let_go(scored, qtbot):
    def scenario(window, heard):
        board = window.tab.deck.board
        board.pitchPressed.emit(60)
        samples, _ = heard.wait()
        assert loudest_hertz(samples) == pytest.approx(hertz_of(60), abs=3)
        assert np.abs(samples).max() <= 0.25
        assert window.player.playing
        board.pitchReleased.emit()
        qtbot.waitUntil(lambda: not window.player.playing, timeout=20_000)

    scored(scenario, run=False)


def test_a_note_that_no_run_knows_is_heard_as_a_tone(scored):
    def scenario(window, heard):
        window.tab.deck.board.select({1})
        samples, start = heard.wait()
        assert loudest_hertz(samples) == pytest.approx(440.0, abs=3)
        assert start == pytest.approx(0.2, abs=0.001)

    scored(scenario, run=False)


def test_selected_notes_are_taken_out_as_a_run_of_two_stems(scored, qtbot):
    def scenario(window, _heard):
        window.tab.deck.board.select({3})
        window.actions_by_id["score-take-out"].trigger()
        qtbot.waitUntil(lambda: len(window.session.runs) == 2, timeout=30_000)
        run = list(window.session.runs.values())[1]
        assert run.label.startswith("1 note of Run 1")
        stems = {window.session.stems[s].name: window.session.clip(s).samples[0] for s in run.stem_ids}
        assert list(stems) == ["selection", "rest"]
        mixture = window.session.clip(run.source_id).samples[0]
        np.testing.assert_allclose(sum(stems.values()), mixture, atol=1e-6)
        stretch = slice(round(2.3 * RATE), round(2.7 * RATE))
        assert share(stems["selection"][stretch], 64) > 0.5
        assert share(stems["rest"][stretch], 64) < 0.1 * share(mixture[stretch], 64)
        window.session.stack.undo()
        assert len(window.session.runs) == 1

    scored(scenario)


def test_notes_are_exported_one_by_one(scored, qtbot, monkeypatch, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))

    def export(window):
        window.actions_by_id["score-notes-export"].trigger()
        qtbot.waitUntil(lambda: not window.bridge.busy, timeout=30_000)

    def scenario(window, _heard):
        window.tab.deck.board.select({3})
        export(window)
        assert [path.name for path in folder.iterdir()] == ["E4_002.200s.wav"]
        window.tab.deck.board.select(())
        answers = []
        monkeypatch.setattr(
            QMessageBox, "question", lambda *args: answers.append(args[2]) or QMessageBox.StandardButton.Yes
        )
        export(window)
        assert "E4_002.200s.wav exist already" in answers[0]
        found = sorted(path.name for path in folder.iterdir())
        assert found == ["A3_002.000s.wav", "A4_000.200s.wav", "E4_002.200s.wav"]
        samples, rate = soundfile.read(folder / "E4_002.200s.wav")
        assert rate == RATE
        # From 0.2 s before the note until 0.2 s after it.
        assert samples.size == pytest.approx(1.0 * RATE, abs=2)
        assert share(samples, 64) > 0.5

    scored(scenario)


@pytest.mark.parametrize("action", ["score-take-out", "score-notes-export"])
def test_without_a_run_notes_say_what_is_missing(scored, action):
    def scenario(window, _heard):
        window.tab.deck.board.select({1})
        window.actions_by_id[action].trigger()
        box = window.findChild(ErrorDialog)
        assert "separate the recording with its score first" in box.informativeText().lower()
        box.close()

    scored(scenario, run=False)
