"""Scores of recordings: importing, aligning, moving and exporting them, and what methods say of them."""

import dataclasses
import json

import mido
import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QFileDialog,
    QHeaderView,
    QInputDialog,
    QPushButton,
    QScrollBar,
    QWidget,
)

from sepstudio.gui.error_dialog import ErrorDialog
from sepstudio.gui.notice import Notice
from sepstudio.gui.scores.import_dialog import ImportDialog
from sepstudio.gui.scores.move_dialog import MoveDialog
from sepstudio.io.scores.reading import read_score
from sepstudio.io.scores.records import Note, Score
from sepstudio.io.scores.writing import write_csv
from sepstudio.separation.score_params import NmfParams
from sepstudio.session.score_commands import SetScore

RATE = 22050
LEFT = Qt.MouseButton.LeftButton
HEADER = "Start;Duration;Pitch;Velocity;Instrument\n"
NOTES = (Note(1, 0.2, 0.6, 69, 80, "right"), Note(2, 1.0, 0.6, 57, 60, "left"))
TWO_NOTES = Score("two notes", NOTES, ("right", "left"))


def tone(pitch, seconds, partials=6):
    time = np.arange(round(seconds * RATE)) / RATE
    hertz = 440.0 * 2 ** ((pitch - 69) / 12)
    wave = sum(np.sin(2 * np.pi * hertz * m * time) / m for m in range(1, partials + 1))
    return 0.2 * wave * np.exp(-2.0 * time) * np.minimum(1.0, time / 0.005)


def two_notes(seconds=2.0):
    """A recording of the two notes, [samples, 1]."""
    signal = np.zeros(round(seconds * RATE))
    for note in NOTES:
        start = round(note.onset * RATE)
        sound = tone(note.pitch, note.duration)
        signal[start : start + sound.size] += sound
    return signal[:, None].astype(np.float32)


@pytest.fixture
def piano(tmp_path):
    path = tmp_path / "piano.wav"
    soundfile.write(path, two_notes(), RATE, "FLOAT")
    return path


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "notes.csv"
    path.write_text(HEADER + "0.2;0.6;69;80;right\n1.0;0.6;57;60;left\n", encoding="utf-8")
    return path


def opened(window, qtbot):
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
    return window.session.current_source


def score(window):
    return window.session.score(window.session.current_source.id)


def click(window, name, kind=QPushButton):
    button = window.findChild(kind, name)
    assert button is not None, name
    assert button.isEnabled(), name
    button.click()


def answer(monkeypatch, path):
    for which in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, which, lambda *_: (str(path), ""))


def dialog(window, qtbot):
    qtbot.waitUntil(lambda: window.findChild(ImportDialog) is not None, timeout=20_000)
    return window.findChild(ImportDialog)


def gone(window, qtbot, kind=ImportDialog):
    qtbot.waitUntil(lambda: window.findChild(kind) is None, timeout=10_000)


def drop(window, *paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    middle = QPointF(window.rect().center())
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(middle, copy, data, LEFT, none))


def write_plain_midi(wanted, path):
    """A file of another program: 120 beats a minute, 480 ticks a beat; it does not say that it is aligned."""
    events = [(note.onset, "note_on", note) for note in wanted.notes]
    events += [(note.offset, "note_off", note) for note in wanted.notes]
    track, before = mido.MidiTrack(), 0
    for seconds, kind, note in sorted(events, key=lambda event: event[0]):
        ticks = round(seconds * 960)
        track.append(mido.Message(kind, note=note.pitch, velocity=note.velocity, time=ticks - before))
        before = ticks
    mido.MidiFile(tracks=[track], ticks_per_beat=480).save(path)


def attach(window, wanted=TWO_NOTES):
    window.session.stack.push(SetScore(window.session, window.session.current_source.id, wanted, "Import"))


# -- importing -----------------------------------------------------------------------------------


