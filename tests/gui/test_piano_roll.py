"""The piano roll in the real window: mouse and keys become edits of the score, one step of the history each."""

import dataclasses

import numpy as np
import pytest
from gui.gestures import ALT, CTRL, LEFT, NO_BUTTON, NONE, SHIFT, click, drag, mouse
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from sepstudio.gui.items.note_painting import BoxStyle
from sepstudio.gui.panes.layout import roll_spec
from sepstudio.gui.scores.rows import EvenRows, FrequencyRows
from sepstudio.gui.scores.table import NoteTable
from sepstudio.gui.theme import DARK, LIGHT, apply_theme
from sepstudio.io.scores.records import ActivationPatch, Note, Score
from sepstudio.io.scores.snapping import Snap
from sepstudio.separation.score_constraints import ConstraintParams, Grid, note_frames
from sepstudio.session.score_commands import SetScore

Key = Qt.Key
NOTES = (
    Note(1, 0.5, 0.5, 60, 80, "right"),
    Note(2, 1.5, 0.5, 64, 80, "right"),
    Note(3, 2.5, 0.5, 67, 80, "left"),
)
SCORE = Score("piece", NOTES, ("right", "left"))


class Roll:
    """The roll of a window, with the places of its notes."""

    def __init__(self, window, qtbot, score=SCORE):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
        self.window, self.session, self.board = window, window.session, window.tab.deck.board
        self.source = window.session.current_source.id
        if score is not None:
            window.session.stack.push(SetScore(window.session, self.source, score, "Attach"))
        deck = window.tab.deck
        deck.show_layout(deck.layout.with_pane(roll_spec(deck.layout.common_display), 0))
        self.pane = deck.first("roll")
        qtbot.waitUntil(window.tab.settled, timeout=30_000)
        # As tall as it takes for rows to be pixels apart.
        deck.stack.set_shares({pane: 20.0 if pane is self.pane else 1.0 for pane in deck.stack.panes})
        QApplication.processEvents()
        self.pane.set_heights(0.3, 0.7)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        self.floor = self.steps
        self.reset()

    def reset(self):
        """Begin as if nothing had been done."""
        self.session.stack.setIndex(self.floor)
        self.board.select(())
        self.board.set_tool("select")
        self.board.set_snap(Snap("notes"))
        self.board.set_track("")
        self.pane.view.setFocus()
        self.start = self.steps

    @property
    def steps(self):
        return self.session.stack.index()

    @property
    def score(self):
        return self.session.score(self.source)

    @property
    def viewport(self):
        return self.pane.view.viewport()

    def note(self, note_id):
        return self.score.note(note_id)

    def at(self, seconds, pitch):
        """The pixel of a time and a pitch."""
        bottoms, tops = FrequencyRows(self.pane.scale).bounds()
        scene = self.pane.box.mapViewToScene(QPointF(seconds, (bottoms[pitch] + tops[pitch]) / 2))
        return QPointF(self.pane.view.mapFromScene(scene))

    def pixel(self):
        return self.pane.box.viewPixelSize()[0]

    def drag(self, start, stop, modifiers=NONE):
        drag(self.viewport, self.at(*start), self.at(*stop), modifiers)

    def click(self, seconds, pitch, modifiers=NONE):
        click(self.viewport, self.at(seconds, pitch), modifiers=modifiers)

    def double_click(self, seconds, pitch):
        place = self.at(seconds, pitch)
        click(self.viewport, place)
        mouse(self.viewport, QEvent.Type.MouseButtonDblClick, place)
        mouse(self.viewport, QEvent.Type.MouseButtonRelease, place, LEFT, NO_BUTTON)

    def key(self, key, modifiers=NONE):
        QTest.keyClick(self.pane.view, key, modifiers)

    def one_step(self, text):
        """There was one step of the history, which brings the same score back, and forth."""
        assert self.steps == self.start + 1
        assert self.session.stack.undoText() == text
        after = self.score
        self.session.stack.undo()
        assert self.score in (SCORE, None)
        self.session.stack.redo()
        assert self.score == after
        assert self.board.score == after
        self.start = self.steps
        return after


