"""The batch queue of the window: what is added, worked on, kept for the next start."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox

from sepstudio.batch.inputs import Input, collect_steps, scored_steps
from sepstudio.batch.naming import DEFAULT_TEMPLATE, NameTemplate
from sepstudio.batch.outputs import FileFormat
from sepstudio.batch.queue import BatchQueue
from sepstudio.batch.records import Entry, EntryState, Placing, Recipe
from sepstudio.batch.stems import expected_stems
from sepstudio.batch.store import QueueStore
from sepstudio.batch.stroke_inputs import stroked_steps
from sepstudio.batch.workpiece import runnable
from sepstudio.errors import UserError
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.dialogs import ask_for_folder, ask_for_recordings
from sepstudio.gui.error_dialog import error_box
from sepstudio.gui.panels.method_panel import MethodPanel
from sepstudio.gui.panels.queue_panel import Mode, QueuePanel
from sepstudio.gui.panels.queue_placing import Sample
from sepstudio.io.scores.records import Score
from sepstudio.io.strokes.records import Strokes
from sepstudio.paths import state_dir
from sepstudio.separation.base import Progress, needed
from sepstudio.session.records import method_text

PAGE = "queue"
STORE_NAME = "queue.json"


class QueueController(QObject):
    """Lets one job work on the queue, and answers what its panel asks for."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._store = QueueStore(state_dir() / STORE_NAME)
        kept = self._store.load()
        self.queue = BatchQueue(kept.entries)
        self.panel = QueuePanel(kept.placing or _first_placing())
        self._job: int | None = None
        self._saved = self.queue.revision
        desk.drawer.add_page(PAGE, "Queue", self.panel)
        self._connect()
        self._show_sample()
        self._refresh()
        if kept.problems:
            self.panel.tell("; ".join(kept.problems))

    def handlers(self) -> Handlers:
        """Return what answers the actions about the queue."""
        return {"queue": self._toggle, "queue-add": self._add_current}

    @property
    def mode(self) -> Mode:
        """Whether the queue is worked on."""
        if self._job is None:
            return "idle"
        return "paused" if self.queue.paused else "running"

    # -- adding ------------------------------------------------------------------------------

    def add(self, paths: Sequence[Path]) -> None:
        """Add recordings, and those in folders, with the settings that the method panel and this one show."""
        if not paths:
            return
        try:
            recipe = self._recipe()
        except UserError as error:
            self.panel.tell(str(error))
            return
        needs = needed(runnable(recipe.method), recipe.params)
        scores = self._scores() if "score" in needs else None
        strokes = self._strokes() if "strokes" in needs else None
        search = _search(paths, recipe.placing.output, scores, strokes)
        self._desk.bridge.start("Looking for recordings", search, functools.partial(self._take, recipe))

    def _scores(self) -> dict[Path, Score]:
        session = self._desk.session
        found = {source.path.resolve(): session.score(source.id) for source in session.sources.values()}
        return {path: score for path, score in found.items() if score is not None}

    def _strokes(self) -> dict[Path, Strokes]:
        session = self._desk.session
        found = {source.path.resolve(): session.strokes(source.id) for source in session.sources.values()}
        return {path: strokes for path, strokes in found.items() if strokes.strokes}

    def _recipe(self) -> Recipe:
        panel = self._desk.panel
        if panel.form.error:
            raise UserError("Nothing was added", panel.form.error, "correct the settings of the method first")
        runnable(panel.spec.id)
        return Recipe(panel.spec.id, panel.params, _title(panel), self.panel.placing.placing)

    def _take(self, recipe: Recipe, found: Sequence[Input]) -> None:
        added = self.queue.add(found, recipe)
        self._refresh()
        if added < len(found):
            self.panel.tell(f"{len(found) - added} of {len(found)} files were in the queue already")

    def _add_current(self) -> None:
        source = self._desk.session.current_source
        if source is not None:
            self._desk.drawer.show_page(PAGE)
            self.add([source.path])

    # -- work --------------------------------------------------------------------------------

    def _start_or_pause(self) -> None:
        if self.mode == "running":
            self.queue.pause()
        else:
            self.queue.resume()
            self._work()
        self._refresh()

    def _work(self) -> None:
        if self._job is None and self.queue.waiting:
            # A thread of its own: a queue that works or rests over hours must not hold up the window's jobs.
            self.queue.context = self._desk.workbench.context
            self._job = self._desk.bridge.start("Queue", self.queue.work(), self._rest, device=PAGE)

    def _rest(self, _: None) -> None:
        # What was added or resumed after the last look of the job would wait for ever.
        if not self.queue.paused:
            self._work()
        self._refresh()

    def _note_progress(self, job_id: int) -> None:
        if job_id == self._job:
            self._refresh()

    def _note_end(self, job_id: int) -> None:
        if job_id == self._job:
            self._job = None
            self._refresh()

    def _refresh(self) -> None:
        entries = self.queue.entries
        self.panel.show_queue(entries, self.mode)
        if self.queue.revision != self._saved:
            self._saved = self.queue.revision
            self._keep()

    def _keep(self) -> None:
        self._store.save(self.queue.entries, self.panel.placing.placing)

    # -- what the panel asks for -------------------------------------------------------------

    def _connect(self) -> None:
        bridge, placing = self._desk.bridge, self.panel.placing
        bridge.progressed.connect(self._note_progress)
        bridge.ended.connect(self._note_end)
        self.panel.wanted.connect(self._answer)
        self.panel.pathsDropped.connect(self.add)
        placing.placingChanged.connect(self._keep)
        placing.folderRequested.connect(self._choose_output)
        self._desk.panel.paramsChanged.connect(self._show_sample)
        self._desk.panel.methodChanged.connect(self._show_sample)
        self._desk.session.currentSourceChanged.connect(self._show_sample)
        self._desk.drawer.pageShown.connect(self._show_sample)

    def _answer(self, act: str, ids: Sequence[int]) -> None:
        queue = self.queue
        self.panel.tell("")
        {
            "add-files": self._add_files,
            "add-folder": self._add_folder,
            "start": self._start_or_pause,
            "cancel": functools.partial(queue.cancel, ids),
            "retry": functools.partial(queue.retry, ids),
            "remove": functools.partial(queue.remove, ids),
            "up": functools.partial(queue.move, ids, -1),
            "down": functools.partial(queue.move, ids, 1),
            "clear": queue.clear_finished,
            "open": functools.partial(self._open_folder, ids),
            "redirect": functools.partial(self._redirect, ids),
            "details": functools.partial(self._show_problem, ids),
        }[act]()
        self._refresh()

    def _add_files(self) -> None:
        self.add(ask_for_recordings(self._desk.window))

    def _add_folder(self) -> None:
        folder = ask_for_folder(self._desk.window, "Add the recordings of a folder", Path.home())
        if folder is not None:
            self.add([folder])

    def _choose_output(self) -> None:
        placing = self.panel.placing
        folder = ask_for_folder(self._desk.window, "Folder for the stems", placing.placing.output)
        if folder is not None:
            placing.set_placing(dataclasses.replace(placing.placing, output=folder))
            self._keep()

    def _redirect(self, ids: Sequence[int]) -> None:
        folder = ask_for_folder(self._desk.window, "Another folder for the stems", self.panel.placing.placing.output)
        if folder is not None:
            self.queue.redirect(ids, folder)

    def _entry(self, ids: Sequence[int]) -> Entry | None:
        return next((entry for entry in self.queue.entries if entry.id in ids), None)

    def _open_folder(self, ids: Sequence[int]) -> None:
        chosen = next(iter(self.panel.chosen), None) or self._entry(ids)
        folder = self.panel.placing.placing.output if chosen is None else _folder_of(chosen)
        if folder.is_dir():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
        else:
            self.panel.tell(f"{folder} does not exist yet: it is made when the first file is done")

    def _show_problem(self, ids: Sequence[int]) -> None:
        entry = self._entry(ids)
        if entry is not None and entry.problem is not None:
            problem = entry.problem
            error_box(self._desk.window, entry.path.name, problem.as_error(), problem.details).open()

    def _show_sample(self, *_: object) -> None:
        panel, source = self._desk.panel, self._desk.session.current_source
        stem = next(iter(expected_stems(panel.params)), "stem")
        track = "song" if source is None else source.path.stem
        self.panel.placing.set_sample(Sample(_title(panel), track, stem, panel.spec.id))

    def _toggle(self) -> None:
        self._desk.drawer.toggle(PAGE)

    # -- the end -----------------------------------------------------------------------------

    def may_close(self) -> bool:
        """Ask before a window is closed whose queue is working."""
        waiting = sum(entry.state is EntryState.QUEUED for entry in self.queue.entries)
        if self._job is None:
            return True
        more = f" and {waiting} more wait" if waiting else ""
        question = (
            f"The queue is working on a file{more}. Close anyway?\n"
            "Nothing that is done is lost; the file under work begins anew when the queue is started again."
        )
        answer = QMessageBox.question(self._desk.window, "The queue is working", question)
        return answer == QMessageBox.StandardButton.Yes

    def close(self) -> None:
        """Keep the queue for the next start; to be called when all jobs have ended."""
        self._keep()
        # Its end may still be told: what is there is kept already.
        self._job = None
        self._store.close()
        self.queue.close()


def _search(
    paths: Sequence[Path], output: Path, scores: Mapping[Path, Score] | None, strokes: Mapping[Path, Strokes] | None
) -> Generator[Progress, None, list[Input]]:
    """Find recordings, and give them their scores and strokes unless those are None."""
    found = yield from collect_steps(paths, output)
    if scores is not None:
        found = yield from scored_steps(found, scores)
    return found if strokes is None else (yield from stroked_steps(found, strokes))


def _first_placing() -> Placing:
    music = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation)
    output = Path(music or Path.home()) / "SepStudio"
    return Placing(output, NameTemplate(DEFAULT_TEMPLATE), FileFormat(".wav", "FLOAT", False))


def _title(panel: MethodPanel) -> str:
    return f"{method_text(panel.spec.id)}, {panel.presets.currentText()}"


def _folder_of(entry: Entry) -> Path:
    return entry.outputs[0].parent if entry.outputs else entry.recipe.placing.output
