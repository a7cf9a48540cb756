"""The column of a method: presets, parameters, takes, and the buttons that run it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from sepstudio.gui.panels.param_form import ParamForm
from sepstudio.gui.panels.preset_bar import PresetBar
from sepstudio.gui.panels.take_sliders import TakeSliders
from sepstudio.gui.theme import GRID, PADDING
from sepstudio.gui.widgets.key_hint import set_hint, stand_for
from sepstudio.gui.widgets.labels import label, rule
from sepstudio.gui.widgets.wheel_guard import WheelGuard
from sepstudio.separation.base import MethodSpec, Preset
from sepstudio.session.records import Run, Stem

PREVIEW_SECONDS = 10


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
        self._selected = False
        self._preview_seconds = PREVIEW_SECONDS
        self.form = ParamForm(spec.params, editors, hidden)
        self.preset_bar = PresetBar(spec.presets)
        self.presets = self.preset_bar.combo
        self.takes = TakeSliders()
        self.preview = QPushButton()
        self.separate = QPushButton("Separate")
        self._stale = label("", "stale", name="method.stale")
        self._describe()
        self._arrange()
        self._connect()
        self._wheel_guard = WheelGuard(self)
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

    def load(self, params: Any) -> None:
        """Take other parameters over, as if they had been set by hand."""
        self.form.set_params(params)
        self._take(self.form.params)

    def set_own_presets(self, presets: Sequence[Preset]) -> None:
        """List other presets of the user's."""
        self.preset_bar.set_own(presets)
        self._show_state()

    def set_ready(self, ready: bool) -> None:
        """Tell whether there is a recording to separate."""
        self._ready = ready
        self._show_state()

    def set_selection(self, selected: bool) -> None:
        """Tell whether a stretch of the recording is selected."""
        self.separate.setText("Separate selection" if selected else "Separate")
        set_hint(self.separate, f"Separate {'the selection' if selected else 'the whole recording'}")
        self.preview.setText("Preview" if selected else f"Preview {self._preview_seconds} s")
        what = "the selection" if selected else f"{self._preview_seconds} seconds from the playhead on"
        set_hint(self.preview, f"Try the settings on {what}")
        self._selected = selected

    def set_preview_seconds(self, seconds: int) -> None:
        """Tell how long a preview is where nothing is selected."""
        self._preview_seconds = seconds
        self.set_selection(self._selected)

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
        self.preview.setObjectName("method.preview")
        self.preview.setAccessibleName("Preview")
        self.separate.setObjectName("method.separate")
        self.separate.setAccessibleName("Separate")
        self.separate.setProperty("role", "primary")
        stand_for(self.preview, "preview")
        stand_for(self.separate, "separate")

    def _arrange(self) -> None:
        content = QWidget()
        content.setProperty("role", "panel-content")
        inner = QVBoxLayout(content)
        inner.setContentsMargins(PADDING, 0, PADDING, PADDING)
        inner.setSpacing(PADDING)
        inner.addWidget(self.preset_bar)
        inner.addWidget(self.form)
        self._takes_rule = rule()
        self._takes_rule.hide()
        inner.addWidget(self._takes_rule)
        inner.addWidget(self.takes)
        inner.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("method.scroll")
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
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
        self.preset_bar.chosen.connect(self.load)
        self.form.paramsChanged.connect(self._take)
        self.form.validityChanged.connect(self._show_state)
        self.takes.takeChosen.connect(self.takeChosen)
        self.preview.clicked.connect(self._ask_preview)
        self.separate.clicked.connect(self._ask_separate)

    # -- edits -------------------------------------------------------------------------------

    def _take(self, params: Any) -> None:
        self._show_state()
        self.paramsChanged.emit(params)

    def _ask_preview(self) -> None:
        self.previewRequested.emit(self.params)

    def _ask_separate(self) -> None:
        self.separateRequested.emit(self.params)

    def _show_state(self) -> None:
        self.preset_bar.show_params(self.params, valid=not self.form.error)
        usable = self._ready and not self.form.error
        self.preview.setEnabled(usable)
        self.separate.setEnabled(usable)
        self._stale.setVisible(self.is_stale)
        if self.is_stale:
            self._stale.setText(f"●  Settings differ from run {self._run.number}")
            self._stale.setToolTip("What is heard and seen was separated with other settings")
