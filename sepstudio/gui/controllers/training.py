"""Trainings of networks that find instruments, in the window."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from sepstudio.gui.controllers.training_director import TrainingDirector
from sepstudio.nn.library import SUFFIX

# All this is loaded with the page.
if TYPE_CHECKING:
    from sepstudio.gui.models.training_page import TrainingPage
    from sepstudio.gui.models.training_settings import TrainingSettings
    from sepstudio.nn.training.curves import Curve
    from sepstudio.nn.training.plan import TrainingPlan, TrainingProgress, TrainingResult


class TrainingController(TrainingDirector):
    """Trains on songs whose stems are known."""

    page_name = "train"

    @property
    def _page(self) -> TrainingPage:
        return self._models.tab.training

    def _plan(self, resume: bool) -> TrainingPlan:
        return self._page.form.plan(resume=resume, at_once=self._desk.workbench.context.threads)

    def _work(self, plan: TrainingPlan) -> Generator[TrainingProgress, None, tuple[TrainingResult, ...]]:
        return _steps(plan, self._page.form.settings)

    def _read(self, folder: Path) -> tuple[Curve, ...]:
        from sepstudio.nn.training.curves import read_curves

        return read_curves(folder)

    def _models_in(self, folder: Path) -> tuple[Path, ...]:
        from sepstudio.nn.training.variants import VARIANTS

        # Those of all instruments first, then their single networks.
        return tuple(sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: (path.stem not in VARIANTS, path.name)))


def _steps(
    plan: TrainingPlan, settings: TrainingSettings
) -> Generator[TrainingProgress, None, tuple[TrainingResult, ...]]:
    from sepstudio.gui.models.training_settings import write_settings
    from sepstudio.nn.training.plan import TrainingProgress

    yield TrainingProgress(0.0, "loading torch")
    write_settings(plan.output, settings)
    # On the thread of the job: it takes seconds.
    from sepstudio.nn.training.loop import train_steps

    return (yield from train_steps(plan))
