"""The batch queue: files and folders, what is done with each, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QIcon
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from sepstudio.batch.records import ACTIVE, FINISHED, Entry, EntryState, Placing
from sepstudio.gui.icons import ICON_SIZES, icon
from sepstudio.gui.panels.queue_acts import ACTS, Act
from sepstudio.gui.panels.queue_model import ENTRY_ROLE, QueueModel, seconds_left
from sepstudio.gui.panels.queue_placing import PlacingBar
from sepstudio.gui.panels.queue_table import QueueTable
from sepstudio.gui.texts import duration_text
from sepstudio.gui.theme import CONTROL_HEIGHT, FADED, GRID, PADDING, blend, current_palette
from sepstudio.gui.widgets.labels import ElidedLabel, label

Mode = Literal["idle", "running", "paused"]

_CELL_INSET = 3
_START = {
    "idle": ("Start", "play", "Work on what waits, one file after another"),
    "running": ("Pause", "pause", "Pause at the next step of the file under work; nothing of it is lost"),
    "paused": ("Go on", "play", "Go on where the work was paused"),
}
_EMPTY = "No files wait. Drop recordings or folders here, or press Add files…"


class QueuePanel(QFrame):
    """Shows the entries of a queue and asks for what is to be done.

    ``wanted(act, ids)`` carries the id of a row of ACTS and the entries that it is to be done with;
    ``pathsDropped(paths)`` what was dropped.
    """

    wanted = Signal(str, object)
    pathsDropped = Signal(object)

    def __init__(self, placing: Placing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("queue")
        self.setProperty("role", "panel")
        self.setAcceptDrops(True)
        self.model = QueueModel(self)
        self.table = QueueTable(self.model)
        self.placing = PlacingBar(placing)
        self.summary = ElidedLabel("", "caption")
        self._mode: Mode = "idle"
        self._notice = ""
        self._shown: tuple[object, ...] = ()
        self._stack = QStackedWidget()
        self._actions = {act.id: self._action(act) for act in ACTS}
        self._arrange()
        self._recolour()
        self.table.selectionModel().selectionChanged.connect(self._refresh_actions)
        self.table.doubleClicked.connect(self._open_row)
        self.table.keyed.connect(self._answer_key)
        self.table.customContextMenuRequested.connect(self._open_menu)
        self.show_queue((), "idle")

    # -- what the controller tells -----------------------------------------------------------

    def show_queue(self, entries: Sequence[Entry], mode: Mode) -> None:
        """Show entries as they are now, and whether they are worked on."""
        self.model.show(entries)
        self._stack.setCurrentIndex(0 if entries else 1)
        if mode != self._mode:
            self._mode = mode
            self._recolour()
        self.summary.setText(self._notice or summary(entries))
        shown = (mode, *(entry.state for entry in entries))
        if shown != self._shown:
            # Not for every step: what can be done depends on states alone, and to ask 500 rows takes its time.
            self._shown = shown
            self._refresh_actions()

    def tell(self, text: str) -> None:
        """Say something in the place of the summary; an empty text gives it back."""
        self._notice = text
        self.summary.setText(text or summary(self.model.entries))

    @property
    def chosen(self) -> tuple[Entry, ...]:
        """The chosen entries in the order of the table."""
        rows = self.table.selectionModel().selectedRows()
        return tuple(index.data(ENTRY_ROLE) for index in sorted(rows, key=QModelIndex.row))

    def choose(self, ids: Sequence[int]) -> None:
        """Choose entries by their ids."""
        selection = self.table.selectionModel()
        with QSignalBlocker(selection):
            self.table.clearSelection()
        for row, entry in enumerate(self.model.entries):
            if entry.id in ids:
                selection.select(
                    self.model.index(row, 0), selection.SelectionFlag.Select | selection.SelectionFlag.Rows
                )
        self._refresh_actions()

    def action(self, act_id: str) -> QAction:
        """Return the action of a row of ACTS."""
        return self._actions[act_id]

    # -- building ----------------------------------------------------------------------------

    def _action(self, act: Act) -> QAction:
        # Behind the tab stands the key, for the menu; the table itself answers it.
        action = QAction(f"{act.text}\t{act.shortcut}".rstrip(), self)
        action.setObjectName(f"queue.{act.id}")
        # Left to itself Qt takes the ellipsis off the text of the button.
        action.setIconText(act.text)
        action.setToolTip(f"{act.tip} ({act.shortcut})" if act.shortcut else act.tip)
        action.triggered.connect(self._ask)
        return action

    def _button(self, act: Act) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(self._actions[act.id])
        button.setObjectName(f"queue.button.{act.id}")
        button.setAccessibleName(act.text)
        button.setFixedHeight(CONTROL_HEIGHT)
        button.setIconSize(QSize(16, 16))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if not act.icon:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        elif act.id == "start":
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setMinimumWidth(84)
        else:
            button.setProperty("role", "flat")
            button.setFixedWidth(CONTROL_HEIGHT)
        return button

    def _arrange(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(GRID)
        for act in ACTS:
            if act.place != "menu":
                bar.addWidget(self._button(act))
        bar.addWidget(self.summary, 1)
        self.summary.setObjectName("queue.summary")
        self.summary.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._stack.addWidget(self.table)
        empty = label(_EMPTY, "caption", name="queue.empty")
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(empty)
        head = QVBoxLayout()
        head.setContentsMargins(PADDING - _CELL_INSET, GRID, PADDING - _CELL_INSET, 0)
        head.setSpacing(GRID)
        head.addLayout(bar)
        head.addWidget(self.placing)
        column = QVBoxLayout(self)
        # The text of a cell stands a little inside it; so it is in line with the buttons.
        column.setContentsMargins(_CELL_INSET, 0, _CELL_INSET, 0)
        column.setSpacing(GRID)
        column.addLayout(head)
        column.addWidget(self._stack, 1)

    def _recolour(self) -> None:
        for act in ACTS:
            if act.icon:
                self._actions[act.id].setIcon(_icon(act.icon))
        text, shape, tip = _START[self._mode]
        start = self._actions["start"]
        start.setText(text)
        start.setIconText(text)
        start.setToolTip(tip)
        start.setIcon(_icon(shape))

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._recolour()

    # -- gestures ----------------------------------------------------------------------------

    def _ask(self) -> None:
        self._want(self.sender().objectName().removeprefix("queue."))

    def _want(self, act_id: str) -> None:
        act = next(act for act in ACTS if act.id == act_id)
        if act.possible(self.chosen, self.model.entries):
            self.wanted.emit(act_id, act.targets(self.chosen, self.model.entries))

    def _answer_key(self, act_id: str) -> None:
        current = self.table.currentIndex()
        if act_id != "enter":
            self._want(act_id)
        elif current.isValid():
            self._open_row(current)

    def _open_row(self, index: QModelIndex) -> None:
        entry: Entry = index.data(ENTRY_ROLE)
        self.wanted.emit("details" if entry.state is EntryState.FAILED else "open", (entry.id,))

    def _open_menu(self, place: QPoint) -> None:
        self.menu().popup(self.table.viewport().mapToGlobal(place))

    def menu(self) -> QMenu:
        """Return a menu of what can be done; it deletes itself when it is closed."""
        made = QMenu(self)
        made.setObjectName("queue.menu")
        made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        made.addActions([self._actions[act.id] for act in ACTS if act.place != "button"])
        return made

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files and folders."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Ask for what was dropped to be added."""
        event.acceptProposedAction()
        self.pathsDropped.emit([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    def _refresh_actions(self) -> None:
        chosen, entries = self.chosen, self.model.entries
        for act in ACTS:
            self._actions[act.id].setEnabled(act.possible(chosen, entries))
        waiting = any(entry.state is EntryState.QUEUED for entry in entries)
        self._actions["start"].setEnabled(self._mode != "idle" or waiting)
        self._actions["clear"].setEnabled(any(entry.state in FINISHED for entry in entries))


def _icon(name: str) -> QIcon:
    """Return an icon that is as faded as the text beside it while its button is disabled."""
    colours = current_palette()
    made = icon(name, colours.text)
    faded = icon(name, blend(colours.muted, colours.panel, FADED))
    made.addPixmap(faded.pixmap(ICON_SIZES[-1]), QIcon.Mode.Disabled)
    return made


def summary(entries: Sequence[Entry]) -> str:
    """Return how many files are done, failed or cancelled, and a guess of the time that is left."""
    if not entries:
        return ""
    told = [f"{sum(entry.state in FINISHED for entry in entries)} of {len(entries)} done"]
    for state in (EntryState.FAILED, EntryState.CANCELLED):
        count = sum(entry.state is state for entry in entries)
        told += [f"{count} {state.value}"] if count else []
    left = _time_left(entries)
    if left is not None:
        told.append(f"about {duration_text(left)} left")
    return ", ".join(told)


def _time_left(entries: Sequence[Entry]) -> float | None:
    """Guess from the file under work and the mean of what is done."""
    under_work = next((entry for entry in entries if entry.state in ACTIVE), None)
    left = seconds_left(under_work) if under_work is not None else None
    if under_work is None or left is None:
        return None
    done = [entry.seconds for entry in entries if entry.state is EntryState.DONE]
    mean = sum(done) / len(done) if done else under_work.seconds + left
    return left + mean * sum(entry.state is EntryState.QUEUED for entry in entries)
