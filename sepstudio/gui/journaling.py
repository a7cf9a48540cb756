"""Unsaved work on disk: every edit in a journal at once, and soon after what is long.

Long are the audio of new runs, and scores and strokes of which thousands of notes or points are new.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from sepstudio.errors import UserError
from sepstudio.gui.bridge import JobBridge
from sepstudio.gui.conversion import Kept, KnownRuns, Loaded, project_of
from sepstudio.io.failures import unwritable
from sepstudio.io.steps import drain
from sepstudio.jobs.runner import JobEvent
from sepstudio.paths import state_dir
from sepstudio.project.files import AUTOSAVE, JOURNAL
from sepstudio.project.journal import Journal
from sepstudio.project.recover import places_of
from sepstudio.project.save import Stored
from sepstudio.project.shelf import Shelf
from sepstudio.project.snapshots import Draft, LongLine, Snapshots
from sepstudio.project.work import WorkFolder
from sepstudio.session.session import Session

# What a power cut may cost; a program that is killed costs nothing.
SETTLE_MS = 1000
# A thread of its own, so that long separations do not hold up what keeps their results.
DEVICE = "journal"
# Another: a long line must not wait for audio.
LINE_DEVICE = "journal-lines"
# As many notes are written out and encoded in a few milliseconds.
FEW_NOTES = 1000


def work_root() -> Path:
    """Return the folder of the work folders of all windows."""
    return state_dir() / "recovery"


class Journaling(QObject):
    """Keeps the open document on disk until it is saved or given up.

    ``trouble`` carries a UserError when that is not possible, once until it is possible again;
    ``scratchChanged`` a folder for files that must be there after a crash, or None.
    """

    trouble = Signal(object)
    scratchChanged = Signal(object)

    def __init__(self, session: Session, bridge: JobBridge, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        # Not the one whose jobs are shown and cancelled: nobody asked for this work.
        self._bridge = bridge.sibling(self)
        self._bridge.failed.connect(self._on_failed)
        self._work: WorkFolder | None = None
        self._folder: Path | None = None
        self._kept = Kept()
        self._known: KnownRuns = {}
        self._shelf: Shelf | None = None
        self._snapshots: Snapshots | None = None
        self._journal: Journal | None = None
        self._earlier_edits = 0
        self._begun = False
        self._is_troubled = False
        self._job = 0
        # What is being written on another thread, and whether it is behind what there is.
        self._line: LongLine | None = None
        self._line_job = 0
        self._is_behind = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._settle)
        session.stack.indexChanged.connect(self._note)
        session.runRevised.connect(self._on_revised)

    # -- one document after another ----------------------------------------------------------

    def begin(self, loaded: Loaded) -> None:
        """Keep what the session holds now, which is a document just begun, opened or restored."""
        try:
            self._work = loaded.work or WorkFolder.create(work_root())
        except OSError as error:
            self._tell(unwritable(Path(error.filename or "autosave"), error))
            return
        self._shelf = Shelf(self._work.path)
        self._snapshots = Snapshots(self._shelf, loaded.kept.hashes)
        self._folder, self._kept, self._known = loaded.folder, loaded.kept, {}
        for run in loaded.kept.runs.values():
            for stem in run.stems:
                for clip, path in zip(stem.takes, stem.files, strict=True):
                    self._shelf.put(clip, path)
            arrays = run.all_arrays
            for name, path in run.array_files.items():
                self._shelf.put(arrays[name], path)
            for name, path in run.paper_files.items():
                self._shelf.put(run.papers[name], path)
        self.scratchChanged.emit(self._work.path)
        self._begin_journal(loaded)

    def _begin_journal(self, loaded: Loaded) -> None:
        old = loaded.leftover
        self._earlier_edits = old.state.edits if old is not None and old.state is not None else 0
        self._journal = self._new_journal(old.journal if old is not None else None)
        if old is None:
            return
        self._note_now()
        if self._begun:
            if old.journal != self._journal.path:
                old.journal.unlink(missing_ok=True)
            old.note_attempt(0)

    def _new_journal(self, own: Path | None = None) -> Journal:
        """Return a journal in the project, or in the work folder where another's journal is or nobody may write."""
        path = self._work.path / JOURNAL
        self._begun = False
        if self._folder is not None:
            in_project = self._folder / AUTOSAVE / JOURNAL
            if os.access(in_project.parent, os.W_OK) and (in_project == own or not in_project.exists()):
                path = in_project
        return Journal(path, {"work": str(self._work.path), "project": str(self._folder or "")})

    def saved(self, folder: Path, stored: Stored) -> None:
        """Begin anew after a save; what was edited meanwhile is kept on."""
        if self._journal is None:
            return
        old, self._folder, self._earlier_edits = self._journal, folder, 0
        self._drop_line()
        old.close()
        self._shelf.moved(stored.files)
        self._snapshots.forget(stored.hashes)
        self._journal = self._new_journal(old.path)
        if not self._session.stack.isClean():
            self._note_now()
        if old.path != self._journal.path or self._session.stack.isClean():
            old.remove()
        # Only now: until here the old journal named them.
        self._shelf.sweep()

    def end(self) -> None:
        """Delete what was kept: it is saved, or not wanted any more."""
        self._stop()
        if self._journal is not None:
            self._journal.remove()
        if self._work is not None:
            self._work.remove()
        self._forget()

    def leave(self) -> None:
        """Keep it for the next start: the program ends, and nobody was asked."""
        if self._line is not None:
            self._note_now()
        self._stop()
        if self._journal is not None:
            self._journal.close()
        if self._work is not None:
            self._work.let_go()
        self._forget()

    def _stop(self) -> None:
        self._timer.stop()
        self._drop_line()
        self._bridge.cancel_all()
        self._job = 0

    def _forget(self) -> None:
        self._work = self._journal = self._shelf = self._snapshots = None
        self.scratchChanged.emit(None)

    # -- edits -------------------------------------------------------------------------------

    def _note(self, _: int = 0) -> None:
        """Write down an edit that was made, undone or done again; what is long on another thread."""
        if self._line is not None:
            self._is_behind = True
            return
        draft, edits = self._drafted()
        if draft is None:
            return
        # The first line holds everything, whether it is known or not.
        if (draft.new_size if self._begun else draft.size) <= FEW_NOTES:
            self._record(draft, edits)
        elif self._point():
            self._line = LongLine(self._journal, draft, edits)
            work, done = self._line.steps(), partial(self._on_line, self._line)
            self._line_job = self._bridge.start("Writing down an edit", work, done, device=LINE_DEVICE)

    def _note_now(self) -> None:
        """Write down how things stand, on this thread however long it takes."""
        self._drop_line()
        draft, edits = self._drafted()
        if draft is not None:
            self._record(draft, edits)

    def _drafted(self) -> tuple[Draft | None, int]:
        """Return what is to be written, None for nothing, and the number of edits in it."""
        # Without a document the history may be gone as well.
        edits = self._edits() if self._journal is not None else 0
        if self._journal is None or not (self._begun or edits):
            return None, edits
        project = project_of(self._session.content(), self._kept, self._known)
        return self._snapshots.draft(project, places_of(self._work.path, self._folder)), edits

    def _record(self, draft: Draft, edits: int) -> None:
        try:
            if self._point():
                self._journal.record(drain(draft.steps()), edits=edits)
                self._after_line(draft)
        except OSError as error:
            self._tell(unwritable(self._journal.path, error))

    def _point(self) -> bool:
        """Let the work folder say where its journal is; returns whether it does."""
        try:
            if not self._begun:
                self._work.point_to(self._journal.path)
            return True
        except OSError as error:
            self._tell(unwritable(self._journal.path, error))
            return False

    def _on_line(self, line: LongLine, _: object) -> None:
        if line is self._line:
            self._end_line(line.draft)

    def _end_line(self, draft: Draft | None) -> None:
        """Go on after a line that was written, or could not be (None)."""
        is_behind = self._is_behind
        self._line, self._line_job, self._is_behind = None, 0, False
        if draft is not None:
            self._after_line(draft)
        if is_behind:
            self._note()

    def _drop_line(self) -> None:
        """Do without what is being written; who calls this writes it, or ends the journal."""
        if self._line is not None:
            self._line.take_back()
            self._bridge.cancel(self._line_job)
            self._line, self._line_job, self._is_behind = None, 0, False

    def _after_line(self, draft: Draft) -> None:
        self._snapshots.learn(draft)
        self._begun = True
        if self._shelf.waiting:
            self._store()
        elif not self._timer.isActive():
            self._timer.start()

    def _on_revised(self, _run_id: str) -> None:
        self._note()

    def _edits(self) -> int:
        stack = self._session.stack
        if stack.isClean():
            return 0
        since = abs(stack.index() - stack.cleanIndex()) if stack.cleanIndex() >= 0 else stack.index()
        return max(self._earlier_edits + since, 1)

    def _store(self) -> None:
        if not self._job:
            work = _keep(self._shelf, self._journal)
            self._job = self._bridge.start("Keeping unsaved work", work, self._on_stored, device=DEVICE)

    def _settle(self) -> None:
        if self._journal is not None:
            self._store()

    def _on_stored(self, _: object) -> None:
        self._job = 0
        self._is_troubled = False
        if self._shelf is not None and self._shelf.waiting:
            self._store()

    def _on_failed(self, _title: str, event: JobEvent) -> None:
        if event.job_id not in (self._job, self._line_job):
            return  # of a document that is gone, and its folder with it
        is_line = event.job_id == self._line_job
        error = event.error
        if isinstance(error, OSError) and self._journal is not None:
            error = unwritable(self._journal.path, error)
        self._tell(error)
        if is_line:
            self._end_line(None)
        else:
            self._job = 0

    def _tell(self, error: BaseException | None) -> None:
        if not self._is_troubled and isinstance(error, UserError):
            self._is_troubled = True
            self.trouble.emit(error)


def _keep(shelf: Shelf, journal: Journal) -> Generator[float, None, None]:
    yield from shelf.store_steps()
    yield 1.0
    journal.settle()
