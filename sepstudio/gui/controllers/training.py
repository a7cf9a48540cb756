"""Trainings in the window: begun, stopped, gone on with; their curves and what comes of them."""

from __future__ import annotations

import functools
from collections.abc import Generator, Sequence
from pathlib import Path

from PySide6.QtCore import QObject

from sepstudio.errors import UserError
from sepstudio.gui.controllers.models import ModelsController, as_progress
from sepstudio.gui.controllers.view_export import ViewExportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.dialogs import ask_for_folder
from sepstudio.gui.error_dialog import error_box
from sepstudio.gui.models.training_curves import Training
from sepstudio.gui.models.training_page import TrainingPage
from sepstudio.gui.models.training_settings import TrainingSettings, write_settings
from sepstudio.nn.library import SUFFIX
from sepstudio.nn.training.curves import Curve, read_curves
from sepstudio.nn.training.plan import TrainingPlan, TrainingProgress, TrainingResult
from sepstudio.nn.training.variants import VARIANTS

# A thread of its own: hours of training must not hold up separations.
_DEVICE = "training"
_STOPPED = "Stopped: Resume goes on with it"


class TrainingController(QObject):
    """Lets one training run at a time, and shows its curves as it goes."""

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

    @property
    def _page(self) -> TrainingPage:
        return self._models.tab.training

    def _adopt(self, name: str) -> None:
        if name == "train":
            self._exports.offer(self._page.curves)
            self._page.trainWanted.connect(self.train)
            self._page.cancelWanted.connect(self._cancel)
            self._page.openWanted.connect(self._choose_folder)
            self._page.importWanted.connect(self._import)

    def train(self, resume: bool) -> None:
        """Begin the training of the form, or go on with the one in its folder."""
        try:
            plan = self._page.form.plan(resume=resume, at_once=self._desk.workbench.context.threads)
        except UserError as error:
            error_box(self._desk.window, "Training", error, "").open()
            return
        self._folder = plan.output
        self._page.show_results(())
        self._page.begin()
        done = functools.partial(self._finish, plan)
        title = f"Training {plan.output.name}"
        work = _steps(plan, self._page.form.settings)
        self._job = self._desk.bridge.start(title, as_progress(work), done, device=_DEVICE)

    def open_folder(self, folder: Path) -> None:
        """Show the curves of an earlier training, and offer its models."""
        try:
            curves = read_curves(folder)
        except UserError as error:
            error_box(self._desk.window, "Opening curves", error, "").open()
            return
        self._page.show_training(Training(folder, curves))
        if not self._page.running:
            self._page.show_results(_models_in(folder))

    # -- answers -----------------------------------------------------------------------------

    def _cancel(self) -> None:
        self._desk.bridge.cancel(self._job)

    def _on_progress(self, job: int, fraction: float, text: str, _stage: float | None) -> None:
        if job == self._job:
            self._page.show_progress(fraction, text)

    def _on_snapshot(self, job: int, curves: Sequence[Curve]) -> None:
        if job == self._job:
            self._page.show_training(Training(self._folder, tuple(curves), live=True))

    def _on_ended(self, job: int, state: str, message: str) -> None:
        if job == self._job:
            self._job = 0
            told = {"done": "Done", "cancelled": _STOPPED}
            self._page.end(state, told.get(state, message))

    def _finish(self, plan: TrainingPlan, results: Sequence[TrainingResult]) -> None:
        self._page.show_training(Training(plan.output, tuple(result.curve for result in results)))
        self._page.show_results(_models_in(plan.output))

    def _choose_folder(self) -> None:
        folder = ask_for_folder(self._desk.window, "Open the folder of a training", self._page.form.folder.parent)
        if folder is not None:
            self.open_folder(folder)

    def _import(self, path: Path) -> None:
        self._models.import_files([path])


def _steps(
    plan: TrainingPlan, settings: TrainingSettings
) -> Generator[TrainingProgress, None, tuple[TrainingResult, ...]]:
    yield TrainingProgress(0.0, "loading torch")
    write_settings(plan.output, settings)
    # On the thread of the job: it takes seconds.
    from sepstudio.nn.training.loop import train_steps

    return (yield from train_steps(plan))


def _models_in(folder: Path) -> tuple[Path, ...]:
    """Return the models of a training: those of all instruments first, then their single networks."""
    return tuple(sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: (path.stem not in VARIANTS, path.name)))
