"""The page of the drawer with the errors of factorisations: finished runs, and those that are under way."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from PySide6.QtCore import QObject

from sepstudio.gui.controllers.view_export import ViewExportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.panels.error_curves import ErrorCurve, ErrorCurvesView
from sepstudio.jobs.runner import JobState
from sepstudio.separation.base import Curve
from sepstudio.separation.factorization import Snapshot
from sepstudio.session.records import Run, method_text

PAGE = "errors"
_CURVE = "error"


class ErrorCurveController(QObject):
    """Fills the page while it is in view; what runs is drawn as it goes."""

    def __init__(self, desk: Desk, exports: ViewExportController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self.panel = ErrorCurvesView()
        # By job, while it runs: what it will become, and its error so far.
        self._begun: dict[int, Run] = {}
        self._live: dict[int, Curve] = {}
        # A curve keeps its colour whatever comes and goes.
        self._places: dict[str, int] = {}
        self._free = itertools.count()
        # That of a job which has ended is for the run that comes of it.
        self._handed: int | None = None
        desk.drawer.add_page(PAGE, "Error curves", self.panel)
        exports.offer(self.panel)
        desk.workbench.runBegun.connect(self._on_begun)
        desk.bridge.snapshot.connect(self._on_snapshot)
        desk.bridge.ended.connect(self._on_ended)
        session = desk.session
        for signal in (
            session.runAdded, session.runRemoved, session.runRenamed, session.currentSourceChanged,
            session.viewReplaced, desk.drawer.pageShown,
        ):  # fmt: skip
            signal.connect(self.refresh)

    def handlers(self) -> Handlers:
        """Return what answers the actions about errors."""
        return {"error-curves": self._toggle}

    def refresh(self, *_: object) -> None:
        """Show what is there now, if the page is in view."""
        if self._desk.drawer.page == PAGE and not self._session.is_replacing:
            self.panel.show_curves(tuple(self.curves()))

    def curves(self) -> Iterator[ErrorCurve]:
        """Yield the errors of the runs of the recording on show, those that are under way last."""
        source = self._session.current_source
        if source is None:
            return
        for run in self._session.runs_of(source.id):
            curve = self._session.curves(run.id).get(_CURVE)
            if curve is not None:
                yield self._curve(run.id, f"{run.title}{_loss_of(run)}", curve)
        for job, curve in self._live.items():
            run = self._begun[job]
            if run.source_id == source.id:
                title = f"{method_text(run.method)}{_loss_of(run)}, running"
                yield self._curve(f"job-{job}", title, curve, live=True)

    def _curve(self, curve_id: str, title: str, curve: Curve, *, live: bool = False) -> ErrorCurve:
        if curve_id not in self._places:
            handed, self._handed = self._handed, None
            self._places[curve_id] = next(self._free) if handed is None else handed
        return ErrorCurve(curve_id, title, curve.values, curve.seconds, self._places[curve_id], live)

    # -- answers -----------------------------------------------------------------------------

    def _toggle(self) -> None:
        self._desk.drawer.toggle(PAGE)

    def _on_begun(self, job: int, run: Run) -> None:
        self._begun[job] = run

    def _on_snapshot(self, job: int, snapshot: object) -> None:
        if job in self._begun and isinstance(snapshot, Snapshot):
            self._live[job] = snapshot.loss
            self.refresh()

    def _on_ended(self, job: int, state: str, _message: str) -> None:
        self._begun.pop(job, None)
        place = self._places.pop(f"job-{job}", None)
        if state == JobState.DONE.value:
            self._handed = place
        if self._live.pop(job, None) is not None:
            self.refresh()


def _loss_of(run: Run) -> str:
    """Return by what a run measures its error, or which rules it follows: others are on another scale."""
    told = getattr(run.params, "loss", "") or getattr(run.params, "optimizer", "")
    return f" ({told})" if told else ""
