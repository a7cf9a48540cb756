"""The page on which any key is given to any action."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from sepstudio.gui.actions import ActionSpec
from sepstudio.gui.key_map import KeyMap, canonical, native
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import label

_COLUMNS = ("Action", "Keys", "Default")
_KEYS_WIDTH = 150
_EDIT_WIDTH = 150


class KeysPage(QWidget):
    """All actions with their keys; press new ones for the chosen action and take or add them.

    A key that calls another action already is not given away unasked: one line says whose it
    is, with a button to take it over and one to leave it.
    """

    def __init__(self, keys: KeyMap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preferences.keys")
        self._keys = keys
        self._waiting: tuple[str, tuple[str, ...]] | None = None
        self.search = QLineEdit()
        self.table = QTableWidget(len(keys.specs), len(_COLUMNS))
        self.edit = QKeySequenceEdit()
        self._use = push_button("keys.use", "Use", "Call the chosen action with these keys and no others")
        self._add = push_button("keys.add", "Add", "Call the chosen action with these keys as well")
        self._clear = push_button("keys.none", "No keys", "Take all keys from the chosen action")
        self._reset = push_button("keys.reset", "Reset", "Give the chosen action its first keys back")
        self._all = push_button("keys.reset_all", "Reset all keys", "Give every action its first keys back")
        self._take = push_button("keys.take", "Take over", "Take the keys from the other action")
        self._leave = push_button("keys.leave", "Leave", "Leave the keys with the other action")
        self._conflict = label("", "warning", name="keys.conflict")
        self._describe()
        self._arrange()
        self._connect()
        self._fill()
        self.table.selectRow(0)

    # -- what is chosen ----------------------------------------------------------------------

    @property
    def chosen(self) -> ActionSpec | None:
        """The action whose keys are edited, or None."""
        rows = self.table.selectionModel().selectedRows()
        return self._keys.specs[rows[0].row()] if rows else None

    def choose(self, action_id: str) -> None:
        """Edit the keys of an action."""
        row = [spec.id for spec in self._keys.specs].index(action_id)
        self.table.selectRow(row)
        self.table.scrollToItem(self.table.item(row, 0), QAbstractItemView.ScrollHint.PositionAtCenter)

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        for row, spec in enumerate(self._keys.specs):
            told = f"{spec.menu} {spec.title} {native(self._keys.keys(spec.id))}".casefold()
            self.table.setRowHidden(row, not all(word in told for word in words))

    def _on_choice(self) -> None:
        self.edit.clear()
        self._ask_no_more()
        self._enable()

    def _on_recorded(self) -> None:
        # The edit says so also when it only loses the focus.
        if self._waiting is not None and self._waiting[1][-1] != self._recorded():
            self._ask_no_more()
        self._enable()

    # -- edits -------------------------------------------------------------------------------

    def _use_recorded(self) -> None:
        self._offer(())

    def _add_recorded(self) -> None:
        if self.chosen is not None:
            self._offer(self._keys.keys(self.chosen.id))

    def _offer(self, before: tuple[str, ...]) -> None:
        """Give the recorded key to the chosen action beside the keys ``before``, or ask whether to."""
        key, spec = self._recorded(), self.chosen
        if spec is None or not key:
            return
        owner = self._keys.owner(key, spec.scope)
        self._waiting = (spec.id, (*before, key))
        if owner and owner != spec.id:
            title = next(other.title for other in self._keys.specs if other.id == owner)
            self._conflict.setText(f"{native([key])} calls “{title}” now.")
            self._ask(True)
            self._take.setFocus()
        else:
            self._assign()

    def _assign(self) -> None:
        if self._waiting is not None:
            self._keys.assign(*self._waiting)
        self.edit.clear()
        self._ask_no_more()

    def _ask_no_more(self) -> None:
        self._waiting = None
        self._ask(False)

    def _ask(self, asks: bool) -> None:
        for widget in (self._conflict, self._take, self._leave):
            widget.setVisible(asks)

    def _clear_chosen(self) -> None:
        if self.chosen is not None:
            self._keys.assign(self.chosen.id, ())

    def _reset_chosen(self) -> None:
        if self.chosen is not None:
            self._keys.reset(self.chosen.id)

    def _recorded(self) -> str:
        return canonical(self.edit.keySequence().toString(QKeySequence.SequenceFormat.PortableText))

    # -- what is shown -----------------------------------------------------------------------

    def _fill(self) -> None:
        for row, spec in enumerate(self._keys.specs):
            for column, text in enumerate((f"{spec.title}", "", native(self._keys.defaults(spec.id)))):
                item = QTableWidgetItem(text)
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                item.setToolTip(f"{spec.menu}: {spec.title}")
                self.table.setItem(row, column, item)
            self._show(spec.id)

    def _show(self, action_id: str) -> None:
        row = [spec.id for spec in self._keys.specs].index(action_id)
        item = self.table.item(row, 1)
        item.setText(native(self._keys.keys(action_id)))
        font = item.font()
        font.setBold(not self._keys.is_default(action_id))
        item.setFont(font)
        self._enable()

    def _enable(self) -> None:
        spec, recorded = self.chosen, bool(self._recorded())
        self._use.setEnabled(spec is not None and recorded)
        self._add.setEnabled(spec is not None and recorded)
        self._clear.setEnabled(spec is not None and bool(self._keys.keys(spec.id)))
        self._reset.setEnabled(spec is not None and not self._keys.is_default(spec.id))
        self._all.setEnabled(not all(self._keys.is_default(other.id) for other in self._keys.specs))

    # -- building ----------------------------------------------------------------------------

    def _describe(self) -> None:
        self.search.setObjectName("keys.search")
        self.search.setPlaceholderText("Search actions and keys")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search actions and keys")
        self.search.setToolTip("Shows the actions whose name, menu or keys hold these words")
        self.search.setFixedHeight(CONTROL_HEIGHT)
        self.table.setObjectName("keys.table")
        self.table.setAccessibleName("Actions and their keys")
        self.table.setToolTip("Choose an action to give it other keys")
        self.table.setHorizontalHeaderLabels(list(_COLUMNS))
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for column in (1, 2):
            header.resizeSection(column, _KEYS_WIDTH)
        self.edit.setObjectName("keys.edit")
        self.edit.setAccessibleName("New keys")
        self.edit.setToolTip("Click here and press the keys")
        self.edit.setMaximumSequenceLength(1)
        self.edit.setFixedSize(_EDIT_WIDTH, CONTROL_HEIGHT)

    def _arrange(self) -> None:
        record = QHBoxLayout()
        record.setSpacing(GRID)
        for widget in (label("New keys"), self.edit, self._use, self._add, self._clear, self._reset):
            record.addWidget(widget)
        record.addStretch(1)
        question = QHBoxLayout()
        question.setSpacing(GRID)
        for widget in (self._conflict, self._take, self._leave):
            question.addWidget(widget)
        question.addStretch(1)
        foot = QHBoxLayout()
        foot.addWidget(self._all)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(PADDING)
        column.addWidget(label("Keys", "title"))
        column.addWidget(self.search)
        column.addWidget(self.table, 1)
        column.addLayout(record)
        column.addLayout(question)
        column.addLayout(foot)
        self._ask(False)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._filter)
        self.table.itemSelectionChanged.connect(self._on_choice)
        self.edit.keySequenceChanged.connect(self._on_recorded)
        for button, act in (
            (self._use, self._use_recorded), (self._add, self._add_recorded), (self._clear, self._clear_chosen),
            (self._reset, self._reset_chosen), (self._all, self._keys.reset_all), (self._take, self._assign),
            (self._leave, self._ask_no_more),
        ):  # fmt: skip
            button.clicked.connect(act)
        self._keys.changed.connect(self._show)