@pytest.fixture
def in_roll(in_studio, qtbot, recording):
    """Return a function that starts the program with a roll and lets scenarios act on it, each from the start."""

    def start(*scenarios, score=SCORE):
        def act(window):
            roll = Roll(window, qtbot, score)
            for scenario in scenarios:
                roll.reset()
                scenario(roll)

        in_studio([recording], act)

    return start


# -- selecting ---------------------------------------------------------------------------------


def notes_are_selected_by_click_ctrl_click_and_band(roll):
    roll.click(0.75, 60)
    assert roll.board.selected == {1}
    roll.click(1.75, 64, CTRL)
    assert roll.board.selected == {1, 2}
    roll.click(0.75, 60, CTRL)
    assert roll.board.selected == {2}
    roll.drag((0.3, 58), (1.75, 66))
    assert roll.board.selected == {1, 2}
    roll.drag((2.4, 65), (3.5, 70), CTRL)
    assert roll.board.selected == {1, 2, 3}
    roll.click(3.5, 72)
    assert roll.board.selected == frozenset()
    # Selecting is no edit, and the time that is selected stays out of it.
    assert roll.steps == roll.start
    assert roll.session.selection is None


def keys_select_and_lead_through_the_notes(roll):
    roll.key(Key.Key_A, CTRL)
    assert roll.board.selected == {1, 2, 3}
    roll.key(Key.Key_Escape)
    assert roll.board.selected == frozenset()
    roll.key(Key.Key_Up)
    assert roll.board.selected == {1}
    roll.key(Key.Key_Tab)
    roll.key(Key.Key_Tab)
    assert roll.board.selected == {3}
    roll.key(Key.Key_Tab, SHIFT)
    assert roll.board.selected == {2}
    roll.key(Key.Key_Tab)
    assert QApplication.focusWidget() is roll.pane.view
    roll.key(Key.Key_Tab)
    # Beyond the last note Tab goes on to the next control.
    assert QApplication.focusWidget() is not roll.pane.view
    assert roll.steps == roll.start


# -- drags -------------------------------------------------------------------------------------


def dragging_the_body_moves_and_shift_keeps_to_an_axis(roll):
    roll.board.set_snap(Snap("off"))
    roll.drag((0.75, 60), (1.0, 63))
    after = roll.one_step("Move note")
    assert after.note(1).onset == pytest.approx(0.75, abs=2 * roll.pixel())
    assert (after.note(1).pitch, after.note(1).duration) == (63, 0.5)
    roll.session.stack.undo()
    roll.drag((0.75, 60), (1.75, 61), SHIFT)
    assert roll.note(1).pitch == 60
    assert roll.note(1).onset == pytest.approx(1.5, abs=2 * roll.pixel())
    roll.session.stack.undo()
    roll.drag((0.75, 60), (0.78, 66), SHIFT)
    assert (roll.note(1).pitch, roll.note(1).onset) == (66, 0.5)


def selected_notes_move_together(roll):
    roll.board.set_snap(Snap("off"))
    roll.board.select({1, 3})
    roll.drag((0.75, 60), (1.0, 62))
    assert roll.board.selected == {1, 3}
    after = roll.one_step("Move 2 notes")
    assert [after.note(n).pitch for n in (1, 2, 3)] == [62, 64, 69]
    assert after.note(3).onset - after.note(1).onset == pytest.approx(2.0)
    assert roll.board.selected == {1, 3}


def ctrl_leaves_copies(roll):
    roll.board.set_snap(Snap("off"))
    roll.drag((0.75, 60), (0.75, 65), CTRL)
    assert roll.board.selected == {4}
    after = roll.one_step("Copy note")
    assert after.notes[0] == NOTES[0] or after.notes[1] == NOTES[0]
    assert dataclasses.replace(after.note(4), id=1, onset=0.5, pitch=60) == NOTES[0]
    assert after.note(4).pitch == 65


