"""What jobs show of their work while they run reaches the GUI thread: the newest, itself, and never after the end."""

import threading

import pytest
from PySide6.QtCore import QThread

from sepstudio.gui.bridge import JobBridge
from sepstudio.jobs.runner import JobRunner
from sepstudio.separation.base import Progress


@pytest.fixture
def bridge(qapp):
    runner = JobRunner()
    yield JobBridge(runner)
    runner.close()


def test_the_newest_snapshot_is_told_also_when_steps_without_one_follow(bridge, qtbot):
    heard, threads, go = [], [], [threading.Event(), threading.Event()]
    snapshots = [object(), object(), object()]

    def listen(job_id, partial):
        heard.append((job_id, partial))
        threads.append(QThread.currentThread())

    def work():
        yield 0.1
        yield Progress(0.2, "early", snapshots[0])
        yield Progress(0.3, "late", snapshots[1])
        yield Progress(0.4, "nothing to show")
        go[0].wait(20)
        yield Progress(0.5, "nothing new")
        go[1].wait(20)
        yield Progress(0.9, "last", snapshots[2])
        return "done"

    bridge.snapshot.connect(listen)
    with qtbot.waitSignal(bridge.ended, timeout=20_000):
        job = bridge.start("Work", work(), heard.append)
        qtbot.waitUntil(lambda: (job, snapshots[1]) in heard, timeout=20_000)
        with qtbot.waitSignal(bridge.progressed, timeout=20_000):
            go[0].set()
        # What was told is not told again.
        assert heard.count((job, snapshots[1])) == 1
        go[1].set()
    qtbot.waitUntil(lambda: "done" in heard, timeout=20_000)
    told = [item for item in heard if item != "done"]
    assert told[-1] in ((job, snapshots[1]), (job, snapshots[2]))
    assert all(any(partial is known for known in snapshots) for _, partial in told)
    assert set(threads) == {bridge.thread()}
    assert heard[-1] == "done"
