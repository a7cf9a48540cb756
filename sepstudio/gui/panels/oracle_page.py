"""The page of the method that takes phases from the true stems, and amplitudes from a model."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QWidget

from sepstudio.gui.panels.method_page import MethodPage
from sepstudio.gui.panels.model_editor import OTHER
from sepstudio.gui.panels.param_form import LABEL_WIDTH
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.gui.turns import Turns
from sepstudio.gui.widgets.labels import label
from sepstudio.nn.library import DEFAULT_MODEL, SUFFIX
from sepstudio.nn.phase_cards import installed_phase_models
from sepstudio.separation.base import MethodSpec
from sepstudio.separation.oracle_phase import OraclePhaseParams

_DEFAULT = f"{DEFAULT_MODEL} (default)"
_FILTER = f"Models (*{SUFFIX});;All files (*)"


class ModelChoice(QWidget):
    """Edits the model of OraclePhaseParams; the list is read anew whenever it comes into view.

    ``valueChanged(params)`` tells of another choice. Only amplitudes of networks have a model.
    """

    valueChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._params = OraclePhaseParams()
        self.combo = QComboBox()
        self.combo.setObjectName("oracle.model")
        self.combo.setAccessibleName("Model")
        self.combo.setToolTip("The networks that estimate the amplitudes")
        self.combo.setFixedHeight(CONTROL_HEIGHT)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        title = label("Model")
        title.setBuddy(self.combo)
        # As the labels of the form around it.
        title.setFixedWidth(LABEL_WIDTH)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(title)
        row.addWidget(self.combo, 1)
        self.combo.activated.connect(self._choose)
        self._list()

    def show_params(self, params: OraclePhaseParams) -> None:
        """Show the model; emits nothing."""
        self._params = params
        self._list()

    def apply_to(self, params: OraclePhaseParams) -> OraclePhaseParams:
        """Return the parameters with the model that is chosen here."""
        return dataclasses.replace(params, model=self._params.model)

    def showEvent(self, event: QShowEvent) -> None:
        """Look for models that were installed or deleted meanwhile."""
        super().showEvent(event)
        self._list()

    def _list(self) -> None:
        self.combo.clear()
        self.combo.addItem(_DEFAULT, "")
        for model in installed_phase_models():
            if model.name != DEFAULT_MODEL:
                self.combo.addItem(model.name, model.name)
        chosen = self._params.model
        if self.combo.findData(chosen) < 0:
            self.combo.addItem(Path(chosen).name, chosen)
        self.combo.insertSeparator(self.combo.count())
        self.combo.addItem(OTHER)
        self.combo.setCurrentIndex(self.combo.findData(chosen))
        self.setEnabled(self._params.amplitude == "network")

    def _choose(self, index: int) -> None:
        name = self.combo.itemData(index)
        if name is None:
            path, _ = QFileDialog.getOpenFileName(self, "Choose a model", "", _FILTER)
            name = path or self._params.model
        changed = dataclasses.replace(self._params, model=name)
        is_new = changed != self._params
        self.show_params(changed)
        if is_new:
            self.valueChanged.emit(changed)


class OraclePage(MethodPage):
    """The page of the method that takes phases from the true stems."""

    def __init__(self, spec: MethodSpec, turns: Turns | None = None, parent: QWidget | None = None) -> None:
        super().__init__(spec, editors={"model": ModelChoice}, turns=turns, parent=parent)

    @property
    def models(self) -> ModelChoice:
        """The choice of the model."""
        return self.form.editor("model")
