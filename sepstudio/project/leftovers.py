"""What crashes left behind: unsaved work, found by the folders and journals of programs that are gone."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from sepstudio.errors import ProjectError
from sepstudio.io.atomic import flush
from sepstudio.io.locks import try_lock
from sepstudio.project.files import AUTOSAVE, JOURNAL
from sepstudio.project.journal import JournalState, read_journal
from sepstudio.project.work import LOCK, POINTER, UNFINISHED, WorkFolder

OLD_SECONDS = 30 * 24 * 3600
_UNFINISHED_SECONDS = 3600
_ATTEMPTS = "attempts"
# Stands for the work folder of a project that was moved from another machine.
_NOWHERE = "nowhere"


@dataclass(frozen=True)
class Leftover:
    """Unsaved work of a program that did not end as it should.

    ``project`` is the folder of the project, or None if it was never saved; ``state`` is None if the
    journal cannot be read, and ``problem`` says why. ``attempts`` counts those to restore it.
    """

    work: Path
    journal: Path
    project: Path | None
    state: JournalState | None
    problem: str = ""
    attempts: int = 0

    @property
    def name(self) -> str:
        """What the document was called: by its project, else by the recording that was on show."""
        if self.project is not None:
            return self.project.stem
        try:
            document = self.state.document if self.state is not None else {}
            return str(document["sources"]["items"][document["current_source"]]["name"])
        except (LookupError, TypeError):
            return ""

    @property
    def time(self) -> float:
        """When the last edit was made, in seconds of the system's clock."""
        if self.state is not None:
            return self.state.time
        with contextlib.suppress(OSError):
            return self.journal.stat().st_mtime
        return 0.0

    @property
    def is_old(self) -> bool:
        """Whether it was left more than a month ago."""
        return time.time() - self.time > OLD_SECONDS

    def note_attempt(self, count: int) -> None:
        """Remember how often it was tried to restore this; raises OSError."""
        path = self._home / _ATTEMPTS
        if count:
            path.write_text(str(count), encoding="utf-8")
            flush(path)
        else:
            path.unlink(missing_ok=True)

    @property
    def _home(self) -> Path:
        return self.work if self.work.is_dir() else self.journal.parent

    def discard(self) -> None:
        """Delete it for good."""
        for path in (self.journal, self._home / _ATTEMPTS):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        if self.work.is_dir() and (folder := WorkFolder.adopt(self.work)) is not None:
            folder.remove()


def leftover_steps(root: Path) -> Generator[float, None, tuple[Leftover, ...]]:
    """Find all unsaved work in the folder of work folders, latest first; yields the fraction done.

    Folders without unsaved work, left by programs that were killed when everything was saved, are deleted.
    """
    found = []
    folders = sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    for number, path in enumerate(folders, 1):
        with contextlib.suppress(OSError):
            leftover = _leftover(path)
            if leftover is not None:
                found.append(leftover)
        yield number / len(folders)
    return tuple(sorted(found, key=lambda leftover: -leftover.time))


def leftover_of_project(project: Path, root: Path) -> Leftover | None:
    """Return the unsaved work that the folder of a project holds; ``root`` has the work folders."""
    journal = project / AUTOSAVE / JOURNAL
    if not journal.is_file():
        return None
    leftover = _read(root / _NOWHERE, journal)
    named = Path(str(leftover.state.about.get("work", ""))) if leftover.state is not None else Path()
    # A project that came from elsewhere may name anything, and what it names may be deleted.
    if named.parent == root and named.is_dir():
        with _used(named) as used:
            if used:
                return None
        leftover = _read(named, journal)
    return leftover if leftover.state is None or leftover.state.edits else None


def _leftover(path: Path) -> Leftover | None:
    if path.name.startswith(UNFINISHED):
        if time.time() - path.stat().st_mtime > _UNFINISHED_SECONDS:
            shutil.rmtree(path, ignore_errors=True)
        return None
    with _used(path) as used:
        if used:
            return None
        journal = _journal_of(path)
        leftover = _read(path, journal) if journal is not None else None
        if leftover is not None and (leftover.state is None or leftover.state.edits):
            return leftover
        if journal is not None:
            journal.unlink(missing_ok=True)
        shutil.rmtree(path, ignore_errors=True)
        return None


@contextlib.contextmanager
def _used(path: Path) -> Iterator[bool]:
    """Tell whether a program uses a work folder, and let none begin to in the meantime."""
    lock = try_lock(path / LOCK)
    try:
        yield lock is None
    finally:
        if lock is not None:
            lock.release()


def _journal_of(path: Path) -> Path | None:
    """Return the journal of a work folder: the one that it points to, else its own."""
    candidates = [path / JOURNAL]
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
        pointed = Path(json.loads((path / POINTER).read_text(encoding="utf-8"))["journal"])
        # The journal of a project may be that of another work folder by now.
        if pointed.is_file() and (pointed.parent == path or _is_of(pointed, path)):
            candidates.insert(0, pointed)
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _is_of(journal: Path, work: Path) -> bool:
    try:
        return read_journal(journal).about.get("work") == str(work)
    except ProjectError:
        return True


def _read(work: Path, journal: Path) -> Leftover:
    state, problem = None, ""
    try:
        state = read_journal(journal)
    except ProjectError as error:
        problem = str(error)
    project = str(state.about.get("project") or "") if state is not None else ""
    is_in_project = journal.parent.name == AUTOSAVE
    # A project may have been moved since: it is where its journal is.
    folder = journal.parent.parent if is_in_project else Path(project) if project else None
    return Leftover(work, journal, folder, state, problem, _attempts(work if work.is_dir() else journal.parent))


def _attempts(home: Path) -> int:
    try:
        return int((home / _ATTEMPTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0
