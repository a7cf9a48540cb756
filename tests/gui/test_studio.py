"""The program as a user meets it: started through main(), worked with mouse and keys."""

import threading

import numpy as np
import pytest
import soundfile
from gui.gestures import arrived
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QPushButton

from sepstudio.gui.error_dialog import ErrorDialog

RATE = 44100


def opened(window, qtbot):
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)


def separated(window, qtbot, runs=1):
    qtbot.waitUntil(lambda: len(window.session.runs) == runs, timeout=60_000)


def click(window, qtbot, name):
    button = window.findChild(QPushButton, name)
    assert button is not None, name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def separate_by_button(window, qtbot, runs=1):
    click(window, qtbot, "method.separate")
    separated(window, qtbot, runs)
    run = list(window.session.runs.values())[-1]
    qtbot.waitUntil(lambda: window.tab.run == run.id)
    arrived(window)
    return run


def key(window, qtbot, key, modifier=Qt.KeyboardModifier.NoModifier):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.setFocus()
    qtbot.keyClick(window, key, modifier)


def test_an_argument_is_opened_and_drawn(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        source = window.session.current_source
        assert (source.name, source.sample_rate, source.channels) == (recording.name, RATE, 2)
        assert window.timeline.duration == pytest.approx(4.0)
        qtbot.waitUntil(window.tab.settled, timeout=20_000)
        pane = window.tab.mixture
        height = float(pane.scale.to_unit(1000.0))

        def the_tone_is_bright():
            picture = pane.view.grab().toImage()
            tone_row = round((1.0 - height) * picture.height())
            column = picture.width() // 2

            def brightness(row):
                return max(picture.pixelColor(column, r).lightness() for r in range(row - 3, row + 4))

            return brightness(tone_row) > 3 * max(brightness(tone_row - 40), brightness(tone_row + 40), 10)

        # The panes hear of the last pieces up to 33 ms later.
        qtbot.waitUntil(the_tone_is_bright, timeout=5000)

    in_studio([recording], scenario)


def test_files_are_opened_by_dialog_and_by_drop(in_studio, qtbot, recording, monkeypatch):
    def scenario(window):
        monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(recording)], ""))
        key(window, qtbot, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
        opened(window, qtbot)
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(recording))])
        window.dropEvent(
            QDropEvent(QPointF(400, 400), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                       Qt.KeyboardModifier.NoModifier)
        )  # fmt: skip
        qtbot.waitUntil(lambda: len(window.session.sources) == 2, timeout=10_000)

    in_studio([], scenario)


