"""The page on which networks are trained that find instruments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtWidgets import QWidget

from sepstudio.gui.models.training_curves import WORDS, Places, drawn_curves
from sepstudio.gui.models.training_form import TrainingForm
from sepstudio.gui.models.training_frame import PageWords, TrainingFrame, free_folder
from sepstudio.gui.panels.error_curves import ErrorCurve
from sepstudio.paths import data_dir


class TrainingPage(TrainingFrame):
    """Trains on songs whose stems are known."""

    words = PageWords(
        name="training",
        what="the networks of this form",
        curves=WORDS,
        kinds=(
            ("Validation and training", ("validation", "training")),
            ("Validation", ("validation",)),
            ("Training", ("training",)),
        ),
        kinds_tip="Validation is on songs that are not learnt from",
        models_tip="A model of all instruments for each variant, then its networks",
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        self._places = Places()
        super().__init__(parent)

    def make_form(self, parent: QWidget) -> TrainingForm:
        """Return the form of songs, networks and sizes."""
        return TrainingForm(free_folder(data_dir() / "trainings"), parent)

    def drawn(self, series: Sequence[str]) -> Iterator[ErrorCurve]:
        """Give the losses of all networks."""
        return drawn_curves(self.trainings, self._places, series)
