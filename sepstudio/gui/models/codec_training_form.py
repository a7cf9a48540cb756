"""What a training of the codec is to be: scenes, a start, a recipe, and where its results go."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from sepstudio.codec.training.plan import CodecTrainingPlan
from sepstudio.errors import ParameterError
from sepstudio.gui.dialogs import ask_for_file, ask_for_folder
from sepstudio.gui.models.codec_training_params import CodecTrainingParams, codec_training_plan
from sepstudio.gui.models.codec_training_settings import CodecTrainingSettings, read_codec_settings
from sepstudio.gui.models.data_sets import DataSets, DataWords
from sepstudio.gui.panels.param_form import ParamForm
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.turns import Turns
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import label

_SCENES = DataWords(
    name="codec-training.data",
    hint="Folders of Ambisonics recordings of order 3 or more: your own, or what `sepstudio synthesize-scenes` wrote. "
    "Add one, or drop it here.",
    folder_tip="Add a folder in which recordings are looked for",
    file="Add recordings…",
    file_tip="Add single recordings",
    suffixes=(".wav", ".caf", ".rf64", ".w64", ".ogg", ".bw64"),
    filter="Recordings (*.wav *.caf *.rf64 *.w64 *.ogg *.bw64)",
)
_STATES = "codec-*.state"
_MODELS = "Models (*.safetensors *.pth)"


class CodecTrainingForm(QWidget):
    """Edits a plan; ``changed`` tells of every edit."""

    changed = Signal()

    def __init__(self, output: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codec-training.form")
        self.data = DataSets(_SCENES, self)
        self._turns = Turns(self)
        self.params = ParamForm(CodecTrainingParams, turns=self._turns, parent=self)
        self.start = _path_line(
            "codec-training.start", "Model to start from",
            "Empty for a random start; a mono model of the reference is widened to 16 channels",
        )  # fmt: skip
        self.start.setPlaceholderText("random start")
        self.choose_start = push_button(
            "codec-training.start.choose", "Choose…", "Choose a model to start from: a mono one, or one of 16 channels"
        )
        self.output = _path_line(
            "codec-training.output", "Folder of the results",
            "The model, its curves and the state that a training goes on from are kept here",
        )  # fmt: skip
        self.output.setText(str(output))
        self.choose = push_button("codec-training.output.choose", "Choose…", "Choose the folder of the results")
        self._arrange()
        self.data.changed.connect(self.changed)
        self.params.paramsChanged.connect(self.changed)
        self.params.validityChanged.connect(self.changed)
        for line in (self.start, self.output):
            line.textChanged.connect(self.changed)
        self.choose_start.clicked.connect(self._ask_start)
        self.choose.clicked.connect(self._ask_output)

    @property
    def folder(self) -> Path:
        """Where the results go."""
        return Path(self.output.text().strip()).expanduser()

    @property
    def settings(self) -> CodecTrainingSettings:
        """What the form shows beside the folder."""
        return CodecTrainingSettings(self.params.params, self.data.paths, self.start.text().strip())

    def show_settings(self, settings: CodecTrainingSettings) -> None:
        """Show other settings."""
        self.params.complete()
        self.params.set_params(settings.params)
        self.data.show_paths(settings.data)
        self.start.setText(settings.start)
        self.changed.emit()

    @property
    def holds_training(self) -> bool:
        """Whether the folder holds a training that can be gone on with."""
        return bool(self.output.text().strip()) and any(self.folder.glob(_STATES))

    def plan(self, *, resume: bool = False, threads: int = 1) -> CodecTrainingPlan:
        """Return the plan; ParameterError says what is missing or does not fit."""
        if self.params.error:
            raise ParameterError("settings", self.params.error, "valid")
        if not self.output.text().strip():
            raise ParameterError("output", "", "the name of a folder")
        settings = self.settings
        start = Path(settings.start).expanduser() if settings.start else None
        return codec_training_plan(
            settings.params, data=settings.data, output=self.folder, start=start, resume=resume, threads=threads
        )

    def problem(self) -> str:
        """Return what is missing or does not fit, in words; empty if a training can begin."""
        if not self.data.paths:
            return "Add a folder of scenes to learn from."
        if not self.output.text().strip():
            return "Name a folder for the results."
        try:
            self.plan()
        except ParameterError as error:
            return f"{error.name.replace('_', ' ').capitalize()} must be {error.expected}."
        return ""

    def _ask_start(self) -> None:
        file = ask_for_file(self, "Choose a model to start from", Path.home(), _MODELS)
        if file is not None:
            self.start.setText(str(file))

    def _ask_output(self) -> None:
        folder = ask_for_folder(self, "Choose the folder of the results", self.folder)
        if folder is not None:
            self.output.setText(str(folder))
            # A training can only be gone on with as it was begun.
            kept = read_codec_settings(folder)
            if kept is not None:
                self.show_settings(kept)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(PADDING, PADDING, PADDING, PADDING)
        column.setSpacing(GRID)
        column.addWidget(label("Scenes", "title"))
        column.addWidget(self.data)
        column.addSpacing(GRID)
        column.addWidget(label("Start", "title"))
        column.addLayout(_row(self.start, self.choose_start))
        column.addSpacing(GRID)
        column.addWidget(label("Learning", "title"))
        column.addWidget(self.params)
        column.addSpacing(GRID)
        column.addWidget(label("Results", "title"))
        column.addLayout(_row(self.output, self.choose))
        column.addStretch(1)


def _path_line(name: str, spoken: str, tip: str) -> QLineEdit:
    line = QLineEdit()
    line.setObjectName(name)
    line.setAccessibleName(spoken)
    line.setToolTip(tip)
    line.setFixedHeight(CONTROL_HEIGHT)
    return line


def _row(line: QLineEdit, button: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(GRID)
    row.addWidget(line, 1)
    row.addWidget(button)
    return row