def test_a_table_is_shown_and_becomes_the_score_in_one_step(in_studio, qtbot, monkeypatch, piano, table):
    def scenario(window):
        opened(window, qtbot)
        actions = window.actions_by_id
        assert actions["score-import"].isEnabled()
        assert not actions["score-align"].isEnabled()
        answer(monkeypatch, table)
        actions["score-import"].trigger()
        shown = dialog(window, qtbot)
        assert shown.notes.texts() == [
            ["0:00.200", "0.600 s", "A4", "80", "right"],
            ["0:01.000", "0.600 s", "A3", "60", "left"],
        ]
        assert "2 notes" in shown.findChild(QWidget, "score.about").text()
        assert "A3 to A4" in shown.findChild(QWidget, "score.about").text()
        assert not shown.align.value
        click(window, "score.import")
        assert score(window).notes == NOTES
        assert score(window).aligned
        assert actions["score-align"].isEnabled()
        window.session.stack.undo()
        assert score(window) is None
        assert not actions["score-align"].isEnabled()
        gone(window, qtbot)

    in_studio([piano], scenario)


def test_offset_and_stretch_move_the_preview_and_the_score(in_studio, qtbot, piano, table):
    def scenario(window):
        opened(window, qtbot)
        drop(window, table)
        shown = dialog(window, qtbot)
        shown.timing._stretch.setValue(2.0)
        shown.timing._offset.setValue(-0.1)
        assert shown.notes.texts()[1][:2] == ["0:01.900", "1.200 s"]
        click(window, "score.import")
        assert [note.onset for note in score(window).notes] == pytest.approx([0.3, 1.9])
        gone(window, qtbot)

    in_studio([piano], scenario)


