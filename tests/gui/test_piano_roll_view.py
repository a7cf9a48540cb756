"""What the piano roll shows and says, and where notes lie in views of other kinds."""

import dataclasses

import numpy as np
import pytest
from gui.gestures import CTRL, NO_BUTTON, click, drag, mouse, picture_of
from gui.rolls import NOTES, SCORE, starting
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QMenu

from sepstudio.gui.items.note_painting import BoxStyle
from sepstudio.gui.panes.plot import PlotView, TimeViewBox
from sepstudio.gui.scores.board import ScoreBoard
from sepstudio.gui.scores.layer import ScoreLayer
from sepstudio.gui.scores.rows import EvenRows
from sepstudio.gui.scores.table import NoteTable
from sepstudio.gui.theme import DARK, LIGHT, apply_theme
from sepstudio.gui.timeline import Timeline
from sepstudio.io.scores.records import ActivationPatch, Note, Score
from sepstudio.io.scores.snapping import Snap
from sepstudio.separation.score_constraints import ConstraintParams, Grid, note_frames
from sepstudio.session.score_commands import SetScore


@pytest.fixture
def in_roll(in_studio, qtbot, recording):
    return starting(in_studio, qtbot, recording)


# -- looking -----------------------------------------------------------------------------------


def hovering_names_the_note_and_shows_its_overtones(roll):
    mouse(roll.viewport, QEvent.Type.MouseMove, roll.at(0.75, 60), NO_BUTTON, NO_BUTTON)
    assert roll.board.hovered == 1
    assert "C4" in roll.pane.view.toolTip()
    assert "Overlaps" not in roll.pane.view.toolTip()
    rungs = roll.pane.ladder.rungs()
    octave = float(roll.pane.scale.to_unit(2 * 261.6256))
    assert rungs[0].y1() == pytest.approx(octave, abs=1e-4)
    assert (rungs[0].x1(), rungs[0].x2()) == (0.5, 1.0)
    assert roll.viewport.cursor().shape() == Qt.CursorShape.SizeAllCursor
    mouse(roll.viewport, QEvent.Type.MouseMove, roll.at(3.5, 75), NO_BUTTON, NO_BUTTON)
    assert (roll.board.hovered, roll.pane.ladder.rungs()) == (None, [])


def test_what_is_wrong_is_said(in_roll):
    notes = (*NOTES, Note(4, 0.8, 1.0, 60), Note(5, 3.9, 2.0, 50))

    def scenario(roll):
        roll.window.timeline.fit()
        assert roll.board.overlapping == {1, 4}
        assert roll.board.beyond == {5}
        roll.board.hover(4)
        assert "Overlaps another note" in roll.pane.view.toolTip()
        roll.board.hover(5)
        assert "beyond the recording" in roll.pane.view.toolTip()
        wild = dataclasses.replace(roll.score, aligned=False)
        roll.session.stack.push(SetScore(roll.session, roll.source, wild, "Another"))
        assert "not aligned" in roll.pane.view.toolTip()
        assert "not aligned" in roll.pane.header.title.text()

    in_roll(scenario, score=Score("piece", notes))


def one_track_can_be_worked_on(roll):
    roll.board.set_track("left")
    roll.click(0.75, 60)
    assert roll.board.selected == frozenset()
    roll.key(Qt.Key.Key_A, CTRL)
    assert roll.board.selected == {3}
    roll.double_click(1.0, 72)
    assert roll.note(4).track == "left"


def a_piano_key_asks_to_be_heard(roll):
    heard, released = [], []
    roll.board.pitchPressed.connect(heard.append)
    roll.board.pitchReleased.connect(lambda: released.append(True))
    click(roll.pane.piano, QPointF(roll.pane.piano.width() - 3, roll.pane.piano.y_of(69)))
    assert (heard, released) == ([69], [True])


def test_the_menu_offers_what_can_be_done(in_roll, monkeypatch):
    opened = []
    # Where there is no screen nothing can pop up.
    monkeypatch.setattr(QMenu, "popup", lambda menu, _position: opened.append(menu))

    def scenario(roll):
        opened.clear()
        click(roll.viewport, roll.at(0.75, 60), Qt.MouseButton.RightButton)
        assert roll.board.selected == {1}
        (popup,) = opened
        entries = {action.text().partition("\t")[0]: action for action in popup.actions()}
        assert {"Split", "Join", "Duplicate", "Delete", "Usual tolerances"} <= set(entries)
        entries["Delete"].trigger()
        popup.close()
        assert roll.one_step("Delete note").notes == NOTES[1:]
        controller = next(c for c in roll.window.controllers if hasattr(c, "menu") and hasattr(c, "wants"))
        menu = controller.menu(3.0, 61)
        menu.actions()[0].trigger()
        menu.close()
        assert roll.note(4).pitch == 61
        menu = controller.menu(3.0, 61)
        louder = next(action for action in menu.actions() if action.text() == "Velocity").menu()
        next(action for action in louder.actions() if action.text() == "40").trigger()
        menu.close()
        assert roll.note(4).velocity == 40

    in_roll(scenario)


def test_notes_are_seen_where_they_lie_in_both_themes(in_roll, qapp):
    def scenario(roll):
        for palette in (DARK, LIGHT):
            apply_theme(qapp, palette)
            image = picture_of(roll.pane)
            # Blue of the first track over a spectrogram that has none; the third note is of the second track.
            for note, strongest in ((NOTES[0], "blue"), (NOTES[2], "green")):
                colour = image.pixelColor(roll.at(note.onset + 0.35, note.pitch).toPoint())
                channels = {name: getattr(colour, name)() for name in ("red", "green", "blue")}
                assert max(channels, key=channels.get) == strongest
        apply_theme(qapp, DARK)

    in_roll(scenario)


