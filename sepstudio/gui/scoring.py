"""Measures runs in the background and remembers what was measured."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from PySide6.QtCore import QObject, Signal

from sepstudio.gui.bridge import JobBridge
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import part
from sepstudio.metrics.comparison import ResidualTask, Scores, StemTask, Stretch, Task
from sepstudio.separation.base import Progress, staged
from sepstudio.session.records import Run, Stem
from sepstudio.session.session import Session


class Scoring(QObject):
    """Works on tasks one after another; ``changed`` says that ``scores`` or ``busy`` may answer otherwise.

    A task names the audio itself: another take, true stem or stretch is another task, and one that was
    measured before is known at once when it comes back.
    """

    changed = Signal()

    def __init__(self, session: Session, bridge: JobBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._scores: dict[Task, Scores] = {}
        self._jobs: set[int] = set()
        self._told = 0
        bridge.progressed.connect(self._on_progress)
        bridge.ended.connect(self._on_ended)
        session.viewReplaced.connect(self.forget)

    @property
    def busy(self) -> bool:
        """Whether something is measured."""
        return bool(self._jobs)

    def scores(self, task: Task | None) -> Scores | None:
        """Return what was measured, or None while it was not."""
        return self._scores.get(task) if task is not None else None

    def measure(self, title: str, tasks: Sequence[Task]) -> None:
        """Measure what is not known yet."""
        wanted = [task for task in dict.fromkeys(tasks) if task not in self._scores]
        if wanted:
            self._jobs.add(self._bridge.start(title, _measure(wanted, self._scores), self._on_done))
            self.changed.emit()

    def cancel(self) -> None:
        """Stop measuring; what is measured already stays."""
        for job_id in tuple(self._jobs):
            self._bridge.cancel(job_id)

    def forget(self) -> None:
        """Let go of everything: another document has begun."""
        self.cancel()
        # A job that still ends writes into the old one.
        self._scores = {}
        self.changed.emit()

    def _on_progress(self, job_id: int, _fraction: float, _stage: str, _part: object) -> None:
        if job_id in self._jobs and len(self._scores) != self._told:
            self._told = len(self._scores)
            self.changed.emit()

    def _on_ended(self, job_id: int, _state: str, _message: str) -> None:
        if job_id in self._jobs:
            self._jobs.discard(job_id)
            self.changed.emit()

    def _on_done(self, _count: int) -> None:
        self._told = len(self._scores)


def task_of(session: Session, run: Run, version: str, common: Stretch | None = None) -> Task | None:
    """Return what has to be measured of a run in its present takes; None where nothing can be.

    That is over its own stretch, or over the part of it in ``common``.
    """
    return _task(session, run, [session.clip(stem_id) for stem_id in run.stem_ids], version, common)


def take_tasks(session: Session, run: Run, version: str) -> tuple[StemTask, ...]:
    """Return what has to be measured for curves over the iterations of a run; empty without them or true stems."""
    takes = [session.takes(stem_id) for stem_id in run.stem_ids]
    most = max(map(len, takes), default=0)
    if most < 2 or not _named(session, run):
        return ()
    rows = [[clips[min(number, len(clips) - 1)] for clips in takes] for number in range(most)]
    tasks = [_task(session, run, row, version, None) for row in rows]
    return tuple(task for task in tasks if isinstance(task, StemTask))


def common_stretch(runs: Sequence[Run]) -> Stretch | None:
    """Return what all runs cover; it is empty where they have nothing in common, None when there are no runs."""
    stretches = [Stretch(run.start, run.stop) for run in runs]
    for stretch in stretches[1:]:
        stretches[0] = stretches[0].common(stretch)
    return stretches[0] if stretches else None


def _task(session: Session, run: Run, clips: Sequence[AudioClip], version: str, common: Stretch | None) -> Task | None:
    stretch = Stretch(run.start, run.stop)
    stretch = stretch.common(common) if common is not None else stretch
    if not stretch.length:
        return None
    true = session.true_stems(run.source_id)
    if not true:
        mixture, residual = session.clip(run.source_id), session.clip(run.residual_id)
        return ResidualTask(mixture, residual, run.start, stretch)
    named = _named(session, run)
    judged = [clip for stem_id, clip in zip(run.stem_ids, clips, strict=True) if stem_id in named]
    if not named:
        return None
    names = [stem.name for stem in named.values()]
    references = tuple(session.clip(true[name]) for name in names)
    return StemTask(tuple(names), references, tuple(judged), run.start, stretch, version)


def _named(session: Session, run: Run) -> Mapping[str, Stem]:
    true = session.true_stems(run.source_id)
    stems = (session.stems[stem_id] for stem_id in run.stem_ids)
    return {stem.id: stem for stem in stems if true.get(stem.name) in session.sources}


def _measure(tasks: Sequence[Task], known: dict[Task, Scores]) -> Generator[Progress, None, int]:
    for number, task in enumerate(tasks):
        stage = f"{number + 1} of {len(tasks)}"
        # Known from here on, also when the rest is cancelled.
        known[task] = yield from staged(part(task.steps(), number, len(tasks)), stage)
        yield Progress((number + 1) / len(tasks), stage)
    return len(tasks)
