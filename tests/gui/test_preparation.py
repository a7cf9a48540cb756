"""What first runs need is loaded while nothing else is to be done, once, and not in a window that goes."""

import threading

import pytest
from gui.gestures import wait_until
from PySide6.QtCore import QObject

from sepstudio.gui import preparation
from sepstudio.gui.bridge import JobBridge
from sepstudio.gui.preparation import Preparation
from sepstudio.jobs.runner import JobRunner


@pytest.fixture
def runner(qapp):
    made = JobRunner()
    yield made
    made.close()


@pytest.fixture
def bridge(runner):
    return JobBridge(runner)


@pytest.fixture
def prepared(monkeypatch):
    """The threads on which methods were prepared."""
    threads = []

    def steps():
        threads.append(threading.current_thread())
        yield 1.0

    monkeypatch.setattr(preparation, "prepare_steps", steps)
    monkeypatch.setattr(preparation, "IDLE_MS", 10)
    return threads


def waiting(may_end):
    while not may_end.wait(0.01):
        yield 0.5


def test_it_waits_for_jobs_and_prepares_once_on_another_thread(bridge, prepared, qtbot):
    may_end, parent = threading.Event(), QObject()
    bridge.start("a separation", waiting(may_end), lambda _: None)
    waits = Preparation(bridge, parent)
    told = []
    bridge.started.connect(lambda _id, title: told.append(title))
    # Ten of its tries.
    qtbot.wait(100)
    assert not prepared
    assert not waits.done
    may_end.set()
    wait_until(lambda: waits.done)
    qtbot.wait(100)
    assert len(prepared) == 1
    assert prepared[0] is not threading.current_thread()
    # Nobody is told of a job that nobody asked for.
    assert told == []
    assert not bridge.busy


def test_nothing_is_begun_after_close(bridge, prepared, qtbot):
    parent = QObject()
    closed = Preparation(bridge, parent)
    closed.close()
    qtbot.wait(100)
    assert not prepared
    assert not closed.done


def test_close_stops_what_has_begun(bridge, runner, monkeypatch):
    begun, parent = threading.Event(), QObject()

    def endless():
        while True:
            begun.set()
            yield 0.5

    monkeypatch.setattr(preparation, "prepare_steps", endless)
    monkeypatch.setattr(preparation, "IDLE_MS", 10)
    closed = Preparation(bridge, parent)
    wait_until(begun.is_set)
    closed.close()
    wait_until(lambda: not runner.active)
    assert not closed.done


def test_a_window_that_goes_before_prepares_nothing(in_studio, prepared, qtbot, monkeypatch):
    monkeypatch.setattr(preparation, "IDLE_MS", 100)
    in_studio([], lambda _window: None)
    # The window is deleted later, and its timers with it.
    qtbot.wait(200)
    assert not prepared


def test_a_window_at_rest_prepares(in_studio, prepared):
    in_studio([], lambda _window: wait_until(lambda: prepared))
    assert len(prepared) == 1
