"""The open document as a project on disk: new, open, save, and nothing lost unasked."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from sepstudio.errors import ProjectError
from sepstudio.gui.bridge import JobBridge
from sepstudio.gui.conversion import Kept, Loaded, open_project_steps, project_of
from sepstudio.gui.dialogs import (
    PROJECT_SUFFIX,
    ask_about_unsaved,
    ask_for_project,
    ask_for_project_target,
    error_box,
    may_replace,
    missing_box,
)
from sepstudio.jobs.runner import JobState
from sepstudio.paths import resource
from sepstudio.project import save_project_steps
from sepstudio.project.files import SESSION
from sepstudio.session.session import Session

Wish = Callable[[], object]


class Documents(QObject):
    """Saves the session as a project and replaces it by another one; both are jobs.

    ``changed`` says that ``name`` or ``modified`` may be others, ``used`` carries the folder that was
    opened or saved, ``recordingsWaiting`` the paths that are to be opened into a new document.
    """

    changed = Signal()
    used = Signal(object)
    recordingsWaiting = Signal(object)

    def __init__(self, session: Session, bridge: JobBridge, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._bridge = bridge
        self._window = window
        self._folder: Path | None = None
        self._kept = Kept()
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

    def _on_loaded(self, recordings: Sequence[Path], edits: int, loaded: Loaded) -> None:
        replace = functools.partial(self._replace, loaded, recordings)
        # The user may have gone on working while the project was read.
        if edits == self._edits or self._may_go_on(replace):
            replace()

    def _replace(self, loaded: Loaded, recordings: Sequence[Path] = ()) -> None:
        self._pending = (loaded, recordings)
        # Results of the old document must not end up in the new one.
        self._bridge.cancel_all()
        QTimer.singleShot(0, self._replace_when_idle)

    def _replace_when_idle(self) -> None:
        if self._pending is None or self._bridge.busy:
            return
        (loaded, recordings), self._pending = self._pending, None
        self._folder, self._kept = loaded.folder, loaded.kept
        self._session.replace_all(loaded.content)
        self.changed.emit()
        if loaded.folder is not None:
            self.used.emit(loaded.folder)
        if loaded.problems:
            missing_box(self._window, self.name, loaded.problems).open()
        if recordings:
            self.recordingsWaiting.emit(recordings)

    # -- saving ------------------------------------------------------------------------------

    def save(self) -> None:
        """Save in the folder of the project, or ask for one."""
        self._save()

    def save_as(self) -> None:
        """Save in a folder that the user chooses."""
        self._save_elsewhere()

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
        project = project_of(self._session.content(), self._kept)
        self._after_saving = then
        done = functools.partial(self._on_saved, folder.absolute(), self._edits)
        self._saving = self._bridge.start(f"Saving {folder.name}", save_project_steps(folder, project), done)

    def _on_saved(self, folder: Path, edits: int, _: None) -> None:
        self._folder = folder
        if edits == self._edits:
            self._session.stack.setClean()
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