def times_come_to_rest_at_other_notes_unless_alt_is_held(roll):
    near = 3 * roll.pixel()
    roll.drag((0.75, 60), (1.75 + near, 60))
    assert roll.note(1).onset == 1.5
    roll.session.stack.undo()
    roll.drag((0.75, 60), (1.75 + near, 60), ALT)
    assert roll.note(1).onset == pytest.approx(1.5 + near, abs=1.5 * roll.pixel())
    assert roll.note(1).onset != 1.5
    roll.session.stack.undo()
    roll.board.set_snap(Snap("grid", 0.1))
    roll.drag((0.75, 60), (0.98, 60))
    assert roll.note(1).onset == pytest.approx(0.7)


def ends_are_pulled(roll):
    roll.board.set_snap(Snap("off"))
    roll.drag((1.0 - roll.pixel(), 60), (1.3, 60))
    after = roll.one_step("Change the end of note")
    assert (after.note(1).onset, after.note(1).pitch) == (0.5, 60)
    assert after.note(1).offset == pytest.approx(1.3, abs=3 * roll.pixel())
    roll.session.stack.undo()
    roll.drag((0.5 + roll.pixel(), 60), (0.2, 60))
    after = roll.score
    assert after.note(1).onset == pytest.approx(0.2, abs=3 * roll.pixel())
    assert after.note(1).offset == pytest.approx(1.0)


def handles_of_a_selected_note_pull_its_tolerances(roll):
    roll.click(1.75, 64)
    roll.drag((1.5 - roll.board.before, 64), (1.1, 64))
    after = roll.one_step("Tolerance before note")
    assert after.note(2).before == pytest.approx(0.4, abs=3 * roll.pixel())
    assert after.note(2).after is None
    roll.drag((2.0 + roll.board.after, 64), (2.1, 64))
    assert roll.note(2).after == pytest.approx(0.1, abs=3 * roll.pixel())
    roll.window.actions_by_id["note-tolerances"].trigger()
    assert roll.note(2) == NOTES[1]


def a_drag_that_is_given_up_changes_nothing(roll):
    start, stop = roll.at(0.75, 60), roll.at(1.2, 66)
    mouse(roll.viewport, QEvent.Type.MouseMove, start, NO_BUTTON, NO_BUTTON)
    mouse(roll.viewport, QEvent.Type.MouseButtonPress, start)
    mouse(roll.viewport, QEvent.Type.MouseMove, (start + stop) / 2, NO_BUTTON, LEFT)
    assert roll.board.preview.notes[0].pitch > 60
    assert roll.score == SCORE
    roll.key(Key.Key_Escape)
    assert roll.board.preview is None
    mouse(roll.viewport, QEvent.Type.MouseMove, stop, NO_BUTTON, LEFT)
    mouse(roll.viewport, QEvent.Type.MouseButtonRelease, stop, LEFT, NO_BUTTON)
    assert (roll.score, roll.steps, roll.board.preview) == (SCORE, roll.start, None)


# -- drawing -----------------------------------------------------------------------------------


def the_pencil_draws_as_long_as_the_drag(roll):
    click(roll.pane.tools.buttons["pencil"])
    assert roll.board.tool == "pencil"
    roll.board.set_snap(Snap("off"))
    heard = []
    roll.board.pitchPressed.connect(heard.append)
    roll.drag((3.0, 62), (3.5, 62))
    after = roll.one_step("Draw D4")
    drawn = after.note(4)
    assert (drawn.pitch, drawn.track) == (62, "right")
    assert (drawn.onset, drawn.offset) == (pytest.approx(3.0, abs=0.02), pytest.approx(3.5, abs=0.02))
    assert heard == [62]
    # On a note it does what the pointer does.
    roll.drag((3.25, 62), (3.25, 65))
    assert roll.note(4).pitch == 65


def a_double_click_adds_and_deletes(roll):
    roll.double_click(3.2, 70)
    after = roll.one_step("Add A♯4")
    assert after.note(4).pitch == 70
    roll.double_click(after.note(4).onset + 0.2, 70)
    assert roll.score == SCORE
    assert roll.session.stack.undoText() == "Delete A♯4"
    assert roll.steps == roll.start + 1