def test_columns_can_be_chosen_where_the_guess_is_wrong_and_are_remembered(in_studio, qtbot, piano, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("wann;wie lang;was\n0.2;0.6;69\n1.0;0.6;57\n", encoding="utf-8")

    def choose(shown, role, title):
        box = shown.findChild(QComboBox, f"score.column.{role}")
        box.setCurrentIndex(box.findText(title))
        box.activated.emit(box.currentIndex())

    def scenario(window):
        opened(window, qtbot)
        drop(window, path)
        shown = dialog(window, qtbot)
        choose(shown, "pitch", "–")
        qtbot.waitUntil(lambda: shown.file.score is None, timeout=20_000)
        assert "pitch" in shown.findChild(QWidget, "score.remarks").text().lower()
        assert not shown.accept_button.isEnabled()
        choose(shown, "pitch", "was")
        qtbot.waitUntil(lambda: shown.file.score is not None, timeout=20_000)
        choose(shown, "time_unit", "milliseconds")
        qtbot.waitUntil(lambda: shown.file.score.end < 0.01, timeout=20_000)
        click(window, "score.import")
        assert [note.pitch for note in score(window).notes] == [69, 57]
        gone(window, qtbot)
        kept = json.loads(window.settings.value("scores/import"))
        assert kept["tables"]["wann;wie lang;was"]["time_unit"] == 0.001
        drop(window, path)
        again = dialog(window, qtbot)
        qtbot.waitUntil(lambda: again.file.score is not None and again.file.score.end < 0.01, timeout=20_000)
        again.reject()
        gone(window, qtbot)

    in_studio([piano], scenario)


def test_a_midi_file_is_aligned_unless_the_user_says_no(in_studio, qtbot, piano, tmp_path):
    path = tmp_path / "elsewhere.mid"
    write_plain_midi(TWO_NOTES.moved(0.3), path)

    def scenario(window):
        opened(window, qtbot)
        drop(window, path)
        shown = dialog(window, qtbot)
        assert shown.sustain.isVisible()
        assert not shown.columns.isVisible()
        assert shown.align.value
        click(window, "score.import")
        assert not score(window).aligned
        qtbot.waitUntil(lambda: score(window).aligned, timeout=60_000)
        assert [note.onset for note in score(window).notes] == pytest.approx([0.2, 1.0], abs=0.08)
        assert window.session.stack.undoText() == "Align the score"
        gone(window, qtbot)
        # The next one is offered as this one was taken.
        drop(window, path)
        shown = dialog(window, qtbot)
        shown.align.click()
        click(window, "score.import")
        gone(window, qtbot)
        drop(window, path)
        assert not dialog(window, qtbot).align.value
        window.findChild(ImportDialog).reject()
        gone(window, qtbot)

    in_studio([piano], scenario)


def test_what_is_no_score_is_told_with_a_remedy(in_studio, qtbot, piano, tmp_path):
    path = tmp_path / "broken.mid"
    path.write_bytes(b"RIFFno score")

    def scenario(window):
        opened(window, qtbot)
        drop(window, path)
        qtbot.waitUntil(lambda: window.findChild(ErrorDialog) is not None, timeout=20_000)
        box = window.findChild(ErrorDialog)
        assert "broken.mid" in box.text()
        box.close()
        assert window.findChild(ImportDialog) is None
        assert score(window) is None

    in_studio([piano], scenario)


def test_a_score_beside_the_recording_is_offered_in_a_line(in_studio, qtbot, piano):
    write_csv(TWO_NOTES, piano.with_suffix(".csv"))

    def scenario(window):
        opened(window, qtbot)
        qtbot.waitUntil(lambda: window.findChild(Notice) is not None, timeout=20_000)
        assert window.findChild(QWidget, "notice.text").text() == "piano.csv lies beside the recording."
        assert window.findChild(ImportDialog) is None
        click(window, "notice.offer")
        assert len(dialog(window, qtbot).notes.texts()) == 2
        click(window, "score.import")
        assert len(score(window).notes) == 2
        gone(window, qtbot)

    in_studio([piano], scenario)


def test_a_score_dropped_with_its_recording_waits_for_it(in_studio, qtbot, piano, table):
    def scenario(window):
        drop(window, table)
        assert "waits for its recording" in window.findChild(QWidget, "notice.text").text()
        drop(window, piano)
        opened(window, qtbot)
        dialog(window, qtbot).reject()
        gone(window, qtbot)
        drop(window, piano, table)
        qtbot.waitUntil(lambda: len(window.session.sources) == 2, timeout=20_000)
        assert dialog(window, qtbot)._file.path == table
        click(window, "score.import")
        assert len(score(window).notes) == 2
        gone(window, qtbot)

    in_studio([], scenario)


# -- moving, exporting, removing -----------------------------------------------------------------


def test_all_notes_are_moved_and_stretched_in_one_step(in_studio, qtbot, piano):
    def scenario(window):
        opened(window, qtbot)
        attach(window)
        window.actions_by_id["score-move"].trigger()
        shown = window.findChild(MoveDialog)
        shown.timing._offset.setValue(0.25)
        assert shown.notes.texts()[0][0] == "0:00.450"
        click(window, "score.apply")
        assert [note.onset for note in score(window).notes] == pytest.approx([0.45, 1.25])
        window.session.stack.undo()
        assert score(window) == TWO_NOTES
        window.actions_by_id["score-remove"].trigger()
        assert score(window) is None
        window.session.stack.undo()
        assert score(window) == TWO_NOTES
        gone(window, qtbot, MoveDialog)

    in_studio([piano], scenario)


@pytest.mark.parametrize(("action", "name"), [("score-midi", "out"), ("score-csv", "out.csv")])
def test_a_score_is_exported_and_can_be_read_again(in_studio, qtbot, monkeypatch, piano, tmp_path, action, name):
    def scenario(window):
        opened(window, qtbot)
        attach(window)
        answer(monkeypatch, tmp_path / name)
        window.actions_by_id[action].trigger()
        written = (tmp_path / name).with_suffix(".mid" if action == "score-midi" else ".csv")
        qtbot.waitUntil(lambda: not window.bridge.busy, timeout=20_000)
        back = read_score(written)
        assert [(note.pitch, note.velocity, note.track) for note in back.notes] == [(69, 80, "right"), (57, 60, "left")]
        assert [note.onset for note in back.notes] == pytest.approx([0.2, 1.0], abs=0.002)
        assert "exported" in window.findChild(QWidget, "notice.text").text()

    in_studio([piano], scenario)


def test_an_alignment_does_not_overwrite_what_was_edited_meanwhile(in_studio, qtbot, piano):
    def scenario(window):
        opened(window, qtbot)
        attach(window)
        window.scores.align()
        moved = TWO_NOTES.moved(0.01)
        attach(window, moved)
        qtbot.waitUntil(lambda: not window.bridge.busy, timeout=60_000)
        assert score(window) is moved

    in_studio([piano], scenario)


# -- the column of methods -----------------------------------------------------------------------


def controls(root):
    kinds = (QAbstractButton, QAbstractSlider, QComboBox, QAbstractSpinBox, QAbstractItemView)
    found = [widget for kind in kinds for widget in root.findChildren(kind)]
    passive = (QScrollBar, QHeaderView)
    return [widget for widget in found if widget.isVisibleTo(root) and not isinstance(widget, passive)]


def unnamed(root):
    named = {widget: widget.accessibleName() and widget.toolTip() for widget in controls(root)}
    return [f"{type(widget).__name__} {widget.objectName()}" for widget, name in named.items() if not name]


def test_a_method_that_needs_a_score_says_so_and_waits_for_it(in_studio, qtbot, piano):
    def scenario(window):
        opened(window, qtbot)
        panel = window.panel
        assert panel.separate.isEnabled()
        assert not panel.score_box.isVisible()
        click(window, "method.choose.nmf")
        assert panel.spec.id == "nmf"
        assert panel.score_box.isVisible()
        assert window.findChild(QWidget, "method.score.name").text() == "Needs a score"
        assert not panel.separate.isEnabled()
        assert unnamed(panel) == []
        # A blind factorisation needs none.
        panel.load(NmfParams(rank=4))
        assert panel.separate.isEnabled()
        panel.load(NmfParams())
        attach(window)
        assert panel.separate.isEnabled()
        assert window.findChild(QWidget, "method.score.state").text() == "2 notes · 2 tracks"
        attach(window, dataclasses.replace(TWO_NOTES, aligned=False))
        assert "not aligned" in window.findChild(QWidget, "method.score.state").text()
        assert unnamed(panel) == []

    in_studio([piano], scenario)


def test_every_method_keeps_its_settings_and_presets(in_studio, qtbot, piano, monkeypatch):
    def scenario(window):
        opened(window, qtbot)
        panel = window.panel
        panel.load(dataclasses.replace(panel.params, iterations=7))
        click(window, "method.choose.nmf")
        panel.load(NmfParams(iterations=30))
        assert panel.presets.currentText() == "Quick"
        monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("Mine", True))
        panel.load(NmfParams(iterations=33, group="pitch"))
        next(action for action in panel.preset_bar.menu.actions() if action.data() == "save").trigger()
        assert panel.presets.currentText() == "Mine"
        click(window, "method.choose.nae")
        assert panel.presets.findText("Mine") < 0
        click(window, "method.choose.kam")
        assert panel.params.iterations == 7
        click(window, "method.choose.nmf")
        assert panel.params == NmfParams(iterations=33, group="pitch")
        assert panel.presets.currentText() == "Mine"
        # A second click on the method that is chosen leaves its button down.
        click(window, "method.choose.nmf")
        assert window.findChild(QPushButton, "method.choose.nmf").isChecked()
        assert not window.findChild(QPushButton, "method.choose.kam").isChecked()

    in_studio([piano], scenario)


