"""The form of a method, built from the dataclass of its parameters."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from sepstudio.errors import ParameterError
from sepstudio.gui.panels.param_controls import CheckControl, Control, make_control
from sepstudio.gui.theme import GRID
from sepstudio.gui.turns import Turns
from sepstudio.gui.widgets.fold import Fold
from sepstudio.gui.widgets.labels import label
from sepstudio.separation.parameters import ParamSpec, param_specs

_ROW_GAP = 4
LABEL_WIDTH = 92


class ParamEditor(Protocol):
    """A widget that edits what one control cannot: a structured value, or several parameters together."""

    valueChanged: SignalInstance

    def show_params(self, params: Any) -> None:
        """Display the part of the parameters that it edits; emits nothing."""

    def apply_to(self, params: Any) -> Any:
        """Return the parameters with its part put in; may raise ParameterError."""


class ParamForm(QWidget):
    """Shows and edits the parameters of a method.

    ``paramsChanged`` carries a new frozen object after each valid edit. An edit that the
    dataclass refuses is explained in one line below the form, and ``params`` stays as it was
    until the values fit together again; ``validityChanged`` tells when that begins and ends.

    Parameters
    ----------
    cls : type
        A frozen dataclass whose fields were declared with ``param``.
    editors : mapping
        Makers of editors for parameters of structured type, by parameter name.
    hidden : collection of str
        Parameters that get no control, because an editor speaks for them.
    turns : Turns or None
        Makes one control a turn; None makes all at once. ``complete`` makes what is not there yet.
    """

    paramsChanged = Signal(object)
    validityChanged = Signal(bool)

    def __init__(
        self,
        cls: type[Any],
        editors: Mapping[str, Callable[[], Any]] | None = None,
        hidden: Collection[str] = (),
        turns: Turns | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._turns = turns
        # Tab goes where the eye does: past the plain ones first.
        self._waiting = deque(sorted(param_specs(cls), key=lambda spec: spec.advanced))
        self._makers = dict(editors or {})
        self._plain, self._advanced = _Rows(), _Rows()
        self._column = QVBoxLayout(self)
        self._cls = cls
        self._params = cls()
        self._hidden = frozenset(hidden)
        self._controls: dict[str, Control] = {}
        self._editors: dict[str, Any] = {}
        self._error = label("", "error", name="param.error")
        self._arrange()
        if turns is None:
            self.complete()
        else:
            turns.ask(self._make_next)

    @property
    def params(self) -> Any:
        """The last parameters that were valid."""
        return self._params

    @property
    def error(self) -> str:
        """Why what the form shows is not valid; empty when it is."""
        return self._error.text()

    def editor(self, name: str) -> Any:
        """Return the editor of a structured parameter."""
        self.complete()
        return self._editors[name]

    def set_params(self, params: Any) -> None:
        """Show other parameters; emits nothing."""
        self._params = params
        for name, control in self._controls.items():
            control.set_value(getattr(params, name))
        for editor in self._editors.values():
            editor.show_params(params)
        self._show_error("")

    def complete(self) -> None:
        """Make at once what is not there yet."""
        if self._turns is not None:
            self._turns.forget(self._make_next)
        while self._waiting:
            self._make()

    def _make_next(self) -> None:
        if self._waiting:
            self._make()
        if self._waiting and self._turns is not None:
            self._turns.ask(self._make_next)

    def _make(self) -> None:
        spec = self._waiting.popleft()
        rows = self._advanced if spec.advanced else self._plain
        if spec.name in self._makers:
            self._add_editor(spec, self._makers[spec.name](), rows)
        elif spec.name not in self._hidden:
            self._add_control(spec, rows)
        if self._advanced.count and self._advanced.parentWidget() is None:
            self._column.insertWidget(1, Fold("More", "param.more", self._advanced))

    def _arrange(self) -> None:
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID)
        self._column.addWidget(self._plain)
        self._error.setWordWrap(True)
        self._error.hide()
        self._column.addWidget(self._error)

    def _add_control(self, spec: ParamSpec, rows: _Rows) -> None:
        control = make_control(spec)
        if control is None:
            return
        self._controls[spec.name] = control
        control.set_value(getattr(self._params, spec.name))
        control.valueChanged.connect(self._edited)
        rows.add(spec, control)

    def _add_editor(self, spec: ParamSpec, editor: Any, rows: _Rows) -> None:
        editor.setObjectName(f"param.{spec.name}")
        self._editors[spec.name] = editor
        editor.show_params(self._params)
        editor.valueChanged.connect(self._edited)
        rows.add_wide(editor)

    def _edited(self) -> None:
        self.complete()
        try:
            params = self._collected()
        except ParameterError as error:
            self._show_error(self._explain(error))
            return
        self._show_error("")
        if params == self._params:
            return
        self._params = params
        for editor in self._editors.values():
            editor.show_params(params)
        self.paramsChanged.emit(params)

    def _collected(self) -> Any:
        # Edited parameters start from their defaults: their old value may contradict the new ones.
        kept = {name: getattr(self._params, name) for name in self._hidden}
        params = self._cls(**kept, **{name: control.value for name, control in self._controls.items()})
        for editor in self._editors.values():
            params = editor.apply_to(params)
        return params

    def _explain(self, error: ParameterError) -> str:
        title = next((spec.label for spec in param_specs(self._cls) if spec.name == error.name), error.name)
        return f"{title} must be {error.expected}"

    def _show_error(self, text: str) -> None:
        was_valid = not self._error.text()
        self._error.setText(text)
        self._error.setVisible(bool(text))
        if was_valid == bool(text):
            self.validityChanged.emit(not text)


class _Rows(QWidget):
    """Labels on the left, controls on the right."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GRID)
        self._grid.setVerticalSpacing(_ROW_GAP)
        self._grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)

    def add(self, spec: ParamSpec, control: QWidget) -> None:
        """Append a labelled control; a check box carries its label itself."""
        if isinstance(control, CheckControl):
            self.add_wide(control)
            return
        title = label(spec.label)
        title.setFixedWidth(LABEL_WIDTH)
        title.setWordWrap(True)
        title.setToolTip(spec.help)
        title.setBuddy(control)
        self._grid.addWidget(title, self.count, 0, Qt.AlignmentFlag.AlignVCenter)
        self._grid.addWidget(control, self.count, 1)
        self.count += 1

    def add_wide(self, widget: QWidget) -> None:
        """Append a widget over the whole width."""
        self._grid.addWidget(widget, self.count, 0, 1, 2)
        self.count += 1
