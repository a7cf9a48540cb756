"""The compare bench: all runs of a recording in one table, and what belongs to them beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sepstudio.gui.panels.compare_blind import BlindView
from sepstudio.gui.panels.compare_curves import CurvesView
from sepstudio.gui.panels.compare_rows import METHOD_TITLE, Table
from sepstudio.gui.panels.compare_table import CompareTable
from sepstudio.gui.panels.score_bars import ScoreBarsView
from sepstudio.gui.panels.true_stems import TrueStemsView
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.widgets.check_box import CheckBox
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.labels import ElidedLabel, label, rule

VERSIONS = (("BSS Eval v4", "v4"), ("BSS Eval v3", "v3"))
MEAN = "Mean of stems"
_SIDE_WIDTH = 400
_NOT_MEASURED = "Empty cells are not measured yet: press Measure."
_EMPTY = "No runs yet. Separate the recording with several settings; they stand side by side here."


@dataclass(frozen=True)
class Act:
    """One thing to do with so many chosen runs; ``icon`` stands for the text on its button."""

    id: str
    text: str
    tip: str
    least: int = 1
    most: int = 1000
    icon: str = ""
    place: Literal["both", "menu"] = "both"
    blind: bool = False


ACTS = (
    Act("hear", "Hear", "Hear this run at the same position (double-click, Return, or its number)", 1, 1, place="menu",
        blind=True),
    Act("pair", "Set as A and B", "Compare the two chosen runs: X flips between them", 2, 2, blind=True),
    Act("use", "Use settings", "Put the settings of the chosen run into the method panel", 1, 1),
    Act("rerun", "Run on the whole recording", "Separate the whole recording with the settings of the chosen run", 1, 1,
        icon="separate"),
    Act("rename", "Rename", "Give the chosen run a name (F2)", 1, 1, place="menu"),
    Act("remove", "Remove", "Remove the chosen runs; undo brings them back (Delete)", icon="remove"),
    Act("copy", "Copy the table", "Copy the table for a spreadsheet (Ctrl+C)", 0, icon="copy", blind=True),
    Act("export", "Export the table…", "Write the table to a CSV file", 0, icon="export", blind=True),
)  # fmt: skip
SIDES = (
    ("true-stems", "True stems", "Say which recordings the stems should have been"),
    ("bars", "Bars", "Scores of the stems as bars, a group for each stem and a bar for each run"),
    ("curves", "Iterations", "Scores over the iterations of a run that kept them"),
    ("blind", "Blind", "Listen without knowing which run is which"),
)


class ComparePanel(QFrame):
    """Shows a Table and asks for what is to be done.

    ``wanted(act, run_ids)`` carries the id of a row of ACTS; ``edited(run_id, column_id, text)`` what was typed in
    a cell; ``optionsChanged()`` another choice of stem, version or stretch; ``measureWanted(on)`` starts or stops.
    """

    wanted = Signal(str, object)
    edited = Signal(str, str, str)
    optionsChanged = Signal()
    measureWanted = Signal(bool)
    chosenChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare")
        self.setProperty("role", "panel")
        self.table = CompareTable()
        self.true_stems = TrueStemsView()
        self.bars = ScoreBarsView()
        self.curves = CurvesView()
        self.blind = BlindView()
        self.stem = _combo("compare.stem", "Scores of", "Whose scores the table shows")
        self.version = _combo("compare.version", "Measure", "Version 4 fits one filter, version 3 one every 30 s", 9)
        self.common = CheckBox("Common stretch")
        self.measure = QPushButton("Measure")
        self.same = ElidedLabel("", "caption")
        self._empty = label(_EMPTY, "caption", name="compare.empty")
        self._is_blind = self._is_measuring = False
        self._same_text = ""
        self._actions = {act.id: self._action(act) for act in ACTS}
        self._side_buttons = QButtonGroup(self)
        self._side = QStackedWidget()
        self._middle = QStackedWidget()
        self._describe()
        self._arrange()
        self._connect()
        self.show_table(Table(), ())
        self.show_side("")

    # -- what the controller tells -----------------------------------------------------------

    def show_table(self, table: Table, stems: Sequence[str], *, blind: bool = False) -> None:
        """Show a table, and the stems whose scores can be chosen."""
        self._is_blind = blind
        self.table.show_table(table)
        self._middle.setCurrentIndex(0 if table.rows else 1)
        same = " · ".join(f"{title} {text}" for title, text in table.same)
        # Runs of different methods have few settings in common.
        one_method = any(title == METHOD_TITLE for title, _ in table.same)
        where = "Same in all runs" if one_method else "Same in all runs that have it"
        self._same_text = f"{where}: {same}" if same else ""
        self.same.setText(self._same_text)
        self._list_stems(stems)
        for widget in (self.common, self.measure):
            widget.setEnabled(bool(table.rows) and not blind)
        # Without true stems there is but the level of what is left over.
        for choice in (self.stem, self.version):
            choice.setEnabled(bool(table.rows and stems) and not blind)
        for button in self._side_buttons.buttons():
            button.setEnabled(not blind or button.objectName() == "compare.side.blind")
        self._refresh_actions()

    def show_measuring(self, waiting: int, *, busy: bool) -> None:
        """Show how many runs are not measured yet, and whether that is going on."""
        self._is_measuring = busy
        self.same.setText(f"{_NOT_MEASURED} {self._same_text}" if waiting and not busy else self._same_text)
        self.measure.setText("Stop" if busy else "Measure")
        self.measure.setEnabled((busy or waiting > 0) and not self._is_blind)
        about = "Stop measuring; what is measured stays" if busy else f"Measure {waiting} runs in the background"
        self.measure.setToolTip(about if busy or waiting else "Everything is measured")

    def show_side(self, side: str) -> None:
        """Show a page of SIDES beside the table; none for an empty id."""
        ids = [name for name, _, _ in SIDES]
        self._side.setVisible(bool(side))
        if side:
            self._side.setCurrentIndex(ids.index(side))
        for button in self._side_buttons.buttons():
            button.setChecked(button.objectName() == f"compare.side.{side}")

    @property
    def side(self) -> str:
        """The id of the page beside the table, or empty."""
        return "" if self._side.isHidden() else SIDES[self._side.currentIndex()][0]

    @property
    def chosen_stem(self) -> str:
        """The stem whose scores are wanted; empty for the mean of all."""
        return self.stem.currentData() or ""

    @property
    def chosen_version(self) -> str:
        """The version of BSS Eval that is wanted."""
        return VERSIONS[self.version.currentIndex()][1]

    def action(self, act_id: str) -> QAction:
        """Return the action of a row of ACTS."""
        return self._actions[act_id]

    # -- gestures ----------------------------------------------------------------------------

    def _do(self) -> None:
        act_id = self.sender().objectName().rpartition(".")[2]
        self.wanted.emit(act_id, self.table.chosen)

    def _hear(self, run_id: str) -> None:
        self.wanted.emit("hear", (run_id,))

    def _remove(self, run_ids: tuple[str, ...]) -> None:
        if self._actions["remove"].isEnabled():
            self.wanted.emit("remove", run_ids)

    def _copy(self) -> None:
        self.wanted.emit("copy", self.table.chosen)

    def _measure(self) -> None:
        self.measureWanted.emit(not self._is_measuring)

    def _toggle_side(self) -> None:
        side = self.sender().objectName().rpartition(".")[2]
        self.show_side("" if side == self.side else side)

    def _open_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.addActions([self._actions[act.id] for act in ACTS])
        menu.exec(self.table.viewport().mapToGlobal(place))
        menu.deleteLater()

    def _tell_options(self) -> None:
        self.optionsChanged.emit()

    def _on_chosen(self) -> None:
        self._refresh_actions()
        self.chosenChanged.emit()

    def _refresh_actions(self) -> None:
        chosen, rows = len(self.table.chosen), len(self.table.run_ids)
        for act in ACTS:
            possible = rows > 0 and act.least <= chosen <= act.most and (act.blind or not self._is_blind)
            self._actions[act.id].setEnabled(possible)

    def _list_stems(self, stems: Sequence[str]) -> None:
        listed = [self.stem.itemData(row) for row in range(1, self.stem.count())]
        if listed != list(stems) or not self.stem.count():
            chosen = self.chosen_stem
            self.stem.clear()
            self.stem.addItem(MEAN, "")
            for name in stems:
                self.stem.addItem(name, name)
            self.stem.setCurrentIndex(max(self.stem.findData(chosen), 0))

    # -- building ----------------------------------------------------------------------------

    def _action(self, act: Act) -> QAction:
        action = QAction(act.text, self)
        action.setObjectName(f"compare.{act.id}")
        action.setToolTip(act.tip)
        action.triggered.connect(self._do)
        return action

    def _connect(self) -> None:
        table = self.table
        table.heard.connect(self._hear)
        table.removed.connect(self._remove)
        table.copied.connect(self._copy)
        table.rows.edited.connect(self.edited)
        table.chosenChanged.connect(self._on_chosen)
        table.customContextMenuRequested.connect(self._open_menu)
        self.stem.activated.connect(self._tell_options)
        self.version.activated.connect(self._tell_options)
        self.common.clicked.connect(self._tell_options)
        self.measure.clicked.connect(self._measure)

    def _describe(self) -> None:
        self.version.addItems([title for title, _ in VERSIONS])
        self.common.setObjectName("compare.common")
        self.common.setAccessibleName("Common stretch")
        self.common.setToolTip("Measure all runs over the stretch that they have in common, not each over its own")
        self.measure.setObjectName("compare.measure")
        self.measure.setAccessibleName("Measure")
        self.measure.setFixedHeight(CONTROL_HEIGHT)
        # It is disabled when all is measured: the focus of a click would go to its neighbour then.
        self.measure.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.same.setObjectName("compare.same")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)

    def _arrange(self) -> None:
        self._middle.addWidget(self.table)
        self._middle.addWidget(self._empty)
        for page in (self.true_stems, self.bars, self.curves, _scrolling(self.blind)):
            self._side.addWidget(page)
        self._side.setContentsMargins(PADDING, GRID // 2, PADDING, GRID // 2)
        parts = QSplitter(Qt.Orientation.Horizontal)
        parts.setObjectName("compare.parts")
        parts.setChildrenCollapsible(False)
        parts.addWidget(self._middle)
        parts.addWidget(self._side)
        parts.setStretchFactor(0, 1)
        parts.setSizes([1000, _SIDE_WIDTH])
        self.same.setContentsMargins(PADDING, 0, PADDING, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID // 2, 0, GRID // 2)
        column.setSpacing(GRID // 2)
        column.addLayout(self._bar())
        column.addWidget(parts, 1)
        column.addWidget(self.same)

    def _bar(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setContentsMargins(PADDING, 0, PADDING, 0)
        # All of it is in view in a window of 1280 pixels, beside the drawer's scroll bar.
        bar.setSpacing(GRID // 2)
        for act in ACTS:
            if act.place == "both":
                bar.addWidget(self._act_button(act))
        bar.addWidget(rule(vertical=True))
        for widget in (self.stem, self.version, self.common, self.measure):
            bar.addWidget(widget)
        bar.addStretch(1)
        for name, text, tip in SIDES:
            bar.addWidget(self._side_button(name, text, tip))
        return bar

    def _act_button(self, act: Act) -> QToolButton:
        action = self._actions[act.id]
        if act.icon:
            button = IconButton(act.icon, act.tip, name=f"compare.{act.id}.button")
            button.clicked.connect(action.trigger)
        else:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setObjectName(f"compare.{act.id}.button")
            button.setAccessibleName(act.text)
            button.setFixedHeight(CONTROL_HEIGHT)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        action.enabledChanged.connect(button.setEnabled)
        return button

    def _side_button(self, name: str, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setObjectName(f"compare.side.{name}")
        button.setAccessibleName(text)
        button.setToolTip(tip)
        button.setCheckable(True)
        button.setFixedHeight(CONTROL_HEIGHT)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(self._toggle_side)
        self._side_buttons.setExclusive(False)
        self._side_buttons.addButton(button)
        return button


def _scrolling(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setObjectName(f"{page.objectName()}.scroll")
    page.setProperty("role", "panel-content")
    area.setWidget(page)
    area.setWidgetResizable(True)
    return area


def _combo(name: str, title: str, tip: str, letters: int = 10) -> QComboBox:
    made = QComboBox()
    made.setObjectName(name)
    made.setAccessibleName(title)
    made.setToolTip(tip)
    made.setFixedHeight(CONTROL_HEIGHT)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(letters)
    return made
