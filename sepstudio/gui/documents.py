"""The open document as a project on disk: new, open, save, and nothing lost unasked."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from sepstudio.errors import ProjectError
from sepstudio.gui.bridge import JobBridge
from sepstudio.gui.conversion import Kept, Loaded, open_project_steps, project_of, restore_steps
from sepstudio.gui.dialogs import (
    PROJECT_SUFFIX,
    ask_about_unsaved,
    ask_for_project,
    ask_for_project_target,
    may_replace,
)
from sepstudio.gui.error_dialog import error_box
from sepstudio.gui.journaling import Journaling, work_root
from sepstudio.io.locks import FileLock
from sepstudio.jobs.runner import JobState
from sepstudio.paths import resource
from sepstudio.project import save_project_steps
from sepstudio.project.files import SESSION
from sepstudio.project.leftovers import Leftover
from sepstudio.project.save import Stored
from sepstudio.project.work import lock_project, unlock_project
from sepstudio.session.session import Session

Wish = Callable[[], object]


class Documents(QObject):
    """Saves the session as a project and replaces it by another one; both are jobs.

    ``changed`` says that ``name`` or ``modified`` may be others, ``used`` carries the folder that was
    opened or saved, ``recordingsWaiting`` the paths that are to be opened into a new document,
    ``replaced`` what another document begins with.
    """

    changed = Signal()
    used = Signal(object)
    recordingsWaiting = Signal(object)
    replaced = Signal(object)

    def __init__(self, session: Session, bridge: JobBridge, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._bridge = bridge
        self._window = window
        self._folder: Path | None = None
        self._kept = Kept()
        self.journaling = Journaling(session, bridge, self)
        self._lock: FileLock | None = None
        self._closed = False
        self._edits = 0
        self._saving = 0
        self._after_saving: Wish | None = None
        self._pending: tuple[Loaded, Sequence[Path]] | None = None
        session.stack.indexChanged.connect(self._on_edit)
        session.stack.cleanChanged.connect(self.changed)
        # Queued: what a job hands over when it ends comes before another document does.
        bridge.ended.connect(self._on_ended)
        bridge.ended.connect(self._replace_when_idle, Qt.ConnectionType.QueuedConnection)

    # -- what is open ------------------------------------------------------------------------

    @property
    def folder(self) -> Path | None:
        """The project folder, or None if there is none yet."""
        return self._folder

    @property
    def name(self) -> str:
        """What the window calls the document: the project, else the recording on show, else nothing."""
        source = self._session.current_source
        if self._folder is not None:
            return self._folder.stem
        return source.name if source is not None else ""

    @property
    def modified(self) -> bool:
        """Whether there are edits that are not saved."""
        return not self._session.stack.isClean()

    def may_close(self) -> bool:
        """Return whether the window may close now; after saving it closes by itself."""
        return self._may_go_on(self._window.close)

    def begin(self) -> None:
        """Begin to keep what is unsaved."""
        self.journaling.begin(Loaded())

    def close(self) -> None:
        """Give up what is unsaved, which the user was asked about; nothing is opened any more."""
        self.journaling.end()
        self._close()

    def leave(self) -> None:
        """Keep what is unsaved for the next start; nothing is opened any more."""
        self.journaling.leave()
        self._close()

    def _close(self) -> None:
        self._closed, self._pending = True, None
        self._unlock()

    # -- another document --------------------------------------------------------------------

    def new(self) -> None:
        """Begin with nothing."""
        if self._may_go_on(self.new):
            self._replace(Loaded())

    def open(self) -> None:
        """Let the user choose a project and open it."""
        folder = ask_for_project(self._window)
        if folder is not None:
            self.open_folder(folder)

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open a project, recordings, or a project and recordings into it."""
        projects = [path for path in paths if is_project(path)]
        recordings = [path for path in paths if path not in projects]
        if len(projects) > 1:
            error = ProjectError(
                f"{len(projects)} projects at once", "one window holds one project", "open them one by one"
            )
            error_box(self._window, "Open project", error, "").open()
        elif projects:
            self.open_folder(projects[0], recordings)
        elif recordings:
            self.recordingsWaiting.emit(recordings)

    def open_folder(self, folder: Path, recordings: Sequence[Path] = ()) -> None:
        """Open a project; what is open stays until all of it was read."""
        if self._may_go_on(functools.partial(self.open_folder, folder, recordings)):
            then = functools.partial(self._on_loaded, recordings, self._edits)
            self._bridge.start(f"Opening {folder.name}", open_project_steps(folder.absolute()), then)

    def restore(self, leftover: Leftover) -> None:
        """Go on with the unsaved work of a session that crashed; what is open stays until all of it was read."""
        if self._may_go_on(functools.partial(self.restore, leftover)):
            then = functools.partial(self._on_loaded, (), self._edits)
            self._bridge.start(
                f"Restoring {leftover.name or 'unsaved work'}", restore_steps(leftover, work_root()), then
            )

    def _on_loaded(self, recordings: Sequence[Path], edits: int, loaded: Loaded) -> None:
        replace = functools.partial(self._replace, loaded, recordings)
        # The user may have gone on working while the project was read.
        if not self._closed and (edits == self._edits or self._may_go_on(replace)):
            replace()
        elif loaded.work is not None:
            loaded.work.let_go()

    def _replace(self, loaded: Loaded, recordings: Sequence[Path] = ()) -> None:
        self._pending = (loaded, recordings)
        # Results of the old document must not end up in the new one.
        self._bridge.cancel_all()
        QTimer.singleShot(0, self._replace_when_idle)

    def _replace_when_idle(self) -> None:
        if self._pending is None or self._bridge.busy:
            return
        (loaded, recordings), self._pending = self._pending, None
        if not self._claim(loaded.folder):
            if loaded.work is not None:
                loaded.work.let_go()
            return
        self.journaling.end()
        self._folder, self._kept = loaded.folder, loaded.kept
        self._session.replace_all(loaded.content)
        if loaded.leftover is not None:
            self._session.stack.resetClean()
        self.journaling.begin(loaded)
        self.changed.emit()
        if loaded.folder is not None:
            self.used.emit(loaded.folder)
        if recordings:
            self.recordingsWaiting.emit(recordings)
        self.replaced.emit(loaded)

    def _claim(self, folder: Path | None) -> bool:
        """Keep other windows out of a project from now on, and let them into the one before."""
        if folder is not None and folder == self._folder:
            return True
        try:
            lock = lock_project(folder) if folder is not None else None
        except ProjectError as error:
            error_box(self._window, f"Open {error.what}", error, "").open()
            return False
        self._unlock()
        self._lock = lock
        return True

    def _unlock(self) -> None:
        if self._lock is not None and self._folder is not None:
            unlock_project(self._folder, self._lock)
        self._lock = None

    # -- saving ------------------------------------------------------------------------------

    def save(self) -> None:
        """Save in the folder of the project, or ask for one."""
        self._save()

    def save_as(self) -> None:
        """Save in a folder that the user chooses."""
        self._save_elsewhere()

    def save_first(self, wish: Wish) -> None:
        """Save, and then do something that needs the project on disk."""
        self._save(wish)

    def _save(self, then: Wish | None = None) -> None:
        if self._folder is None:
            self._save_elsewhere(then)
        else:
            self._save_in(self._folder, then)

    def _save_elsewhere(self, then: Wish | None = None) -> None:
        folder = ask_for_project_target(self._window, self._suggestion())
        if folder is not None and (folder == self._folder or may_replace(self._window, [folder])):
            self._save_in(folder, then)

    def _suggestion(self) -> str:
        source = self._session.current_source
        if self._folder is not None:
            return str(self._folder)
        if source is None or source.path.is_relative_to(resource("demo")):
            return str(Path.home() / f"{source.path.stem if source is not None else 'project'}{PROJECT_SUFFIX}")
        return str(source.path.with_suffix(PROJECT_SUFFIX))

    def _save_in(self, folder: Path, then: Wish | None) -> None:
        if self._saving:
            self._after_saving = functools.partial(self._save_in, folder, then)
            return
        folder = folder.absolute()
        if not self._may_write(folder):
            return
        project = project_of(self._session.content(), self._kept)
        self._after_saving = then
        done = functools.partial(self._on_saved, folder, self._edits)
        self._saving = self._bridge.start(f"Saving {folder.name}", save_project_steps(folder, project), done)

    def _may_write(self, folder: Path) -> bool:
        """Return whether no other window has the project open that a save would replace."""
        if folder == self._folder or not folder.is_dir():
            return True
        try:
            lock = lock_project(folder)
        except ProjectError as error:
            error_box(self._window, "Save project", error, "").open()
            return False
        if lock is not None:
            unlock_project(folder, lock)
        return True

    def _on_saved(self, folder: Path, edits: int, stored: Stored) -> None:
        self._claim(folder)
        self._folder = folder
        if edits == self._edits:
            self._session.stack.setClean()
        else:
            # No step of the history is known to be what is on the disk: neither this one nor that of the last save.
            self._session.stack.resetClean()
        self.journaling.saved(folder, stored)
        self.changed.emit()
        self.used.emit(folder)
        then, self._after_saving = self._after_saving, None
        if then is not None:
            then()

    # -- answers -----------------------------------------------------------------------------

    def _may_go_on(self, wish: Wish) -> bool:
        """Return whether nothing would be lost, or may be; ``wish`` is repeated when all is saved."""
        if self._saving:
            self._after_saving = wish
            return False
        if not self.modified:
            return True
        answer = ask_about_unsaved(self._window, self.name)
        if answer == "save":
            self._save(wish)
        return answer == "discard"

    def _on_edit(self, _: int) -> None:
        # Edits that merge leave the index as it is, and are told all the same.
        self._edits += 1

    def _on_ended(self, job_id: int, state: str, _: str) -> None:
        if job_id == self._saving:
            self._saving = 0
            if state != JobState.DONE.value:
                self._after_saving = None


def is_project(path: Path) -> bool:
    """Return whether a path is to be opened as a project, be it a sound one or not."""
    return path.is_dir() and (path.suffix == PROJECT_SUFFIX or (path / SESSION).exists())
