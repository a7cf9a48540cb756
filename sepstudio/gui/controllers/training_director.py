"""What trainings in the window have in common: begun, stopped, gone on with; their curves and what comes of them."""

from __future__ import annotations

import abc
import functools
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from sepstudio.errors import UserError
from sepstudio.gui.controllers.models import ModelsController, Step, as_progress
from sepstudio.gui.controllers.view_export import ViewExportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.dialogs import ask_for_folder
from sepstudio.gui.error_dialog import error_box
from sepstudio.gui.models.training_curves import Training

if TYPE_CHECKING:
    from sepstudio.gui.models.training_frame import TrainingFrame

# A thread of its own: hours of training must not hold up separations.
_DEVICE = "training"
_STOPPED = "Stopped: Resume goes on with it"


class TrainingDirector(QObject):
    """Lets one training of a kind run at a time, and shows its curves as it goes.

    Subclasses say which page it is, and how such a training works.
    """

    page_name: str

    def __init__(self, desk: Desk, models: ModelsController, exports: ViewExportController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._models = models
        self._exports = exports
        self._job = 0
        self._folder = Path()
        models.tab.pageMade.connect(self._adopt)
        bridge = desk.bridge
        bridge.progressed.connect(self._on_progress)
        bridge.snapshot.connect(self._on_snapshot)
        bridge.ended.connect(self._on_ended)

    def handlers(self) -> Handlers:
        """Return nothing: trainings are begun on their page."""
        return {}

    # -- what kinds of trainings do ----------------------------------------------------------

    @property
    @abc.abstractmethod
    def _page(self) -> TrainingFrame:
        """The page, all of it."""

    @abc.abstractmethod
    def _plan(self, resume: bool) -> Any:
        """Return the plan of the form; UserError says what is wrong with it."""

    @abc.abstractmethod
    def _work(self, plan: Any) -> Generator[Step, None, Any]:
        """Return the training, which loads torch on the thread of the job."""

    @abc.abstractmethod
    def _read(self, folder: Path) -> tuple[Any, ...]:
        """Return the curves in a folder; UserError where there are none."""

    @abc.abstractmethod
    def _models_in(self, folder: Path) -> tuple[Path, ...]:
        """Return the models in a folder, the one that is wanted first before the others."""

    # -- trainings ---------------------------------------------------------------------------

    def _adopt(self, name: str) -> None:
        if name == self.page_name:
            self._exports.offer(self._page.curves)
            self._page.trainWanted.connect(self.train)
            self._page.cancelWanted.connect(self._cancel)
            self._page.openWanted.connect(self._choose_folder)
            self._page.importWanted.connect(self._import)

    def train(self, resume: bool) -> None:
        """Begin the training of the form, or go on with the one in its folder."""
        try:
            plan = self._plan(resume)
        except UserError as error:
            error_box(self._desk.window, "Training", error, "").open()
            return
        self._folder = plan.output
        self._page.show_results(())
        self._page.begin()
        done = functools.partial(self._finish, plan.output)
        title = f"Training {plan.output.name}"
        self._job = self._desk.bridge.start(title, as_progress(self._work(plan)), done, device=_DEVICE)

    def open_folder(self, folder: Path) -> None:
        """Show the curves of an earlier training, and offer its models."""
        try:
            curves = self._read(folder)
        except UserError as error:
            error_box(self._desk.window, "Opening curves", error, "").open()
            return
        self._page.show_training(Training(folder, curves))
        if not self._page.running:
            self._page.show_results(self._models_in(folder))

    # -- answers -----------------------------------------------------------------------------

    def _cancel(self) -> None:
        self._desk.bridge.cancel(self._job)

    def _on_progress(self, job: int, fraction: float, text: str, _stage: float | None) -> None:
        if job == self._job:
            self._page.show_progress(fraction, text)

    def _on_snapshot(self, job: int, curves: Sequence[Any]) -> None:
        if job == self._job:
            self._page.show_training(Training(self._folder, tuple(curves), live=True))

    def _on_ended(self, job: int, state: str, message: str) -> None:
        if job == self._job:
            self._job = 0
            told = {"done": "Done", "cancelled": _STOPPED}
            self._page.end(state, told.get(state, message))

    def _finish(self, folder: Path, results: Sequence[Any]) -> None:
        self._page.show_training(Training(folder, tuple(result.curve for result in results)))
        self._page.show_results(self._models_in(folder))

    def _choose_folder(self) -> None:
        folder = ask_for_folder(self._desk.window, "Open the folder of a training", self._page.form.folder.parent)
        if folder is not None:
            self.open_folder(folder)

    def _import(self, path: Path) -> None:
        self._models.import_files([path])
