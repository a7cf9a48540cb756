"""Drives generators on threads: progress, cancellation, exactly one end."""

from __future__ import annotations

import itertools
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from typing import Any

CPU = "cpu"
# Sound and window go first where the system lets threads differ (Linux); threads that a job starts inherit it.
NICENESS = 10

_log = logging.getLogger(__name__)


class JobState(Enum):
    """The states of a job; the last three are terminal and come exactly once."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


TERMINAL = frozenset({JobState.DONE, JobState.CANCELLED, JobState.FAILED})


@dataclass(frozen=True)
class JobEvent:
    """What a listener hears of a job.

    ``progress`` is what the generator yielded last; ``value`` what it returned (done);
    ``error`` and ``details`` (the traceback) are there when it failed.
    """

    job_id: int
    state: JobState
    progress: Any = None
    value: Any = None
    error: BaseException | None = None
    details: str = ""


Listener = Callable[[JobEvent], None]
Work = Generator[Any, None, Any]


class Job:
    """A handle on a submitted generator."""

    def __init__(self, job_id: int, title: str, withdrawn: Callable[[Job], None]) -> None:
        self.id = job_id
        self.title = title
        self._withdrawn = withdrawn
        self._cancel = threading.Event()
        self._ended = threading.Event()
        self._future: Future[None] | None = None

    def cancel(self) -> None:
        """Ask the job to stop at its next step; its generator is closed, so its ``finally`` blocks run.

        A job that still waits for a thread ends at once, on the calling thread.
        """
        self._cancel.set()
        if self._future is not None and self._future.cancel():
            self._withdrawn(self)

    @property
    def cancel_requested(self) -> bool:
        """Whether ``cancel`` was called."""
        return self._cancel.is_set()

    def wait(self, timeout: float | None = None) -> None:
        """Block until the terminal event was delivered; raises TimeoutError after ``timeout`` seconds."""
        if not self._ended.wait(timeout):
            raise TimeoutError(f"job {self.id} ({self.title}) has not ended after {timeout} s")


class JobRunner:
    """A small pool of threads that runs generators; one job at a time on each GPU.

    Jobs for the CPU share ``workers`` threads. Every other device has one thread of its own,
    so that its jobs queue behind one another and hold up nobody else. ``quiet`` keeps jobs that
    are many and small out of the log, unless it takes everything.
    """

    def __init__(self, workers: int = 2, *, quiet: bool = False) -> None:
        self._level = logging.DEBUG if quiet else logging.INFO
        self._pools = {CPU: ThreadPoolExecutor(workers, "job", _step_back)}
        self._ids = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, title: str, work: Work, listener: Listener, *, device: str = CPU) -> Job:
        """Queue a generator and return a handle on it.

        ``listener`` is called on the worker thread for every event; only the end of a job that
        is cancelled before it began is told on the thread that cancels. When the listener
        raises over a step, the job fails with that error. After ``close`` a job is cancelled
        before it begins, as those that wait then are: what answers to the last events of
        a window that goes does not know whether anybody works still.
        """

        def withdrawn(job: Job) -> None:
            work.close()
            _log.log(self._level, "job %d withdrawn: %s", job.id, title)
            self._end(job, listener, JobEvent(job.id, JobState.CANCELLED))

        job = Job(next(self._ids), title, withdrawn)
        with self._lock:
            self._jobs[job.id] = job
            closed = self._closed
            if not closed:
                job._future = self._pool(device).submit(self._drive, job, work, listener, device)
        if closed:
            withdrawn(job)
        return job

    def _pool(self, device: str) -> ThreadPoolExecutor:
        if device not in self._pools:
            self._pools[device] = ThreadPoolExecutor(1, f"job-{device}", _step_back)
        return self._pools[device]

    @property
    def active(self) -> tuple[Job, ...]:
        """Jobs that wait or run."""
        with self._lock:
            return tuple(self._jobs.values())

    def close(self) -> None:
        """Cancel everything and wait for the threads to end; nothing begins any more."""
        with self._lock:
            self._closed = True
        for job in self.active:
            job.cancel()
        for pool in self._pools.values():
            pool.shutdown(wait=True)

    def _drive(self, job: Job, work: Work, listener: Listener, device: str) -> None:
        _log.log(self._level, "job %d begins on %s: %s", job.id, device, job.title)
        begun = time.monotonic()
        end = _run_to_end(job, work, listener)
        # As text: a record that held the error would keep what it speaks of alive.
        seconds = time.monotonic() - begun
        _log.log(self._level, "job %d %s after %.3f s %s", job.id, end.state.value, seconds, end.details)
        self._end(job, listener, end)

    def _end(self, job: Job, listener: Listener, end: JobEvent) -> None:
        with self._lock:
            if self._jobs.pop(job.id, None) is None:
                return
        try:
            listener(end)
        except BaseException:  # noqa: BLE001 - a pool thread would swallow it silently
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))
        finally:
            job._ended.set()


def _step_back() -> None:
    """Lower the priority of the calling thread alone."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def _run_to_end(job: Job, work: Work, listener: Listener) -> JobEvent:
    # BaseException on purpose: a MemoryError, a RuntimeError of torch or a stray SystemExit
    # on a pool thread must all end in a terminal event, or the window waits for ever.
    try:
        while not job.cancel_requested:
            try:
                step = next(work)
            except StopIteration as stop:
                return JobEvent(job.id, JobState.DONE, value=stop.value)
            listener(JobEvent(job.id, JobState.RUNNING, progress=step))
        work.close()
        return JobEvent(job.id, JobState.CANCELLED)
    except BaseException as error:  # noqa: BLE001
        return _failure(job, work, error)


def _failure(job: Job, work: Work, error: BaseException) -> JobEvent:
    details = traceback.format_exc()
    try:
        work.close()
    except BaseException:  # noqa: BLE001
        details += "\nand while it was cleaned up:\n" + traceback.format_exc()
    # Tracebacks hold frames, and these the arrays of a job that may have run out of memory.
    error.__cause__ = error.__context__ = None
    return JobEvent(job.id, JobState.FAILED, error=error.with_traceback(None), details=details)
