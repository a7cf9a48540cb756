"""The library of models in the window: what is imported, downloaded, verified, put away and used."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox

from sepstudio.codec.importing import import_model_steps
from sepstudio.codec.model_cards import ALL_MODELS
from sepstudio.errors import UnreachableError, UserError
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.error_dialog import error_box
from sepstudio.gui.models.entries import ModelEntry, library_steps, with_memory
from sepstudio.gui.tabs.models import ModelsTab
from sepstudio.jobs.runner import JobEvent
from sepstudio.nn.downloads import download_steps, offline_instructions
from sepstudio.nn.library import SUFFIX, InstalledModel, delete_model
from sepstudio.nn.model_files import SoundModel, verify_steps
from sepstudio.nn.shelf import ModelShelf
from sepstudio.separation.base import Progress

if TYPE_CHECKING:
    from sepstudio.gui.models.library_page import LibraryPage

METHOD = "dnn"

# Codecs of the reference package are converted.
MODEL_SUFFIXES = (SUFFIX, ".pth")

_FILTER = f"Models ({' '.join(f'*{suffix}' for suffix in MODEL_SUFFIXES)});;All files (*)"
_MEMORY_MS = 1000
_READING = "library"

Result = TypeVar("Result")


class Step(Protocol):
    """What generators below the window yield: how far they are, and the same in words."""

    @property
    def fraction(self) -> float:
        """How much is done, 0 to 1."""

    @property
    def text(self) -> str:
        """What is going on."""


def as_progress(steps: Generator[Step, None, Result]) -> Generator[Progress, None, Result]:
    """Pass on steps as progress of a job, with their curves where they have any; return the result."""
    with contextlib.closing(steps):
        while True:
            try:
                step = next(steps)
            except StopIteration as stop:
                result: Result = stop.value
                return result
            yield Progress(step.fraction, step.text, getattr(step, "curves", None))


class ModelsController(QObject):
    """Owns the tab.

    ``tabWanted`` carries the name of the tab to show, ``separation`` or ``models``; ``codecWanted`` that of a model to
    encode scenes with.
    """

    tabWanted = Signal(str)
    codecWanted = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self.tab = ModelsTab()
        # Reading cards is nothing that a user waits for, or could cancel.
        self._quiet = desk.bridge.sibling(self)
        self._entries: tuple[ModelEntry, ...] = ()
        self._download: tuple[int, str, str] = (0, "", "")
        self._verifying: dict[int, ModelEntry] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(_MEMORY_MS)
        self._timer.timeout.connect(self._show_memory)
        self._connect()

    def handlers(self) -> Handlers:
        """Return what answers the actions about models."""
        return {
            "tab-separation": functools.partial(self.tabWanted.emit, "separation"),
            "tab-models": functools.partial(self.tabWanted.emit, "models"),
            "model-import": self._choose_files,
        }

    @property
    def shelf(self) -> ModelShelf:
        """The models that runs of this window have loaded."""
        return self._desk.workbench.context.models

    def _connect(self) -> None:
        bridge = self._desk.bridge
        self.tab.visibleChanged.connect(self._on_visible)
        self.tab.pageMade.connect(self._adopt)
        bridge.progressed.connect(self._on_progress)
        bridge.ended.connect(self._on_ended)
        bridge.failed.connect(self._on_failed)

    def _adopt(self, name: str) -> None:
        if name == "library":
            page = self._page
            page.importWanted.connect(self._choose_files)
            page.row.wanted.connect(self._start_download)
            page.row.cancelled.connect(self._cancel_download)
            page.card.wanted.connect(self._act)
            page.card.set_usable(self._desk.panel.offers(METHOD))

    @property
    def _page(self) -> LibraryPage:
        return self.tab.library

    # -- the list ----------------------------------------------------------------------------

    def refresh(self, wanted: str = "") -> None:
        """Read the library anew, and choose a model by its name."""
        self._quiet.start("Reading models", library_steps(), functools.partial(self._show, wanted), device=_READING)

    def _show(self, wanted: str, entries: Sequence[ModelEntry]) -> None:
        self._entries = tuple(entries)
        self._show_memory(wanted)

    def _show_memory(self, wanted: str = "") -> None:
        loaded = self.shelf.loaded()
        self._page.show_entries([with_memory(entry, loaded) for entry in self._entries], wanted)

    def _on_visible(self, visible: bool) -> None:
        if visible:
            self.refresh()
            self._timer.start()
        else:
            self._timer.stop()

    # -- what comes --------------------------------------------------------------------------

    def import_files(self, paths: Sequence[Path]) -> None:
        """Import models one by one, in view; each that cannot be taken fails for itself."""
        if paths:
            self.tabWanted.emit("models")
            self.tab.show_page("library")
        for path in paths:
            done = functools.partial(self._take, path.stem if path.suffix in MODEL_SUFFIXES else path.name)
            self._desk.bridge.start(f"Importing {path.name}", import_model_steps(path), done)

    def _choose_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self._desk.window, "Import models", "", _FILTER)
        self.import_files([Path(name) for name in names])

    def _take(self, asked: str, model: InstalledModel) -> None:
        taken = f": there was another {asked} already" if asked and asked != model.name else ""
        self._page.tell(f"{model.name} is installed{taken}.")
        self.refresh(model.name)

    def _start_download(self, url: str, sha256: str) -> None:
        name = url.partition("?")[0].rpartition("/")[2] or url
        work = as_progress(download_steps(url, sha256=sha256, install=import_model_steps))
        self._page.row.begin()
        job = self._desk.bridge.start(f"Downloading {name}", work, functools.partial(self._take, ""), device="download")
        self._download = (job, url, sha256)

    def _cancel_download(self) -> None:
        self._desk.bridge.cancel(self._download[0])

    def _on_progress(self, job: int, fraction: float, text: str, _stage: float | None) -> None:
        if job == self._download[0]:
            self._page.row.show_progress(fraction, text)

    def _on_ended(self, job: int, state: str, message: str) -> None:
        self._verifying = {one: entry for one, entry in self._verifying.items() if one != job or state == "failed"}
        if job == self._download[0]:
            told = {"done": "Installed", "cancelled": "Stopped: what has arrived is kept"}
            self._page.row.end(state, told.get(state, message))
        if self._timer.isActive():
            self._show_memory()

    def _on_failed(self, _title: str, event: JobEvent) -> None:
        job, url, sha256 = self._download
        if event.job_id == job and isinstance(event.error, UserError):
            # The address stands above it.
            self._page.row.end("failed", event.error.why)
        if event.job_id == job and isinstance(event.error, UnreachableError):
            self._page.row.show_offline(offline_instructions(url, sha256))
        entry = self._verifying.pop(event.job_id, None)
        if entry is not None and isinstance(event.error, UserError):
            self._tell_verdict(entry, f"Not sound: it {event.error.why}; {event.error.remedy}.", "error")

    # -- what is done with one ---------------------------------------------------------------

    def _act(self, act: str) -> None:
        entry = self._page.card.entry
        acts: dict[str, Any] = {
            "use": self._use, "verify": self._verify, "unload": self._unload, "delete": self._delete,
        }  # fmt: skip
        if entry is not None:
            acts[act](entry)

    def _use(self, entry: ModelEntry) -> None:
        if entry.is_codec:
            self.codecWanted.emit(entry.name)
            return
        panel = self._desk.panel
        panel.choose(METHOD)
        # Those that were chosen of another model need not be of this one.
        everything = panel.spec.params().instruments
        panel.load(dataclasses.replace(panel.params, model=entry.name, instruments=everything))
        self.tabWanted.emit("separation")

    def _verify(self, entry: ModelEntry) -> None:
        self._page.card.tell("Verifying…", "caption")
        done = functools.partial(self._tell_sound, entry)
        job = self._desk.bridge.start(f"Verifying {entry.name}", verify_steps(entry.model.path, ALL_MODELS), done)
        self._verifying[job] = entry

    def _tell_sound(self, entry: ModelEntry, sound: SoundModel) -> None:
        text = f"Sound: the weights are those it was written with. SHA-256 of the file: {sound.file_sha256}"
        self._tell_verdict(entry, text, "ok")

    def _tell_verdict(self, entry: ModelEntry, text: str, role: str) -> None:
        shown = self._page.card.entry
        if shown is not None and shown.key == entry.key:
            self._page.card.tell(text, role)

    def _unload(self, entry: ModelEntry) -> None:
        self.shelf.unload(entry.model.path)
        self._show_memory()

    def _delete(self, entry: ModelEntry) -> None:
        question = f"Delete the model {entry.name}? Its file cannot be brought back."
        answer = QMessageBox.question(self._desk.window, "Delete model", question)
        if answer != QMessageBox.StandardButton.Yes:
            return
        try:
            delete_model(entry.name)
        except UserError as error:
            error_box(self._desk.window, f"Deleting {entry.name}", error, "").open()
            return
        self.shelf.unload(entry.model.path)
        self._page.tell(f"{entry.name} is deleted.")
        self.refresh()
