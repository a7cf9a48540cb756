"""The page of the drawer with the phase differences of the bin under the pointer."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject

from sepstudio.dsp.phase_histograms import PhaseHistograms, histogram_steps
from sepstudio.gui.controllers.view_export import ViewExportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.panels.phase_histograms import HINT, PhaseHistogramView
from sepstudio.gui.panes.picture import PicturePane
from sepstudio.gui.texts import stretch_text
from sepstudio.io.clip import AudioClip
from sepstudio.jobs.runner import JobState

PAGE = "phases"
# A bin in the middle of most music, until one is pointed at.
_FIRST_HZ = 440.0
# Recordings whose counts are kept: a run has four stems and a residual beside the mixture.
_MOST_KEPT = 8


@dataclass(frozen=True)
class Question:
    """Of what the differences are counted: samples of a recording in a transform."""

    clip: AudioClip
    title: str
    fft_size: int
    hop_size: int
    start: int
    stop: int

    @property
    def key(self) -> tuple[int, ...]:
        """What tells it from others."""
        return id(self.clip), self.fft_size, self.hop_size, self.start, self.stop


class PhaseHistogramController(QObject):
    """Counts once for each recording, transform and stretch; moving the pointer then only looks up."""

    def __init__(self, desk: Desk, exports: ViewExportController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self.panel = PhaseHistogramView()
        self._kept: OrderedDict[tuple[int, ...], tuple[Question, PhaseHistograms]] = OrderedDict()
        self._asked: Question | None = None
        self._job = 0
        self._counting = False
        # The pane that was pointed at last, and where.
        self._pane: PicturePane | None = None
        self._hertz = _FIRST_HZ
        desk.drawer.add_page(PAGE, "Phase histograms", self.panel)
        exports.offer(self.panel.time)
        exports.offer(self.panel.frequency)
        desk.tab.deck.hovered.connect(self._on_hovered)
        desk.tab.deck.shownChanged.connect(self._refresh)
        desk.tab.deck.layoutChanged.connect(self._refresh)
        desk.drawer.pageShown.connect(self._on_page)
        desk.bridge.ended.connect(self._on_ended)
        self.panel.scopeChanged.connect(self._refresh)
        desk.session.selectionChanged.connect(self._refresh)
        desk.session.currentSourceChanged.connect(self._forget)

    def handlers(self) -> Handlers:
        """Return what answers the actions about phases."""
        return {"phase-histograms": self._toggle}

    def _toggle(self) -> None:
        self._desk.drawer.toggle(PAGE)

    def _on_page(self, page: str) -> None:
        if page == PAGE:
            # What was cancelled is counted after all.
            self._asked = self._asked if self._counting else None
            self._refresh()

    # -- asking ------------------------------------------------------------------------------

    def _on_hovered(self, pane: PicturePane, _seconds: float, hertz: float) -> None:
        self._hertz = hertz
        if pane is not self._pane:
            self._pane = pane
            self._refresh()
        elif self._desk.drawer.page == PAGE:
            self.panel.point_at(hertz)

    def _refresh(self, *_: object) -> None:
        """Show the counts of what is pointed at, if the page is in view; they are counted first if need be."""
        if self._desk.drawer.page != PAGE or self._desk.session.is_replacing:
            return
        question = self._question()
        if question is None:
            self._desk.bridge.cancel(self._job)
            self._asked = None
            self.panel.say(HINT)
            return
        kept = self._kept.get(question.key)
        if kept is not None:
            self._kept.move_to_end(question.key)
            self._asked = question
            self._show(question, kept[1])
        elif self._asked is None or self._asked.key != question.key:
            self._count(question)

    def _question(self) -> Question | None:
        shown = self._desk.tab.stack.panes
        pane = self._pane if self._pane in shown else self._desk.tab.mixture
        if not isinstance(pane, PicturePane) or not pane.sounds:
            return None
        sound, analysis = pane.sounds[0], pane.analysis
        rate, length = sound.clip.sample_rate, sound.clip.length
        source, selection = self._desk.session.current_source, self._desk.session.selection
        start, stop = 0, length
        if self.panel.of_selection and selection is not None and source is not None:
            times = (place / source.sample_rate for place in (selection.start, selection.stop))
            start, stop = (min(max(round((time - sound.offset_s) * rate), 0), length) for time in times)
        # A stretch outside of the recording, or one that is a click: all of it is better than nothing.
        start, stop = (start, stop) if stop - start >= analysis.fft_size else (0, length)
        where = "" if (start, stop) == (0, length) else f", {stretch_text(start, stop, rate)}"
        return Question(sound.clip, sound.title + where, analysis.fft_size, analysis.hop_size, start, stop)

    def _count(self, question: Question) -> None:
        self._desk.bridge.cancel(self._job)
        self._asked, self._counting = question, True
        self.panel.say(f"Counting the phase differences of {question.title}…")
        work = histogram_steps(
            question.clip, fft_size=question.fft_size, hop_size=question.hop_size,
            start=question.start, stop=question.stop,
        )  # fmt: skip
        title = f"Phase histograms of {question.title}"
        self._job = self._desk.bridge.start(title, work, partial(self._keep, question))

    # -- showing -----------------------------------------------------------------------------

    def _keep(self, question: Question, histograms: PhaseHistograms) -> None:
        self._kept[question.key] = (question, histograms)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        self._refresh()

    def _show(self, question: Question, histograms: PhaseHistograms) -> None:
        self.panel.show_histograms(histograms, question.title, question.clip.sample_rate)
        self.panel.point_at(self._hertz)

    def _on_ended(self, job: int, state: str, _message: str) -> None:
        if job != self._job:
            return
        self._counting = False
        if state != JobState.DONE.value and self._asked is not None:
            self.panel.say(f"Not counted: {self._asked.title}. Point at another spectrogram, or open this page again.")

    def _forget(self, _source_id: str = "") -> None:
        """Let go of the recordings of another source."""
        self._kept.clear()
        self._asked = self._pane = None
        self._refresh()
