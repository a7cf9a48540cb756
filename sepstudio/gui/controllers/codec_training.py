"""Trainings of the codec in the window."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from sepstudio.gui.controllers.training_director import TrainingDirector
from sepstudio.nn.library import SUFFIX

# All this is loaded with the page.
if TYPE_CHECKING:
    from sepstudio.codec.training.curves import CodecCurve
    from sepstudio.codec.training.plan import CodecTrainingPlan, CodecTrainingProgress, CodecTrainingResult
    from sepstudio.gui.models.codec_training_page import CodecTrainingPage
    from sepstudio.gui.models.codec_training_settings import CodecTrainingSettings


class CodecTrainingController(TrainingDirector):
    """Trains on scenes."""

    page_name = "train-codec"

    @property
    def _page(self) -> CodecTrainingPage:
        return self._models.tab.codec_training

    def _plan(self, resume: bool) -> CodecTrainingPlan:
        return self._page.form.plan(resume=resume, threads=self._desk.workbench.context.threads)

    def _work(self, plan: CodecTrainingPlan) -> Generator[CodecTrainingProgress, None, tuple[CodecTrainingResult, ...]]:
        return _steps(plan, self._page.form.settings)

    def _read(self, folder: Path) -> tuple[CodecCurve, ...]:
        from sepstudio.codec.training.curves import read_codec_curves

        return read_codec_curves(folder)

    def _models_in(self, folder: Path) -> tuple[Path, ...]:
        return tuple(sorted(folder.glob(f"*{SUFFIX}")))


def _steps(
    plan: CodecTrainingPlan, settings: CodecTrainingSettings
) -> Generator[CodecTrainingProgress, None, tuple[CodecTrainingResult, ...]]:
    from sepstudio.codec.training.plan import CodecTrainingProgress
    from sepstudio.gui.models.codec_training_settings import write_codec_settings

    yield CodecTrainingProgress(0.0, "loading torch")
    write_codec_settings(plan.output, settings)
    # On the thread of the job: it takes seconds.
    from sepstudio.codec.training.loop import train_steps

    return (yield from train_steps(plan))
