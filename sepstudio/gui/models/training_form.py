"""What a training is to be: songs, networks, sizes, and where its results go."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from sepstudio.errors import ParameterError
from sepstudio.gui.dialogs import ask_for_folder
from sepstudio.gui.models.choices import Choices
from sepstudio.gui.models.data_sets import DataSets
from sepstudio.gui.models.training_params import TrainingParams, training_plan
from sepstudio.gui.models.training_settings import TrainingSettings, read_settings
from sepstudio.gui.panels.param_form import ParamForm
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.turns import Turns
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.fold import Fold
from sepstudio.gui.widgets.labels import label
from sepstudio.nn.datasets.songs import INSTRUMENTS
from sepstudio.nn.training.plan import TrainingPlan
from sepstudio.nn.training.variants import AMPLITUDE, BOTH, VARIANTS

_FIRST = (AMPLITUDE, BOTH)
_STATES = "*.state"


class TrainingForm(QWidget):
    """Edits a plan; ``changed`` tells of every edit."""

    changed = Signal()

    def __init__(self, output: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("training.form")
        self.data = DataSets(parent=self)
        titles = {name: variant.title[:1].upper() + variant.title[1:] for name, variant in VARIANTS.items()}
        first = [(name, titles[name], _tip(name)) for name in _FIRST]
        rest = [(name, titles[name], _tip(name)) for name in VARIANTS if name not in _FIRST]
        self.variants = Choices("training.variant", first, _FIRST)
        self.more_variants = Choices("training.variant", rest, ())
        instruments = [(name, name.capitalize(), f"Train networks that find {name}") for name in INSTRUMENTS]
        self.instruments = Choices("training.instrument", instruments, INSTRUMENTS, columns=4)
        self._turns = Turns(self)
        self.params = ParamForm(TrainingParams, turns=self._turns, parent=self)
        self.output = QLineEdit(str(output))
        self.choose = push_button("training.output.choose", "Choose…", "Choose the folder of the results")
        self._arrange()
        for source in (self.data, self.variants, self.more_variants, self.instruments):
            source.changed.connect(self.changed)
        self.params.paramsChanged.connect(self.changed)
        self.params.validityChanged.connect(self.changed)
        self.output.textChanged.connect(self.changed)
        self.choose.clicked.connect(self._ask_output)

    @property
    def folder(self) -> Path:
        """Where the results go."""
        return Path(self.output.text().strip()).expanduser()

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

    @property
    def holds_training(self) -> bool:
        """Whether the folder holds a training that can be gone on with."""
        return bool(self.output.text().strip()) and any(self.folder.glob(_STATES))

    def plan(self, *, resume: bool = False, at_once: int | None = None) -> TrainingPlan:
        """Return the plan; ParameterError says what is missing or does not fit."""
        if self.params.error:
            raise ParameterError("settings", self.params.error, "valid")
        if not self.output.text().strip():
            raise ParameterError("output", "", "the name of a folder")
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

    def problem(self) -> str:
        """Return what is missing or does not fit, in words; empty if a training can begin."""
        for there, text in (
            (self.data.paths, "Add a data set to learn from."),
            (self.variants.chosen or self.more_variants.chosen, "Choose at least one kind of network."),
            (self.instruments.chosen, "Choose at least one instrument."),
            (self.output.text().strip(), "Name a folder for the results."),
        ):
            if not there:
                return text
        try:
            self.plan()
        except ParameterError as error:
            return f"{error.name.replace('_', ' ').capitalize()} must be {error.expected}."
        return ""

    def _ask_output(self) -> None:
        folder = ask_for_folder(self, "Choose the folder of the results", self.folder)
        if folder is not None:
            self.output.setText(str(folder))
            # A training can only be gone on with as it was begun.
            kept = read_settings(folder)
            if kept is not None:
                self.show_settings(kept)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(PADDING, PADDING, PADDING, PADDING)
        column.setSpacing(GRID)
        column.addWidget(label("Songs", "title"))
        column.addWidget(self.data)
        column.addSpacing(GRID)
        column.addWidget(label("Networks", "title"))
        column.addWidget(self.instruments)
        column.addWidget(self.variants)
        column.addWidget(Fold("Other variants of the paper", "training.variants.more", self.more_variants))
        column.addSpacing(GRID)
        column.addWidget(label("Learning", "title"))
        column.addWidget(self.params)
        column.addSpacing(GRID)
        column.addWidget(label("Results", "title"))
        self.output.setObjectName("training.output")
        self.output.setAccessibleName("Folder of the results")
        self.output.setToolTip("Networks, curves and the state that a training goes on from are kept here")
        self.output.setFixedHeight(CONTROL_HEIGHT)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.output, 1)
        row.addWidget(self.choose)
        column.addLayout(row)
        column.addStretch(1)


def _tip(name: str) -> str:
    return f"Train the variant {name}: {VARIANTS[name].title}"
