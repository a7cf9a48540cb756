"""Steps that wait for a turn of the event loop each, and what a window does while some are still to come."""

import gc
import sys
import weakref

import pytest
from gui.gestures import arrived, drop, wait_until
from gui.judging import Complaints
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import delete

from sepstudio.gui.controllers.panes import PaneController, Purpose
from sepstudio.gui.turns import Turns
from sepstudio.session.removal import RemoveRun


class Diary:
    """Steps that write down that they were taken."""

    def __init__(self, turns):
        self.turns, self.taken = turns, []

    def first(self):
        self.taken.append("first")

    def second(self):
        self.taken.append("second")

    def again(self):
        self.taken.append("again")
        if self.taken.count("again") < 3:
            self.turns.ask(self.again)

    def late(self):
        self.taken.append("late")
        self.turns.ask(self.first)

    def failing(self):
        self.taken.append("failing")
        raise ValueError("on purpose")


class Owner(QObject):
    """Something of Qt that has a step."""

    def __init__(self, taken):
        super().__init__()
        self.taken = taken

    def step(self):
        self.taken.append("of an owner")


@pytest.fixture
def turns(qapp):
    made = Turns()
    yield made
    made.close()


@pytest.fixture
def diary(turns):
    return Diary(turns)


def test_nothing_is_done_at_once(turns, diary):
    turns.ask(diary.first)
    assert diary.taken == []
    assert turns.awaits(diary.first)
    assert not turns.idle
    wait_until(lambda: turns.idle)
    assert diary.taken == ["first"]
    assert not turns.awaits(diary.first)


def test_steps_are_taken_in_order_and_once_however_often_they_are_asked_for(turns, diary):
    for step in (diary.second, diary.first, diary.second, diary.first):
        turns.ask(step)
    wait_until(lambda: turns.idle)
    assert diary.taken == ["second", "first"]
    turns.ask(diary.second)
    wait_until(lambda: turns.idle)
    assert diary.taken == ["second", "first", "second"]


def test_the_loop_turns_between_two_steps(turns, diary):
    other = QTimer()
    other.setInterval(0)
    other.timeout.connect(lambda: diary.taken.append("loop"))
    other.start()
    turns.ask(diary.first)
    turns.ask(diary.second)
    wait_until(lambda: turns.idle)
    first, second = diary.taken.index("first"), diary.taken.index("second")
    assert "loop" in diary.taken[first:second]


def test_a_step_may_ask_for_itself_and_for_others(turns, diary):
    turns.ask(diary.again)
    turns.ask(diary.late)
    wait_until(lambda: turns.idle)
    assert diary.taken == ["again", "late", "again", "first", "again"]


def test_what_is_forgotten_is_not_done(turns, diary):
    turns.ask(diary.first)
    turns.ask(diary.second)
    turns.forget(diary.first)
    # Nobody asked for it.
    turns.forget(diary.late)
    wait_until(lambda: turns.idle)
    assert diary.taken == ["second"]


def test_after_close_nothing_is_done_and_nothing_taken_on(turns, diary):
    turns.ask(diary.first)
    turns.close()
    turns.ask(diary.second)
    assert turns.idle
    _turn()
    assert diary.taken == []


def test_steps_of_what_qt_has_deleted_are_left_out(turns, diary):
    owner = Owner(diary.taken)
    turns.ask(owner.step)
    turns.ask(diary.first)
    delete(owner)
    wait_until(lambda: turns.idle)
    assert diary.taken == ["first"]


def test_a_step_that_fails_does_not_hold_up_the_others(turns, diary, monkeypatch):
    told = []
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _trace: told.append(str(error)))
    turns.ask(diary.failing)
    turns.ask(diary.first)
    wait_until(lambda: turns.idle)
    assert diary.taken == ["failing", "first"]
    assert told == ["on purpose"]


def _turn():
    for _ in range(5):
        QApplication.processEvents()


# -- in a window ------------------------------------------------------------------------------------


def test_a_pane_that_is_added_while_others_come_gets_the_keys(in_studio, recording):
    def scenario(window):
        run = _separate(window, recording)
        deck, stack = window.tab.deck, window.tab.stack
        window.session.stack.undo()
        arrived(window)
        assert len(stack.panes) == 2
        window.activateWindow()
        wait_until(window.isActiveWindow)
        window.session.stack.redo()
        window.tab.show_run(run.id)
        # The stems are on their way.
        assert len(stack.panes) == 2
        panes = next(one for one in window.controllers if isinstance(one, PaneController))
        panes._on_chosen(Purpose("mask"), ("@stem:0",))
        kinds = [deck.layout.panes[deck.index_of(pane)].kind for pane in stack.panes]
        assert kinds == ["waveform", "spectrogram", "spectrogram", "spectrogram", "mask"]
        assert stack.current is stack.panes[4]
        arrived(window)
        assert len(stack.panes) == 5
        assert all(pane.updatesEnabled() for pane in stack.panes)

    in_studio([], scenario)


def test_panes_that_nobody_wants_any_more_when_they_are_made_keep_nothing(in_studio, recording):
    def scenario(window):
        run = _separate(window, recording)
        session, deck = window.session, window.tab.deck
        session.stack.undo()
        arrived(window)
        session.stack.redo()
        wait_until(lambda: deck._spares)
        spare = weakref.ref(deck._spares[0][1])
        assert spare().all_pyramids
        session.stack.push(RemoveRun(session, run.id))
        arrived(window)
        assert not deck._spares
        assert len(window.tab.stack.panes) == 2

        def gone():
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            gc.collect()
            return spare() is None

        wait_until(gone)

    in_studio([], scenario)


def test_rows_are_dimmed_however_late_they_are_made(in_studio, recording):
    def scenario(window):
        run = _separate(window, recording)
        arrived(window)
        rows = {audio_id: window.tab.stems.row(audio_id) for audio_id in window.tab.stems.audio_ids}
        heard = set(window.player.audible())
        assert run.residual_id not in heard
        assert {audio_id for audio_id, row in rows.items() if not row.dimmed} == heard

    in_studio([], scenario)


def test_a_window_that_is_closed_while_a_run_arrives_complains_of_nothing(in_studio, recording):
    with Complaints() as complaints:

        def scenario(window):
            _separate(window, recording)
            window.session.stack.setClean()
            window.session.stack.undo()
            window.session.stack.redo()
            assert not window.tab.turns.idle
            window.shut_down()
            assert window.tab.turns.idle
            panes = window.tab.stack.panes
            _turn()
            assert window.tab.stack.panes == panes

        in_studio([], scenario)
        _turn()
    assert not complaints.texts


def _separate(window, path):
    """Open a recording and separate it; returns the run, whose rows and panes may be on their way."""
    drop(window, [path])
    wait_until(lambda: window.session.current_source is not None and not window.bridge.busy)
    window.panel.separate.click()
    wait_until(lambda: window.session.runs and not window.bridge.busy)
    run = next(iter(window.session.runs.values()))
    wait_until(lambda: window.player.heard == run.id)
    return run
