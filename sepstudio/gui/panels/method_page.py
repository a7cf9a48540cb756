"""What one method has in the column of methods: its presets and its parameters."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sepstudio.gui.panels.param_form import ParamForm
from sepstudio.gui.panels.preset_bar import PresetBar
from sepstudio.gui.theme import PADDING
from sepstudio.gui.turns import Turns
from sepstudio.separation.base import MethodSpec, Preset
from sepstudio.session.records import Run


class MethodPage(QWidget):
    """Presets and parameters of one method.

    ``paramsChanged(params)`` tells of edits by hand and of presets, ``stateChanged()`` that what is shown fits
    together, or no longer does.

    Parameters
    ----------
    spec : MethodSpec
        The method.
    editors, hidden, turns
        As for ParamForm.
    """

    paramsChanged = Signal(object)
    stateChanged = Signal()
    # The id of the run that the next one goes on from, empty for none; None where nobody was asked.
    goes_on_from: str | None = None

    def __init__(
        self,
        spec: MethodSpec,
        editors: Mapping[str, Callable[[], Any]] | None = None,
        hidden: Collection[str] = (),
        turns: Turns | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.spec = spec
        self.setObjectName(f"method.{spec.id}")
        self.form = ParamForm(spec.params, editors, hidden, turns)
        self.preset_bar = PresetBar(spec.presets)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(PADDING)
        column.addWidget(self.preset_bar)
        column.addWidget(self.form)
        self.preset_bar.chosen.connect(self.load)
        self.form.paramsChanged.connect(self._take)
        self.form.validityChanged.connect(self._show_state)
        self._show_state()

    @property
    def params(self) -> Any:
        """The parameters that the next run would have."""
        return self.form.params

    def set_params(self, params: Any) -> None:
        """Show other parameters; tells only that the state is another."""
        self.form.set_params(params)
        self._show_state()

    def load(self, params: Any) -> None:
        """Take other parameters over, as if they had been set by hand."""
        self.form.set_params(params)
        self._take(self.form.params)

    def set_own_presets(self, presets: Sequence[Preset]) -> None:
        """List other presets of the user's."""
        self.preset_bar.set_own(presets)
        self._show_state()

    def set_sample_rate(self, sample_rate: int) -> None:
        """Tell the rate in Hz of the current recording; pages whose controls depend on it say how."""

    def show_run(self, run: Run | None) -> None:
        """Tell which run of this method is on show, if one is; pages that have something to say of it say how."""

    def _take(self, params: Any) -> None:
        self._show_state()
        self.paramsChanged.emit(params)

    def _show_state(self) -> None:
        self.preset_bar.show_params(self.params, valid=not self.form.error)
        self.stateChanged.emit()