def test_separating_shows_stems_that_sum_to_the_mixture(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        run = separate_by_button(window, qtbot)
        names = [window.session.stems[stem].name for stem in run.stem_ids]
        assert names == ["harmonic", "percussive"]
        total = sum(window.session.clip(stem).samples for stem in run.stem_ids)
        mixture = window.session.clip(run.source_id).samples
        assert np.abs(total - mixture).max() <= 1e-6
        assert np.abs(window.session.clip(run.residual_id).samples).max() <= 1e-6
        # Four panes: waveform, mixture and one for each stem.
        assert len(window.tab.stack.panes) == 4
        assert set(run.stem_ids) <= set(window.tab.stems.audio_ids)
        key(window, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert not window.session.runs
        arrived(window)
        assert len(window.tab.stack.panes) == 2
        key(window, qtbot, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
        assert list(window.session.runs) == [run.id]

    in_studio([recording], scenario)


def test_a_preview_takes_the_stretch_that_was_dragged_in_the_ruler(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        ruler = window.tab.stack.ruler
        left = window.tab.waveform.view.mapTo(window, QPoint(0, 0)).x() - ruler.mapTo(window, QPoint(0, 0)).x()
        width = ruler.width() - left
        start, stop = QPoint(left + width // 4, 10), QPoint(left + width // 2, 10)
        qtbot.mousePress(ruler, Qt.MouseButton.LeftButton, pos=start)
        qtbot.mouseMove(ruler, stop)
        qtbot.mouseRelease(ruler, Qt.MouseButton.LeftButton, pos=stop)
        selection = window.session.selection
        assert selection.start == pytest.approx(RATE, abs=RATE / 20)
        assert selection.stop == pytest.approx(2 * RATE, abs=RATE / 20)
        click(window, qtbot, "method.preview")
        separated(window, qtbot)
        run = next(iter(window.session.runs.values()))
        assert (run.start, run.stop) == (selection.start, selection.stop)
        assert window.session.clip(run.stem_ids[0]).length == run.stop - run.start

    in_studio([recording], scenario)


def test_the_iteration_slider_changes_what_is_heard(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        window.panel.set_params(type(window.panel.params)(iterations=3, keep_iterations=True))
        run = separate_by_button(window, qtbot)
        stem = run.stem_ids[0]
        assert (window.session.stems[stem].take, window.session.stems[stem].takes) == (3, 3)
        before = window.session.clip(stem)
        window.panel.takeChosen.emit(stem, 1)
        after = window.session.clip(stem)
        assert window.session.stems[stem].take == 1
        assert after is not before
        assert np.abs(after.samples - before.samples).max() > 1e-4
        # The residual makes up what stems of different iterations leave.
        total = sum(window.session.clip(s).samples for s in (*run.stem_ids, run.residual_id))
        assert np.abs(total - window.session.clip(run.source_id).samples).max() <= 1e-6
        window.session.stack.undo()
        assert window.session.clip(stem) is before

    in_studio([recording], scenario)


def test_the_playhead_runs_without_a_device_and_keys_choose_what_is_heard(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        run = separate_by_button(window, qtbot)
        harmonic, percussive = run.stem_ids
        assert set(window.player.audible()) == {harmonic, percussive}
        key(window, qtbot, Qt.Key.Key_2)
        assert window.player.audible() == (percussive,)
        key(window, qtbot, Qt.Key.Key_2)
        key(window, qtbot, Qt.Key.Key_1, Qt.KeyboardModifier.ShiftModifier)
        assert window.player.audible() == (percussive,)
        key(window, qtbot, Qt.Key.Key_X)
        assert window.player.audible() == (run.source_id,)
        key(window, qtbot, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda: window.timeline.playhead > 0.2, timeout=10_000)
        assert window.player.playing
        key(window, qtbot, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda: not window.player.playing, timeout=5_000)

    in_studio([recording], scenario)


def test_stems_are_exported(in_studio, qtbot, recording, tmp_path, monkeypatch):
    def scenario(window):
        opened(window, qtbot)
        separate_by_button(window, qtbot)
        target = tmp_path / "out" / "song.wav"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), "WAV, 32-bit float (*.wav)"))
        with qtbot.waitSignal(window.workbench.exported, timeout=10_000):
            key(window, qtbot, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        total = sum(soundfile.read(p)[0] for p in sorted(target.parent.iterdir()))
        assert np.abs(total.T - soundfile.read(recording)[0].T).max() <= 1e-6

    in_studio([recording], scenario)


def test_a_file_that_is_no_audio_is_explained_and_changes_nothing(in_studio, qtbot, recording, tmp_path):
    bad = tmp_path / "notes.wav"
    bad.write_text("no audio at all")

    def scenario(window):
        opened(window, qtbot)
        window.open_paths([bad])
        qtbot.waitUntil(lambda: window.findChild(ErrorDialog, "error-dialog") is not None, timeout=10_000)
        box = window.findChild(ErrorDialog, "error-dialog")
        assert "notes.wav" in box.text()
        box.close()
        assert len(window.session.sources) == 1

    in_studio([recording], scenario)


def test_a_cancelled_run_leaves_nothing(in_studio, qtbot, long_recording):

    def scenario(window):
        opened(window, qtbot)
        window.panel.set_params(type(window.panel.params)(iterations=30))
        click(window, qtbot, "method.separate")
        qtbot.waitUntil(lambda: bool(window.activity.job_ids), timeout=5_000)
        key(window, qtbot, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: not window.bridge.busy, timeout=5_000)
        assert not window.session.runs

    in_studio([long_recording], scenario)
    assert not [t for t in threading.enumerate() if t.name.startswith(("job", "playback"))]


def test_the_window_may_close_while_a_run_goes_on(in_studio, qtbot, long_recording):

    def scenario(window):
        opened(window, qtbot)
        window.panel.set_params(type(window.panel.params)(iterations=30))
        click(window, qtbot, "method.separate")
        qtbot.wait(200)

    in_studio([long_recording], scenario)
    assert not [t for t in threading.enumerate() if t.name.startswith(("job", "playback"))]
