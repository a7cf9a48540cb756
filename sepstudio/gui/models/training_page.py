"""The page on which networks are trained: what and how at the left, how they learn and what came of it at the right."""

from __future__ import annotations

from collections.abc import Sequence
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

from sepstudio.gui.models.training_curves import WORDS, Places, Training, drawn_curves
from sepstudio.gui.models.training_form import TrainingForm
from sepstudio.gui.panels.error_curves import ErrorCurvesView
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.turns import Turns
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import ElidedLabel, label, rule
from sepstudio.gui.widgets.progress_line import ProgressLine
from sepstudio.gui.widgets.wheel_guard import WheelGuard
from sepstudio.paths import data_dir

_FORM_WIDTH = 408
_KINDS = (
    ("Validation and training", ("validation", "training")),
    ("Validation", ("validation",)),
    ("Training", ("training",)),
)


class TrainingPage(QWidget):
    """Asks for trainings and shows how they go.

    ``trainWanted(resume)`` asks for the training of the form, ``cancelWanted`` for the end of the one that runs;
    ``openWanted`` for the curves of an earlier one, ``importWanted(path)`` for a model to come to the library.
    ``completed`` tells that all of the page is there.
    """

    trainWanted = Signal(bool)
    cancelWanted = Signal()
    openWanted = Signal()
    importWanted = Signal(object)
    completed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("training")
        self._running = False
        self._resumes = False
        self._complete = False
        self._trainings: dict[Path, Training] = {}
        self._places = Places()
        self._turns = Turns(self)
        # From the outside in: every widget that gets another parent is styled anew, with all that is in it.
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        columns = QSplitter(Qt.Orientation.Horizontal, self)
        row.addWidget(columns)
        self._left, self._right = QFrame(columns), QFrame(columns)
        self._scroll = QScrollArea(self._left)
        self.form = TrainingForm(free_folder(data_dir() / "trainings"), self._scroll)
        self.train = push_button("training.start", "Train", "Train the networks of this form")
        self.problem = label("", "caption", name="training.problem")
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

    def complete(self) -> None:
        """Make the side of the curves at once, if it is not there yet."""
        self._turns.forget(self.complete)
        if self._complete:
            return
        self._complete = True
        self.curves = ErrorCurvesView(WORDS, self._right)
        self.kinds = QComboBox(self._right)
        self.open = push_button("training.open", "Open curves…", "Show the curves of an earlier training as well")
        self.clear = push_button("training.clear", "Clear", "Take the curves of earlier trainings away")
        self._result = QWidget(self._right)
        self.models = QComboBox(self._result)
        self.add = push_button("training.add", "Add to the library", "Install this model, so that it can be chosen")
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
        text, tip = ("Resume", "Go on with the training in the folder") if resumes else ("Train", "Train the networks")
        self.train.setText("Stop" if self._running else text)
        self.train.setToolTip("Stop; the training can be gone on with" if self._running else tip)
        self.train.setEnabled(self._running or not problem)
        self.form.setEnabled(not self._running)
        self._resumes = resumes

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
        self.curves.show_curves(tuple(drawn_curves(self.trainings, self._places, self.kinds.currentData())))
        self.clear.setEnabled(any(not training.live for training in self.trainings))

    # -- building ----------------------------------------------------------------------------

    def _describe(self) -> None:
        for text, kinds in _KINDS:
            self.kinds.addItem(text, kinds)
        for combo, name, text, tip in (
            (self.kinds, "kinds", "Losses on show", "Validation is on songs that are not learnt from"),
            (self.models, "models", "Trained models", "A model of all instruments for each variant, then its networks"),
        ):
            combo.setObjectName(f"training.{name}")
            combo.setAccessibleName(text)
            combo.setToolTip(tip)
            combo.setFixedHeight(CONTROL_HEIGHT)
        self.clear.setEnabled(False)

    def _arrange(self, columns: QSplitter) -> None:
        columns.setObjectName("training.columns")
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
        self.state.setObjectName("training.state")
        self.progress.setObjectName("training.progress")
        self._scroll.setObjectName("training.scroll")
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


def free_folder(parent: Path) -> Path:
    """Return a folder for the next training that does not exist yet."""
    number = 1
    while (parent / f"training {number}").exists():
        number += 1
    return parent / f"training {number}"
