"""Hearing one thing against another: A, B and X, held solos, matched levels, pan, scrubbing."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from sepstudio.errors import AudioFileError
from sepstudio.gui.error_dialog import ErrorDialog
from sepstudio.gui.listening.abx import AbxTest
from sepstudio.io.clip import AudioClip, ComputedClip
from sepstudio.session.commands import AddRun
from sepstudio.session.records import Run, Stem

RATE = 44100
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


def add_run(session, number, gains, start=0, stop=None):
    """Add a run whose stems are the recording at two gains."""
    source = session.current_source
    stop = source.length if stop is None else stop
    stems = []
    for name, gain in zip(("harmonic", "percussive"), gains, strict=True):
        stem = Stem(f"run-{number}/{name}", f"run-{number}", name)
        samples = session.clip(source.id).read(start, stop) * np.float32(gain)
        session.store_audio(stem.id, [AudioClip(samples, RATE)])
        stems.append(stem)
    run = Run(f"run-{number}", number, "kam", None, source.id, start, stop, tuple(stem.id for stem in stems))
    session.stack.push(AddRun(session, run, stems))
    return run


def with_runs(window, qtbot):
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
    runs = [add_run(window.session, 1, (0.5, 0.5)), add_run(window.session, 2, (0.25, 0.25))]
    qtbot.waitUntil(lambda: window.player.heard == "run-2")
    return runs


def lanes(window):
    return {lane.key: lane for lane in window.player._transport._wish.lanes}


def gain_db(window, key):
    return 20 * math.log10(lanes(window)[key].gain)


def test_x_flips_between_the_recording_and_its_newest_run(in_studio, qtbot, recording):
    def scenario(window):
        with_runs(window, qtbot)
        player = window.player
        assert player.pair == ("source-1", "run-2")
        assert (player.heard, player.letter) == ("run-2", "B")
        window.actions_by_id["flip"].trigger()
        assert set(lanes(window)) == {"source-1"}
        assert window.bar.sides["A"].isChecked()
        window.actions_by_id["flip"].trigger()
        assert set(lanes(window)) == {"run-2/harmonic", "run-2/percussive"}
        assert window.bar.sides["B"].isChecked()

    in_studio([recording], scenario)


def test_any_two_stems_or_runs_can_be_the_sides(in_studio, qtbot, recording):
    def scenario(window):
        with_runs(window, qtbot)
        rows = window.tab.stems
        rows.row("run-1/harmonic").context_menu().actions()
        rows.row("run-1/harmonic")._choose_a()
        rows.row("run-2/residual")._choose_b()
        assert window.player.pair == ("run-1/harmonic", "run-2/residual")
        # A residual that is muted in the mix is heard when it is asked for.
        assert set(lanes(window)) == {"run-2/residual"}
        window.actions_by_id["hear-a"].trigger()
        assert set(lanes(window)) == {"run-1/harmonic"}
        assert rows.row("run-1/harmonic").badge.text() == "A"
        assert "harmonic of Run 1" in window.bar.sides["A"].toolTip()

    in_studio([recording], scenario)


def test_a_solo_elsewhere_does_not_deafen_a_comparison(in_studio, qtbot, recording):
    def scenario(window):
        with_runs(window, qtbot)
        row = window.tab.stems.row("run-1/harmonic")
        qtbot.mouseClick(row.solo, LEFT)
        assert set(lanes(window)) == {"run-1/harmonic"}
        window.actions_by_id["hear-a"].trigger()
        assert set(lanes(window)) == {"source-1"}
        qtbot.mouseClick(window.tab.stems.row("run-2/percussive").solo, LEFT)
        assert set(lanes(window)) == {"run-1/harmonic", "run-2/percussive"}

    in_studio([recording], scenario)


def test_the_middle_button_on_s_solos_while_it_is_held(in_studio, qtbot, recording):
    def scenario(window):
        with_runs(window, qtbot)
        solo = window.tab.stems.row("run-1/percussive").solo
        edits = window.session.stack.count()
        qtbot.mousePress(solo, MIDDLE)
        assert set(lanes(window)) == {"run-1/percussive"}
        qtbot.mouseRelease(solo, MIDDLE)
        assert set(lanes(window)) == {"run-2/harmonic", "run-2/percussive"}
        assert window.session.stack.count() == edits

    in_studio([recording], scenario)


def test_the_hidden_x_is_one_of_the_two_and_nothing_tells_which(in_studio, qtbot, recording):
    def scenario(window):
        with_runs(window, qtbot)
        player = window.player
        player.set_pair("run-1", "run-2")
        player.start_abx(3)
        shown = window.tab.run
        for _ in range(12):
            assert player.letter == "X"
            heard = {key.rpartition("/")[0] for key in lanes(window)}
            hidden = player.abx.hidden
            assert heard == {player.pair["AB".index(hidden)]}
            assert window.bar.sides["X"].isChecked()
            assert window.tab.run == shown
            assert player.answer_abx(hidden)
        assert (player.abx.right, len(player.abx.trials)) == (12, 12)
        assert {trial.hidden for trial in player.abx.trials} == {"A", "B"}
        player.end_abx()
        assert player.letter == "A"

    in_studio([recording], scenario)


def test_the_p_value_is_that_of_guessing():
    test = AbxTest(1)
    assert test.p_value == 1.0
    for n in range(10):
        test.answer(test.hidden if n != 4 else ("B" if test.hidden == "A" else "A"))
    # 1 + 10 ways out of 1024 to have 9 or 10 right.
    assert test.p_value == pytest.approx(11 / 1024)
    assert [trial.hidden for trial in AbxTest(1).trials] == []
    assert AbxTest(7).hidden == AbxTest(7).hidden


def test_matched_levels_bring_everything_down_to_the_quietest(in_studio, qtbot, recording):
    def scenario(window):
        with_runs(window, qtbot)
        window.actions_by_id["match-levels"].trigger()
        # Run 1 sums to the recording, run 2 to half of it.
        window.player.hear("run-1")
        qtbot.waitUntil(lambda: gain_db(window, "run-1/harmonic") < -5.0, timeout=20_000)
        assert gain_db(window, "run-1/harmonic") == pytest.approx(-6.02, abs=0.05)
        window.player.hear("run-2")
        assert gain_db(window, "run-2/harmonic") == pytest.approx(0.0, abs=0.05)
        window.player.hear("source-1")
        assert gain_db(window, "source-1") == pytest.approx(-6.02, abs=0.05)
        window.actions_by_id["match-levels"].trigger()
        assert gain_db(window, "source-1") == 0.0

    in_studio([recording], scenario)


def test_nothing_is_matched_to_a_recording_that_cannot_be_read(in_studio, qtbot, recording):
    class Gone(ComputedClip):
        def _read_inside(self, start, stop):
            raise AudioFileError("a.wav", "is missing", "find it")

    def scenario(window):
        with_runs(window, qtbot)
        source = window.session.current_source
        window.session.store_audio(source.id, [Gone(source.channels, source.length, RATE)])
        window.player.set_level_matched(True)
        qtbot.waitUntil(lambda: bool(window.player.levels_match._measured), timeout=20_000)
        assert window.player.levels_match.gain_db("run-1") == 0.0
        assert not window.findChildren(ErrorDialog)

    in_studio([recording], scenario)


def test_a_run_of_a_selection_is_matched_over_its_own_stretch(in_studio, qtbot, recording):
    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
        add_run(window.session, 1, (0.5, 0.5), RATE, 2 * RATE)
        qtbot.waitUntil(lambda: window.player.heard == "run-1")
        window.player.set_level_matched(True)
        qtbot.waitUntil(lambda: bool(window.player.levels_match._gains), timeout=20_000)
        assert gain_db(window, "run-1/harmonic") == pytest.approx(0.0, abs=0.01)

    in_studio([recording], scenario)


def test_a_pan_is_heard_and_undone(in_studio, qtbot, recording):
    def scenario(window):
        with_runs(window, qtbot)
        slider = window.tab.stems.row("run-2/harmonic").pan
        slider.setFocus()
        qtbot.keyClick(slider, Qt.Key.Key_Home)
        assert lanes(window)["run-2/harmonic"].pan == -1.0
        assert "left" in slider.toolTip()
        window.session.stack.undo()
        assert lanes(window)["run-2/harmonic"].pan == 0.0
        assert slider.pan == 0.0

    in_studio([recording], scenario)


def move(widget, x, kind, buttons=LEFT):
    at = QPointF(x, widget.height() / 2)
    button = LEFT if kind != QEvent.Type.MouseMove else Qt.MouseButton.NoButton
    event = QMouseEvent(kind, at, widget.mapToGlobal(at), button, buttons, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)


def test_dragging_the_playhead_in_the_ruler_scrubs(in_studio, qtbot, recording):
    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
        ruler = window.tab.stack.ruler
        window.player.seek(1.0)
        move(ruler, ruler.x_of(1.0), QEvent.Type.MouseButtonPress)
        for seconds in (1.2, 1.6, 2.0):
            move(ruler, ruler.x_of(seconds), QEvent.Type.MouseMove)
            assert window.timeline.playhead == pytest.approx(seconds, abs=0.01)
        assert window.player._transport._wish.scrubbing
        move(ruler, ruler.x_of(2.0), QEvent.Type.MouseButtonRelease, Qt.MouseButton.NoButton)
        assert not window.player._transport._wish.scrubbing
        assert window.session.selection is None
        assert window.timeline.playhead == pytest.approx(2.0, abs=0.01)
        assert not window.player.playing

    in_studio([recording], scenario)


def test_playing_can_go_back_to_where_it_began(in_studio, qtbot, recording):
    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
        window.settings.set("play/return", True)
        window.player.seek(1.0)
        window.player.toggle()
        qtbot.waitUntil(lambda: window.timeline.playhead > 1.1, timeout=10_000)
        window.player.toggle()
        assert window.timeline.playhead == pytest.approx(1.0, abs=0.001)
        window.player.seek(3.0)
        window.actions_by_id["to-anchor"].trigger()
        assert window.timeline.playhead == pytest.approx(1.0, abs=0.001)

    in_studio([recording], scenario)


def test_a_band_restricts_the_stems_of_a_run(in_studio, qtbot, recording):
    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
        window.timeline.selectionEdited.emit((0.5, 2.5, (500.0, 2000.0)))
        assert window.session.selection.band == (500.0, 2000.0)
        window.actions_by_id["separate"].trigger()
        qtbot.waitUntil(lambda: bool(window.session.runs), timeout=60_000)
        run = next(iter(window.session.runs.values()))
        assert run.band == (500.0, 2000.0)
        for stem_id in run.stem_ids:
            spectrum = np.abs(np.fft.rfft(window.session.clip(stem_id).samples[0] * np.hanning(run.stop - run.start)))
            hertz = np.fft.rfftfreq(run.stop - run.start, 1 / RATE)
            outside = spectrum[(hertz < 400) | (hertz > 2100)].max()
            assert outside < 1e-3 * spectrum.max()
        total = sum(window.session.clip(stem_id).samples for stem_id in (*run.stem_ids, run.residual_id))
        np.testing.assert_allclose(total, window.session.clip("source-1").read(run.start, run.stop), atol=1e-6)

    in_studio([recording], scenario)


def test_the_right_place_of_a_click_is_where_it_was(in_studio, qtbot, recording):
    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
        ruler = window.tab.stack.ruler
        qtbot.mouseClick(ruler, LEFT, pos=QPoint(round(ruler.x_of(3.0)), 5))
        assert window.timeline.playhead == pytest.approx(3.0, abs=0.02)

    in_studio([recording], scenario)


def test_a_run_without_stems_is_all_residual(in_studio, qtbot, recording):
    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
        session, source = window.session, window.session.current_source
        run = Run("run-1", 1, "kam", None, source.id, 0, source.length, ())
        session.stack.push(AddRun(session, run, []))
        window.player.compare(run.id)
        (lane,) = lanes(window).values()
        np.testing.assert_array_equal(lane.clip.read(0, 1000), session.clip(source.id).read(0, 1000))

    in_studio([recording], scenario)
