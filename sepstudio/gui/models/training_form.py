"""What a training is to be: songs, networks, sizes, and where its results go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QWidget

from sepstudio.gui.models.choices import Choices
from sepstudio.gui.models.data_sets import SONGS
from sepstudio.gui.models.plan_form import FormWords, PlanForm
from sepstudio.gui.models.training_params import TrainingParams, training_plan
from sepstudio.gui.models.training_settings import TrainingSettings, read_settings
from sepstudio.gui.widgets.fold import Fold
from sepstudio.nn.datasets.songs import INSTRUMENTS
from sepstudio.nn.training.plan import TrainingPlan
from sepstudio.nn.training.variants import AMPLITUDE, BOTH, VARIANTS

_FIRST = (AMPLITUDE, BOTH)


class TrainingForm(PlanForm):
    """Edits the plan of a training of networks that find instruments."""

    words = FormWords(
        name="training",
        data=SONGS,
        data_title="Songs",
        no_data="Add a data set to learn from.",
        output_tip="Networks, curves and the state that a training goes on from are kept here",
        states="*.state",
    )

    def __init__(self, output: Path, parent: QWidget | None = None) -> None:
        super().__init__(TrainingParams, output, parent)
        titles = {name: variant.title[:1].upper() + variant.title[1:] for name, variant in VARIANTS.items()}
        first = [(name, titles[name], _tip(name)) for name in _FIRST]
        rest = [(name, titles[name], _tip(name)) for name in VARIANTS if name not in _FIRST]
        self.variants = Choices("training.variant", first, _FIRST)
        self.more_variants = Choices("training.variant", rest, ())
        instruments = [(name, name.capitalize(), f"Train networks that find {name}") for name in INSTRUMENTS]
        self.instruments = Choices("training.instrument", instruments, INSTRUMENTS, columns=4)
        more = Fold("Other variants of the paper", "training.variants.more", self.more_variants)
        self._arrange("Networks", self.instruments, self.variants, more)
        for choices in (self.variants, self.more_variants, self.instruments):
            choices.changed.connect(self.changed)

    @property
    def settings(self) -> TrainingSettings:
        """What the form shows beside the folder."""
        variants = (*self.variants.chosen, *self.more_variants.chosen)
        return TrainingSettings(self.params.params, self.data.paths, variants, self.instruments.chosen)

    def show_settings(self, settings: TrainingSettings) -> None:
        """Show other settings."""
        self.params.complete()
        self.params.set_params(settings.params)
        self.data.show_paths(settings.data)
        self.variants.choose(settings.variants)
        self.more_variants.choose(settings.variants)
        self.instruments.choose(settings.instruments)
        self.changed.emit()

    def kept_settings(self, folder: Path) -> TrainingSettings | None:
        """Return the settings that the training in a folder was begun with; None if they are not there."""
        return read_settings(folder)

    def plan(self, *, resume: bool = False, at_once: int | None = None) -> TrainingPlan:
        """Return the plan; ParameterError says what is missing or does not fit."""
        self._check_valid()
        settings = self.settings
        return training_plan(
            settings.params,
            data=settings.data,
            output=self.folder,
            variants=settings.variants,
            instruments=settings.instruments,
            resume=resume,
            at_once=at_once,
        )

    def _needs(self) -> Sequence[tuple[object, str]]:
        return (
            (self.variants.chosen or self.more_variants.chosen, "Choose at least one kind of network."),
            (self.instruments.chosen, "Choose at least one instrument."),
        )


def _tip(name: str) -> str:
    return f"Train the variant {name}: {VARIANTS[name].title}"
