"""Strokes from files and to files: what was painted on a recording, for another day or another program."""

from __future__ import annotations

import functools
from collections.abc import Generator, Sequence
from pathlib import Path

from PySide6.QtCore import QObject

from sepstudio.batch.stroke_inputs import BESIDE_SUFFIX
from sepstudio.gui.controllers.support import SupportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.dialogs import ask_for_file, ask_for_file_target
from sepstudio.gui.file_writing import writing_steps
from sepstudio.gui.notice import Notice
from sepstudio.io.strokes.files import SUFFIX, read_strokes, write_strokes
from sepstudio.io.strokes.records import Strokes
from sepstudio.separation.base import Progress
from sepstudio.session.stroke_commands import ReplaceStrokes

_FILTER = f"Strokes (*{SUFFIX})"


class StrokeFileController(QObject):
    """Imports strokes for the current recording, in the place of those that it has, and exports them."""

    def __init__(self, desk: Desk, support: SupportController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self._support = support
        self._waiting: list[Path] = []
        desk.workbench.sourceOpened.connect(self._on_opened)

    def handlers(self) -> Handlers:
        """Return what answers the actions."""
        return {"strokes-import": self._choose, "strokes-export": self._export}

    def import_files(self, paths: Sequence[Path], *, opening: bool) -> None:
        """Import dropped strokes; while a recording is ``opening``, or there is none, they wait for the next one."""
        source = self._session.current_source
        if paths and source is not None and not opening:
            self._begin(paths[0], source.id)
            return
        self._waiting = list(paths)
        if paths and not opening:
            self._support.show(Notice(f"{paths[0].name} waits for its recording: open that now.", None))

    def _on_opened(self, source_id: str) -> None:
        if self._waiting:
            self._begin(self._waiting.pop(), source_id)

    def _choose(self) -> None:
        source = self._session.current_source
        if source is None:
            return
        path = ask_for_file(self._desk.window, "Import strokes", source.path.parent, _FILTER)
        if path is not None:
            self._begin(path, source.id)

    def _begin(self, path: Path, source_id: str) -> None:
        taken = functools.partial(self._take, source_id, path)
        self._desk.bridge.start(f"Reading {path.name}", _reading_steps(path), taken)

    def _take(self, source_id: str, path: Path, strokes: Strokes) -> None:
        if source_id not in self._session.sources:
            # The recording was taken away while the file was read.
            return
        command = ReplaceStrokes(self._session, source_id, strokes, f"Import strokes of {path.name}")
        self._session.stack.push(command)
        self._support.show(Notice(f"{_counted(strokes)} were imported from {path.name}.", None))

    def _export(self) -> None:
        source = self._session.current_source
        strokes = self._session.strokes(source.id) if source is not None else Strokes()
        if source is None or not strokes.sources:
            return
        suggestion = source.path.with_name(source.path.stem + BESIDE_SUFFIX)
        path = ask_for_file_target(self._desk.window, "Export strokes", suggestion, _FILTER)
        if path is not None:
            write = functools.partial(write_strokes, strokes=strokes)
            self._desk.bridge.start(f"Exporting {path.name}", writing_steps(write, path), self._on_written)

    def _on_written(self, path: Path) -> None:
        self._support.show(Notice(f"The strokes were exported to {path.name}.", path.parent))


def is_strokes(path: Path) -> bool:
    """Return whether the name of a file is that of strokes."""
    return path.suffix.lower() == SUFFIX


def _counted(strokes: Strokes) -> str:
    counts = ((len(strokes.strokes), "stroke"), (len(strokes.sources), "source"))
    return " of ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)


def _reading_steps(path: Path) -> Generator[Progress, None, Strokes]:
    yield Progress(0.0, "reading")
    return read_strokes(path)
