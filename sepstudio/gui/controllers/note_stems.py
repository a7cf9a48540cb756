"""Single notes as files, and chosen notes taken out of a recording."""

from __future__ import annotations

import functools
from collections.abc import Generator, Sequence
from pathlib import Path

from PySide6.QtCore import QObject

from sepstudio.batch.naming import safe_name
from sepstudio.batch.outputs import FileFormat, destinations, prepare_folder
from sepstudio.batch.publishing import staging_folder, write_together
from sepstudio.errors import MissingInputError, UserError
from sepstudio.gui.controllers.support import SupportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.dialogs import ask_for_folder, may_replace
from sepstudio.gui.error_dialog import error_box
from sepstudio.gui.export_formats import EXPORT_FORMATS
from sepstudio.gui.notice import Notice
from sepstudio.gui.scores.board import ScoreBoard
from sepstudio.gui.scores.factorised import factorised_run
from sepstudio.io.clip import AudioClip
from sepstudio.io.scores.records import Note
from sepstudio.separation.base import Progress, Provenance, Separation
from sepstudio.separation.note_stems import NotesOfRun, taken_out
from sepstudio.session.records import Run

_NO_RUN = ("separate the recording with its score first, by Score NMF or Score NAE",)
_PARTS = ("computing", "writing")


class NoteStemController(QObject):
    """Exports notes of the run on show as files of their own, and makes runs of chosen notes and the rest."""

    def __init__(self, desk: Desk, board: ScoreBoard, support: SupportController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self._board = board
        self._support = support

    def handlers(self) -> Handlers:
        """Return what answers the actions about notes as audio."""
        return {"score-notes-export": self._export, "score-take-out": self._take_out}

    # -- files -------------------------------------------------------------------------------

    def _export(self) -> None:
        """Write the selected notes, or all of them, one file each."""
        try:
            run, notes = self._wanted()
        except UserError as error:
            error_box(self._desk.window, "Export notes", error, "").open()
            return
        source = self._session.sources[run.source_id]
        title = f"Folder for {len(notes)} note{'' if len(notes) == 1 else 's'}"
        folder = ask_for_folder(self._desk.window, title, source.path.parent)
        if folder is None:
            return
        extension, subtype = EXPORT_FORMATS[self._desk.settings.value("files/export")]
        of_run = self._notes_of(run)
        names = of_run.names()
        wanted = [folder / f"{safe_name(names[note.id])}{extension}" for note in notes]
        paths = [path for path in destinations(wanted, "replace") if path is not None]
        if may_replace(self._desk.window, paths):
            work = _export_steps(of_run, notes, paths, FileFormat(extension, subtype, False))
            self._desk.bridge.start(f"Exporting notes to {folder.name}", work, self._on_exported)

    def _on_exported(self, paths: Sequence[Path]) -> None:
        count = f"{len(paths)} note{'' if len(paths) == 1 else 's'}"
        self._support.show(Notice(f"{count} were exported to {paths[0].parent.name}.", paths[0].parent))

    # -- runs --------------------------------------------------------------------------------

    def _take_out(self) -> None:
        """Make a run of the selected notes and what is left without them."""
        try:
            if not self._board.selected:
                why, remedy = "no notes are selected", "select the notes to take out in the piano roll"
                raise MissingInputError("Nothing was taken out", why, remedy)
            run, notes = self._wanted()
        except UserError as error:
            error_box(self._desk.window, "Take out notes", error, "").open()
            return
        ids = frozenset(note.id for note in notes)
        work = _taking_steps(self._notes_of(run), ids, run)
        done = functools.partial(self._on_taken, run, len(notes))
        self._desk.bridge.start(f"Taking {len(notes)} notes out", work, done)

    def _on_taken(self, run: Run, count: int, separation: Separation) -> None:
        label = f"{count} note{'' if count == 1 else 's'} of {run.title}"
        draft = Run("", 0, run.method, run.params, run.source_id, run.start, run.stop, (), label=label, score=run.score)
        self._desk.workbench.keep(draft, separation)

    # -- what is there -----------------------------------------------------------------------

    def _wanted(self) -> tuple[Run, tuple[Note, ...]]:
        """Return the run that is asked, and the notes of it that are selected, or all."""
        source = self._session.current_source
        run = factorised_run(self._session, source.id, self._desk.tab.run) if source is not None else None
        if run is None:
            why = "no run of this recording knows its notes"
            raise MissingInputError("Notes cannot be heard alone yet", why, *_NO_RUN)
        notes = self._notes_of(run).reached(self._board.selected or None)
        if not notes:
            why = f"{run.title} reaches none of the notes"
            raise MissingInputError("These notes cannot be heard alone yet", why, *_NO_RUN)
        return run, notes

    def _notes_of(self, run: Run) -> NotesOfRun:
        session = self._session
        score = session.score(run.source_id) or run.score
        return NotesOfRun(session.clip(run.source_id), session.matrices(run.id), score, run.params)


def _export_steps(
    run: NotesOfRun, notes: Sequence[Note], paths: Sequence[Path], file_format: FileFormat
) -> Generator[Progress, None, tuple[Path, ...]]:
    """Write all files or none."""
    prepare_folder(paths[0].parent)
    stems: list[tuple[str, Path, AudioClip]] = []
    for number, (note, path) in enumerate(zip(notes, paths, strict=True)):
        yield Progress(0.5 * number / len(notes), _PARTS[0])
        stems.append((path.stem, path, run.clip(note)))
    with staging_folder(paths[0].parent) as staging:
        writing = write_together(stems, staging, file_format)
        while True:
            try:
                fraction = next(writing)
            except StopIteration as done:
                return tuple(stem.path for stem in done.value)
            yield Progress(0.5 + 0.5 * fraction, _PARTS[1])


def _taking_steps(of_run: NotesOfRun, note_ids: frozenset[int], run: Run) -> Generator[Progress, None, Separation]:
    yield Progress(0.0, "masking")
    stems = taken_out(of_run, note_ids, run.start, run.stop)
    made = {**run.provenance, "notes": (*run.provenance.get("notes", ()), f"{len(note_ids)} notes taken out")}
    return Separation(stems, Provenance(**made))
