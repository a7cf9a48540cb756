"""Correlations of channels on the codec tab: computed once for each decoded scene, then looked up."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from sepstudio.gui.codec.following import StretchFollower
from sepstudio.gui.codec.lower import Page
from sepstudio.gui.controllers.view_export import ViewExportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.tabs.codec import CodecTab
from sepstudio.io.clip import AudioClip, excerpt
from sepstudio.jobs.runner import JobState

if TYPE_CHECKING:
    from sepstudio.gui.codec.covariance_view import CovarianceView
    from sepstudio.metrics.covariance_track import CovarianceComparison

_TIP = "Which channels go together: correlations of all pairs, and how far the codec changes them"
# As often as an eye follows matrices; panes have the rest of the time.
INTERVAL_MS = 100
# Kept for other runs that were looked at: 30 MB each at most.
_MOST_KEPT = 6


@dataclass(frozen=True, eq=False)
class Question:
    """What is compared: two clips that begin together at a time of the timeline."""

    key: tuple[object, ...]
    reference: AudioClip
    decoded: AudioClip | None
    begins: float
    title: str


class CodecCovarianceController(QObject):
    """Answers for the scene and the decoded run on show, while the tab is in view.

    ``compared`` says that another comparison is there, or none any more: see ``shown``.
    """

    compared = Signal()

    def __init__(self, desk: Desk, tab: CodecTab, exports: ViewExportController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._tab = tab
        self._exports = exports
        self._view: CovarianceView | None = None
        self._kept: OrderedDict[tuple[object, ...], tuple[Question, CovarianceComparison]] = OrderedDict()
        self._asked: tuple[object, ...] | None = None
        self._job = 0
        self._shown: tuple[Question, CovarianceComparison] | None = None
        self._follower: StretchFollower | None = None
        tab.firstShown.connect(self._ask_for_view)

    def handlers(self) -> Handlers:
        """Return nothing: the view has its own controls."""
        return {}

    @property
    def view(self) -> CovarianceView:
        """The view, made if need be."""
        if self._view is None:
            self._tab.turns.forget(self._make)
            self._make()
        return self._view

    @property
    def shown(self) -> tuple[Question, CovarianceComparison] | None:
        """What is compared and what is known of it, or None while nothing is."""
        return self._shown

    @property
    def is_computing(self) -> bool:
        """Whether something is about to be compared."""
        return self._asked is not None

    def _page(self) -> CovarianceView:
        return self._view

    def _ask_for_view(self) -> None:
        self._tab.turns.ask(self._make)

    def _make(self) -> None:
        if self._view is not None:
            return
        from sepstudio.gui.codec.covariance_view import CovarianceView

        view, desk = CovarianceView(), self._desk
        self._view = view
        self._tab.lower.add(Page("Covariance", _TIP, self._page))
        for picture in (view.picture, view.errors):
            self._exports.offer(picture)
        view.told.connect(self._tab.cursorMoved)
        self._follower = StretchFollower(desk, view, INTERVAL_MS, self)
        view.changed.connect(self._follower.show_stretch)
        self._tab.shownChanged.connect(self.refresh)
        desk.session.currentSourceChanged.connect(self._on_source)
        desk.session.conventionChanged.connect(self.refresh)
        desk.tab.stems.aliasesChanged.connect(self.refresh)
        desk.timeline.visibleChanged.connect(view.errors.show_span)
        desk.bridge.ended.connect(self._on_ended)
        view.errors.show_span(*desk.timeline.visible)
        self.refresh()

    # -- asking ------------------------------------------------------------------------------

    def refresh(self, *_: object) -> None:
        """Show what belongs to the scene and run on show; it is computed first if need be."""
        if self._view is None or self._desk.session.is_replacing:
            return
        question = self._question()
        if question is None:
            self._give_up()
            self._view.say()
            self._tell(None)
        elif question.key in self._kept:
            self._give_up()
            self._kept.move_to_end(question.key)
            self._show(*self._kept[question.key])
        elif question.key != self._asked:
            self._compute(question)

    def _question(self) -> Question | None:
        session, source, clips = self._desk.session, self._desk.session.current_source, self._tab.clips
        scene = clips.of(source.id) if source is not None else None
        if scene is None:
            return None
        run = session.runs.get(self._tab.run)
        # In a blind comparison the matrices would tell which run is heard.
        if run is None or run.source_id != source.id or self._desk.tab.stems.aliases:
            return Question((source.id, id(scene)), scene, None, 0.0, source.name)
        decoded = clips.of(run.stem_ids[0])
        begins, title = run.start / source.sample_rate, run.label or f"Decoded {run.number}"
        reference = excerpt(scene, run.start, run.stop)
        return Question((source.id, id(scene), run.id, id(decoded)), reference, decoded, begins, title)

    def _compute(self, question: Question) -> None:
        from sepstudio.metrics.covariance_track import compare_steps

        self._give_up()
        self._asked = question.key
        self._tell(None)
        self._view.say(f"Correlating the channels of {question.title}…")
        work = compare_steps(question.reference, question.decoded)
        title = f"Covariance of {question.title}"
        self._job = self._desk.bridge.start(title, work, partial(self._keep, question))

    def _give_up(self) -> None:
        self._asked = None
        if self._job:
            self._desk.bridge.cancel(self._job)
            self._job = 0

    # -- showing -----------------------------------------------------------------------------

    def _keep(self, question: Question, compared: CovarianceComparison) -> None:
        self._kept[question.key] = (question, compared)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        self.refresh()

    def _show(self, question: Question, compared: CovarianceComparison) -> None:
        if self._view.compared is not compared:
            self._view.show_comparison(compared, question.begins, question.title)
        self._follower.show_stretch()
        self._tell((question, compared))

    def _tell(self, shown: tuple[Question, CovarianceComparison] | None) -> None:
        if shown is None or shown != self._shown:
            self._shown = shown
            self.compared.emit()

    def _on_ended(self, job: int, state: str, _message: str) -> None:
        if job != self._job:
            return
        self._job = 0
        if state != JobState.DONE.value:
            self._view.say("Not computed. Choose another condition, or this one again.")

    def _on_source(self, _source_id: str) -> None:
        """Let go of the scenes of another recording."""
        self._kept.clear()
        self.refresh()
