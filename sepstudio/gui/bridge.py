"""Where jobs meet Qt: generators go in, signals come out on the GUI thread at most 30 times a second."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from sepstudio.jobs.runner import CPU, TERMINAL, Job, JobEvent, JobRunner, JobState
from sepstudio.separation.base import Progress

INTERVAL_MS = 33

OnDone = Callable[[Any], None]


class JobBridge(QObject):
    """Starts jobs and tells of them; the newest progress of a job replaces what was not told yet.

    ``failed`` carries the job's title and its last event. ``snapshot`` carries the newest ``partial`` of a
    job that yields such with its Progress, itself and not a copy, just before the ``progressed`` that it belongs
    to or came before; once a job has ended its result counts and none is told any more. The runner stays the
    caller's to close.
    """

    started = Signal(int, str)
    progressed = Signal(int, float, str, object)
    snapshot = Signal(int, object)
    ended = Signal(int, str, str)
    failed = Signal(str, object)
    _woken = Signal()

    def __init__(self, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._lock = threading.Lock()
        self._news: dict[int, JobEvent] = {}
        # Apart from the news: steps without a snapshot must not hide that of the one before.
        self._partials: dict[int, Any] = {}
        self._ends: list[JobEvent] = []
        self._jobs: dict[int, tuple[Job, OnDone]] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._tell)
        self._woken.connect(self._wake, Qt.ConnectionType.QueuedConnection)

    def start(self, title: str, work: Generator[Any, None, Any], on_done: OnDone, *, device: str = CPU) -> int:
        """Run a generator of Progress (or of plain fractions); ``on_done`` gets its result on the GUI thread.

        Jobs of one ``device`` other than the CPU run one after another, on a thread of their own.
        """
        job = self._runner.submit(title, work, self._hear, device=device)
        self._jobs[job.id] = (job, on_done)
        self.started.emit(job.id, title)
        return job.id

    def sibling(self, parent: QObject) -> JobBridge:
        """Return a bridge to the same runner for work that is neither shown nor cancelled with the jobs of this one."""
        return JobBridge(self._runner, parent)

    def cancel(self, job_id: int) -> None:
        """Ask a job to stop; nothing happens when it has ended."""
        if job_id in self._jobs:
            self._jobs[job_id][0].cancel()

    def cancel_all(self) -> None:
        """Ask every job to stop."""
        for job, _ in tuple(self._jobs.values()):
            job.cancel()

    @property
    def busy(self) -> bool:
        """Whether a job waits, runs, or has not been told to have ended."""
        return bool(self._jobs)

    def _hear(self, event: JobEvent) -> None:
        with self._lock:
            if event.state in TERMINAL:
                self._news.pop(event.job_id, None)
                self._partials.pop(event.job_id, None)
                self._ends.append(event)
            else:
                self._news[event.job_id] = event
                if isinstance(event.progress, Progress) and event.progress.partial is not None:
                    self._partials[event.job_id] = event.progress.partial
        self._woken.emit()

    def _wake(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _tell(self) -> None:
        with self._lock:
            news, self._news = self._news, {}
            partials, self._partials = self._partials, {}
            ends, self._ends = self._ends, []
        for event in news.values():
            if event.job_id in self._jobs:
                if event.job_id in partials:
                    self.snapshot.emit(event.job_id, partials[event.job_id])
                self.progressed.emit(event.job_id, *_plain(event.progress))
        for event in ends:
            self._end(event)

    def _end(self, event: JobEvent) -> None:
        job, on_done = self._jobs.pop(event.job_id)
        message = str(event.error) if event.error is not None else ""
        self.ended.emit(event.job_id, event.state.value, message)
        if event.state is JobState.DONE:
            on_done(event.value)
        elif event.state is JobState.FAILED:
            self.failed.emit(job.title, event)


def _plain(progress: Any) -> tuple[float, str, float | None]:
    if isinstance(progress, Progress):
        return progress.fraction, progress.stage, progress.stage_fraction
    return float(progress), "", None
