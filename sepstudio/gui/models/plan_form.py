"""What forms of trainings have in common: data, settings, and the folder where the results go."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from sepstudio.errors import ParameterError
from sepstudio.gui.dialogs import ask_for_folder
from sepstudio.gui.models.data_sets import DataSets, DataWords
from sepstudio.gui.panels.param_form import ParamForm
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.turns import Turns
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import label


@dataclass(frozen=True)
class FormWords:
    """What a form says: how its widgets are named, what is learnt from, what it says without, what the folder gets.

    ``states`` is the pattern of the files that a training goes on from.
    """

    name: str
    data: DataWords
    data_title: str
    no_data: str
    output_tip: str
    states: str


class PlanForm(QWidget):
    """Edits a plan; ``changed`` tells of every edit.

    Subclasses add what only they ask for, lay everything out with ``_arrange``, and make the plan.
    """

    changed = Signal()
    words: FormWords

    def __init__(self, params: type, output: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = self.words.name
        self.setObjectName(f"{name}.form")
        self.data = DataSets(self.words.data, self)
        self._turns = Turns(self)
        self.params = ParamForm(params, turns=self._turns, parent=self)
        self.output = path_line(f"{name}.output", "Folder of the results", self.words.output_tip)
        self.output.setText(str(output))
        self.choose = push_button(f"{name}.output.choose", "Choose…", "Choose the folder of the results")
        self.data.changed.connect(self.changed)
        self.params.paramsChanged.connect(self.changed)
        self.params.validityChanged.connect(self.changed)
        self.output.textChanged.connect(self.changed)
        self.choose.clicked.connect(self._ask_output)

    @property
    def folder(self) -> Path:
        """Where the results go."""
        return Path(self.output.text().strip()).expanduser()

    @property
    def holds_training(self) -> bool:
        """Whether the folder holds a training that can be gone on with."""
        return self._names_output and any(self.folder.glob(self.words.states))

    @property
    @abc.abstractmethod
    def settings(self) -> Any:
        """What the form shows beside the folder."""

    @abc.abstractmethod
    def show_settings(self, settings: Any) -> None:
        """Show other settings."""

    @abc.abstractmethod
    def kept_settings(self, folder: Path) -> Any:
        """Return the settings that the training in a folder was begun with; None if they are not there."""

    @abc.abstractmethod
    def plan(self, *, resume: bool = False) -> Any:
        """Return the plan; ParameterError says what is missing or does not fit."""

    def problem(self) -> str:
        """Return what is missing or does not fit, in words; empty if a training can begin."""
        for there, text in (
            (self.data.paths, self.words.no_data),
            *self._needs(),
            (self._names_output, "Name a folder for the results."),
        ):
            if not there:
                return text
        try:
            self.plan()
        except ParameterError as error:
            return f"{error.name.replace('_', ' ').capitalize()} must be {error.expected}."
        return ""

    @property
    def _names_output(self) -> bool:
        return bool(self.output.text().strip())

    def _needs(self) -> Sequence[tuple[object, str]]:
        """Return what else there must be, each with what is said without it."""
        return ()

    def _check_valid(self) -> None:
        """Raise ParameterError where controls hold nothing that a plan could be made of."""
        if self.params.error:
            raise ParameterError("settings", self.params.error, "valid")
        if not self._names_output:
            raise ParameterError("output", "", "the name of a folder")

    def _ask_output(self) -> None:
        folder = ask_for_folder(self, "Choose the folder of the results", self.folder)
        if folder is not None:
            self.output.setText(str(folder))
            # A training can only be gone on with as it was begun.
            kept = self.kept_settings(folder)
            if kept is not None:
                self.show_settings(kept)

    def _arrange(self, title: str, *own: QWidget | QLayout) -> None:
        """Lay everything out; ``own`` is what only this form asks for, under a title."""
        column = QVBoxLayout(self)
        column.setContentsMargins(PADDING, PADDING, PADDING, PADDING)
        column.setSpacing(2 * GRID)
        for heading, parts in (
            (self.words.data_title, (self.data,)),
            (title, own),
            ("Learning", (self.params,)),
            ("Results", (path_row(self.output, self.choose),)),
        ):
            column.addLayout(_section(heading, parts))
        column.addStretch(1)


def path_line(name: str, spoken: str, tip: str) -> QLineEdit:
    """Return a field for the path of a file or folder."""
    line = QLineEdit()
    line.setObjectName(name)
    line.setAccessibleName(spoken)
    line.setToolTip(tip)
    line.setFixedHeight(CONTROL_HEIGHT)
    return line


def path_row(line: QLineEdit, button: QPushButton) -> QHBoxLayout:
    """Return a row of a path and the button that chooses it."""
    row = QHBoxLayout()
    row.setSpacing(GRID)
    row.addWidget(line, 1)
    row.addWidget(button)
    return row


def _section(title: str, parts: Sequence[QWidget | QLayout]) -> QVBoxLayout:
    section = QVBoxLayout()
    section.setSpacing(GRID)
    section.addWidget(label(title, "title"))
    for part in parts:
        if isinstance(part, QWidget):
            section.addWidget(part)
        else:
            section.addLayout(part)
    return section
