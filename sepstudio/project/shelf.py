"""Where audio, arrays, scores and strokes of the runs of an open document lie; puts there what lies nowhere yet."""

from __future__ import annotations

import contextlib
import secrets
import threading
import weakref
from collections import deque
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from sepstudio.io.atomic import flush, replacing
from sepstudio.io.audio import write_audio_steps
from sepstudio.io.clip import AudioClip, FileClip
from sepstudio.io.failures import unwritable
from sepstudio.io.papers import Paper, kind_of
from sepstudio.project.files import ARRAYS, AUDIO, mapped_file, paper_bytes, slug, write_array
from sepstudio.project.places import Places

Item = AudioClip | npt.NDArray[Any] | Paper


@dataclass(frozen=True)
class _Task:
    item: Item
    path: Path
    written: bool


class Shelf:
    """Gives every clip, array, score and strokes of a run a file at once and writes those that need it later.

    ``store_steps`` runs on another thread than the rest. A file that is there is complete, so that
    whoever finds none knows that the program ended before it was written.
    """

    def __init__(self, work: Path) -> None:
        self._work = work
        # By identity, which another item may get when one is gone: a run that is revised again and again
        # leaves many that nobody can bring back.
        self._files: dict[int, tuple[weakref.ref[Item], Path]] = {}
        self._tasks: deque[_Task] = deque()
        self._superseded: list[Path] = []
        self._lock = threading.Lock()

    def put(self, item: Item, path: Path) -> None:
        """Say that an item lies in a file."""
        known = self._files.get(id(item))
        if known is not None and known[0]() is None:
            self._superseded.append(known[1])
        self._files[id(item)] = (weakref.ref(item), path)

    def _path(self, item: Item) -> Path | None:
        known = self._files.get(id(item))
        return known[1] if known is not None and known[0]() is item else None

    def moved(self, files: Mapping[AudioClip, Path]) -> None:
        """Say where clips lie since a project was saved; what nobody names any more was deleted by it."""
        self._superseded += [path for item, path in self._files.values() if item() is None]
        self._files = {key: known for key, known in self._files.items() if known[0]() is not None and known[1].exists()}
        for clip, path in files.items():
            old = self._path(clip)
            if old is not None and not isinstance(clip, FileClip) and old != path:
                self._superseded.append(old)
            self.put(clip, path)

    def sweep(self) -> None:
        """Delete the files in the work folder that were replaced by those of a project, and those of what is gone."""
        # After a restart several items may lie in one file: those that were the same before.
        wanted = {path for item, path in self._files.values() if item() is not None}
        for path in {*self._superseded} - wanted:
            # One that cannot be deleted goes with the work folder.
            with contextlib.suppress(OSError):
                if path.is_relative_to(self._work):
                    path.unlink(missing_ok=True)
        self._superseded.clear()

    @property
    def waiting(self) -> bool:
        """Whether something is to be written."""
        return bool(self._tasks)

    def clip_name(self, clip: AudioClip, label: str, places: Places) -> str:
        """Return what a document calls the file of a clip, which may have to be written still."""
        lies = clip.path if isinstance(clip, FileClip) else None
        return self._name(clip, AUDIO, f"{slug(label)}-{secrets.token_hex(4)}.wav", lies, places)

    def array_name(self, array: npt.NDArray[Any], label: str, places: Places) -> str:
        """Return what a document calls the file of an array, which may have to be written still."""
        return self._name(array, ARRAYS, f"{slug(label)}-{secrets.token_hex(4)}.npy", mapped_file(array), places)

    def paper_name(self, paper: Paper, places: Places) -> str:
        """Return what a document calls the file of a run's score or strokes, which may have to be written still."""
        kind = kind_of(paper)
        return self._name(paper, kind.many, f"{slug(kind.label(paper))}-{secrets.token_hex(4)}.json", None, places)

    def _name(self, item: Item, subfolder: str, new: str, lies: Path | None, places: Places) -> str:
        known = self._path(item)
        name = places.name(known) if known is not None else None
        if name is None and lies is not None and lies.exists() and (name := places.name(lies)) is not None:
            self._note(item, lies, written=True)
        if name is None:
            self._note(item, self._work / subfolder / new, written=False)
            name = f"work/{subfolder}/{new}"
        return name

    def _note(self, item: Item, path: Path, *, written: bool) -> None:
        self.put(item, path)
        with self._lock:
            self._tasks.append(_Task(item, path, written))

    def store_steps(self) -> Generator[float, None, None]:
        """Write what has no file yet, in short steps.

        What could not be written, or not to its end, stays to be written.

        Raises
        ------
        UserError
            If the disk is full or closed to us.
        """
        while True:
            with self._lock:
                if not self._tasks:
                    return
                task = self._tasks[0]
            if self._path(task.item) == task.path:
                yield from _store_steps(task)
            with self._lock:
                self._tasks.popleft()


def _store_steps(task: _Task) -> Generator[float, None, None]:
    try:
        if task.written:
            flush(task.path)
        elif not task.path.exists():
            task.path.parent.mkdir(exist_ok=True)
            if isinstance(task.item, AudioClip):
                yield from write_audio_steps(task.path, task.item)
            else:
                with replacing(task.path) as temp:
                    _write(task.item, temp)
    except OSError as error:
        raise unwritable(task.path, error) from error
    yield 1.0


def _write(item: npt.NDArray[Any] | Paper, path: Path) -> None:
    if isinstance(item, Paper):
        path.write_bytes(paper_bytes(item))
    else:
        write_array(path, item)
