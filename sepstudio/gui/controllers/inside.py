"""The page of the drawer that looks into a network: one that learns just now, or that of a finished run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sepstudio.gui.controllers.view_export import ViewExportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.inside.learning import (
    Learning,
    LearningSnapshot,
    has_network,
    learning_of_run,
    learning_of_snapshot,
)
from sepstudio.session.records import Run, method_text

if TYPE_CHECKING:
    from sepstudio.gui.inside.page import InsidePage
    from sepstudio.gui.inside.point_asker import PointAsker

PAGE = "inside"
# Eight times a second is as live as an eye can follow numbers, and leaves the window to other work.
INTERVAL_MS = 125


class InsideController(QObject):
    """Loads and makes the page when it is shown first, and fills it while it is in view."""

    def __init__(self, desk: Desk, exports: ViewExportController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self._exports = exports
        self._page: InsidePage | None = None
        # By job, while it runs: what it will become, and what it told last.
        self._begun: dict[int, Run] = {}
        self._told: dict[int, LearningSnapshot] = {}
        self._shown: object = None
        self._asker: PointAsker | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.refresh)
        self._room = QWidget()
        column = QVBoxLayout(self._room)
        column.setContentsMargins(0, 0, 0, 0)
        desk.drawer.add_page(PAGE, "Look inside", self._room, takes_points=True)
        # Behind the other page that asks about points: what it sets is for itself.
        desk.drawer.pageShown.connect(self._on_page)
        desk.timeline.pointed.connect(self._on_pointed)
        desk.workbench.runBegun.connect(self._on_begun)
        desk.bridge.snapshot.connect(self._on_snapshot)
        desk.bridge.ended.connect(self._on_ended)
        session = desk.session
        for signal in (
            session.runAdded, session.runRemoved, session.runRevised, session.runRenamed,
            session.currentSourceChanged, session.viewReplaced, desk.tab.deck.shownChanged,
        ):  # fmt: skip
            signal.connect(self.refresh)

    def handlers(self) -> Handlers:
        """Return what answers the actions about networks."""
        return {"look-inside": self._toggle}

    @property
    def page(self) -> InsidePage:
        """The page, made if need be."""
        if self._page is None:
            from sepstudio.gui.inside.page import InsidePage

            self._page = InsidePage(self._room)
            self._page.pictureMade.connect(self._exports.offer)
            self._page.viewMade.connect(self._on_view_made)
            self._page.viewShown.connect(self._on_view)
            self._room.layout().addWidget(self._page)
        return self._page

    @property
    def run(self) -> Run | None:
        """The run whose network is looked into when none learns: the one on show, or the newest that has one."""
        source = self._session.current_source
        if source is None:
            return None
        runs = [run for run in self._session.runs_of(source.id) if has_network(self._session.matrices(run.id))]
        return next((run for run in runs if run.id == self._desk.tab.run), runs[-1] if runs else None)

    def refresh(self, *_: object) -> None:
        """Show what is there now, if the page is in view and that is something else."""
        if self._desk.drawer.page != PAGE or self._session.is_replacing:
            return
        self._timer.stop()
        learner = self._learner()
        run = self.run
        wanted = learner[1] if learner is not None else run
        if wanted is self._shown and wanted is not None:
            return
        self._shown = wanted
        self.page.show_learning(self._learning(learner, run))
        if self._looks_at_points:
            self._asker.ask_again()

    def _learner(self) -> tuple[Run, LearningSnapshot] | None:
        """Return the newest job of the recording that has told of its network."""
        source = self._session.current_source
        told = [(self._begun[job], snapshot) for job, snapshot in self._told.items()]
        return next((one for one in reversed(told) if source is not None and one[0].source_id == source.id), None)

    def _learning(self, learner: tuple[Run, LearningSnapshot] | None, run: Run | None) -> Learning | None:
        if learner is not None:
            return learning_of_snapshot(method_text(learner[0].method), learner[1])
        if run is None:
            return None
        return learning_of_run(run.title, self._session.matrices(run.id), self._session.curves(run.id))

    def _on_view_made(self, view: str) -> None:
        if view == "gradients":
            from sepstudio.gui.inside.gradient_checker import GradientChecker

            GradientChecker(self.page.gradients, self._desk.bridge)
        elif view == "point":
            from sepstudio.gui.inside.point_asker import PointAsker

            self._asker = PointAsker(self._desk, self.page.point, lambda: self.run)

    # -- answers -----------------------------------------------------------------------------

    def _toggle(self) -> None:
        self._desk.drawer.toggle(PAGE)

    def _on_page(self, page: str) -> None:
        if page == PAGE:
            self.refresh()
            self._on_view()
        elif self._asker is not None:
            self._asker.set_shown(False)

    def _on_view(self, _view: str = "") -> None:
        """Take clicks in spectrograms while a point is looked at, and mark it there."""
        self._desk.timeline.pointing = self._looks_at_points
        if self._asker is not None:
            self._asker.set_shown(self._looks_at_points)
            if self._looks_at_points:
                self._asker.ask_again()

    @property
    def _looks_at_points(self) -> bool:
        return self._desk.drawer.page == PAGE and self._asker is not None and self.page.view == "point"

    def _on_pointed(self, seconds: float, hertz: float) -> None:
        if self._desk.drawer.page != PAGE:
            return
        if self.page.view != "point":
            self.page.show_view("point")
        # There is none while there is no network at all.
        if self._asker is not None:
            self._asker.ask(seconds, hertz)

    def _on_begun(self, job: int, run: Run) -> None:
        self._begun[job] = run

    def _on_snapshot(self, job: int, snapshot: object) -> None:
        if job in self._begun and isinstance(snapshot, LearningSnapshot):
            self._told[job] = snapshot
            # Not anew while it waits: then nothing would be drawn until the network rests.
            if self._desk.drawer.page == PAGE and not self._timer.isActive():
                self._timer.start()

    def _on_ended(self, job: int, _state: str, _message: str) -> None:
        self._begun.pop(job, None)
        if self._told.pop(job, None) is not None:
            self.refresh()
