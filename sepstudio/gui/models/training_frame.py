"""What pages of training have in common: the form at the left, how networks learn and what came of it at the right."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from sepstudio.gui.models.plan_form import PlanForm
from sepstudio.gui.models.training_curves import Training
from sepstudio.gui.panels.error_curves import CurveWords, ErrorCurve, ErrorCurvesView
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.turns import Turns
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import ElidedLabel, label, rule
from sepstudio.gui.widgets.progress_line import ProgressLine
from sepstudio.gui.widgets.wheel_guard import WheelGuard

_FORM_WIDTH = 408


@dataclass(frozen=True)
class PageWords:
    """What a page says: how its widgets are named, what is trained, what its curves and its models are.

    ``kinds`` are the titles of what curves show, each with the names of the series.
    """

    name: str
    what: str
    curves: CurveWords
    kinds: tuple[tuple[str, tuple[str, ...]], ...]
    kinds_tip: str
    models_tip: str


class TrainingFrame(QWidget):
    """Asks for trainings and shows how they go.

    Subclasses make the form and draw the curves.

    ``trainWanted(resume)`` asks for the training of the form, ``cancelWanted`` for the end of the one that runs;
    ``openWanted`` for the curves of an earlier one, ``importWanted(path)`` for a model to come to the library.
    ``completed`` tells that all of the page is there.
    """

    trainWanted = Signal(bool)
    cancelWanted = Signal()
    openWanted = Signal()
    importWanted = Signal(object)
    completed = Signal()
    words: PageWords

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(self.words.name)
        self._running = False
        self._resumes = False
        self._complete = False
        self._trainings: dict[Path, Training] = {}
        self._turns = Turns(self)
        # From the outside in: every widget that gets another parent is styled anew, with all that is in it.
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        columns = QSplitter(Qt.Orientation.Horizontal, self)
        row.addWidget(columns)
        self._left, self._right = QFrame(columns), QFrame(columns)
        self._scroll = QScrollArea(self._left)
        self.form = self.make_form(self._scroll)
        self.train = push_button(self._named("start"), "Train", self._train_tip)
        self.problem = label("", "caption", name=self._named("problem"))
        self.state = ElidedLabel("", "caption")
        self.progress = ProgressLine()
        self._arrange(columns)
        self._arrange_left()
        self._wheel_guard = WheelGuard(self)
        self.form.changed.connect(self._check)
        self.train.clicked.connect(self._ask)
        self._check()
        # A turn later: both sides at once would hold the window for too long.
        self._turns.ask(self.complete)

    @abc.abstractmethod
    def make_form(self, parent: QWidget) -> PlanForm:
        """Return the form of the left side."""

    @abc.abstractmethod
    def drawn(self, series: Sequence[str]) -> Iterator[ErrorCurve]:
        """Give the curves of all trainings on show of some series."""

    def _named(self, name: str) -> str:
        return f"{self.words.name}.{name}"

    def complete(self) -> None:
        """Make the side of the curves at once, if it is not there yet."""
        self._turns.forget(self.complete)
        if self._complete:
            return
        self._complete = True
        self.curves = ErrorCurvesView(self.words.curves, self._right)
        self.kinds = QComboBox(self._right)
        self.open = push_button(self._named("open"), "Open curves…", "Show the curves of an earlier training as well")
        self.clear = push_button(self._named("clear"), "Clear", "Take the curves of earlier trainings away")
        self._result = QWidget(self._right)
        self.models = QComboBox(self._result)
        self.add = push_button(self._named("add"), "Add to the library", "Install this model, so that it can be chosen")
        self._describe()
        self._arrange_right()
        self.open.clicked.connect(self.openWanted)
        self.clear.clicked.connect(self._clear)
        self.kinds.activated.connect(self._draw)
        self.add.clicked.connect(self._ask_import)
        self.show_results(())
        self.completed.emit()

    # -- what the controller tells -----------------------------------------------------------

    @property
    def trainings(self) -> tuple[Training, ...]:
        """The trainings whose curves are on show."""
        return tuple(self._trainings.values())

    @property
    def running(self) -> bool:
        """Whether a training runs."""
        return self._running

    def begin(self) -> None:
        """Show that a training runs."""
        self._running = True
        self.progress.set_state("running")
        self.show_progress(0.0, "preparing")
        self._check()

    def show_progress(self, fraction: float, text: str) -> None:
        """Show how far the training is."""
        self.progress.set_progress(fraction)
        self.state.setText(text)

    def end(self, state: str, text: str) -> None:
        """Show how the training ended: ``done``, ``cancelled`` or ``failed``."""
        self._running = False
        self.progress.set_state(state)
        self.state.setText(text)
        for folder, training in self._trainings.items():
            self._trainings[folder] = Training(folder, training.curves)
        self._draw()
        self._check()

    def show_training(self, training: Training) -> None:
        """Draw the curves of a training, in the place of those of the same folder."""
        self._trainings[training.folder] = training
        self._draw()

    def show_results(self, paths: Sequence[Path]) -> None:
        """Offer trained models for the library; the first is chosen."""
        self.models.clear()
        for path in paths:
            self.models.addItem(path.name, path)
            self.models.setItemData(self.models.count() - 1, str(path), Qt.ItemDataRole.ToolTipRole)
        self._result.setVisible(bool(paths))

    # -- edits -------------------------------------------------------------------------------

    def _check(self) -> None:
        """Say what is missing, and what the button would do."""
        problem = "" if self._running else self.form.problem()
        resumes = not problem and self.form.holds_training
        self.problem.setText(problem or ("The folder holds a training: Resume goes on with it." if resumes else ""))
        self.problem.setVisible(bool(self.problem.text()) and not self._running)
        for widget in (self.state, self.progress):
            widget.setVisible(self._running or bool(self.state.text()))
        text, tip = ("Resume", "Go on with the training in the folder") if resumes else ("Train", self._train_tip)
        self.train.setText("Stop" if self._running else text)
        self.train.setToolTip("Stop; the training can be gone on with" if self._running else tip)
        self.train.setEnabled(self._running or not problem)
        self.form.setEnabled(not self._running)
        self._resumes = resumes

    @property
    def _train_tip(self) -> str:
        return f"Train {self.words.what}"

    def _ask(self) -> None:
        if self._running:
            self.cancelWanted.emit()
        else:
            # What was typed into a field that still has the focus counts too.
            self._check()
            self.trainWanted.emit(self._resumes)

    def _ask_import(self) -> None:
        path = self.models.currentData()
        if path is not None:
            self.importWanted.emit(path)

    def _clear(self) -> None:
        self._trainings = {folder: training for folder, training in self._trainings.items() if training.live}
        self._draw()

    def _draw(self) -> None:
        self.curves.show_curves(tuple(self.drawn(self.kinds.currentData())))
        self.clear.setEnabled(any(not training.live for training in self.trainings))

    # -- building ----------------------------------------------------------------------------

    def _describe(self) -> None:
        for text, kinds in self.words.kinds:
            self.kinds.addItem(text, kinds)
        for combo, name, text, tip in (
            (self.kinds, "kinds", "Losses on show", self.words.kinds_tip),
            (self.models, "models", "Trained models", self.words.models_tip),
        ):
            combo.setObjectName(self._named(name))
            combo.setAccessibleName(text)
            combo.setToolTip(tip)
            combo.setFixedHeight(CONTROL_HEIGHT)
        self.clear.setEnabled(False)

    def _arrange(self, columns: QSplitter) -> None:
        columns.setObjectName(self._named("columns"))
        columns.setChildrenCollapsible(False)
        columns.setStretchFactor(1, 1)
        columns.setSizes([_FORM_WIDTH, 1000])
        for side in (self._left, self._right):
            side.setProperty("role", "panel")

    def _arrange_left(self) -> None:
        column = QVBoxLayout(self._left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.form.setProperty("role", "panel-content")
        self.train.setProperty("role", "primary")
        self.problem.setWordWrap(True)
        self.state.setObjectName(self._named("state"))
        self.progress.setObjectName(self._named("progress"))
        self._scroll.setObjectName(self._named("scroll"))
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(self.form)
        column.addWidget(self._scroll, 1)
        column.addWidget(rule())
        foot = QVBoxLayout()
        foot.setContentsMargins(PADDING, GRID, PADDING, PADDING)
        foot.setSpacing(GRID)
        column.addLayout(foot)
        for widget in (self.problem, self.state, self.progress, self.train):
            foot.addWidget(widget)

    def _arrange_right(self) -> None:
        column = QVBoxLayout(self._right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        head = QHBoxLayout()
        head.setContentsMargins(PADDING, PADDING, PADDING, 0)
        head.setSpacing(GRID)
        column.addLayout(head)
        column.addWidget(self.curves, 1)
        column.addWidget(self._result)
        head.addWidget(label("Curves", "title"))
        head.addStretch(1)
        for widget in (self.kinds, self.open, self.clear):
            head.addWidget(widget)
        foot = QHBoxLayout(self._result)
        foot.setContentsMargins(PADDING, GRID, PADDING, PADDING)
        foot.setSpacing(GRID)
        foot.addWidget(label("Trained", "caption"))
        foot.addWidget(self.models, 1)
        foot.addWidget(self.add)


def free_folder(parent: Path, kind: str = "training") -> Path:
    """Return a folder for the next training that does not exist yet."""
    number = 1
    while (parent / f"{kind} {number}").exists():
        number += 1
    return parent / f"{kind} {number}"
