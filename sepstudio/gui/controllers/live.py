"""The live link: a run that follows the edits of its score."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from sepstudio.gui.controllers.run_states import RunState, RunStates
from sepstudio.gui.controllers.support import SupportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.notice import Notice
from sepstudio.gui.scores.factorised import factorised_run
from sepstudio.separation.revising import Revisable, Revision, revise_steps
from sepstudio.session.records import Run

_NO_RUN = "Live follows a run: separate the recording with its score once, then every edit of a note is heard."


class LiveController(QObject):
    """After each edit of the score, separates the touched stretch anew and puts it into the run on show.

    That is no step of the history of its own. The run follows the score: when an edit is undone, the run goes
    back to what it was with the score before, without being computed again.
    """

    toggled = Signal(bool)
    followed = Signal(str)

    def __init__(self, desk: Desk, support: SupportController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self._support = support
        self._on = False
        self._job = 0
        self._states = RunStates(desk)
        session = desk.session
        session.scoreChanged.connect(self._follow)
        session.runAdded.connect(self._on_run_added)
        session.currentSourceChanged.connect(self._follow)
        session.viewReplaced.connect(self._states.clear)
        desk.panel.score_box.liveToggled.connect(self.set_on)

    def handlers(self) -> Handlers:
        """Return what answers the action."""
        return {"score-live": self.set_on}

    def adopt(self, actions: Mapping[str, QAction]) -> None:
        """Let the action show whether edits are followed."""
        self.toggled.connect(actions["score-live"].setChecked)

    @property
    def on(self) -> bool:
        """Whether edits are followed."""
        return self._on

    def set_on(self, on: bool) -> None:
        """Follow edits from now on, beginning with those that the run does not have yet; or no more."""
        self._on = on
        self._desk.panel.score_box.set_live(on)
        self.toggled.emit(on)
        source = self._session.current_source
        if not on:
            self._desk.bridge.cancel(self._job)
        elif source is not None and self.run(source.id) is None:
            self._support.show(Notice(_NO_RUN, None))
        elif source is not None:
            self._follow(source.id)

    def run(self, source_id: str) -> Run | None:
        """Return the run of a recording that follows its score: the one on show, or the newest that can."""
        return factorised_run(self._session, source_id, self._desk.tab.run)

    # -- after an edit -----------------------------------------------------------------------

    def _follow(self, source_id: str) -> None:
        source = self._session.current_source
        if not self._on or source is None or source.id != source_id:
            return
        # The edit before is part of what is to be done now.
        self._desk.bridge.cancel(self._job)
        run, score = self.run(source_id), self._session.score(source_id)
        if run is None or score is None or run.score == score:
            return
        known = self._states.known(run, score)
        if known is not None:
            self._apply(known)
            return
        self._states.keep(run.score, self._states.present(run))
        work = revise_steps(self._revisable(run), score, threads=self._desk.workbench.context.threads)
        done = functools.partial(self._on_revised, run)
        self._job = self._desk.bridge.start(f"Live: {run.title}", work, done)

    def _revisable(self, run: Run) -> Revisable:
        session = self._session
        stems = {session.stems[stem_id].name: session.clip(stem_id) for stem_id in run.stem_ids}
        mixture, matrices = session.clip(run.source_id), session.matrices(run.id)
        return Revisable(mixture, run.start, run.stop, stems, matrices, run.score, run.params, run.band)

    def _on_revised(self, before: Run, revision: Revision) -> None:
        run = self._session.runs.get(before.id)
        if run is None or run.score is not before.score or self._session.score(run.source_id) != revision.score:
            # Taken away, or edited again: that has been begun already.
            return
        run = dataclasses.replace(run, score=revision.score)
        state = RunState.revised(run, revision.stems, revision.matrices, self._session.stems)
        self._states.keep(revision.score, state)
        self._apply(state)

    def _apply(self, state: RunState) -> None:
        self._states.apply(state)
        self.followed.emit(state.run.id)

    def _on_run_added(self, run_id: str) -> None:
        """Let a run that comes back follow the score that there is now."""
        self._follow(self._session.runs[run_id].source_id)
