"""The column of a method: presets, parameters, takes, and the buttons that run it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from sepstudio.gui.panels.param_form import ParamForm
from sepstudio.gui.panels.take_sliders import TakeSliders
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.widgets.labels import label, rule
from sepstudio.separation.base import MethodSpec
from sepstudio.session.records import Run, Stem

PREVIEW_SECONDS = 10
_CUSTOM = "Custom"


class MethodPanel(QFrame):
    """Edits the parameters of one method and asks for runs with them.

    ``previewRequested(params)`` wants the first seconds of what would be separated,
    ``separateRequested(params)`` all of it (the selection, while there is one).

    Parameters
    ----------
    spec : MethodSpec
        The method.
    editors, hidden
        As for ParamForm.
    """

    previewRequested = Signal(object)
    separateRequested = Signal(object)
    paramsChanged = Signal(object)
    takeChosen = Signal(str, int)

    def __init__(
        self,
        spec: MethodSpec,
        editors: Mapping[str, Callable[[], Any]] | None = None,
        hidden: Collection[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.spec = spec
        self.setObjectName(f"method.{spec.id}")
        self.setProperty("role", "panel")
        self._run: Run | None = None
        self._ready = False
        self.form = ParamForm(spec.params, editors, hidden)
        self.presets = QComboBox()
        self.takes = TakeSliders()
        self.preview = QPushButton(f"Preview {PREVIEW_SECONDS} s")
        self.separate = QPushButton("Separate")
        self._stale = label("", "stale", name="method.stale")
        self._describe()
        self._arrange()
        self._connect()
        self.set_selection(False)
        self._show_state()

    # -- what the window tells ---------------------------------------------------------------

    @property
    def params(self) -> Any:
        """The parameters that the next run would have."""
        return self.form.params

    def set_params(self, params: Any) -> None:
        """Show other parameters; emits nothing."""
        self.form.set_params(params)
        self._show_state()

    def set_ready(self, ready: bool) -> None:
        """Tell whether there is a recording to separate."""
        self._ready = ready
        self._show_state()

    def set_selection(self, selected: bool) -> None:
        """Tell whether a stretch of the recording is selected."""
        self.separate.setText("Separate selection" if selected else "Separate")
        self.separate.setToolTip(f"Separate {'the selection' if selected else 'the whole recording'} (Ctrl+Return)")
        where = "of the selection" if selected else "from the playhead on"
        self.preview.setToolTip(f"Try the settings on {PREVIEW_SECONDS} seconds {where}")

    def set_run(self, run: Run | None, stems: Sequence[Stem] = ()) -> None:
        """Tell which run is on show: its takes can be chosen, and settings that differ from its own are noted."""
        self._run = run
        self.takes.set_run(stems)
        self._takes_rule.setVisible(not self.takes.isHidden())
        self._show_state()

    @property
    def is_stale(self) -> bool:
        """Whether the run on show was made with other parameters."""
        return self._run is not None and self._run.method == self.spec.id and self._run.params != self.params

    # -- building ----------------------------------------------------------------------------

    def _describe(self) -> None:
        self.presets.addItems([preset.title for preset in self.spec.presets])
        self.presets.setObjectName("method.preset")
        self.presets.setAccessibleName("Preset")
        self.presets.setToolTip("Settings that belong together")
        self.presets.setFixedHeight(CONTROL_HEIGHT)
        self.preview.setObjectName("method.preview")
        self.preview.setAccessibleName("Preview")
        self.separate.setObjectName("method.separate")
        self.separate.setAccessibleName("Separate")
        self.separate.setProperty("role", "primary")

    def _arrange(self) -> None:
        content = QWidget()
        content.setProperty("role", "panel-content")
        inner = QVBoxLayout(content)
        inner.setContentsMargins(PADDING, 0, PADDING, PADDING)
        inner.setSpacing(PADDING)
        inner.addWidget(self.presets)
        inner.addWidget(self.form)
        self._takes_rule = rule()
        self._takes_rule.hide()
        inner.addWidget(self._takes_rule)
        inner.addWidget(self.takes)
        inner.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("method.scroll")
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        title = label(self.spec.title, "title")
        title.setToolTip(self.spec.summary)
        title.setContentsMargins(PADDING, 0, PADDING, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, PADDING, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(title)
        column.addWidget(scroll, 1)
        column.addWidget(self._foot())

    def _foot(self) -> QWidget:
        foot = QWidget()
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self.preview, 1)
        buttons.addWidget(self.separate, 1)
        column = QVBoxLayout(foot)
        column.setContentsMargins(PADDING, 0, PADDING, PADDING)
        column.setSpacing(GRID)
        column.addWidget(rule())
        column.addWidget(self._stale)
        column.addLayout(buttons)
        return foot

    def _connect(self) -> None:
        self.presets.activated.connect(self._choose_preset)
        self.form.paramsChanged.connect(self._take)
        self.form.validityChanged.connect(self._show_state)
        self.takes.takeChosen.connect(self.takeChosen)
        self.preview.clicked.connect(self._ask_preview)
        self.separate.clicked.connect(self._ask_separate)

    # -- edits -------------------------------------------------------------------------------

    def _choose_preset(self, index: int) -> None:
        if index < len(self.spec.presets):
            self.form.set_params(self.spec.presets[index].params)
            self._take(self.form.params)

    def _take(self, params: Any) -> None:
        self._show_state()
        self.paramsChanged.emit(params)

    def _ask_preview(self) -> None:
        self.previewRequested.emit(self.params)

    def _ask_separate(self) -> None:
        self.separateRequested.emit(self.params)

    def _show_state(self) -> None:
        self._show_preset()
        usable = self._ready and not self.form.error
        self.preview.setEnabled(usable)
        self.separate.setEnabled(usable)
        self._stale.setVisible(self.is_stale)
        if self.is_stale:
            self._stale.setText(f"●  Settings differ from run {self._run.number}")
            self._stale.setToolTip("What is heard and seen was separated with other settings")

    def _show_preset(self) -> None:
        known = [preset.params for preset in self.spec.presets]
        fits = not self.form.error and self.params in known
        # "Custom" is a state, not a choice: it is listed only while it is so.
        if self.presets.count() > len(known) and fits:
            self.presets.removeItem(len(known))
        elif self.presets.count() == len(known) and not fits:
            self.presets.addItem(_CUSTOM)
        self.presets.setCurrentIndex(known.index(self.params) if fits else len(known))