def test_the_first_note_makes_a_score(in_roll):
    def scenario(roll):
        assert "no score yet" in roll.pane.header.title.text()
        roll.double_click(1.0, 69)
        after = roll.one_step("Add A4")
        assert [note.pitch for note in after.notes] == [69]
        assert "no score yet" not in roll.pane.header.title.text()

    in_roll(scenario, score=None)


def cells_are_painted_and_taken_back(roll):
    roll.key(Key.Key_A)
    assert roll.board.tool == "allow"
    roll.drag((1.0, 62), (1.5, 62))
    (patch,) = roll.one_step("Allow cells").activation_patches
    assert (patch.pitch, patch.allowed, patch.part) == (62, True, "note")
    assert patch.start <= 1.0 + roll.pixel()
    assert patch.stop >= 1.5 - roll.pixel()
    assert patch.stop - patch.start < 0.5 + 3 * roll.board.frame_s
    roll.key(Key.Key_E)
    roll.click(1.25, 62)
    assert roll.steps == roll.start + 1
    forbidden = [patch for patch in roll.score.activation_patches if not patch.allowed]
    assert forbidden[0].stop - forbidden[0].start == pytest.approx(roll.board.frame_s, abs=1e-4)
    assert len(roll.score.activation_patches) == 3
    roll.drag((0.8, 62), (1.8, 62), ALT)
    assert roll.score == SCORE
    roll.session.stack.undo()
    roll.window.actions_by_id["notes-unpaint"].trigger()
    assert roll.score == SCORE


# -- keys --------------------------------------------------------------------------------------

EDITS = [
    (Key.Key_Up, NONE, lambda n: n.pitch, 65, "Move note up"),
    (Key.Key_Down, NONE, lambda n: n.pitch, 63, "Move note down"),
    (Key.Key_Up, CTRL, lambda n: n.pitch, 76, "Move note up"),
    (Key.Key_Down, CTRL, lambda n: n.pitch, 52, "Move note down"),
    (Key.Key_Right, NONE, lambda n: n.onset, 1.6, "Move note later"),
    (Key.Key_Left, NONE, lambda n: n.onset, 1.4, "Move note earlier"),
    (Key.Key_Comma, NONE, lambda n: n.onset, 1.4, "Change the start of note"),
    (Key.Key_Comma, ALT, lambda n: n.onset, 1.6, "Change the start of note"),
    (Key.Key_Period, NONE, lambda n: n.offset, 2.1, "Change the end of note"),
    (Key.Key_Period, ALT, lambda n: n.offset, 1.9, "Change the end of note"),
]


def keys_edit_the_selected_note(roll):
    roll.board.set_snap(Snap("grid", 0.1))
    for key, modifiers, value, expected, text in EDITS:
        roll.board.select({2})
        roll.key(key, modifiers)
        after = roll.one_step(text)
        assert value(after.note(2)) == pytest.approx(expected), (key, modifiers)
        assert after.without({2}) == SCORE.without({2})
        roll.session.stack.undo()
        roll.start = roll.steps


def keys_split_join_duplicate_delete_and_snap(roll):
    roll.board.select({2})
    roll.key(Key.Key_S)
    halves = roll.one_step("Split note")
    assert [(n.onset, n.offset) for n in halves.notes if n.pitch == 64] == [(1.5, 1.75), (1.75, 2.0)]
    roll.board.select({2, 4})
    roll.key(Key.Key_J)
    assert roll.score == SCORE
    assert roll.session.stack.undoText() == "Join 2 notes"
    roll.reset()
    roll.board.select({1, 2})
    roll.key(Key.Key_D, CTRL)
    copies = roll.board.selected
    after = roll.one_step("Duplicate 2 notes")
    assert [(n.onset, n.pitch) for n in after.notes if n.id in copies] == [(2.0, 60), (3.0, 64)]
    roll.board.select(copies)
    roll.key(Key.Key_Delete)
    assert roll.score == SCORE
    roll.board.select({2})
    roll.board.set_snap(Snap("grid", 0.4))
    roll.key(Key.Key_Q)
    assert roll.note(2).onset == pytest.approx(1.6)