def test_looking(in_roll):
    in_roll(
        hovering_names_the_note_and_shows_its_overtones,
        one_track_can_be_worked_on,
        a_piano_key_asks_to_be_heard,
    )


# -- parts -------------------------------------------------------------------------------------


def test_boxes_over_a_matrix_cover_the_frames_of_the_method(rng):
    params = ConstraintParams()
    grid = Grid(22050, 2048, 1024, 1000)
    notes = [
        Note(n, float(onset), float(length), 60, before=own)
        for n, (onset, length, own) in enumerate(
            zip(np.sort(rng.uniform(1, 30, 50)), rng.uniform(0.05, 3, 50), [None, 0.07] * 25, strict=True), 1
        )
    ]
    starts, stops = BoxStyle(params.before, params.after, grid.hop_s).ends(NoteTable.of(notes, ("",)))
    for note, start, stop in zip(notes, starts, stops, strict=True):
        first, after = note_frames(note, grid, params)
        assert start == pytest.approx((first - 0.5) * grid.hop_s)
        assert stop == pytest.approx((after - 0.5) * grid.hop_s)


def test_rows_of_a_matrix_are_found_by_their_height():
    rows = EvenRows(((60, "note"), (60, "onset"), None, (64, "note")))
    assert [rows.row_at(h) for h in (0.1, 0.3, 0.6, 0.9, 1.1)] == [
        (60, "note"),
        (60, "onset"),
        None,
        (64, "note"),
        None,
    ]
    bottoms, tops = rows.bounds()
    assert (bottoms[60], tops[60], bottoms[64], tops[64]) == (0.0, 0.25, 0.75, 1.0)
    assert np.isnan(bottoms[61])
    assert rows.bounds("onset")[0][60] == 0.25


def test_columns_find_long_notes_that_began_long_ago():
    notes = [Note(1, 0.0, 100.0, 60), *(Note(n, float(n), 0.5, 61) for n in range(2, 90))]
    table = NoteTable.of(notes, ("",))
    near = table.part(table.within(50.0, 51.0, 0.1))
    assert {1, 50, 51} <= set(near.ids.tolist())
    assert 60 not in near.ids


def test_patches_are_of_the_score_that_is_painted(in_roll):
    painted = dataclasses.replace(SCORE, activation_patches=(ActivationPatch(62, 1.0, 2.0, False),))

    def scenario(roll):
        red = picture_of(roll.pane).pixelColor(roll.at(1.5, 62).toPoint())
        edge = picture_of(roll.pane)
        x = round(roll.at(1.0, 62).x())
        column = [edge.pixelColor(x + dx, round(roll.at(1.0, 62).y())) for dx in (-1, 0, 1)]
        assert any(colour.red() > 1.5 * colour.blue() and colour.red() > 120 for colour in (red, *column))

    in_roll(scenario, score=painted)


@pytest.fixture
def matrix(qtbot):
    """A view of a matrix with a row for C4, another for its onsets, and one for E4."""
    timeline, board = Timeline(), ScoreBoard()
    view = PlotView(TimeViewBox(timeline))
    layer = ScoreLayer(board, view, EvenRows(((60, "note"), (60, "onset"), (64, "note"))), framed=True)
    qtbot.addWidget(view)
    view.resize(600, 300)
    view.show()
    qtbot.waitExposed(view)
    timeline.set_duration(6.0)
    timeline.set_visible(0.0, 6.0)
    asked = []
    board.edited.connect(lambda before, after, text, merge_key: asked.append(after))
    yield view, layer, asked
    view.close()


def test_notes_are_edited_over_the_rows_of_a_matrix(matrix):
    view, layer, asked = matrix
    board = layer.item.board
    # The last note has no row here: it is neither drawn nor hit.
    board.show_score(Score("piece", (Note(1, 1.0, 1.0, 60), Note(2, 3.0, 1.0, 64), Note(3, 3.0, 1.0, 70))), 6.0)
    board.set_snap(Snap("off"))

    def at(seconds, height):
        return QPointF(view.mapFromScene(view.box.mapViewToScene(QPointF(seconds, height))))

    drag(view.viewport(), at(1.5, 1 / 6), at(2.5, 5 / 6))
    moved = asked.pop().note(1)
    assert (moved.pitch, moved.onset) == (64, pytest.approx(2.0, abs=0.03))
    drag(view.viewport(), at(0.1, 0.05), at(5.9, 0.3))
    assert board.selected == {1}
    board.set_tool("allow")
    drag(view.viewport(), at(4.0, 0.5), at(4.5, 0.5))
    (patch,) = asked.pop().activation_patches
    assert (patch.pitch, patch.part, patch.allowed) == (60, "onset", True)
    board.show_score(dataclasses.replace(board.score, activation_patches=(patch,)), 6.0)
    image = view.grab().toImage()
    green = image.pixelColor(at(4.25, 0.5).toPoint())
    assert green.green() > max(green.red(), green.blue())
    assert layer.hand.cursor_at(3.5, 5 / 6) == Qt.CursorShape.PointingHandCursor
    layer.set_enabled(False)
    assert layer.hand.cursor_at(3.5, 5 / 6) is None
