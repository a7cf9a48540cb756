"""The column of sources and stems: what it lists, what it proposes, and that it never writes."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton, QWidget

from sepstudio.gui import theme
from sepstudio.gui.panels.stems_panel import StemsPanel
from sepstudio.gui.turns import Turns
from sepstudio.gui.widgets.fine_slider import FineSlider
from sepstudio.gui.widgets.value_slider import NumberBox
from sepstudio.session.commands import SetLane
from sepstudio.session.records import LaneState, Run, Source, Stem
from sepstudio.session.session import Session

LEFT = Qt.MouseButton.LeftButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
EXCLUSIVE = CONTROL | Qt.KeyboardModifier.AltModifier
RATE = 1000
MINUTE = 60 * RATE


def source(number=1) -> Source:
    return Source(f"source-{number}", f"song {number}.flac", Path("song.flac"), RATE, 2, 2 * MINUTE, "PCM_16")


def add_run(session, number, start=0, stop=2 * MINUTE, names=("harmonic", "percussive"), source_id="source-1"):
    stems = [Stem(f"{name}-{number}", f"run-{number}", name) for name in names]
    run = Run(f"run-{number}", number, "kam", None, source_id, start, stop, tuple(stem.id for stem in stems))
    session.add_run(run, stems)
    return run


class Desk:
    """The panel and what it said; ``push`` does with an edit what the window does."""

    def __init__(self, session, panel):
        self.session, self.panel = session, panel
        self.said = []
        panel.laneEdited.connect(self.push)
        panel.gestureBegun.connect(self.begin)
        panel.gestureEnded.connect(self.end)

    def push(self, audio_id, state, text):
        self.said.append((audio_id, state, text))
        self.session.stack.push(SetLane(self.session, audio_id, state, text))

    def begin(self, text):
        self.session.stack.beginMacro(text)

    def end(self):
        self.session.stack.endMacro()

    def find(self, kind, audio_id, part):
        return self.panel.findChild(kind, f"lane.{audio_id}.{part}")

    def fader(self, audio_id) -> FineSlider:
        return self.find(FineSlider, audio_id, "gain.slider")


@pytest.fixture
def desk(qtbot, qapp):
    theme.apply_theme(qapp, theme.DARK)
    session, turns = Session(), Turns()
    panel = StemsPanel(session, turns)
    qtbot.addWidget(panel)
    panel.resize(240, 640)
    panel.show()
    session.add_source(source())
    add_run(session, 1)
    add_run(session, 2, start=12 * RATE, stop=22 * RATE)
    qtbot.waitUntil(lambda: turns.idle)
    return Desk(session, panel)


# -- what it lists -----------------------------------------------------------------------------


def test_an_empty_session_teaches_the_gesture(qtbot):
    panel = StemsPanel(Session(), Turns())
    qtbot.addWidget(panel)
    panel.resize(240, 300)
    panel.show()
    hint = panel.findChild(QWidget, "stems.empty")
    assert hint.isVisible()
    assert "Open or drop a recording" in hint.findChild(QLabel).text()
    with qtbot.waitSignal(panel.openRequested):
        qtbot.mouseClick(panel.findChild(QPushButton, "stems.open"), LEFT)


def test_sources_then_runs_newest_first_then_stems_and_residual(desk):
    assert desk.panel.audio_ids == (
        "source-1",
        "harmonic-2", "percussive-2", "run-2/residual",
        "harmonic-1", "percussive-1", "run-1/residual",
    )  # fmt: skip
    assert not desk.panel.findChild(QWidget, "stems.empty").isVisible()


def test_titles_name_run_method_and_the_stretch_that_was_separated(desk):
    assert desk.panel.findChild(QToolButton, "run.run-2").text() == "Run 2  KAM"
    assert desk.panel.findChild(QLabel, "run.run-2.range").text() == "0:12–0:22"
    # A run over everything needs no range.
    assert desk.panel.findChild(QLabel, "run.run-1.range") is None


def test_a_stem_called_residual_takes_the_place_of_the_computed_one(desk):
    add_run(desk.session, 3, names=("harmonic", "percussive", "residual"))
    assert "residual-3" in desk.panel.audio_ids
    assert "run-3/residual" not in desk.panel.audio_ids


def test_the_newest_run_is_open_and_folds_are_remembered(desk, qtbot):
    assert desk.panel.row("harmonic-2").isVisible()
    assert not desk.panel.row("harmonic-1").isVisible()
    qtbot.mouseClick(desk.panel.findChild(QToolButton, "run.run-1"), LEFT)
    assert desk.panel.row("harmonic-1").isVisible()
    add_run(desk.session, 3)
    assert desk.panel.row("harmonic-1").isVisible()
    assert desk.panel.row("harmonic-3").isVisible()
    assert not desk.panel.row("harmonic-2").isVisible()


def test_undoing_a_run_takes_its_rows_away(desk):
    desk.session.remove_run("run-2")
    assert desk.panel.audio_ids == ("source-1", "harmonic-1", "percussive-1", "run-1/residual")
    desk.session.remove_run("run-1")
    desk.session.remove_source("source-1")
    assert desk.panel.audio_ids == ()
    assert desk.panel.findChild(QWidget, "stems.empty").isVisible()


# -- what it proposes --------------------------------------------------------------------------


def test_solo_and_mute_are_proposed_and_shown_when_the_session_agrees(desk, qtbot):
    solo = desk.find(QToolButton, "harmonic-2", "solo")
    qtbot.mouseClick(solo, LEFT)
    assert desk.said == [("harmonic-2", LaneState(solo=True), "Solo harmonic")]
    assert solo.isChecked()
    qtbot.mouseClick(desk.find(QToolButton, "percussive-2", "mute"), LEFT)
    assert desk.said[-1] == ("percussive-2", LaneState(mute=True), "Mute percussive")
    desk.session.stack.undo()
    desk.session.stack.undo()
    assert not solo.isChecked()
    assert not desk.find(QToolButton, "percussive-2", "mute").isChecked()


def test_the_panel_never_writes_by_itself(qtbot, qapp):
    session = Session()
    session.add_source(source())
    panel = StemsPanel(session, Turns())
    qtbot.addWidget(panel)
    panel.resize(240, 300)
    panel.show()
    solo = panel.findChild(QToolButton, "lane.source-1.solo")
    with qtbot.waitSignal(panel.laneEdited):
        qtbot.mouseClick(solo, LEFT)
    assert session.lane("source-1") == LaneState()
    # Nobody took the edit up: the row shows what is.
    assert not solo.isChecked()


def test_letters_on_the_focused_row(desk, qtbot):
    row = desk.panel.row("percussive-2")
    row.setFocus()
    qtbot.keyClick(row, Qt.Key.Key_M)
    assert desk.session.lane("percussive-2") == LaneState(mute=True)
    qtbot.keyClick(row, Qt.Key.Key_S)
    assert desk.session.lane("percussive-2") == LaneState(mute=True, solo=True)
    # With modifiers they belong to the window.
    qtbot.keyClick(row, Qt.Key.Key_S, CONTROL)
    assert desk.session.lane("percussive-2") == LaneState(mute=True, solo=True)


def test_exclusive_solo_ends_the_others_and_is_undone_in_one_step(desk, qtbot):
    for audio_id in ("source-1", "percussive-2"):
        qtbot.mouseClick(desk.find(QToolButton, audio_id, "solo"), LEFT)
    before = desk.session.stack.count()
    solo = desk.find(QToolButton, "harmonic-2", "solo")
    qtbot.mouseClick(solo, LEFT, EXCLUSIVE)
    soloed = {audio_id for audio_id in desk.panel.audio_ids if desk.session.lane(audio_id).solo}
    assert soloed == {"harmonic-2"}
    assert desk.session.stack.count() == before + 1
    assert desk.session.stack.text(before) == "Solo only harmonic"
    desk.session.stack.undo()
    assert desk.session.lane("source-1").solo
    assert desk.session.lane("percussive-2").solo
    assert not desk.session.lane("harmonic-2").solo
    desk.session.stack.redo()
    # Once more on the only one ends its solo.
    qtbot.mouseClick(solo, LEFT, EXCLUSIVE)
    assert not any(desk.session.lane(audio_id).solo for audio_id in desk.panel.audio_ids)


def test_gain_is_dragged_and_one_drag_is_one_step(desk, qtbot):
    fader = desk.fader("harmonic-2")
    y = fader.height() // 2
    qtbot.mousePress(fader, LEFT, pos=QPoint(fader.width() // 2, y))
    for x in range(fader.width() // 2, 0, -3):
        qtbot.mouseMove(fader, QPoint(x, y))
    qtbot.mouseRelease(fader, LEFT, pos=QPoint(0, y))
    assert desk.session.lane("harmonic-2").gain_db <= -50.0
    assert desk.session.stack.count() == 1
    assert desk.said[-1][2].startswith("Gain of harmonic −")


@pytest.mark.parametrize("gesture", ["double", "shift"])
def test_double_click_and_shift_click_reset_the_gain(desk, qtbot, gesture):
    desk.session.set_lane("harmonic-2", LaneState(gain_db=-20.0))
    fader = desk.fader("harmonic-2")
    where = QPoint(4, fader.height() // 2)
    if gesture == "double":
        qtbot.mouseDClick(fader, LEFT, pos=where)
    else:
        qtbot.mouseClick(fader, LEFT, SHIFT, where)
    assert desk.session.lane("harmonic-2").gain_db == 0.0


def test_ctrl_moves_the_fader_finely(desk, qtbot):
    fader = desk.fader("harmonic-2")
    y = fader.height() // 2
    qtbot.keyClick(fader, Qt.Key.Key_Left)
    assert desk.session.lane("harmonic-2").gain_db == pytest.approx(-1.0)
    qtbot.keyClick(fader, Qt.Key.Key_Left, CONTROL)
    assert desk.session.lane("harmonic-2").gain_db == pytest.approx(-1.1)
    desk.session.set_lane("harmonic-2", LaneState())
    qtbot.mousePress(fader, LEFT, CONTROL, QPoint(40, y))
    # A fine press does not jump to the mouse.
    assert desk.session.lane("harmonic-2").gain_db == 0.0
    qtbot.mouseRelease(fader, LEFT, CONTROL, QPoint(40, y))


def test_a_gain_can_be_typed(desk, qtbot):
    box = desk.find(NumberBox, "harmonic-2", "gain.box")
    box.selectAll()
    qtbot.keyClicks(box, box.locale().toString(-6.5))
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert desk.session.lane("harmonic-2").gain_db == pytest.approx(-6.5)


def test_a_click_on_a_row_shows_its_spectrogram(desk, qtbot):
    row = desk.panel.row("percussive-2")
    with qtbot.waitSignal(desk.panel.audioChosen) as heard:
        qtbot.mouseClick(row, LEFT, pos=QPoint(60, 10))
    assert heard.args == ["percussive-2"]
    assert row.property("shown") is True
    qtbot.keyClick(desk.panel.row("harmonic-2"), Qt.Key.Key_Return)
    assert desk.panel.row("harmonic-2").property("shown") is True
    assert row.property("shown") is False


def test_a_row_of_another_source_chooses_that_source_too(desk, qtbot):
    desk.session.add_source(source(2))
    heard = []
    desk.panel.sourceChosen.connect(heard.append)
    desk.panel.audioChosen.connect(heard.append)
    qtbot.mouseClick(desk.panel.row("harmonic-2"), LEFT, pos=QPoint(60, 10))
    assert heard == ["source-1", "harmonic-2"]
    desk.session.set_current_source("source-1")
    with qtbot.assertNotEmitted(desk.panel.sourceChosen):
        qtbot.mouseClick(desk.panel.row("source-1"), LEFT, pos=QPoint(60, 10))


def test_export_by_button_and_by_menu(desk, qtbot):
    with qtbot.waitSignal(desk.panel.exportRequested) as heard:
        qtbot.mouseClick(desk.find(QToolButton, "harmonic-2", "export"), LEFT)
    assert heard.args == ["harmonic-2"]
    with qtbot.waitSignal(desk.panel.exportRequested) as heard:
        qtbot.mouseClick(desk.panel.findChild(QToolButton, "run.run-2.export"), LEFT)
    assert heard.args == ["run-2"]
    menu = desk.panel.row("run-2/residual").context_menu()
    action = next(action for action in menu.actions() if action.text().startswith("Export"))
    with qtbot.waitSignal(desk.panel.exportRequested) as heard:
        action.trigger()
    assert heard.args == ["run-2/residual"]


# -- what it looks like ------------------------------------------------------------------------


def test_what_is_not_heard_is_dimmed(desk):
    rows = {audio_id: desk.panel.row(audio_id) for audio_id in desk.panel.audio_ids}
    # Residuals are silent until somebody asks for them.
    silent = {"run-1/residual", "run-2/residual"}
    assert {audio_id for audio_id, row in rows.items() if row.dimmed} == silent
    desk.session.set_lane("harmonic-2", LaneState(solo=True))
    assert {audio_id for audio_id, row in rows.items() if not row.dimmed} == {"harmonic-2"}
    desk.session.set_lane("harmonic-2", LaneState(mute=True))
    assert {audio_id for audio_id, row in rows.items() if row.dimmed} == {"harmonic-2", *silent}
    desk.panel.set_audible({"source-1"})
    assert {audio_id for audio_id, row in rows.items() if not row.dimmed} == {"source-1"}
    desk.panel.set_audible(None)
    assert {audio_id for audio_id, row in rows.items() if row.dimmed} == {"harmonic-2", *silent}


def test_a_solo_button_is_lit_in_the_warning_colour(desk):
    solo = desk.find(QToolButton, "harmonic-2", "solo")
    assert solo.grab().toImage().pixelColor(4, 4).name() != theme.DARK.warning.lower()
    desk.session.set_lane("harmonic-2", LaneState(solo=True))
    assert solo.grab().toImage().pixelColor(4, 4).name() == theme.DARK.warning.lower()


def test_badges_of_the_comparison_outlive_a_new_run(desk):
    desk.panel.set_ab("source-1", "harmonic-2")
    add_run(desk.session, 3)
    texts = {audio_id: desk.panel.row(audio_id).badge.text() for audio_id in desk.panel.audio_ids}
    assert {audio_id: text for audio_id, text in texts.items() if text} == {"source-1": "A", "harmonic-2": "B"}


def test_the_column_fits_240_pixels_and_everything_is_named(desk):
    assert desk.panel.minimumSizeHint().width() <= 240
    scroll = desk.panel.findChild(QWidget, "stems.scroll")
    assert not scroll.horizontalScrollBar().isVisible()
    for kind in (QToolButton, FineSlider, NumberBox):
        for widget in desk.panel.findChildren(kind):
            assert widget.objectName()
            assert widget.toolTip()
            assert widget.accessibleName()
