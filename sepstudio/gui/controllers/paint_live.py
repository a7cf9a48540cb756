"""Learning along with the painter: after a stroke, the run on show learns on and is heard at once."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction

from sepstudio.gui.controllers.run_states import RunState, RunStates
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.painting.relearning import Learnable, Relearned, relearn_steps, stretch
from sepstudio.gui.painting.sources import missing_words, stretch_words
from sepstudio.gui.panels.method_page import MethodPage
from sepstudio.gui.panels.paint_page import PaintPage
from sepstudio.session.records import Run, Source

METHOD = "paint"
# Whoever paints several strokes in a row is not interrupted by the first.
PAUSE_MS = 250


class PaintLiveController(QObject):
    """While it is on, each stroke lets the run on show (or the newest one that was painted) learn on.

    One job runs at a time; what is painted meanwhile is learned after it, all at once. That is no step of the
    history: when a stroke is undone, the run goes back to what it was before. Where there is no run yet, the first
    strokes that are enough make one, as the button does.
    """

    toggled = Signal(bool)
    followed = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self._on = False
        self._jobs: set[int] = set()
        self._wanted = False
        self._states = RunStates(desk)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._follow)
        session = desk.session
        session.strokesChanged.connect(self._on_strokes)
        session.currentSourceChanged.connect(self._on_strokes)
        session.viewReplaced.connect(self._states.clear)
        desk.bridge.ended.connect(self._on_ended)
        desk.panel.pageMade.connect(self._on_page)

    def handlers(self) -> Handlers:
        """Return what answers the action."""
        return {"paint-live": self.set_on}

    def adopt(self, actions: Mapping[str, QAction]) -> None:
        """Let the action show whether strokes are followed."""
        self.toggled.connect(actions["paint-live"].setChecked)

    @property
    def on(self) -> bool:
        """Whether strokes are followed."""
        return self._on

    def set_on(self, on: bool) -> None:
        """Follow strokes from now on, beginning with those that the run does not have yet; or no more."""
        self._on = on
        page = self._desk.panel.made_page(PaintPage)
        if page is not None and page.box is not None:
            page.box.set_live(on)
        self.toggled.emit(on)
        if on:
            self._follow()
        else:
            self._pause.stop()
            for job in self._jobs:
                self._desk.bridge.cancel(job)

    def run(self, source_id: str) -> Run | None:
        """Return the run of a recording that learns on: the one on show, or the newest that was painted."""
        runs = [run for run in self._session.runs_of(source_id) if run.method == METHOD]
        shown = next((run for run in runs if run.id == self._desk.tab.run), None)
        return shown or next(reversed(runs), None)

    # -- after a stroke ----------------------------------------------------------------------

    def _on_strokes(self, source_id: str) -> None:
        source = self._session.current_source
        if self._on and source is not None and source.id == source_id:
            known = self._known(source)
            if known is not None:
                self._states.apply(known)
                self.followed.emit(known.run.id)
            else:
                self._pause.start()

    def _known(self, source: Source) -> RunState | None:
        run = self.run(source.id)
        return self._states.known(run, self._session.strokes(source.id)) if run is not None else None

    def _follow(self) -> None:
        source = self._session.current_source
        strokes = self._session.strokes(source.id) if source is not None else None
        if not self._on or source is None or strokes is None or missing_words(strokes):
            return
        self._wanted = bool(self._jobs)
        run = self.run(source.id)
        if self._wanted or (run is not None and run.strokes == strokes):
            return
        if run is None:
            self._begin(source)
            return
        self._states.keep(run.strokes, self._states.present(run))
        learnable = self._learnable(run)
        selection = self._session.selection
        span = (selection.start, selection.stop) if selection is not None else None
        touched = stretch(learnable, span, strokes.strokes[-1] if strokes.strokes else None)
        workbench = self._desk.workbench
        context = dataclasses.replace(workbench.context, sink=workbench.new_sink())
        work = relearn_steps(self._desk.panel.page_of(METHOD).spec, learnable, strokes, touched, context)
        done = functools.partial(self._on_relearned, run)
        job = self._desk.bridge.start(f"Learning on: {run.title}", work, done)
        self._jobs.add(job)
        workbench.runBegun.emit(job, dataclasses.replace(run, strokes=strokes))

    def _begin(self, source: Source) -> None:
        panel, selection = self._desk.panel, self._session.selection
        span = (selection.start, selection.stop) if selection is not None else None
        if span is not None and stretch_words(self._session.strokes(source.id), span, source.sample_rate):
            # There is more to come, or the selection goes.
            return
        page = panel.page_of(METHOD)
        band = selection.band if selection is not None else None
        self._jobs.add(self._desk.workbench.separate(page.spec, page.params, span, band))

    def _learnable(self, run: Run) -> Learnable:
        session = self._session
        stems = {session.stems[stem_id].name: session.clip(stem_id) for stem_id in run.stem_ids}
        params = self._desk.panel.page_of(METHOD).params
        mixture, matrices = session.clip(run.source_id), session.matrices(run.id)
        return Learnable(mixture, run.start, run.stop, stems, matrices, params, run.band)

    def _on_relearned(self, before: Run, learned: Relearned) -> None:
        run = self._session.runs.get(before.id)
        if run is None or run.strokes is not before.strokes:
            # Taken away, or gone back to what it was.
            return
        run = dataclasses.replace(run, strokes=learned.strokes)
        state = RunState.revised(run, learned.stems, learned.matrices, self._session.stems, learned.curves)
        self._states.keep(learned.strokes, state)
        there = self._session.strokes(run.source_id).strokes
        if there[: len(learned.strokes.strokes)] == learned.strokes.strokes:
            # Otherwise some of it was undone meanwhile: it waits for redo.
            self._states.apply(state)
            self.followed.emit(run.id)

    def _on_ended(self, job: int, _state: str, _message: str) -> None:
        self._jobs.discard(job)
        if self._wanted and not self._jobs:
            # What came of the job that ended is put into its place first.
            self._pause.start()

    def _on_page(self, page: MethodPage) -> None:
        if isinstance(page, PaintPage) and page.box is not None:
            page.box.liveToggled.connect(self.set_on)
            page.box.set_live(self._on)
