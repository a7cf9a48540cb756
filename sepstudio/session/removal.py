"""Undoable removal. What is removed stays in the history, so that undo brings it back as it was."""

from __future__ import annotations

from sepstudio.session.commands import SessionCommand
from sepstudio.session.records import Stem
from sepstudio.session.session import Session


class RemoveRun(SessionCommand):
    """Take a run away; its audio stays in the history until the document is closed."""

    def __init__(self, session: Session, run_id: str) -> None:
        run = session.runs[run_id]
        super().__init__(session, f"Remove {run.title}")
        self._run = run
        self._stems: tuple[Stem, ...] = ()
        self._place = tuple(session.runs).index(run_id)

    def redo(self) -> None:
        """Remove the run and its stems."""
        # As they are now: a run that follows its score is revised without a step of the history.
        self._run = self._session.runs[self._run.id]
        self._stems = tuple(self._session.stems[stem_id] for stem_id in self._run.stem_ids)
        self._session.remove_run(self._run.id)

    def undo(self) -> None:
        """Bring them back to where they were."""
        self._session.insert_run(self._run, self._stems, self._place)


class RemoveSource(SessionCommand):
    """Take a recording away with its runs, its true stems, and what it was a true stem of."""

    def __init__(self, session: Session, source_id: str) -> None:
        self._source = session.sources[source_id]
        super().__init__(session, f"Remove {self._source.name}")
        self._place = tuple(session.sources).index(source_id)
        self._runs = [RemoveRun(session, run.id) for run in session.runs_of(source_id)]
        self._true_stems = [
            (owner, name, true_id)
            for owner in session.sources
            for name, true_id in session.true_stems(owner).items()
            if source_id in (owner, true_id)
        ]

    def redo(self) -> None:
        """Remove the runs and the assignments, then the source."""
        for run in reversed(self._runs):
            run.redo()
        for owner, name, _ in self._true_stems:
            self._session.set_true_stem(owner, name, "")
        self._session.remove_source(self._source.id)

    def undo(self) -> None:
        """Bring the source back, then what hangs on it."""
        self._session.insert_source(self._source, self._place)
        for owner, name, true_id in self._true_stems:
            self._session.set_true_stem(owner, name, true_id)
        for run in self._runs:
            run.undo()
