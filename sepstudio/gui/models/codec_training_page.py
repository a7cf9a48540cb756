"""The page on which codecs are trained on scenes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtWidgets import QWidget

from sepstudio.gui.models.codec_training_curves import WORDS, drawn_codec_curves
from sepstudio.gui.models.codec_training_form import CodecTrainingForm
from sepstudio.gui.models.training_curves import Places
from sepstudio.gui.models.training_frame import PageWords, TrainingFrame, free_folder
from sepstudio.gui.panels.error_curves import ErrorCurve
from sepstudio.paths import data_dir


class CodecTrainingPage(TrainingFrame):
    """Trains from a random start, from a mono model, or on from another one."""

    words = PageWords(
        name="codec-training",
        what="a codec on these scenes",
        curves=WORDS,
        kinds=(
            ("Mel loss", ("mel",)),
            ("Covariance error", ("covariance",)),
            ("Mel loss, training too", ("mel", "training")),
        ),
        kinds_tip="Of the ends of the scenes, which are not learnt from",
        models_tip="The weights of the best validation",
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        self._places = Places()
        super().__init__(parent)

    def make_form(self, parent: QWidget) -> CodecTrainingForm:
        """Return the form of scenes, start and recipe."""
        return CodecTrainingForm(free_folder(data_dir() / "trainings", "codec"), parent)

    def drawn(self, series: Sequence[str]) -> Iterator[ErrorCurve]:
        """Give the losses of all codecs."""
        return drawn_codec_curves(self.trainings, self._places, series)
