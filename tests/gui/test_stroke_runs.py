"""Strokes applied to finished runs in the window: by key, button and menu, with and without a question."""

import numpy as np
import pytest
from gui.gestures import arrived
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from sepstudio.errors import UserError
from sepstudio.gui.controllers.compare_bench import CompareBenchController
from sepstudio.gui.notice import Notice
from sepstudio.gui.panels.stroke_stems import StrokeStemsDialog
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes
from sepstudio.separation.kam import KamParams
from sepstudio.separation.registry import method
from sepstudio.session.removal import RemoveRun
from sepstudio.session.stroke_commands import ClearStrokes, ReplaceStrokes

RATE = 44100
PATIENCE_MS = 60_000
# A click every half second, the second of them at 0.75 s.
CLICK = Stroke("box", "click", ((0.7, 2000.0), (0.8, 20000.0)), opacity=0.5)
HISS = Stroke("box", "hiss", ((2.0, 9000.0), (3.0, 12000.0)))
NAMED = Strokes((PaintedSource("click", "Harmonic", "#E69F00"),), (CLICK,))
UNNAMED = Strokes((*NAMED.sources, PaintedSource("hiss", "hiss", "#56B4E9")), (CLICK, HISS))


def idle(window, qtbot):
    qtbot.waitUntil(lambda: not window.bridge.busy, timeout=PATIENCE_MS)
    arrived(window)


def separated(window, qtbot, strokes=NAMED, span=None):
    """Separate the recording, and paint on it; returns the run."""
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=PATIENCE_MS)
    source = window.session.current_source
    window.workbench.separate(method("kam"), KamParams(fft_size=2048, hop_size=512), span)
    qtbot.waitUntil(lambda: len(window.session.runs) == 1, timeout=PATIENCE_MS)
    if strokes is not None:
        window.session.stack.push(ReplaceStrokes(window.session, source.id, strokes))
    idle(window, qtbot)
    return next(iter(window.session.runs.values()))


def newest(window, qtbot, count=2):
    qtbot.waitUntil(lambda: len(window.session.runs) == count, timeout=PATIENCE_MS)
    idle(window, qtbot)
    return list(window.session.runs.values())[-1]


def sounds(window, run):
    return {window.session.stems[stem_id].name: window.session.clip(stem_id).samples for stem_id in run.stem_ids}


def press(window, qtbot):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.tab.focus_panes()
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)


def dialog(window, qtbot):
    def asking():
        return [one for one in window.findChildren(StrokeStemsDialog) if one.isVisible()]

    qtbot.waitUntil(lambda: bool(asking()), timeout=PATIENCE_MS)
    return asking()[0]


def test_a_key_makes_a_run_beside_the_one_on_show(in_studio, qtbot, recording):
    def scenario(window):
        run = separated(window, qtbot)
        before = sounds(window, run)
        press(window, qtbot)
        made = newest(window, qtbot)
        assert not window.findChildren(StrokeStemsDialog)
        assert made.title == "Run 2  KAM, with strokes"
        assert (made.method, made.params.run, made.params.fft_size, made.strokes.strokes) == (
            "reweight",
            run.id,
            2048,
            (CLICK,),
        )
        assert made.provenance["notes"] == ("strokes on Run 1  KAM", "1 stroke for harmonic")
        after = sounds(window, made)
        assert list(after) == list(before)
        np.testing.assert_allclose(sum(after.values()), sum(before.values()), atol=1e-6)
        click, elsewhere = slice(int(0.70 * RATE), int(0.80 * RATE)), slice(RATE, 4 * RATE)
        for name in before:
            assert np.abs(after[name] - before[name])[:, click].max() > 1e-4
            assert np.array_equal(after[name][:, elsewhere], before[name][:, elsewhere])
        assert window.tab.run == made.id
        window.actions_by_id["undo"].trigger()
        assert list(window.session.runs) == [run.id]
        window.actions_by_id["redo"].trigger()
        assert window.session.runs[made.id] == made

    in_studio([recording], scenario)


def test_painted_sources_that_no_stem_is_called_by_are_asked_about(in_studio, qtbot, recording):
    def scenario(window):
        run = separated(window, qtbot, UNNAMED)
        window.actions_by_id["strokes-apply"].trigger()
        asked = dialog(window, qtbot)
        assert {key: box.currentText() for key, box in asked.lists.items()} == {
            "click": "Harmonic",
            "hiss": "New stem: hiss",
        }
        qtbot.keyClick(asked, Qt.Key.Key_Return)
        made = newest(window, qtbot)
        after = sounds(window, made)
        assert list(after) == ["harmonic", "percussive", "hiss"]
        np.testing.assert_allclose(sum(after.values()), sum(sounds(window, run).values()), atol=1e-6)
        # What was said is proposed the next time; the strokes count once, from the first run on.
        press(window, qtbot)
        again = dialog(window, qtbot)
        box = again.lists["hiss"]
        assert box.currentText() == "New stem: hiss"
        box.setFocus()
        for _ in range(box.currentIndex() - box.findData("percussive")):
            qtbot.keyClick(box, Qt.Key.Key_Up)
        qtbot.mouseClick(again.apply, Qt.MouseButton.LeftButton)
        second = newest(window, qtbot, 3)
        assert second.title == "Run 3  KAM, with strokes"
        assert second.params.run == run.id
        after_again = sounds(window, second)
        assert list(after_again) == ["harmonic", "percussive"]
        early = slice(0, RATE)
        np.testing.assert_array_equal(after_again["percussive"][:, early], after["percussive"][:, early])
        for number, (wanted, residual) in enumerate((("", False), ("residual", True)), 4):
            window.actions_by_id["strokes-apply"].trigger()
            asked = dialog(window, qtbot)
            asked.lists["hiss"].setCurrentIndex(asked.lists["hiss"].findData(wanted))
            qtbot.mouseClick(asked.apply, Qt.MouseButton.LeftButton)
            made = newest(window, qtbot, number)
            assert list(sounds(window, made)) == ["harmonic", "percussive"]
            rest = window.session.clip(made.residual_id).samples[:, int(2.2 * RATE) : int(2.8 * RATE)]
            assert (np.abs(rest).max() > 1e-5) == residual

    in_studio([recording], scenario)


