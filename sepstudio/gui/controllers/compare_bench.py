"""The compare bench: runs side by side, what they are worth, and what is done with them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog

from sepstudio.errors import UserError
from sepstudio.gui.codec.reach import is_decoded
from sepstudio.gui.controllers.blind import BlindController
from sepstudio.gui.controllers.true_stems import TrueStemController
from sepstudio.gui.controllers.view_export import ViewExportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.error_dialog import error_box
from sepstudio.gui.panels.compare_curves import Curves, StemCurve
from sepstudio.gui.panels.compare_panel import ComparePanel
from sepstudio.gui.panels.compare_rows import NAME, NOTES, RATING, Facts, Table, blind_table, table_of
from sepstudio.gui.panels.score_bars import ScoreBars, bars_of
from sepstudio.gui.scoring import Scoring, common_stretch, take_tasks, task_of
from sepstudio.io.atomic import replacing
from sepstudio.metrics.bss_fit import MEASURES
from sepstudio.metrics.comparison import ResidualTask, StemTask, Task
from sepstudio.separation.base import Preset
from sepstudio.separation.registry import method, methods
from sepstudio.session.commands import RenameRun, SetTake
from sepstudio.session.records import Run, Source
from sepstudio.session.removal import RemoveRun

PAGE = "compare"
_NO_COMMON = "The runs have no stretch in common, so that nothing can be measured over it"
_NO_TAKES = (
    "Tick “Keep every iteration” in the method panel and separate: this plots how the stems change with each iteration."
)
_HIDDEN = "Hidden while the blind comparison goes on."
_NO_TRUE_STEMS = "Assign true stems first: scores compare each iteration with them."
_NOT_MEASURED = "Press Measure iterations to draw the curves."


class CompareBenchController(QObject):
    """Fills the page of the drawer while it is in view, and answers it."""

    def __init__(self, desk: Desk, exports: ViewExportController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self.panel = ComparePanel()
        self.scoring = Scoring(desk.session, desk.bridge, self)
        self.true_stems = TrueStemController(desk, self.panel.true_stems)
        self.blind = BlindController(desk, self.panel.blind)
        self._acts = {
            "hear": self._hear, "pair": self._pair, "use": self._use, "rerun": self._rerun, "rename": self._rename,
            "remove": self._remove, "copy": self._copy, "export": self._export,
        }  # fmt: skip
        # What was measured without being asked: once each, also where that was cancelled.
        self._begun: set[Task] = set()
        # Many things change at once; the page is filled once after them.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self.refresh)
        desk.drawer.add_page(PAGE, "Compare", self.panel)
        exports.offer(self.panel.bars)
        exports.offer(self.panel.curves)
        self._connect()

    def handlers(self) -> Handlers:
        """Return what answers the actions about comparing runs."""
        return {"compare": self._toggle}

    def curves(self) -> Curves:
        """Return the scores over iterations of the run on show, for the plot and for whoever exports them."""
        run = self._run_with_takes()
        if run is None:
            return Curves(hint=_NO_TAKES)
        tasks = take_tasks(self._session, run, self.panel.chosen_version)
        if not tasks:
            return Curves(run.title, hint=_NO_TRUE_STEMS)
        stems = self._curves_of(run, tasks)
        waiting = not self.scoring.busy and any(self.scoring.scores(task) is None for task in tasks)
        return Curves(run.title, stems, _NOT_MEASURED if waiting else "", can_measure=waiting)

    def refresh(self) -> None:
        """Show what is there now, if the page is in view."""
        source = self._session.current_source
        if self._desk.drawer.page != PAGE:
            return
        if source is None:
            self.panel.show_table(Table(), ())
            self.panel.bars.show_bars(ScoreBars())
        elif self.blind.test is not None:
            table = blind_table(self.blind.aliases(), self.blind.test.judgement, self._sides())
            self.panel.show_table(table, (), blind=True)
            self.panel.bars.show_bars(ScoreBars(hint=_HIDDEN))
        else:
            self._show_runs(source)
        self.panel.curves.show_curves(self.curves() if self.blind.test is None else Curves())

    # -- what is on show ---------------------------------------------------------------------

    def _show_runs(self, source: Source) -> None:
        runs = self._session.runs_of(source.id)
        true = self._session.true_stems(source.id)
        tasks = self._tasks(runs)
        known = {run_id: scores for run_id, task in tasks.items() if (scores := self.scoring.scores(task)) is not None}
        facts = Facts(
            presets=self._presets(),
            scores=known,
            has_true_stems=bool(true),
            stem=self.panel.chosen_stem,
            sides=self._sides(),
            judgements=self.blind.judgements,
        )
        self.panel.show_table(table_of(runs, source, facts), tuple(true))
        self.panel.bars.show_bars(bars_of(runs, known, tuple(true), self.panel.table.chosen))
        self._measure_residuals(source, tasks)
        waiting = sum(task is not None and run_id not in known for run_id, task in tasks.items())
        self.panel.show_measuring(waiting, busy=self.scoring.busy)
        if runs and not any(tasks.values()) and self.panel.common.isChecked():
            self.panel.same.setText(_NO_COMMON)

    def _tasks(self, runs: Sequence[Run]) -> dict[str, Task | None]:
        common = common_stretch(runs) if self.panel.common.isChecked() else None
        return {run.id: task_of(self._session, run, self.panel.chosen_version, common) for run in runs}

    def _measure_residuals(self, source: Source, tasks: Mapping[str, Task | None]) -> None:
        """Measure what takes no longer than reading the audio; scores against true stems are for the button."""
        wanted = {task for task in tasks.values() if isinstance(task, ResidualTask)} - self._begun
        if wanted and not self.scoring.busy:
            self._begun |= wanted
            self.scoring.measure(f"Residuals of {source.name}", [task for task in tasks.values() if task in wanted])

    def _presets(self) -> Mapping[str, Sequence[Preset]]:
        shipped = {spec.id: spec.presets for spec in methods().values()}
        return {**shipped, self._desk.panel.spec.id: self._desk.panel.preset_bar.presets}

    def _sides(self) -> dict[str, str]:
        player = self._desk.player
        letters = dict(zip(player.pair, "AB", strict=True))
        # What X is must not be told.
        heard = "" if player.letter == "X" else player.heard
        return {
            run_id: f"{letters.get(run_id, '')}{' ▶' if run_id == heard else ''}".strip()
            for run_id in (*letters, heard)
            if run_id in self._session.runs
        }

    # -- curves ------------------------------------------------------------------------------

    def _run_with_takes(self) -> Run | None:
        session, source = self._session, self._session.current_source
        if source is None:
            return None
        runs = [run for run in session.runs_of(source.id) if any(session.stems[s].takes > 1 for s in run.stem_ids)]
        wanted = (*self.panel.table.chosen, self._desk.player.heard)
        return next((run for run_id in wanted for run in runs if run.id == run_id), runs[-1] if runs else None)

    def _curves_of(self, run: Run, tasks: Sequence[StemTask]) -> tuple[StemCurve, ...]:
        scores = [self.scoring.scores(task) or {} for task in tasks]
        drawn = tasks[0].names if any(scores) else ()
        curves = []
        for stem_id in run.stem_ids:
            stem = self._session.stems[stem_id]
            values = {name: tuple(found.get((name, stem.name), math.nan) for found in scores) for name in MEASURES}
            curves.append(StemCurve(stem_id, stem.name, stem.take, values if stem.name in drawn else {}))
        return tuple(curves)

    def _measure_curves(self) -> None:
        run = self._run_with_takes()
        if run is not None:
            tasks = take_tasks(self._session, run, self.panel.chosen_version)
            self.scoring.measure(f"Scoring iterations of {run.title}", tasks)

    def _choose_take(self, stem_id: str, take: int) -> None:
        if self._session.stems[stem_id].take != take:
            self._session.stack.push(SetTake(self._session, stem_id, take))

    # -- acts --------------------------------------------------------------------------------

    def _act(self, act: str, run_ids: tuple[str, ...]) -> None:
        try:
            self._acts[act](run_ids)
        except UserError as error:
            error_box(self._desk.window, "Compare", error, "").open()

    def _hear(self, run_ids: tuple[str, ...]) -> None:
        self._desk.player.compare(run_ids[0])

    def _pair(self, run_ids: tuple[str, ...]) -> None:
        self._desk.player.set_pair(*run_ids)

    def _use(self, run_ids: tuple[str, ...]) -> None:
        run, panel = self._session.runs[run_ids[0]], self._desk.panel
        _check_stands_alone(run, "choose the run that it was made from")
        if is_decoded(run):
            what = f"{run.title} was encoded and decoded, not separated"
            raise UserError(what, "its settings have no form here", "choose it on the tab of the HOA codec")
        if not panel.offers(run.method):
            what = f"{run.title} was separated by a method that is not installed here"
            raise UserError(what, "its settings have no form", "choose a run of another method")
        panel.choose(run.method)
        panel.load(run.params)

    def _rerun(self, run_ids: tuple[str, ...]) -> None:
        run = self._session.runs[run_ids[0]]
        if (run.start, run.stop) == (0, self._session.sources[run.source_id].length):
            what = f"{run.title} covers the whole recording already"
            raise UserError(what, "the same settings give the same stems", "choose a run of a selection")
        _check_stands_alone(run, "separate the whole recording as that, and apply the strokes again")
        self._desk.workbench.separate(method(run.method), run.params, None, run.band)

    def _rename(self, _run_ids: tuple[str, ...]) -> None:
        self.panel.table.edit_name()

    def _remove(self, run_ids: tuple[str, ...]) -> None:
        stack = self._session.stack
        if len(run_ids) == 1:
            stack.push(RemoveRun(self._session, run_ids[0]))
            return
        stack.beginMacro(f"Remove {len(run_ids)} runs")
        for run_id in run_ids:
            stack.push(RemoveRun(self._session, run_id))
        stack.endMacro()

    def _copy(self, _run_ids: tuple[str, ...]) -> None:
        QApplication.clipboard().setText(self.panel.table.rows.table.text("\t"))

    def _export(self, _run_ids: tuple[str, ...]) -> None:
        name, _ = QFileDialog.getSaveFileName(self._desk.window, "Export the table", "runs.csv", "CSV (*.csv)")
        if not name:
            return
        path = Path(name) if name.lower().endswith(".csv") else Path(f"{name}.csv")
        try:
            with replacing(path) as temp:
                temp.write_text(self.panel.table.rows.table.text(","), encoding="utf-8")
        except OSError as error:
            raise UserError(str(path), error.strerror or str(error), "choose another folder") from error

    def _edit(self, run_id: str, column_id: str, text: str) -> None:
        if column_id == NAME:
            run = self._session.runs[run_id]
            label = "" if text == f"Run {run.number}" else text
            if label != run.label:
                self._session.stack.push(RenameRun(self._session, run_id, label))
        elif column_id == RATING:
            self.blind.rate(run_id, text)
        elif column_id == NOTES:
            self.blind.note(run_id, text)

    def _measure(self, on: bool) -> None:
        source = self._session.current_source
        if not on:
            self.scoring.cancel()
        elif source is not None:
            tasks = self._tasks(self._session.runs_of(source.id))
            self.scoring.measure(f"Scoring {source.name}", [task for task in tasks.values() if task is not None])

    # -- connections -------------------------------------------------------------------------

    def show_true_stems(self, source_id: str) -> None:
        """Open the page where the true stems of a recording are chosen."""
        self._session.set_current_source(source_id)
        self._desk.drawer.show_page(PAGE)
        self.panel.show_side("true-stems")

    def _choose_true_stems(self) -> None:
        source = self._session.current_source
        if source is not None:
            self.show_true_stems(source.id)

    def _toggle(self) -> None:
        self._desk.drawer.toggle(PAGE)

    def _schedule(self, *_: object) -> None:
        self._timer.start()

    def _connect(self) -> None:
        panel, session, player = self.panel, self._session, self._desk.player
        panel.wanted.connect(self._act)
        panel.edited.connect(self._edit)
        panel.measureWanted.connect(self._measure)
        self._desk.tab.stems.trueStemsRequested.connect(self.show_true_stems)
        self._desk.panel.references_box.chooseRequested.connect(self._choose_true_stems)
        panel.curves.takeChosen.connect(self._choose_take)
        panel.curves.measureRequested.connect(self._measure_curves)
        for signal in (
            session.runAdded, session.runRemoved, session.runRenamed, session.stemChanged, session.trueStemsChanged,
            session.sourceChanged, session.currentSourceChanged, player.heardChanged, player.comparisonChanged,
            self.scoring.changed, self.blind.changed, panel.optionsChanged, panel.chosenChanged,
            self._desk.drawer.pageShown, self._desk.panel.ownPresetsChanged,
        ):  # fmt: skip
            signal.connect(self._schedule)


def _check_stands_alone(run: Run, remedy: str) -> None:
    """Raise UserError for a run that goes on from another one, the settings of which count."""
    spec = methods().get(run.method)
    if spec is not None and "stems" in spec.needs:
        raise UserError(f"{run.title} was made from another run", "it has no settings of its own", remedy)
