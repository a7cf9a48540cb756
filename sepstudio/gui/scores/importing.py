"""From a score file to a score: read as a job, shown in a dialog, read anew when it is to be read otherwise."""

from __future__ import annotations

import functools
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from sepstudio.gui.bridge import JobBridge
from sepstudio.gui.scores.import_dialog import ImportDialog
from sepstudio.gui.scores.import_memory import ImportMemory
from sepstudio.gui.scores.score_file import TABLE, ScoreFile, reading_steps
from sepstudio.gui.settings import Settings
from sepstudio.io.scores.options import CsvColumns, ImportOptions
from sepstudio.jobs.runner import JobEvent


class ScoreImporter(QObject):
    """Imports one score file at a time.

    ``imported(source_id, score, align)`` carries a score that the user has taken over, and whether it is to be
    aligned. Files that cannot be read at all are told by the bridge, like every job that fails.
    """

    imported = Signal(str, object, bool)

    def __init__(self, window: QWidget, bridge: JobBridge, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._bridge = bridge
        self._memory = ImportMemory(settings)
        self._dialog: ImportDialog | None = None
        self._source_id = ""
        self._job = 0
        bridge.failed.connect(self._on_failed)

    @property
    def dialog(self) -> ImportDialog | None:
        """The dialog that is open."""
        return self._dialog

    def start(self, path: Path, source_id: str, recording: str) -> None:
        """Read a file for a recording and show it; a dialog that is open closes."""
        self.close()
        self._source_id = source_id
        work = reading_steps(path, self._memory.options())
        self._job = self._bridge.start(f"Reading {path.name}", work, functools.partial(self._open, recording))

    def close(self) -> None:
        """Import nothing: what is open closes, what is read is forgotten."""
        self._bridge.cancel(self._job)
        if self._dialog is not None:
            self._dialog.close()

    def _open(self, recording: str, file: ScoreFile) -> None:
        guessed = file.options.columns
        # A table that has no notes yet, or aligned ones: only what comes from a page of music lies elsewhere.
        away = file.kind != TABLE if file.score is None else not file.score.aligned
        dialog = ImportDialog(self._window, file, recording, align=self._memory.aligns(file.kind, usually=away))
        dialog.optionsChanged.connect(self._read_anew)
        dialog.imported.connect(self._take)
        dialog.destroyed.connect(self._on_gone)
        self._dialog = dialog
        dialog.show()
        remembered = self._memory.columns(guessed) if guessed is not None else None
        if remembered != guessed:
            self._read_as(remembered)

    def _read_as(self, columns: CsvColumns | None) -> None:
        self._dialog.set_busy(True)
        self._read_anew(ImportOptions(columns=columns))

    def _read_anew(self, options: ImportOptions) -> None:
        self._bridge.cancel(self._job)
        path = self._dialog.file.path
        self._job = self._bridge.start(f"Reading {path.name}", reading_steps(path, options), self._show)

    def _show(self, file: ScoreFile) -> None:
        if self._dialog is not None and self._dialog.file.path == file.path:
            self._dialog.show_file(file)

    def _take(self, score: object, align: bool) -> None:
        file = self._dialog.file
        self._memory.keep(file.kind, file.options, align=align)
        self.imported.emit(self._source_id, score, align)

    def _on_gone(self) -> None:
        self._dialog = None

    def _on_failed(self, _title: str, event: JobEvent) -> None:
        if event.job_id == self._job and self._dialog is not None:
            # What is on show can still be imported as it is.
            self._dialog.show_file(self._dialog.file)
