"""The column of methods: which one, its presets and parameters, takes, and the buttons that run it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QScrollArea, QVBoxLayout, QWidget

from sepstudio.gui.painting.sources import missing_words
from sepstudio.gui.panels.kam_page import KamPage
from sepstudio.gui.panels.method_chooser import MethodChooser
from sepstudio.gui.panels.method_page import MethodPage
from sepstudio.gui.panels.networks_page import NetworksPage
from sepstudio.gui.panels.oracle_page import OraclePage
from sepstudio.gui.panels.paint_page import PaintPage
from sepstudio.gui.panels.param_form import ParamForm
from sepstudio.gui.panels.preset_bar import PresetBar
from sepstudio.gui.panels.references_box import ReferencesBox
from sepstudio.gui.panels.run_foot import RunFoot
from sepstudio.gui.panels.score_box import ScoreBox
from sepstudio.gui.panels.take_sliders import TakeSliders
from sepstudio.gui.theme import GRID, PADDING
from sepstudio.gui.turns import Turns
from sepstudio.gui.widgets.key_hint import set_hint
from sepstudio.gui.widgets.labels import label, rule
from sepstudio.gui.widgets.wheel_guard import WheelGuard
from sepstudio.io.scores.records import Score
from sepstudio.io.strokes.records import Strokes
from sepstudio.separation.base import MethodSpec, Preset, needed
from sepstudio.session.records import Run, Stem

PREVIEW_SECONDS = 10
# Methods with editors of their own; the form of any other comes from its parameters alone.
_PAGES: Mapping[str, type[KamPage] | type[NetworksPage] | type[OraclePage] | type[PaintPage]] = {
    "kam": KamPage, "dnn": NetworksPage, "oracle_phase": OraclePage, "paint": PaintPage,
}  # fmt: skip
Page = TypeVar("Page", bound=MethodPage)


class MethodPanel(QFrame):
    """Chooses among methods, edits the parameters of each, and asks for runs with them.

    ``previewRequested(params)`` wants the first seconds of what would be separated,
    ``separateRequested(params)`` all of it (the selection, while there is one). Both, and everything else
    that speaks of parameters and presets, are about the method that is chosen; ``methodChanged(id)`` tells
    which that is, ``pageMade(page)`` that a page is there. ``presetWanted(act)`` is what the menu of its presets
    asks for.

    Parameters
    ----------
    specs : sequence of MethodSpec
        The methods, at least one; the first is chosen.
    """

    previewRequested = Signal(object)
    separateRequested = Signal(object)
    paramsChanged = Signal(object)
    takeChosen = Signal(str, int)
    methodChanged = Signal(str)
    pageMade = Signal(object)
    presetWanted = Signal(str)
    ownPresetsChanged = Signal()

    def __init__(self, specs: Sequence[MethodSpec], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._specs = {spec.id: spec for spec in specs}
        self.setObjectName("method")
        self.setProperty("role", "panel")
        self._run: Run | None = None
        self._score: Score | None = None
        self._references: tuple[str, ...] = ()
        self._strokes = Strokes()
        self._ready = False
        self._selected = False
        self._sample_rate = 0
        self._preview_seconds = PREVIEW_SECONDS
        self._pages: dict[str, MethodPage] = {}
        self._turns = Turns(self)
        self._chosen = specs[0].id
        self.chooser = MethodChooser(specs)
        self.score_box = ScoreBox()
        self.references_box = ReferencesBox()
        self.takes = TakeSliders()
        self.foot = RunFoot("method", "Separate")
        self.preview, self.separate = self.foot.preview, self.foot.run
        self._title = label("", "title", name="method.title")
        self._place = QVBoxLayout()
        self._arrange()
        self._connect()
        self._wheel_guard = WheelGuard(self)
        self.set_selection(False)
        self.choose(self._chosen)

    # -- which method --------------------------------------------------------------------------

    def choose(self, method_id: str) -> None:
        """Show a method with the settings that it had the last time."""
        self._chosen = method_id
        page = self.page_of(method_id)
        for other in self._pages.values():
            other.setVisible(other is page)
        self.chooser.show_method(method_id)
        self._title.setText(self.spec.title)
        self._title.setToolTip(self.spec.summary)
        self.score_box.setVisible(self._needs_score)
        self.references_box.setVisible("references" in self.spec.needs)
        self._show_state()
        self.methodChanged.emit(method_id)

    def offers(self, method_id: str) -> bool:
        """Return whether a method can be chosen: projects may hold runs of plug-ins that are not here."""
        return method_id in self._specs

    def page_of(self, method_id: str) -> MethodPage:
        """Return the page of a method, made when it is needed first."""
        if method_id not in self._pages:
            # The first is there with the window; the others grow while it can be used.
            turns = self._turns if self._pages else None
            page = _PAGES.get(method_id, MethodPage)(self._specs[method_id], turns=turns)
            if self._sample_rate:
                page.set_sample_rate(self._sample_rate)
            page.paramsChanged.connect(self.paramsChanged)
            page.stateChanged.connect(self._show_state)
            page.preset_bar.wanted.connect(self.presetWanted)
            page.preset_bar.ownChanged.connect(self.ownPresetsChanged)
            self._place.addWidget(page)
            self._pages[method_id] = page
            self._tell_run(page)
            self.pageMade.emit(page)
        return self._pages[method_id]

    def made_page(self, kind: type[Page]) -> Page | None:
        """Return the page of a kind, or None where it was not needed yet."""
        return next((page for page in self._pages.values() if isinstance(page, kind)), None)

    @property
    def page(self) -> MethodPage:
        """The page of the method that is chosen."""
        return self.page_of(self._chosen)

    @property
    def spec(self) -> MethodSpec:
        """The method that is chosen."""
        return self._specs[self._chosen]

    @property
    def form(self) -> ParamForm:
        """The form of the method that is chosen."""
        return self.page.form

    @property
    def preset_bar(self) -> PresetBar:
        """The presets of the method that is chosen."""
        return self.page.preset_bar

    @property
    def presets(self) -> QComboBox:
        """The list of the presets of the method that is chosen."""
        return self.preset_bar.combo

    # -- what the window tells ---------------------------------------------------------------

    @property
    def params(self) -> Any:
        """The parameters that the next run would have."""
        return self.page.params

    def set_params(self, params: Any) -> None:
        """Show other parameters; emits nothing."""
        self.page.set_params(params)

    def load(self, params: Any) -> None:
        """Take other parameters over, as if they had been set by hand."""
        self.page.load(params)

    def set_own_presets(self, presets: Sequence[Preset]) -> None:
        """List other presets of the user's."""
        self.page.set_own_presets(presets)

    def set_ready(self, ready: bool) -> None:
        """Tell whether there is a recording to separate."""
        self._ready = ready
        self._show_state()

    def set_score(self, score: Score | None) -> None:
        """Tell the score of the recording."""
        self._score = score
        self._show_state()

    def set_references(self, names: Sequence[str]) -> None:
        """Tell the names of the true stems of the recording."""
        self._references = tuple(names)
        self._show_state()

    def set_strokes(self, strokes: Strokes) -> None:
        """Tell what is painted over the recording."""
        self._strokes = strokes
        self._show_state()

    def set_sample_rate(self, sample_rate: int) -> None:
        """Tell the rate in Hz of the current recording."""
        self._sample_rate = sample_rate
        for page in self._pages.values():
            page.set_sample_rate(sample_rate)

    def set_selection(self, selected: bool) -> None:
        """Tell whether a stretch of the recording is selected."""
        self.separate.setText("Separate selection" if selected else "Separate")
        self.preview.setText("Preview" if selected else f"Preview {self._preview_seconds} s")
        what = "the selection" if selected else f"{self._preview_seconds} seconds from the playhead on"
        set_hint(self.preview, f"Try the settings on {what}")
        self._selected = selected
        self._say_what_separates()

    def set_preview_seconds(self, seconds: int) -> None:
        """Tell how long a preview is where nothing is selected."""
        self._preview_seconds = seconds
        self.set_selection(self._selected)

    def set_run(self, run: Run | None, stems: Sequence[Stem] = ()) -> None:
        """Tell which run is on show: its takes can be chosen, and settings that differ from its own are noted."""
        self._run = run
        for page in self._pages.values():
            self._tell_run(page)
        self.takes.set_run(stems)
        self._takes_rule.setVisible(not self.takes.isHidden())
        self._show_state()

    def _tell_run(self, page: MethodPage) -> None:
        page.show_run(self._run if self._run is not None and self._run.method == page.spec.id else None)

    @property
    def is_stale(self) -> bool:
        """Whether the run on show was made with other parameters, or with another score."""
        return bool(self._difference())

    # -- building ----------------------------------------------------------------------------

    def _arrange(self) -> None:
        content = QWidget()
        content.setProperty("role", "panel-content")
        inner = QVBoxLayout(content)
        inner.setContentsMargins(PADDING, 0, PADDING, PADDING)
        inner.setSpacing(PADDING)
        inner.addWidget(self.score_box)
        inner.addWidget(self.references_box)
        self._place.setContentsMargins(0, 0, 0, 0)
        inner.addLayout(self._place)
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
        head = QVBoxLayout()
        head.setContentsMargins(PADDING, 0, PADDING, 0)
        head.setSpacing(GRID)
        head.addWidget(self.chooser)
        head.addWidget(self._title)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, PADDING, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(head)
        column.addWidget(scroll, 1)
        column.addWidget(self.foot)

    def _connect(self) -> None:
        self.chooser.chosen.connect(self.choose)
        self.takes.takeChosen.connect(self.takeChosen)
        self.preview.clicked.connect(self._ask_preview)
        self.separate.clicked.connect(self._ask_separate)

    # -- edits -------------------------------------------------------------------------------

    def _ask_preview(self) -> None:
        self.previewRequested.emit(self.params)

    def _ask_separate(self) -> None:
        self.separateRequested.emit(self.params)

    @property
    def _needs_score(self) -> bool:
        return "score" in self.spec.needs

    def _difference(self) -> str:
        run = self._run
        if run is None or run.method != self.spec.id:
            return ""
        if run.params != self.params:
            return "Settings differ"
        if self._needs_score and run.score != self._score:
            return "The score differs"
        return "What is painted differs" if "strokes" in self.spec.needs and run.strokes != self._strokes else ""

    def _say_what_separates(self) -> None:
        what = "the selection" if self._selected else "the whole recording"
        missing = missing_words(self._strokes) if "strokes" in self.spec.needs else ""
        set_hint(self.separate, missing or f"Separate {what}")

    def _show_state(self) -> None:
        self.score_box.show_score(self._score, ready=self._ready)
        self.references_box.show_names(self._references, ready=self._ready)
        there = {"score"} if self._score is not None else set()
        there |= {"references"} if self._references else set()
        there |= set() if missing_words(self._strokes) else {"strokes"}
        # A blind factorisation, for example, does without a score.
        usable = self._ready and needed(self.spec, self.params) <= there and not self.form.error
        self.preview.setEnabled(usable)
        self.separate.setEnabled(usable)
        self._say_what_separates()
        difference = self._difference()
        self.foot.note.setVisible(bool(difference))
        if difference and self._run is not None:
            self.foot.note.setText(f"●  {difference} from run {self._run.number}")
            self.foot.note.setToolTip(f"What is heard and seen was separated otherwise: {difference.lower()}")