def test_a_run_is_made_from_the_panel_and_its_score_is_its_own(in_studio, qtbot, piano):
    def scenario(window):
        opened(window, qtbot)
        attach(window)
        window.panel.choose("nmf")
        window.panel.set_params(NmfParams(iterations=10, group="pitch"))
        click(window, "method.separate")
        qtbot.waitUntil(lambda: len(window.session.runs) == 1, timeout=60_000)
        run = next(iter(window.session.runs.values()))
        assert [window.session.stems[stem_id].name for stem_id in run.stem_ids] == ["A3", "A4"]
        assert run.score == TWO_NOTES
        qtbot.waitUntil(lambda: window.tab.run == run.id, timeout=20_000)
        assert not window.panel.is_stale
        attach(window, TWO_NOTES.moved(0.1))
        assert window.findChild(QWidget, "method.stale").text() == "●  The score differs from run 1"
        window.session.stack.undo()
        assert not window.panel.is_stale

    in_studio([piano], scenario)


def test_every_control_of_the_dialogs_has_a_name_and_a_tooltip(in_studio, qtbot, piano, table):
    def scenario(window):
        opened(window, qtbot)
        drop(window, table)
        shown = dialog(window, qtbot)
        assert len(controls(shown)) > 10
        assert unnamed(shown) == []
        click(window, "score.import")
        gone(window, qtbot)
        window.actions_by_id["score-move"].trigger()
        assert unnamed(window.findChild(MoveDialog)) == []
        window.findChild(MoveDialog).reject()
        gone(window, qtbot, MoveDialog)

    in_studio([piano], scenario)
