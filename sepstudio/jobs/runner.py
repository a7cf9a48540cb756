"""Drives generators on threads: progress, cancellation, exactly one end."""

from __future__ import annotations

import contextlib
import itertools
import threading
import traceback
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from typing import Any


class JobState(Enum):
    """The states of a job; the last three are terminal and come exactly once."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


TERMINAL = frozenset({JobState.DONE, JobState.CANCELLED, JobState.FAILED})


@dataclass(frozen=True)
class JobEvent:
    """What a listener hears of a job, on the job's own thread.

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


class Job:
    """A handle on a submitted generator."""

    def __init__(self, job_id: int, title: str) -> None:
        self.id = job_id
        self.title = title
        self._cancel = threading.Event()
        self._future: Future[None] | None = None

    def cancel(self) -> None:
        """Ask the job to stop at its next step; its generator is closed, so its ``finally`` blocks run."""
        self._cancel.set()

    @property
    def cancel_requested(self) -> bool:
        """Whether ``cancel`` was called."""
        return self._cancel.is_set()

    def wait(self, timeout: float | None = None) -> None:
        """Block until the terminal event was delivered."""
        if self._future is not None:
            self._future.result(timeout)


class JobRunner:
    """A small pool of threads that runs generators; one job at a time on each GPU."""

    def __init__(self, workers: int = 2) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="job")
        self._ids = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._lock = threading.Lock()
        self._device_locks: dict[str, threading.Lock] = {}

    def submit(
        self, title: str, work: Generator[Any, None, Any], listener: Listener, *, device: str = "cpu"
    ) -> Job:
        """Queue a generator; ``listener`` is called on the worker thread for every event."""
        job = Job(next(self._ids), title)
        with self._lock:
            self._jobs[job.id] = job
            guard = self._device_locks.setdefault(device, threading.Lock()) if device != "cpu" else None
        job._future = self._pool.submit(self._drive, job, work, listener, guard)
        return job

    @property
    def active(self) -> tuple[Job, ...]:
        """Jobs that wait or run."""
        with self._lock:
            return tuple(self._jobs.values())

    def close(self) -> None:
        """Cancel everything and wait for the threads to end."""
        for job in self.active:
            job.cancel()
        self._pool.shutdown(wait=True)

    def _drive(
        self, job: Job, work: Generator[Any, None, Any], listener: Listener, guard: threading.Lock | None
    ) -> None:
        with guard or contextlib.nullcontext():
            end = _run_to_end(job, work, listener)
        with self._lock:
            del self._jobs[job.id]
        listener(end)


def _run_to_end(job: Job, work: Generator[Any, None, Any], listener: Listener) -> JobEvent:
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
        return JobEvent(job.id, JobState.FAILED, error=error, details=traceback.format_exc())