def a_key_that_is_held_is_one_step(roll):
    roll.board.select({2})
    for repeated in (False, True, True, True):
        QApplication.sendEvent(roll.pane.view, key_event(Key.Key_Up, repeated))
    assert roll.note(2).pitch == 68
    roll.one_step("Move note up")
    QApplication.sendEvent(roll.pane.view, key_event(Key.Key_Up, False))
    assert roll.steps == roll.start + 1


def key_event(key, repeated):
    from PySide6.QtGui import QKeyEvent

    return QKeyEvent(QEvent.Type.KeyPress, key, NONE, "", repeated, 1)


def test_keys_belong_to_the_notes_only_while_the_roll_has_the_focus(in_roll, qtbot):
    def scenario(roll):
        window = roll.window
        window.timeline.set_playhead(0.0)
        roll.board.select({2})
        # Elsewhere the same keys move the playhead.
        window.tab.waveform.view.setFocus()
        QTest.keyClick(window.tab.waveform.view, Key.Key_Right)
        qtbot.waitUntil(lambda: window.player.position > 0)
        assert roll.score == SCORE
        # Where nothing is selected, they do so in the roll too.
        position = window.player.position
        roll.pane.view.setFocus()
        roll.board.select(())
        roll.key(Key.Key_Left)
        qtbot.waitUntil(lambda: window.player.position < position)
        assert roll.score == SCORE
        roll.board.select({2})
        roll.key(Key.Key_Left)
        assert roll.note(2).onset < 1.5

    in_roll(scenario)


def keys_of_notes_can_be_others(roll):
    roll.window.keys.assign("note-split", ["K"])
    # The key of the window with the same letter keeps its own.
    roll.window.keys.assign("note-join", ["L"])
    assert roll.window.keys.keys("loop") == ("L",)
    roll.board.select({2})
    roll.key(Key.Key_S)
    assert roll.score == SCORE
    roll.key(Key.Key_K)
    assert len(roll.score.notes) == 4


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
    roll.key(Key.Key_A, CTRL)
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
            image = roll.pane.view.grab().toImage()
            # Blue of the first track over a spectrogram that has none; the third note is of the second track.
            for note, strongest in ((NOTES[0], "blue"), (NOTES[2], "green")):
                colour = image.pixelColor(roll.at(note.onset + 0.35, note.pitch).toPoint())
                channels = {name: getattr(colour, name)() for name in ("red", "green", "blue")}
                assert max(channels, key=channels.get) == strongest
        apply_theme(qapp, DARK)

    in_roll(scenario)


def test_selecting(in_roll):
    in_roll(
        notes_are_selected_by_click_ctrl_click_and_band,
        keys_select_and_lead_through_the_notes,
    )


def test_drags(in_roll):
    in_roll(
        dragging_the_body_moves_and_shift_keeps_to_an_axis,
        selected_notes_move_together,
        ctrl_leaves_copies,
        times_come_to_rest_at_other_notes_unless_alt_is_held,
        ends_are_pulled,
        handles_of_a_selected_note_pull_its_tolerances,
        a_drag_that_is_given_up_changes_nothing,
    )


def test_drawing(in_roll):
    in_roll(
        the_pencil_draws_as_long_as_the_drag,
        a_double_click_adds_and_deletes,
        cells_are_painted_and_taken_back,
    )


def test_keys(in_roll):
    in_roll(
        keys_edit_the_selected_note,
        keys_split_join_duplicate_delete_and_snap,
        a_key_that_is_held_is_one_step,
        keys_of_notes_can_be_others,
    )


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
        red = roll.pane.view.grab().toImage().pixelColor(roll.at(1.5, 62).toPoint())
        edge = roll.pane.view.grab().toImage()
        x = round(roll.at(1.0, 62).x())
        column = [edge.pixelColor(x + dx, round(roll.at(1.0, 62).y())) for dx in (-1, 0, 1)]
        assert any(colour.red() > 1.5 * colour.blue() and colour.red() > 120 for colour in (red, *column))

    in_roll(scenario, score=painted)
