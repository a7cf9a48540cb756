"""The job runner: exactly one end for everything that can happen, prompt cancelling, one job per GPU."""

import gc
import inspect
import threading
import time
import weakref

import pytest

from sepstudio.jobs.runner import TERMINAL, JobRunner, JobState


class Recorder:
    """Keeps the events of one job in order."""

    def __init__(self):
        self.events = []
        self.started = threading.Event()

    def __call__(self, event):
        self.events.append(event)
        self.started.set()

    @property
    def end(self):
        ends = [event for event in self.events if event.state in TERMINAL]
        assert len(ends) == 1, self.events
        assert ends[0] is self.events[-1]
        return ends[0]


@pytest.fixture
def runner():
    runner = JobRunner()
    yield runner
    runner.close()


def counting(n):
    yield from range(n)
    return "value"


def endless(cleaned=None):
    try:
        while True:
            time.sleep(0.01)
            yield "step"
    finally:
        if cleaned is not None:
            cleaned.set()


def raising(error):
    yield "step"
    raise error


def until(condition, seconds=5.0):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited too long"
        time.sleep(0.002)


def test_steps_then_one_end(runner):
    heard = Recorder()
    runner.submit("count", counting(3), heard).wait(5)
    assert [event.progress for event in heard.events[:-1]] == [0, 1, 2]
    assert heard.end.state is JobState.DONE
    assert heard.end.value == "value"
    assert runner.active == ()


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA out of memory"),
        MemoryError(),
        SystemExit(3),
        KeyboardInterrupt(),
        ValueError("x"),
        GeneratorExit(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_exception_is_one_failure(runner, error):
    heard = Recorder()
    runner.submit("fails", raising(error), heard).wait(5)
    assert heard.end.state is JobState.FAILED
    assert heard.end.error is error
    assert type(error).__name__ in heard.end.details
    assert "in raising" in heard.end.details
    runner.submit("the pool still works", counting(1), heard := Recorder()).wait(5)
    assert heard.end.state is JobState.DONE


def test_cancel_runs_the_cleaning_within_half_a_second(runner):
    cleaned, heard = threading.Event(), Recorder()
    job = runner.submit("endless", endless(cleaned), heard)
    assert heard.started.wait(5)
    began = time.monotonic()
    job.cancel()
    job.wait(5)
    assert time.monotonic() - began < 0.5
    assert cleaned.is_set()
    assert heard.end.state is JobState.CANCELLED


def test_an_error_in_the_cleaning_is_a_failure(runner):
    def careless():
        try:
            while True:
                time.sleep(0.005)
                yield
        finally:
            raise OSError("disk full")

    heard = Recorder()
    job = runner.submit("careless", careless(), heard)
    assert heard.started.wait(5)
    job.cancel()
    job.wait(5)
    assert heard.end.state is JobState.FAILED
    assert isinstance(heard.end.error, OSError)


def test_a_waiting_job_ends_at_once_when_cancelled(runner):
    blockers = [runner.submit("blocker", endless(), Recorder()) for _ in range(2)]
    heard = Recorder()
    waiting = runner.submit("waits", counting(3), heard)
    waiting.cancel()
    waiting.cancel()
    waiting.wait(0.5)
    assert heard.end.state is JobState.CANCELLED
    assert len(heard.events) == 1
    assert set(runner.active) == set(blockers)


def test_cancelling_an_ended_job_says_nothing_more(runner):
    heard = Recorder()
    job = runner.submit("short", counting(1), heard)
    job.wait(5)
    job.cancel()
    time.sleep(0.05)
    assert heard.end.state is JobState.DONE


def test_one_job_at_a_time_on_a_gpu_and_others_beside_it(runner):
    running, most, together = [], [], threading.Event()

    def on_gpu(name):
        running.append(name)
        for _ in range(10):
            most.append(len(running))
            time.sleep(0.002)
            yield
        running.remove(name)

    def on_cpu():
        while not running:
            time.sleep(0.001)
            yield
        together.set()

    jobs = [runner.submit(name, on_gpu(name), Recorder(), device="cuda:0") for name in "abcd"]
    jobs.append(runner.submit("cpu", on_cpu(), Recorder()))
    for job in jobs:
        job.wait(10)
    assert max(most) == 1
    assert together.is_set()


def test_queued_gpu_jobs_do_not_starve_the_cpu(runner):
    gpu = [runner.submit("gpu", endless(), Recorder(), device="cuda:0") for _ in range(4)]
    heard = Recorder()
    runner.submit("cpu", counting(2), heard).wait(5)
    assert heard.end.state is JobState.DONE
    assert len(runner.active) == len(gpu)


def test_a_listener_that_raises_fails_the_job_and_closes_it(runner):
    cleaned, ends = threading.Event(), []

    def listener(event):
        if event.state is JobState.RUNNING:
            raise LookupError("listener")
        ends.append(event)

    runner.submit("endless", endless(cleaned), listener).wait(5)
    assert [event.state for event in ends] == [JobState.FAILED]
    assert isinstance(ends[0].error, LookupError)
    assert cleaned.is_set()


def test_a_listener_that_raises_at_the_end_is_reported_and_wait_returns(runner, monkeypatch):
    reports = []
    monkeypatch.setattr(threading, "excepthook", lambda args: reports.append(args.exc_value))

    def listener(event):
        if event.state is JobState.DONE:
            raise LookupError("listener")

    runner.submit("short", counting(1), listener).wait(5)
    until(lambda: reports)
    assert isinstance(reports[0], LookupError)
    assert runner.active == ()


def test_a_failed_job_lets_go_of_its_memory(runner):
    class Big:
        pass

    held = []

    def work():
        big = Big()
        held.append(weakref.ref(big))
        yield
        try:
            raise KeyError("inner")
        except KeyError:
            raise MemoryError(str(big)) from None

    heard = Recorder()
    runner.submit("big", work(), heard).wait(5)
    assert isinstance(heard.end.error, MemoryError)
    gc.collect()
    until(lambda: held[0]() is None)


def test_close_cancels_what_runs_and_what_waits():
    runner = JobRunner()
    cleaned = threading.Event()
    heard = [Recorder() for _ in range(4)]
    runner.submit("runs", endless(cleaned), heard[0])
    for recorder in heard[1:]:
        runner.submit("waits", endless(), recorder, device="cuda:0")
    assert heard[0].started.wait(5)
    runner.close()
    assert {recorder.end.state for recorder in heard} == {JobState.CANCELLED}
    assert cleaned.is_set()
    assert runner.active == ()


def test_a_job_that_comes_after_close_is_cancelled_before_it_begins():
    runner = JobRunner()
    runner.close()
    heard, work = Recorder(), endless()
    runner.submit("late", work, heard, device="cuda:7").wait(5)
    assert [event.state for event in heard.events] == [JobState.CANCELLED]
    assert inspect.getgeneratorstate(work) == inspect.GEN_CLOSED
    assert runner.active == ()


def test_wait_tells_when_the_time_is_over(runner):
    job = runner.submit("endless", endless(), Recorder())
    with pytest.raises(TimeoutError, match="endless"):
        job.wait(0.05)
    assert not job.cancel_requested
