"""Notes under mouse and keys in the real window: each gesture is one step of the history."""

import dataclasses

import pytest
from gui.gestures import ALT, CTRL, LEFT, NO_BUTTON, NONE, SHIFT, click, mouse
from gui.rolls import NOTES, SCORE, starting
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sepstudio.io.scores.snapping import Snap

Key = Qt.Key


@pytest.fixture
def in_roll(in_studio, qtbot, recording):
    return starting(in_studio, qtbot, recording)


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
