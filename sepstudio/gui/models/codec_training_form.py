"""What a training of the codec is to be: scenes, a start, a recipe, and where its results go."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget

from sepstudio.codec.training.plan import CodecTrainingPlan
from sepstudio.gui.dialogs import ask_for_file
from sepstudio.gui.models.codec_training_params import CodecTrainingParams, codec_training_plan
from sepstudio.gui.models.codec_training_settings import CodecTrainingSettings, read_codec_settings
from sepstudio.gui.models.data_sets import DataWords
from sepstudio.gui.models.plan_form import FormWords, PlanForm, path_line, path_row
from sepstudio.gui.widgets.buttons import push_button

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
_MODELS = "Models (*.safetensors *.pth)"


class CodecTrainingForm(PlanForm):
    """Edits the plan of a training of the codec."""

    words = FormWords(
        name="codec-training",
        data=_SCENES,
        data_title="Scenes",
        no_data="Add a folder of scenes to learn from.",
        output_tip="The model, its curves and the state that a training goes on from are kept here",
        states="codec-*.state",
    )

    def __init__(self, output: Path, parent: QWidget | None = None) -> None:
        super().__init__(CodecTrainingParams, output, parent)
        self.start = path_line(
            "codec-training.start", "Model to start from",
            "Empty for a random start; a mono model of the reference is widened to 16 channels",
        )  # fmt: skip
        self.start.setPlaceholderText("random start")
        self.choose_start = push_button(
            "codec-training.start.choose", "Choose…", "Choose a model to start from: a mono one, or one of 16 channels"
        )
        self._arrange("Start", path_row(self.start, self.choose_start))
        self.start.textChanged.connect(self.changed)
        self.choose_start.clicked.connect(self._ask_start)

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

    def kept_settings(self, folder: Path) -> CodecTrainingSettings | None:
        """Return the settings that the training in a folder was begun with; None if they are not there."""
        return read_codec_settings(folder)

    def plan(self, *, resume: bool = False, threads: int = 1) -> CodecTrainingPlan:
        """Return the plan; ParameterError says what is missing or does not fit."""
        self._check_valid()
        settings = self.settings
        start = Path(settings.start).expanduser() if settings.start else None
        return codec_training_plan(
            settings.params, data=settings.data, output=self.folder, start=start, resume=resume, threads=threads
        )

    def _ask_start(self) -> None:
        file = ask_for_file(self, "Choose a model to start from", Path.home(), _MODELS)
        if file is not None:
            self.start.setText(str(file))