def told(window):
    return window.findChildren(Notice)[-1].findChild(object, "notice.text").text()


def test_runs_offer_their_strokes_while_there_are_some(in_studio, qtbot, recording):
    def scenario(window):
        run = separated(window, qtbot)
        block = window.tab.stems._blocks[run.id]
        qtbot.waitUntil(block.strokes.isVisible)
        offered = {action.text(): action for action in block.context_menu().actions()}["Apply strokes to this run"]
        assert offered.isEnabled()
        qtbot.mouseClick(block.strokes, Qt.MouseButton.LeftButton)
        made = newest(window, qtbot)
        qtbot.waitUntil(window.tab.stems._blocks[made.id].strokes.isVisible)
        offered.trigger()
        newest(window, qtbot, 3)
        window.session.stack.push(ClearStrokes(window.session, run.source_id))
        QApplication.processEvents()
        assert not block.strokes.isVisible()
        press(window, qtbot)
        assert "Nothing is painted" in told(window)
        assert not {action.text(): action for action in block.context_menu().actions()}[
            "Apply strokes to this run"
        ].isEnabled()

    in_studio([recording], scenario)


def test_strokes_on_a_run_of_a_selection_fall_where_they_were_painted(in_studio, qtbot, recording):
    def scenario(window):
        start, stop = RATE // 2, 2 * RATE
        run = separated(window, qtbot, span=(start, stop))
        press(window, qtbot)
        made = newest(window, qtbot)
        assert (made.start, made.stop, made.strokes.strokes) == (start, stop, (CLICK,))
        before, after = sounds(window, run), sounds(window, made)
        changed = np.flatnonzero(np.abs(after["percussive"] - before["percussive"]).max(axis=0)) + start
        assert changed.size
        middle = (changed[0] + changed[-1]) / 2
        assert middle == pytest.approx(0.75 * RATE, abs=0.01 * RATE)
        # Its settings are those of the run that it comes from.
        bench = next(one for one in window.controllers if isinstance(one, CompareBenchController))
        for act in (bench._use, bench._rerun):
            with pytest.raises(UserError, match="was made from another run"):
                act((made.id,))

    in_studio([recording], scenario)


def test_a_project_brings_such_a_run_back(in_studio, qtbot, recording, tmp_path):
    folder, kept = tmp_path / "song.sepstudio", []

    def save(window):
        separated(window, qtbot)
        press(window, qtbot)
        made = newest(window, qtbot)
        kept.append((made, {name: samples.copy() for name, samples in sounds(window, made).items()}))
        window.documents._save_in(folder, None)
        qtbot.waitUntil(lambda: not window.documents.modified and not window.bridge.busy, timeout=PATIENCE_MS)

    def look(window):
        qtbot.waitUntil(lambda: len(window.session.runs) == 2, timeout=PATIENCE_MS)
        idle(window, qtbot)
        (made, expected), found = kept[0], list(window.session.runs.values())[-1]
        assert (found.title, found.method, found.params, found.strokes) == (
            made.title,
            "reweight",
            made.params,
            made.strokes,
        )
        assert tuple(found.provenance["notes"]) == made.provenance["notes"]
        for name, samples in sounds(window, found).items():
            np.testing.assert_array_equal(samples, expected[name])
        # The run that it came from is known still: strokes go on from that.
        press(window, qtbot)
        again = newest(window, qtbot, 3)
        assert (again.params.run, again.title) == (made.params.run, "Run 3  KAM, with strokes")
        # Without it they go on from what is there.
        for run_id in (made.params.run, found.id):
            window.session.stack.push(RemoveRun(window.session, run_id))
        press(window, qtbot)
        last = newest(window, qtbot)
        assert (last.params.run, last.title) == (again.id, "Run 4  KAM, with strokes")
        for run_id in (again.id, last.id):
            window.session.stack.push(RemoveRun(window.session, run_id))
        arrived(window)
        assert not window.actions_by_id["strokes-apply"].isEnabled()

    in_studio([recording], save)
    in_studio([folder], look)
