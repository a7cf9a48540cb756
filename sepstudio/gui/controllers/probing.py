"""Why is this here? Clicks on spectrograms become readings, marks, and sounds of the neighbours."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QTimer

from sepstudio.gui.codec.reach import separated_runs
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.items.colours import level_table
from sepstudio.gui.items.probe_marks import HasScale, MarkedCells, ProbeMarks
from sepstudio.gui.panels.kernel_picture import Resolution
from sepstudio.gui.panels.probe_panel import HINT, ProbePanel
from sepstudio.gui.panes.base import Pane
from sepstudio.gui.panes.contrast import DEFAULT_LEVELS
from sepstudio.gui.texts import stretch_text, time_text
from sepstudio.gui.theme import stem_colour
from sepstudio.jobs.runner import JobState
from sepstudio.separation.explanation import Evidence, ProbedRun, ProbedStem
from sepstudio.separation.probe import Excerpt, Reading, excerpt_steps, probe_steps, transform_sizes, used_params
from sepstudio.separation.registry import methods
from sepstudio.session.records import Run

PAGE = "probe"
# Most answers come sooner; those of networks take a second.
PATIENCE_MS = 250
NO_RUN = "Separate the recording first, or a stretch of it: a probe asks how a run divided one point."


class ProbeController(QObject):
    """Owns the page of the drawer; a click counts while the page is open, and with Ctrl always."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        # Readings take a moment and come with every click: they are no jobs to be listed.
        self._bridge = desk.bridge.sibling(self)
        self.panel = ProbePanel()
        self._job = 0
        self._sound_job = 0
        self._wanted: tuple[float, float | None] | None = None
        self._asked: tuple[object, ...] = ()
        self._read: tuple[ProbedRun, Reading] | None = None
        self._marks: dict[Pane, ProbeMarks] = {}
        self._holding = False
        desk.drawer.add_page(PAGE, "Why here?", self.panel)
        desk.drawer.pageShown.connect(self._on_page)
        desk.timeline.pointed.connect(self._on_pointed)
        self.panel.held.connect(self._hear)
        self.panel.released.connect(self._let_go)
        self.panel.stepped.connect(self._step)
        desk.tab.deck.shownChanged.connect(self._mark)
        self._bridge.failed.connect(desk.bridge.failed)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._tell_to_wait)
        self._bridge.ended.connect(self._on_ended)
        self._listen()

    def _listen(self) -> None:
        session = self._session
        for signal in (session.runAdded, session.stemChanged, session.runRemoved):
            signal.connect(self._again)
        session.currentSourceChanged.connect(self._forget)
        self._desk.player.heardChanged.connect(self._again)

    def handlers(self) -> Handlers:
        """Return what answers the actions about probing."""
        return {"probe": self._toggle, "probe-playhead": self._probe_playhead}

    @property
    def run(self) -> Run | None:
        """The run that is asked: the one on show, or the newest one of the recording."""
        source = self._session.current_source
        shown = self._session.runs.get(self._desk.tab.run)
        runs = separated_runs(self._session, source.id) if source is not None else ()
        return shown or (runs[-1] if runs else None)

    def _on_pointed(self, seconds: float, hertz: float) -> None:
        if not self._desk.drawer.takes_points:
            self.probe(seconds, hertz)

    def probe(self, seconds: float, hertz: float | None) -> None:
        """Look at a point of the timeline; without a frequency, at the loudest one at that time."""
        self._wanted = (seconds, hertz)
        if self._desk.drawer.page != PAGE:
            # Asks as soon as the page is in view.
            self._desk.drawer.show_page(PAGE)
        else:
            self._ask(seconds, hertz)

    def _ask(self, seconds: float, hertz: float | None) -> None:
        self._bridge.cancel(self._job)
        self._asked = self._question(seconds, hertz)
        run = self.run
        if run is None:
            self._show_nothing(NO_RUN)
            return
        rate = self._session.sources[run.source_id].sample_rate
        if not run.start / rate <= seconds <= run.stop / rate:
            where = stretch_text(run.start, run.stop, rate)
            self._show_nothing(f"{run.title} is of {where} only: click there, or separate more.")
            return
        spec = methods().get(run.method)
        params = run.params if spec is None else used_params(spec, run.params, run.provenance)
        probed = self._probed(run, params)
        work = probe_steps(probed, seconds, hertz, spec, params)
        self._job = self._bridge.start("Why here?", work, partial(self.show_reading, run, probed))
        self._patience.start()

    def _tell_to_wait(self) -> None:
        if self._wanted is not None:
            self.panel.place.setText(f"Looking at {time_text(self._wanted[0])}…")

    def _on_ended(self, job: int, state: str, _message: str) -> None:
        if job == self._job:
            self._patience.stop()
            if state != JobState.DONE.value:
                self._show_nothing(HINT)

    def _probed(self, run: Run, params: object) -> ProbedRun:
        rate = self._session.sources[run.source_id].sample_rate
        fft_size, hop_size = transform_sizes(params, methods().get(run.method), rate)
        stems = []
        for stem_id in run.stem_ids:
            stem = self._session.stems[stem_id]
            takes = self._session.takes(stem_id) if stem.takes else ()
            stems.append(ProbedStem(stem.name, self._session.clip(stem_id), takes, stem.take))
        mixture = self._session.clip(run.source_id)
        return ProbedRun(
            mixture, run.start, run.stop, tuple(stems), fft_size, hop_size,
            models=self._desk.workbench.context.models, model_hash=run.provenance.get("model_hash") or "",
        )  # fmt: skip

    # -- asking ------------------------------------------------------------------------------

    def _toggle(self, _on: bool = False) -> None:
        self._desk.drawer.toggle(PAGE)

    def _probe_playhead(self) -> None:
        if self._session.current_source is not None:
            self.probe(self._desk.timeline.playhead, None)

    def _step(self, frames: int, bins: int) -> None:
        if self._read is not None:
            probed, reading = self._read
            frame = min(max(reading.point.frame + frames, 0), probed.frames - 1)
            index = min(max(reading.point.bin + bins, 0), probed.bins - 1)
            self.probe(min(probed.seconds_of(frame), probed.stop / probed.mixture.sample_rate), probed.hertz_of(index))

    def _again(self, _id: str = "") -> None:
        """Ask the same of what is there now, if the page is in view and that is something else."""
        if self._wanted is not None and self._desk.drawer.page == PAGE and self._asked != self._question(*self._wanted):
            self._ask(*self._wanted)

    def _question(self, seconds: float, hertz: float | None) -> tuple[object, ...]:
        run = self.run
        stems = [self._session.stems[stem_id] for stem_id in run.stem_ids] if run is not None else []
        return seconds, hertz, run, *stems

    def _forget(self, _source_id: str = "") -> None:
        self._bridge.cancel(self._job)
        self._wanted, self._asked = None, ()
        self._show_nothing(HINT)

    def _on_page(self, page: str) -> None:
        self._desk.timeline.pointing = page == PAGE
        if page == PAGE:
            self._asked = ()
            self._again()
        else:
            self._let_go()
            self._mark()

    # -- showing -----------------------------------------------------------------------------

    def show_reading(self, run: Run, probed: ProbedRun, reading: Reading) -> None:
        """Show what was found, and mark it in the panes."""
        if run.id not in self._session.runs or self._desk.drawer.page != PAGE:
            return
        # A button that is held now goes with its card, and would never tell that it was released.
        self._let_go()
        self._read = (probed, reading)
        resolution = Resolution(probed.mixture.sample_rate, probed.fft_size, probed.hop_size)
        pane = self._desk.tab.mixture
        # The colours of the neighbours are those of the spectrogram, while there is one.
        table = pane.table() if pane is not None else level_table("magma", *DEFAULT_LEVELS)
        self.panel.show_reading(reading, run.title, table, resolution)
        self._mark()

    def _show_nothing(self, message: str) -> None:
        self._read = None
        self._patience.stop()
        self.panel.clear(message)
        self._mark()

    def _mark(self) -> None:
        """Mark the point and its neighbours in every spectrogram while the page is in view."""
        shown = self._read if self._desk.drawer.page == PAGE else None
        panes = [pane for pane in self._desk.tab.stack.panes if isinstance(pane, HasScale)]
        self._marks = {pane: marks for pane, marks in self._marks.items() if pane in panes}
        for pane in panes:
            self._mark_in(pane, shown)

    def _mark_in(self, pane: Pane, shown: tuple[ProbedRun, Reading] | None) -> None:
        if pane not in self._marks:
            self._marks[pane] = ProbeMarks(pane)
            pane.box.addItem(self._marks[pane], ignoreBounds=True)
        marks = self._marks[pane]
        if shown is None:
            marks.show_marks(None, ())
            return
        probed, reading = shown
        own = [stem.name for stem in probed.stems if any(sound.clip is stem.clip for sound in pane.sounds)]
        evidence = reading.explanation.evidence if reading.explanation is not None else ()
        cells = [_cells(probed, one) for one in evidence if not own or one.stem in own]
        marks.show_marks((reading.seconds, reading.hertz), cells)

    # -- hearing -----------------------------------------------------------------------------

    def _hear(self, stem: str) -> None:
        if self._read is None or self._read[1].explanation is None:
            return
        probed, reading = self._read
        evidence = next(one for one in reading.explanation.evidence if one.stem == stem)
        chosen = next(one.clip for one in probed.stems if one.name == stem)
        clip = chosen if self.panel.of_stem.isChecked() else probed.stretch
        work = excerpt_steps(probed, clip, evidence.bins, evidence.frames, reading.point.frame)
        self._holding = True
        self._bridge.cancel(self._sound_job)
        self._sound_job = self._bridge.start("Neighbourhood", work, self._play)

    def _play(self, excerpt: Excerpt) -> None:
        self._desk.player.audition(excerpt.clip, excerpt.start)
        if not self._holding:
            self._desk.player.let_go()

    def _let_go(self) -> None:
        self._holding = False
        self._desk.player.let_go()


def _cells(probed: ProbedRun, evidence: Evidence) -> MarkedCells:
    """Return where neighbours lie on the timeline."""
    return MarkedCells(
        seconds=probed.seconds_of(evidence.frames),
        hertz=probed.hertz_of(evidence.bins),
        frame_s=probed.hop_size / probed.mixture.sample_rate,
        bin_hz=probed.mixture.sample_rate / probed.fft_size,
        colour=stem_colour(evidence.stem),
    )
